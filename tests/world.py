"""A small world for tests over HTTP: the licensor, a licensed council, a suspended trust, a programme, a manual.

Made through the services, with a real PDF of three pages, so that a test begins where a person would.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy.orm import Session

from kit.audit import Actor
from kit.clock import Clock, SteppingClock, today
from kit.db import Database
from kit.web.house import House
from licences import accreditations, programmes, seats, terms
from licences.people import accounts, legal, memberships, organisations
from licences.people.kinds import LegalKind, OrganisationKind, Role
from licences.people.viewer import Viewer
from materials import editions, library, preparing
from materials.editions import Change
from materials.kinds import MaterialKind
from materials.library import Uses
from portal.settings import Environment, Settings
from portal.wiring import make_house
from tests import apps, databases
from tests.browser_like import BASE, PASSWORD, Browser
from tests.factories.pdf_files import pdf_file

TEAM = Actor(None, "The test")

STAFF = "staff@demo.example"
MANAGER, FINANCE, TRAINER = "manager@lakeshire.example", "finance@lakeshire.example", "trainer@lakeshire.example"
COLLEAGUE = "colleague@lakeshire.example"
STRANGER_MANAGER, STRANGER = "manager@hillside.example", "trainer@hillside.example"

RESIDENTS = {
    "Programme team": (("Ruth Vaughan", STAFF, Role.STAFF),),
    "Lakeshire Council": (
        ("Janet Whitlock", MANAGER, Role.MANAGER),
        ("Colin Marsh", FINANCE, Role.FINANCE),
        ("Amara Osei", TRAINER, Role.TRAINER),
        ("Ben Achterberg", COLLEAGUE, Role.TRAINER),
    ),
    "Hillside Trust": (
        ("Priya Raman", STRANGER_MANAGER, Role.MANAGER),
        ("Tom Barraclough", STRANGER, Role.TRAINER),
    ),
}


@cache
def password_hash() -> str:
    """One hash for everybody, and a cheap one: those of the portal cost time on purpose, at each of 2,000 sign-ins."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass(frozen=True)
class Contents:
    """Who and what is in the world, by id, and when it is."""

    people: dict[str, int]
    lakeshire: int
    hillside: int
    licence: int
    suspended_licence: int
    programme: int
    manual: int
    handouts: int
    first_edition: int
    current_edition: int
    draft_edition: int
    moment: str


@dataclass(frozen=True)
class World:
    """The portal with the world in it."""

    house: House
    app: Flask
    contents: Contents

    def __getattr__(self, name: str) -> Any:
        """`world.manual` and the like are the ids of its contents."""
        return getattr(self.contents, name)

    def browser(self, email: str | None = None) -> Browser:
        """A browser, signed in when an address is given."""
        made = Browser(self.app)
        if email:
            response = made.sign_in(email)
            assert response.status_code == 303, response.text
        return made

    def viewer(self, email: str) -> Viewer:
        """The person as services see them."""
        with self.house.database.read() as session:
            facts = memberships.first_place(session, self.people[email])
        return Viewer("", facts.id, facts.name, facts.email, facts.organisation_id, facts.organisation_name, facts.role)


def settings(database: Database, store: Path) -> Settings:
    """Settings of a test, without a look at the environment's own."""
    return Settings(
        environment=Environment.TEST,
        database_url=database.url.render_as_string(hide_password=False),
        store_url=store.as_uri(),
        public_url=BASE,
        secret_key="k" * 48,  # type: ignore[arg-type]
        smtp_url="smtp://127.0.0.1:1",
        stripe_secret_key="sk_test_of_the_world",  # type: ignore[arg-type]
        stripe_webhook_secret="whsec_of_the_world",  # type: ignore[arg-type]
        stripe_api_base="http://127.0.0.1:1",
    )


@contextmanager
def open_world(kind: str, folder: Path, clock: SteppingClock) -> Iterator[World]:
    """The portal on a copy of the world's database, with a store of its own. Moves `clock` to the world's time."""
    listing, store = databases.kept_in_run(f"world-{kind}.json"), databases.kept_in_run(f"world-{kind}-store")

    def fill(url: str) -> None:
        database = Database(url)
        contents = make_contents(database, store, SteppingClock(clock.now()))
        database.close()
        listing.write_text(json.dumps(asdict(contents)))

    database = Database(databases.filled_database_url(kind, "world", fill))
    contents = Contents(**json.loads(listing.read_text()))
    shutil.copytree(store, folder / "store")
    clock.moment = datetime.fromisoformat(contents.moment)
    house = house_on(database, folder / "store", clock)
    try:
        with apps.lent(settings(database, folder / "store"), house) as app:
            yield World(house, app, contents)
    finally:
        database.close()
        databases.drop_database(database.url.render_as_string(hide_password=False))


