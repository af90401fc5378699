"""What forty people press at once beside the work of a licence manager: links, publishing, imports, merges.

Each link works once; an edition is published once; a table handed in twice is taken in once; who was merged away holds
nothing. `make test` does a round or two of each race, `SOAK=1` two hundred. Everything goes over HTTP, on both
databases.
"""

import re
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import AuditEntry
from kit.clock import SteppingClock
from kit.mail import MailMessage
from kit.refusals import NotThere, Refused
from licences import merging, seats, terms
from licences.models import Licence, Seat
from licences.people import accounts, emails, memberships, organisations
from licences.people.kinds import OrganisationKind, Role
from licences.people.models import Invitation, Membership, Merge, Person
from materials.kinds import EditionState
from materials.models import Edition
from tests.browser_like import Browser
from tests.faults.crowd import CLIENTS, ROUNDS, at, at_once, begun, press, signed_in
from tests.faults.invariants import check_rows
from tests.world import MANAGER, STAFF, TEAM, TRAINER, World

LINKS = {"set password": "/welcome/", "confirm": "/email/confirm/", "object": "/email/keep/"}
HEADINGS = "name,e-mail,organisation,role"
PLACES = ("Lakeshire Council", "Hillside Trust")


def crowd_of(world: World, email: str) -> list[Browser]:
    """Forty browsers of one person: staff are few, and each has more than one tab."""
    return [at(world, signed_in(world, email)) for _ in range(CLIENTS)]


def number(world: World, wanted: sa.Select[int]) -> int:
    with world.house.database.read() as session:
        return session.scalar(wanted) or 0


def told(world: World, action: str) -> int:
    """How often something stands in the audit trail."""
    return number(world, sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == action))


def link(world: World, kind: str, round_: int) -> str:
    """A link of one kind that works, as it stands in the newest mail."""
    person, clock, letterhead = world.people[TRAINER], world.house.clock, world.house.letterhead
    if kind == "set password":
        secret = world.house.database.run(lambda session: accounts.new_password_link(session, clock, person))
        return f"{LINKS[kind]}{secret}"
    assert isinstance(clock, SteppingClock)
    clock.move(hours=2)  # only so many changes in an hour
    actor = world.viewer(TRAINER).actor
    address = f"round{round_}@new.example"
    world.house.database.run(lambda session: emails.ask(session, clock, letterhead, actor, email=address))
    found = newest_link(world, LINKS["confirm"])
    if kind == "confirm":
        return found
    secret = found.rpartition("/")[2]
    world.house.database.run(lambda session: emails.confirm(session, clock, letterhead, secret))
    return newest_link(world, LINKS["object"])


def newest_link(world: World, path: str) -> str:
    with world.house.database.read() as session:
        text = session.scalars(sa.select(MailMessage.text).order_by(MailMessage.id.desc()).limit(1)).one()
    found = re.search(rf"{path}\S+", text)
    assert found
    return found[0]


