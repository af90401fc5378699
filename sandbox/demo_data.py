"""Demo data: the people and organisations of the design, and enough others that lists look lived-in.

Everything goes through the services, on a clock that is set back and moved on, so that each row has its history.
"""

import random
import tempfile
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from kit.audit import Actor
from kit.clock import SteppingClock, SystemClock, today
from kit.db import Database
from kit.ids import new_code
from kit.mail import Letterhead
from kit.pdf.stamping import NameNotDrawable
from kit.ports import Links, Store
from kit.refusals import NotThere
from licences import accreditations, programmes, seats, terms
from licences.people import accounts, legal, memberships, organisations
from licences.people.kinds import LegalKind, OrganisationKind, Role
from licences.people.viewer import Viewer
from licences.register import reading
from materials import editions, library, preparing, shelf
from sandbox import demo_invitations, demo_money, sample_materials

PASSWORD = "secure-base-demo"  # noqa: S105 - printed by `make demo`; accounts marked demo cannot enter production
TEAM = Actor(None, "Demo data")
LAKESHIRE, HILLSIDE = "Lakeshire Council", "Hillside Trust"


@dataclass(frozen=True)
class Somebody:
    """A person of the demo."""

    name: str
    email: str
    role: Role


@dataclass(frozen=True)
class Place:
    """An organisation of the demo, with its people; those with `seats_for` hold a seat and are accredited."""

    name: str
    kind: OrganisationKind
    people: tuple[Somebody, ...]
    seats: int = 0


def _named(domain: str, role: Role, *names: str) -> tuple[Somebody, ...]:
    return tuple(Somebody(name, f"{_plain(name.split()[0])}@{domain}", role) for name in names)


def _plain(name: str) -> str:
    """A first name as mail systems write it: siân becomes sian, łukasz becomes lukasz."""
    return unicodedata.normalize("NFKD", name.lower().replace("ł", "l")).encode("ascii", "ignore").decode()


PLACES = (
    Place(
        "Secure Base programme team",
        OrganisationKind.LICENSOR,
        (
            Somebody("Ruth Vaughan", "staff@demo.example", Role.STAFF),
            Somebody("Dev Chaudhary", "dev@demo.example", Role.STAFF),
        ),
    ),
    Place(
        LAKESHIRE,
        OrganisationKind.LOCAL_AUTHORITY,
        (
            Somebody("Janet Whitlock", "manager@lakeshire.example", Role.MANAGER),
            Somebody("Colin Marsh", "finance@lakeshire.example", Role.FINANCE),
            Somebody("Amara Osei", "trainer@lakeshire.example", Role.TRAINER),
            *_named(
                "lakeshire.example",
                Role.TRAINER,
                "Ben Achterberg",
                "Ceri Llewellyn",
                "Danuta Wójcik",
                "Farah Siddiqui",
                "Gareth Poole",
                "Honor Blythe-Castellanos",
            ),
        ),
        seats=10,
    ),
    Place(
        HILLSIDE,
        OrganisationKind.TRUST,
        (
            Somebody("Priya Raman", "manager@hillside.example", Role.MANAGER),
            Somebody("Tom Barraclough", "trainer@hillside.example", Role.TRAINER),
            *_named("hillside.example", Role.TRAINER, "Siân Griffiths"),
        ),
        seats=4,
    ),
    Place(
        "Northmoor Educational Psychology",
        OrganisationKind.EP_TEAM,
        (
            *_named("northmoor.example", Role.MANAGER, "Helen Adeyemi", "Idris Bello"),
            *_named("northmoor.example", Role.TRAINER, "Łukasz Nowak", "Rosa Fernández", "Imogen Clarke"),
        ),
        seats=5,
    ),
    Place(
        "Eastvale Virtual School",
        OrganisationKind.VIRTUAL_SCHOOL,
        (
            *_named("eastvale.example", Role.MANAGER, "Oliver Tan"),
            *_named("eastvale.example", Role.TRAINER, "Aoife Byrne", "Kwame Mensah"),
        ),
        seats=3,
    ),
    Place(
        "Saltmarsh Learning Trust",
        OrganisationKind.TRUST,
        (
            *_named("saltmarsh.example", Role.MANAGER, "Bronwen Hale"),
            *_named("saltmarsh.example", Role.TRAINER, "Yusuf Demir"),
        ),
        seats=2,
    ),
    Place(
        "Ridgeway County Council",
        OrganisationKind.LOCAL_AUTHORITY,
        (
            *_named("ridgeway.example", Role.MANAGER, "Martin Okonkwo"),
            *_named("ridgeway.example", Role.TRAINER, "Nguyễn Thị Lan", "Eleri Watkins", "Peter Sørensen"),
        ),
        seats=6,
    ),
    Place(
        "Wharfside Schools Partnership",
        OrganisationKind.TRUST,
        (*_named("wharfside.example", Role.MANAGER, "Gemma Fairweather"),),
    ),
)