def house_on(database: Database, store: Path, clock: Clock) -> House:
    return replace(make_house(settings(database, store), clock=clock), database=database)


def make_contents(database: Database, store: Path, clock: SteppingClock) -> Contents:
    """Fills an empty database and says what is in it."""
    house = house_on(database, store, clock)
    people: dict[str, int] = {}
    with database.write() as session:
        _publish_legal_texts(session, clock)
        _move_in(session, clock, people, "Programme team", OrganisationKind.LICENSOR)
        lakeshire = _move_in(session, clock, people, "Lakeshire Council", OrganisationKind.LOCAL_AUTHORITY)
        hillside = _move_in(session, clock, people, "Hillside Trust", OrganisationKind.TRUST)
        programme = programmes.create_programme(
            session, clock, TEAM, name="Attachment Based Mentoring", days=3, trainer_days=5, audience="Schools"
        ).id
        licence = _license(session, clock, lakeshire, programme, people[TRAINER])
        suspended = _license(session, clock, hillside, programme, people[STRANGER])
        terms.suspend(session, clock, TEAM, suspended, reason="Invoice 117 has been unpaid for 60 days.")
        manual = _add_material(session, clock, programme, "Trainer manual", MaterialKind.MANUAL)
        handouts = _add_material(session, clock, programme, "Handouts", MaterialKind.HANDOUT)
    ids = [_edition(house, manual, number) for number in ("3.1", "3.2", "3.3")]
    _edition(house, handouts, "1.0")
    moment = clock.now().isoformat()
    return Contents(people, lakeshire, hillside, licence, suspended, programme, manual, handouts, *ids, moment=moment)


def _publish_legal_texts(session: Session, clock: Clock) -> None:
    for kind in LegalKind:
        legal.publish(session, clock, TEAM, kind, title=kind.value.capitalize(), body="## One\n\nText.", after=0)


def _move_in(session: Session, clock: Clock, people: dict[str, int], name: str, kind: OrganisationKind) -> int:
    """Makes an organisation with its `RESIDENTS`, who can sign in, and notes their ids in `people`."""
    made = organisations.create_organisation(session, clock, TEAM, name=name, kind=kind)
    for person_name, email, role in RESIDENTS[name]:
        one = memberships.add_person(session, clock, TEAM, made.id, name=person_name, email=email, role=role)
        accounts.make_demo_account(session, one.id, password_hash())
        people[email] = one.id
    return made.id


def _add_material(session: Session, clock: Clock, programme_id: int, title: str, kind: MaterialKind) -> int:
    uses = Uses(print=True, project=True, adapt=False, hand_out=kind is MaterialKind.HANDOUT)
    return library.create_material(
        session,
        clock,
        TEAM,
        programme_id=programme_id,
        title=title,
        description="What it is.",
        kind=kind,
        uses=uses,
    ).id


def _license(session: Session, clock: Clock, organisation_id: int, programme_id: int, trainer_id: int) -> int:
    day = today(clock)
    licence = terms.grant(
        session,
        clock,
        TEAM,
        organisation_id=organisation_id,
        programme_id=programme_id,
        starts_on=day - timedelta(days=100),
        ends_on=day + timedelta(days=264),
        seats=2,
        reason="Order form",
    )
    seats.give(session, clock, TEAM, licence, trainer_id)
    accreditations.record_accreditation(
        session,
        clock,
        TEAM,
        person_id=trainer_id,
        programme_id=programme_id,
        from_on=day - timedelta(days=100),
        until_on=day + timedelta(days=600),
        note="",
    )
    return licence


def _edition(house: House, material_id: int, number: str) -> int:
    """Published, but for 3.3, which stays a draft. On a clock that can be moved, each comes a day later."""
    with tempfile.TemporaryDirectory() as folder:
        stored = house.store.put(pdf_file(Path(folder, "manual.pdf"), pages=3), "application/pdf")
    changes = (Change("Pages 1–2", f"New in {number}.", must_read=True),)
    with house.database.write() as session:
        made = editions.draft(
            session,
            house.clock,
            TEAM,
            material_id=material_id,
            number=number,
            file=stored,
            file_name="manual.pdf",
            changes=changes,
        )
    preparing.prepare_edition(house.database, house.clock, house.store, house.links, edition_id=made)
    if number != "3.3":
        with house.database.write() as session:
            editions.publish(session, house.clock, TEAM, made)
    assert isinstance(house.clock, SteppingClock)
    house.clock.move(days=1)
    return made
