"""Forty people press at the same moment: never one seat too many, never nobody left, nobody sees a database error.

`make test` does a few rounds of each race, `SOAK=1` two hundred. Everything goes over HTTP, on both databases.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.mail import MailMessage
from licences import joining, seats, terms
from licences.people import invitations, memberships
from licences.people.invitations import Guest
from licences.people.kinds import Role
from licences.people.models import Invitation, Membership, Person
from tests.browser_like import Browser
from tests.faults.crowd import CLIENTS, ROUNDS, at, at_once, begun, press
from tests.faults.plan import SOAK
from tests.world import MANAGER, TEAM, TRAINER, World


@dataclass
class Crew:
    """Forty licence managers of one council, each at a browser of their own."""

    world: World
    people: list[int]
    places: list[int]
    browsers: list[Browser]

    def write(self, work: Callable[[Session], object]) -> None:
        self.world.house.database.run(work)

    def count(self, what: sa.Select[int]) -> int:
        with self.world.house.database.read() as session:
            return session.scalar(what) or 0

    def holders(self) -> set[int]:
        with self.world.house.database.read() as session:
            return {one.person_id for one in seats.seats_of(session, self.world.licence)}


@pytest.fixture
def crew(world: World) -> Crew:
    made = [_manager(world, number) for number in range(CLIENTS)]
    return Crew(
        world,
        [one.id for one in made],
        [one.membership_id for one in made],
        [at(world, begun(world, one.membership_id)) for one in made],
    )


def _manager(world: World, number: int) -> memberships.Member:
    with world.house.database.write() as session:
        return memberships.add_person(
            session, world.house.clock, TEAM, world.lakeshire, name=f"Manager {number}",
            email=f"m{number}@lakeshire.example", role=Role.MANAGER,
        )  # fmt: skip


def test_the_last_seat(crew: Crew) -> None:
    world = crew.world
    give = f"/organisation/people/{{}}/seats/{world.licence}/give"
    for round_ in range(ROUNDS):
        pairs = zip(crew.browsers, crew.people, strict=True)
        presses = [press(browser, give.format(person)) for browser, person in pairs]
        assert at_once(presses, round_) == {303: CLIENTS}
        winners = crew.holders() - {world.people[TRAINER]}
        assert len(winners) == 1
        winner = winners.pop()
        crew.write(lambda s, w=winner: seats.release(s, world.house.clock, TEAM, world.licence, w))


def test_fewer_seats_and_the_last_one(crew: Crew) -> None:
    """Half give the last seat, half of the others find fewer seats bought at the same moment."""
    world = crew.world
    staff = [world.browser("staff@demo.example") for _ in range(4)]
    give = f"/organisation/people/{{}}/seats/{world.licence}/give"
    fewer = f"/admin/licences/{world.licence}/seats"
    for round_ in range(ROUNDS):
        pairs = list(zip(crew.browsers, crew.people, strict=True))[:36]
        presses = [press(browser, give.format(person)) for browser, person in pairs]
        presses += [press(browser, fewer, {"seats": 1, "reason": "One less"}) for browser in staff]
        at_once(presses, round_)
        with world.house.database.read() as session:
            facts = terms.licence_facts(session, world.house.clock, world.licence)
        assert facts.seats_in_use <= facts.seats_bought
        for holder in crew.holders() - {world.people[TRAINER]}:
            crew.write(lambda s, w=holder: seats.release(s, world.house.clock, TEAM, world.licence, w))
        crew.write(lambda s: terms.change_seats(s, world.house.clock, TEAM, world.licence, seats=2, reason="Back"))


def test_the_last_manager(crew: Crew) -> None:
    """Everybody steps down at once: one cannot."""
    world = crew.world
    crew.write(lambda s: _set_role(s, world, world.people[MANAGER], Role.TRAINER))
    managers = (
        sa.select(sa.func.count())
        .select_from(Membership)
        .where(
            Membership.organisation_id == world.lakeshire,
            Membership.role == Role.MANAGER,
            Membership.ended_at.is_(None),
        )
    )
    for round_ in range(ROUNDS):
        pairs = zip(crew.browsers, crew.people, strict=True)
        presses = [press(b, f"/organisation/people/{p}", {"role": "trainer"}) for b, p in pairs]
        assert at_once(presses, round_) == {303: CLIENTS - 1, 409: 1}
        assert crew.count(managers) == 1
        for person in crew.people:
            crew.write(lambda s, p=person: _set_role(s, world, p, Role.MANAGER))


def test_one_address_invited_by_everybody(crew: Crew) -> None:
    world = crew.world
    form = {"name": "Ann Lee", "email": "ann@lee.example", "role": "trainer", "seat": "none"}
    for round_ in range(ROUNDS):
        before = crew.count(sa.select(sa.func.count()).select_from(MailMessage))
        presses = [press(browser, "/organisation/invite", form) for browser in crew.browsers]
        assert at_once(presses, round_) == {303: 1, 409: CLIENTS - 1}
        assert crew.count(sa.select(sa.func.count()).select_from(MailMessage)) == before + 1
        number = crew.count(sa.select(sa.func.max(Invitation.id)))
        crew.write(lambda s, n=number: invitations.withdraw(s, world.house.clock, TEAM, world.lakeshire, n))


def test_a_seat_handed_over_while_others_reach_for_it(crew: Crew) -> None:
    """The one seat goes from hand to hand: it is never free in between, and never there twice."""
    world = crew.world
    crew.write(lambda s: terms.change_seats(s, world.house.clock, TEAM, world.licence, seats=1, reason="One"))
    holder, (successor, *others) = world.people[TRAINER], crew.people
    for round_ in range(ROUNDS):
        seat = f"/organisation/people/{{}}/seats/{world.licence}"
        hand_over = f"{seat.format(holder)}/hand-over"
        presses = [press(browser, hand_over, {"successor": successor}) for browser in crew.browsers[:20]]
        pairs = zip(crew.browsers[20:], others[19:], strict=True)
        presses += [press(browser, f"{seat.format(person)}/give") for browser, person in pairs]
        at_once(presses, round_)
        assert crew.holders() == {successor}
        holder, successor = successor, holder


def test_leaving_while_a_seat_is_given(crew: Crew) -> None:
    """Whoever has left holds no seat, however the two fell together."""
    world = crew.world
    for round_ in range(ROUNDS):
        with world.house.database.write() as session:
            extra = memberships.add_person(
                session, world.house.clock, TEAM, world.lakeshire, name=f"Leaver {round_}",
                email=f"leaver{round_}@lakeshire.example", role=Role.TRAINER,
            )  # fmt: skip
        give = f"/organisation/people/{extra.id}/seats/{world.licence}/give"
        leave = f"/organisation/people/{extra.id}/leave"
        paths = [give if number % 2 else leave for number in range(CLIENTS)]
        presses = [press(browser, path) for browser, path in zip(crew.browsers, paths, strict=True)]
        codes = at_once(presses, round_)
        assert set(codes) <= {303, 404}
        assert crew.holders() == {world.people[TRAINER]}


def test_one_invitation_accepted_by_forty_browsers(crew: Crew) -> None:
    """One account, one place, one seat; the others read that the link is used up."""
    world = crew.world
    for round_ in range(ROUNDS if SOAK else 1):
        email = f"new{round_}@lee.example"
        with world.house.database.write() as session:
            joining.invite(
                session, world.house.clock, world.viewer(MANAGER).actor, world.house.letterhead, world.lakeshire,
                [Guest("Ann Lee", email)], Role.TRAINER, world.licence,
            )  # fmt: skip
            text = session.scalars(sa.select(MailMessage.text).order_by(MailMessage.id.desc())).first() or ""
        found = re.search(r"/invitation/\S+", text)
        assert found
        guests = [Browser(world.app) for _ in range(CLIENTS if SOAK else 12)]
        for guest in guests:
            guest.get(found[0])
        form = {"password": "four quiet green words", "accept": "y", "version": "1"}
        codes = at_once([press(guest, found[0], form) for guest in guests], round_)
        assert codes == {303: 1, 410: len(guests) - 1}
        assert crew.count(sa.select(sa.func.count()).select_from(Person).where(Person.email == email)) == 1
        assert len(crew.holders()) == 2
        newcomer = crew.count(sa.select(sa.func.max(Person.id)))
        crew.write(lambda s, n=newcomer: seats.release(s, world.house.clock, TEAM, world.licence, n))


def _set_role(session: Session, world: World, person_id: int, role: Role) -> None:
    place = memberships.member_in(session, world.lakeshire, person_id)
    memberships.change_role(session, world.house.clock, TEAM, place.membership_id, role)