# Days from today until which a trainer is accredited, by place in the list: one is due soon, one has lapsed.
ACCREDITED_FOR = (300, 620, 418, 38, 555, 201, -12)


class AlreadyThere(Exception):
    """The database holds people already: demo data is for an empty one."""


def is_empty(database: Database) -> bool:
    """Whether nobody is here yet."""
    with database.read() as session:
        return organisations.licensor(session) is None


def load(database: Database, store: Store, links: Links) -> None:
    """Fills an empty database. Raises `AlreadyThere`."""
    if not is_empty(database):
        raise AlreadyThere
    now = SystemClock().now()
    clock = SteppingClock(now - timedelta(days=450))
    password = accounts.hash_password(PASSWORD)
    with database.write() as session:
        _publish_texts(session, clock)
        homes = {
            sample.code: programmes.create_programme(
                session,
                clock,
                TEAM,
                name=sample.name,
                days=sample.days,
                trainer_days=sample.trainer_days,
                audience=sample.audience,
            ).id
            for sample in sample_materials.programmes()
        }
        for place in PLACES:
            _move_in(session, clock, place, homes["abm"], password)
        demo_money.move_in_neighbours(session, clock, password)
    clock.moment = now
    with database.write() as session:
        demo_money.announce_prices(session, clock, homes["abm"])
        demo_money.keep_accounts(
            session, clock, Letterhead("Secure Base", "help@securebase.example", links), homes["abm"]
        )
    # After the accounts: nobody takes a copy in a year that nobody ordered.
    _publish_editions(database, clock, store, links, homes)
    clock.moment = now
    for name in ("edubasealldata", "allgroupsdata", "alllinksdata", "links_edubasealldata"):
        reading.read_file(database, clock, TEAM, sample_materials.CONTENT / "register" / f"{name}.csv")
    with database.write() as session:
        demo_invitations.invite_people(session, clock, links)


def _publish_texts(session: Session, clock: SteppingClock) -> None:
    for kind in LegalKind:
        path = sample_materials.CONTENT / "legal" / f"{kind.value}.md"
        if path.exists():
            title, _, body = path.read_text().lstrip("# ").partition("\n")
            legal.publish(session, clock, TEAM, kind, title=title.strip(), body=body.strip(), after=0)


def _move_in(session: Session, clock: SteppingClock, place: Place, programme_id: int, password: str) -> None:
    """An organisation with its people, licence, seats and accreditations."""
    made = organisations.create_organisation(session, clock, TEAM, name=place.name, kind=place.kind)
    people = []
    for somebody in place.people:
        person = memberships.add_person(
            session, clock, TEAM, made.id, name=somebody.name, email=somebody.email, role=somebody.role
        )
        accounts.make_demo_account(session, person.id, password)
        people.append((person.id, somebody.role))
    if not place.seats:
        return
    day = today(SystemClock())
    for starts, ends in _licence_years(place, day):
        licence = terms.grant(
            session,
            clock,
            TEAM,
            organisation_id=made.id,
            programme_id=programme_id,
            starts_on=starts,
            ends_on=ends,
            seats=place.seats,
            reason="Signed order form on file",
        )
    for position, (person_id, role) in enumerate(people):
        if role is Role.TRAINER:
            seats.give(session, clock, TEAM, licence, person_id)
            _accredit(session, clock, person_id, programme_id, day + timedelta(days=ACCREDITED_FOR[position % 7]))


def _licence_years(place: Place, day: date) -> list[tuple[date, date]]:
    """One organisation's licence has ended. The others had a year and a half granted by hand, and then ordered."""
    ordered = demo_money.ordered_from(place.name, day)
    if ordered is None:
        return [(day - timedelta(days=400), day - timedelta(days=36))]
    until = ordered - timedelta(days=1) if ordered <= day else day - timedelta(days=250)  # one comes back after a while
    return [(day - timedelta(days=600), until)]