@pytest.mark.parametrize("kind", LINKS)
def test_a_link_pressed_by_everybody_works_once(world: World, kind: str) -> None:
    actions = {"set password": "password set", "confirm": "e-mail address changed", "object": "e-mail change undone"}
    for round_ in range(ROUNDS if kind != "set password" else max(ROUNDS // 4, 1)):  # hashing takes time on purpose
        path = link(world, kind, round_)
        guests = [Browser(world.app) for _ in range(CLIENTS)]
        for guest in guests:
            guest.get(path)
        before, mails = told(world, actions[kind]), number(world, sa.select(sa.func.count(MailMessage.id)))
        form = {"password": "four quiet green words"} if kind == "set password" else {}
        codes = at_once([press(guest, path, form) for guest in guests], round_)
        assert codes == {200 if kind == "object" else 303: 1, 410: CLIENTS - 1}
        assert told(world, actions[kind]) == before + 1
        written = number(world, sa.select(sa.func.count(MailMessage.id))) - mails
        assert written == 1, "the owner, or the old address, is told, and once"


def test_one_edition_published_by_everybody(world: World) -> None:
    staff = crowd_of(world, STAFF)
    before = told(world, "edition published")
    codes = at_once([press(one, f"/admin/editions/{world.draft_edition}/publish") for one in staff], 0)
    assert codes == {303: CLIENTS}
    assert told(world, "edition published") == before + 1
    assert number(world, sa.select(sa.func.count(Edition.id)).where(Edition.state == EditionState.DRAFT)) == 0


def test_one_table_imported_by_everybody(world: World) -> None:
    """The same people in two orders, so that two imports meet in the middle."""
    staff = crowd_of(world, STAFF)
    everybody = sa.select(sa.func.count(Person.id))
    for round_ in range(ROUNDS):
        rows = [f"Zelda {n},z{round_}-{n}-{place[0]}@new.example,{place},trainer" for n in range(3) for place in PLACES]
        tables = ["\n".join([HEADINGS, *order]) for order in (rows, rows[::-1])]
        before, mails = number(world, everybody), number(world, sa.select(sa.func.count(MailMessage.id)))
        forms = [{"table": tables[each % 2], "sure": "yes"} for each in range(CLIENTS)]
        presses = [press(one, "/admin/imports/people", form) for one, form in zip(staff, forms, strict=True)]
        assert at_once(presses, round_) == {303: CLIENTS}
        assert number(world, everybody) == before + len(rows)
        assert number(world, sa.select(sa.func.count(MailMessage.id))) == mails + len(rows)


def test_a_seat_given_while_its_person_is_merged_away(world: World) -> None:
    """Who was merged away holds neither seat nor place, however the two fell together."""
    staff, manager = crowd_of(world, STAFF)[:4], crowd_of(world, MANAGER)[4:]
    world.house.database.run(
        lambda session: terms.change_seats(session, world.house.clock, TEAM, world.licence, seats=9, reason="More")
    )
    for round_ in range(ROUNDS):
        kept, gone = (newcomer(world, f"{who}{round_}") for who in ("kept", "gone"))
        seat = f"/organisation/people/{{}}/seats/{world.licence}/give"
        presses = [press(one, f"/admin/people/{kept}/merge", {"gone": str(gone)}) for one in staff]
        presses += [press(one, seat.format((kept, gone)[n % 2])) for n, one in enumerate(manager)]
        codes = at_once(presses, round_)
        assert set(codes) <= {303, 404, 409}, codes
        assert holds(world, gone) == (0, 0)
        assert holds(world, kept) == (1, 1)
        assert number(world, sa.select(sa.func.count(Merge.id)).where(Merge.gone_id == gone)) == 1
        check_rows(world.house.database)
        release(world, kept)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)  # SQLite lets one write at a time anyway
@pytest.mark.parametrize("wanted", ["a seat", "a place"])
def test_whom_a_merge_has_in_hand_is_given_nothing(world: World, wanted: str) -> None:
    """The merge has moved everything and is not committed yet: who gives something now waits, and then is refused.

    The two work at different places: where both worked at one, the merge's own changes would hold it anyway.
    """
    clock, database = world.house.clock, world.house.database
    kept, gone = newcomer(world, "kept"), newcomer(world, "gone", world.hillside)
    kind, told = OrganisationKind.TRUST, list[str]()
    with database.write() as session:
        elsewhere = organisations.create_organisation(session, clock, TEAM, name="Elsewhere", kind=kind).id

    def give(session: Session) -> None:
        if wanted == "a seat":
            seats.give(session, clock, TEAM, world.suspended_licence, gone)
        else:
            memberships.join(session, clock, TEAM, elsewhere, gone, Role.TRAINER)

    def giving() -> None:
        try:
            database.run(give)
        except (Refused, NotThere) as refusal:
            told.append(type(refusal).__name__)

    thread = threading.Thread(target=giving)
    with database.write() as session:
        merging.merge(session, clock, TEAM, "person", kept, gone, world.house.holdings["person"])
        thread.start()
        thread.join(1.5)
        assert thread.is_alive(), "it did not wait"
    thread.join(30)
    assert told == ["Refused" if wanted == "a seat" else "NotThere"]
    assert (holds(world, gone), holds(world, kept)) == ((0, 0), (0, 2))


def test_a_seat_given_while_its_organisation_is_merged_away(world: World) -> None:
    staff, manager = crowd_of(world, STAFF)[:4], crowd_of(world, MANAGER)[4:]
    clock = world.house.clock
    for round_ in range(ROUNDS if ROUNDS < 10 else 50):
        with world.house.database.write() as session:
            made = organisations.create_organisation(
                session, clock, TEAM, name=f"Short Lived {round_}", kind=OrganisationKind.TRUST
            )
            guests = [
                memberships.add_person(
                    session, clock, TEAM, made.id, name=f"M {n}", email=f"m{n}-{round_}@short.example",
                    role=Role.MANAGER,
                ).membership_id
                for n in range(2)
            ]  # fmt: skip
        own = [at(world, begun(world, guests[n % 2])) for n in range(10)]
        colleague = newcomer(world, f"busy{round_}")
        presses = [press(one, f"/admin/organisations/{world.lakeshire}/merge", {"gone": str(made.id)}) for one in staff]
        presses += [press(one, f"/organisation/people/{colleague}/seats/{world.licence}/give") for one in manager[:20]]
        presses += [
            press(one, "/organisation/invite", {"name": "A", "email": f"a{n}-{round_}@a.example", "role": "trainer",
                                                "seat": "none"})
            for n, one in enumerate(own)
        ]  # fmt: skip
        codes = at_once(presses, round_)
        assert set(codes) <= {303, 403, 404, 409}, codes
        assert number(world, sa.select(sa.func.count(Merge.id)).where(Merge.gone_id == made.id)) == 1
        assert left_behind(world, made.id) == [0, 0, 0]
        check_rows(world.house.database)
        release(world, colleague)


def newcomer(world: World, name: str, place: int | None = None) -> int:
    """A new trainer of a place; Lakeshire's when none is named."""
    with world.house.database.write() as session:
        return memberships.add_person(
            session, world.house.clock, TEAM, place or world.lakeshire, name=name, email=f"{name}@new.example",
            role=Role.TRAINER,
        ).id  # fmt: skip


def release(world: World, person: int) -> None:
    """Takes the person's seat back, so that the next round finds one."""
    with world.house.database.write() as session:
        seats.release(session, world.house.clock, TEAM, world.licence, person)


def holds(world: World, person: int) -> tuple[int, int]:
    """How many seats and places somebody has."""
    held = sa.select(sa.func.count(Seat.id)).where(Seat.person_id == person, Seat.released_at.is_(None))
    places = sa.select(sa.func.count(Membership.id)).where(Membership.person_id == person)
    return number(world, held), number(world, places.where(Membership.ended_at.is_(None)))


def left_behind(world: World, organisation: int) -> list[int]:
    """How many people, licences and open invitations still belong to an organisation."""
    is_open = Invitation.accepted_at.is_(None) & Invitation.withdrawn_at.is_(None)
    wanted = (
        sa.select(sa.func.count(Membership.id)).where(
            Membership.organisation_id == organisation, Membership.ended_at.is_(None)
        ),
        sa.select(sa.func.count(Licence.id)).where(Licence.organisation_id == organisation),
        sa.select(sa.func.count(Invitation.id)).where(Invitation.organisation_id == organisation, is_open),
    )
    return [number(world, one) for one in wanted]