def _accredit(session: Session, clock: SteppingClock, person_id: int, programme_id: int, until: date) -> None:
    accreditations.record_accreditation(
        session,
        clock,
        TEAM,
        person_id=person_id,
        programme_id=programme_id,
        from_on=until - timedelta(days=1094),
        until_on=until,
        note="Five-day course, first delivery signed off",
    )


def _publish_editions(
    database: Database, clock: SteppingClock, store: Store, links: Links, homes: dict[str, int]
) -> None:
    """Publishes every edition on its day, and lets trainers take copies in between."""
    now = SystemClock().now()
    with database.write() as session:
        ids = {
            sample.code: library.create_material(
                session,
                clock,
                TEAM,
                programme_id=homes[sample.programme],
                title=sample.title,
                description=sample.description,
                kind=sample.kind,
                uses=sample.uses,
            ).id
            for sample in sample_materials.materials()
        }
    pairs = [(sample, edition) for sample in sample_materials.materials() for edition in sample.editions]
    for sample, edition in sorted(pairs, key=lambda pair: -pair[1].days_ago):
        clock.moment = now - timedelta(days=edition.days_ago)
        _publish(database, clock, store, links, ids[sample.code], sample, edition)
        _take_some(database, clock, ids[sample.code])
    for sample, edition in pairs:
        if edition.withdrawn_days_ago is not None:
            clock.moment = now - timedelta(days=edition.withdrawn_days_ago)
            with database.write() as session:
                found = next(e for e in editions.editions_of(session, ids[sample.code]) if e.number == edition.number)
                editions.withdraw(session, clock, TEAM, found.id, reason=edition.withdrawn_reason)


def _publish(
    database: Database,
    clock: SteppingClock,
    store: Store,
    links: Links,
    material_id: int,
    sample: sample_materials.SampleMaterial,
    edition: sample_materials.SampleEdition,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, f"{sample.code}-{edition.number}.pdf")
        changes = sample_materials.build(sample, edition, target)
        stored = store.put(target, "application/pdf")
    with database.write() as session:
        edition_id = editions.draft(
            session,
            clock,
            TEAM,
            material_id=material_id,
            number=edition.number,
            file=stored,
            file_name=target.name,
            changes=changes,
        )
    preparing.prepare_edition(database, clock, store, links, edition_id=edition_id)
    with database.write() as session:
        editions.publish(session, clock, TEAM, edition_id)


def _take_some(database: Database, clock: SteppingClock, material_id: int) -> None:
    """Some trainers take the edition in the days after it was published; Amara takes only what came first."""
    chance = random.Random(material_id)  # noqa: S311 - a lived-in list, not a secret
    with database.write() as session:
        for place in PLACES:
            for somebody in place.people:
                if somebody.role is not Role.TRAINER or (chance.random() < 0.35 and "trainer@" not in somebody.email):
                    continue
                viewer = _viewer(session, somebody)
                later = SteppingClock(_in_office_hours(clock.moment + timedelta(days=chance.randrange(17)), chance))
                _take(session, later, viewer, material_id)


def _in_office_hours(moment: datetime, chance: random.Random) -> datetime:
    """Later on the same day, between eight and half past four."""
    return moment.replace(hour=8) + timedelta(minutes=chance.randrange(0, 510))


def _take(session: Session, clock: SteppingClock, viewer: Viewer, material_id: int) -> None:
    current = editions.current_of(editions.editions_of(session, material_id))
    if current is None or clock.moment > SystemClock().now():
        return
    if viewer.email == "trainer@lakeshire.example" and _is_later(session, material_id):
        return
    text = legal.current(session, LegalKind.TERMS_OF_USE)
    if text is not None:
        legal.accept_terms_of_use(session, clock, viewer, text.version)
    try:
        shelf.take_copy(session, clock, viewer, material_id=material_id, edition_id=current.id, press=new_code())
    except (shelf.NoCopy, NotThere, NameNotDrawable):
        return


def _is_later(session: Session, material_id: int) -> bool:
    """True when an edition of this material came before: the demo's trainer still holds that one."""
    return len(editions.editions_of(session, material_id)) > 1


def _viewer(session: Session, somebody: Somebody) -> Viewer:
    facts = memberships.person_with_email(session, somebody.email)
    assert facts is not None
    return Viewer("", facts.id, facts.name, facts.email, facts.organisation_id, facts.organisation_name, facts.role)
