"""Seats: the right of one trainer to use the licence. Seats in use never exceed seats bought."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock, today
from kit.db import lock_row
from kit.folding import folded
from kit.refusals import NotThere, Refused
from licences.models import Licence, Programme, Seat
from licences.people import memberships
from licences.people.kinds import Role
from licences.people.models import Organisation, Person
from licences.standing import Cause
from licences.standing_facts import standing_of


@dataclass(frozen=True)
class SeatFacts:
    """Who holds a seat of a licence, and since when."""

    licence_id: int
    person_id: int
    person_name: str
    given_at: datetime


@dataclass(frozen=True)
class HeldSeat:
    """A live seat of a person, and in which licence."""

    licence_id: int
    person_id: int
    programme_id: int
    programme_name: str
    given_at: datetime
    organisation_id: int


def give(session: Session, clock: Clock, actor: Actor, licence_id: int, person_id: int) -> None:
    """Gives a seat. Raises `Refused` when all are in use or withheld, the person has one, or works elsewhere.

    Organisation and licence are locked before counting, so that two who press at once cannot both take the last seat,
    and nobody who leaves at this moment gets one.
    """
    licence = _locked(session, licence_id)
    _refuse_unpaid(session, clock, licence)
    _take(session, clock, actor, licence, person_id)


def _refuse_unpaid(session: Session, clock: Clock, licence: Licence) -> None:
    """No new seat while an invoice stops the licence, nor one of those whose own invoice is unpaid."""
    standing = standing_of(session, licence.id, today(clock))
    if standing.cause is Cause.UNPAID and not standing.gives_copies:
        raise Refused(f"No new seats just now. {standing.reason}", "person")
    held = sa.select(sa.func.count()).where(Seat.licence_id == licence.id, Seat.released_at.is_(None))
    if standing.seats_withheld and (session.scalar(held) or 0) >= licence.seats_bought - standing.seats_withheld:
        raise Refused("The seats that are left were added last, and their invoice is unpaid.", "person")


def _take(session: Session, clock: Clock, actor: Actor, licence: Licence, person_id: int) -> None:
    licence_id = licence.id
    person = _member(session, licence.organisation_id, person_id)
    holders = set(session.scalars(_live(licence_id).with_only_columns(Seat.person_id)))
    if person_id in holders:
        raise Refused(f"{person.name} has a seat already.", "person")
    if len(holders) >= licence.seats_bought:
        count = "The one seat is" if licence.seats_bought == 1 else f"All {licence.seats_bought} seats are"
        raise Refused(f"{count} in use. Release one, or add seats.", "person")
    session.add(Seat(licence_id=licence_id, person_id=person_id, given_at=clock.now()))
    session.flush()
    record(session, clock, actor, "seat given", _subject(licence, person), licence=licence_id)


def release(session: Session, clock: Clock, actor: Actor, licence_id: int, person_id: int) -> None:
    """Takes a seat back; what the person took with it stays in the history. Raises `Refused` without a seat."""
    licence = _locked(session, licence_id)
    person = session.get(Person, person_id)
    seat = session.scalar(_live(licence_id).where(Seat.person_id == person_id))
    if person is None or seat is None:
        raise Refused("This person has no seat to release.")
    seat.released_at = clock.now()
    session.flush()
    record(session, clock, actor, "seat released", _subject(licence, person), licence=licence_id)


def seats_of(session: Session, licence_id: int) -> list[SeatFacts]:
    """The seats in use, by name."""
    rows = session.execute(
        _live(licence_id)
        .join(Person, Person.id == Seat.person_id)
        .add_columns(Person.name)
        .order_by(folded(Person.name), Person.id)
    )
    return [SeatFacts(seat.licence_id, seat.person_id, name, seat.given_at) for seat, name in rows]


def seats_held(session: Session, person_ids: Iterable[int]) -> list[HeldSeat]:
    """The live seats of some people, by programme."""
    rows = session.execute(
        sa.select(Seat, Licence.programme_id, Programme.name, Licence.organisation_id)
        .join(Licence, Licence.id == Seat.licence_id)
        .join(Programme, Programme.id == Licence.programme_id)
        .where(Seat.person_id.in_(list(person_ids)), Seat.released_at.is_(None))
        .order_by(Programme.name)
    )
    return [
        HeldSeat(seat.licence_id, seat.person_id, programme_id, name, seat.given_at, organisation_id)
        for seat, programme_id, name, organisation_id in rows
    ]


def delivers(session: Session, person_id: int, organisation_id: int) -> bool:
    """Whether the person holds a seat in one of the organisation's licences."""
    wanted = sa.select(Seat.id).join(Licence, Licence.id == Seat.licence_id)
    mine = wanted.where(Seat.person_id == person_id, Seat.released_at.is_(None))
    return session.scalar(mine.where(Licence.organisation_id == organisation_id).limit(1)) is not None


def change_role(session: Session, clock: Clock, actor: Actor, membership_id: int, role: Role) -> None:
    """Changes what a person is in one organisation.

    Raises `NotThere`, and `Refused` for a role that cannot use the seat they hold there: it would stand idle.
    """
    place = memberships.member(session, membership_id)
    lock_row(session, Organisation, place.organisation_id)
    if role is Role.FINANCE and _seats_in(session, place):
        raise Refused("A finance contact cannot use a seat. Release this person’s seat first.", "role")
    memberships.change_role(session, clock, actor, membership_id, role)


def leave(session: Session, clock: Clock, actor: Actor, membership_id: int) -> None:
    """Ends a person's place in one organisation and takes back the seats they hold there. The history stays theirs.

    Raises `NotThere`, and `Refused` for the last licence manager.
    """
    place = memberships.member(session, membership_id)
    lock_row(session, Organisation, place.organisation_id)
    for seat in _seats_in(session, place):
        release(session, clock, actor, seat.licence_id, place.id)
    memberships.leave(session, clock, actor, membership_id)


def hand_over(
    session: Session, clock: Clock, actor: Actor, licence_id: int, *, leaver_id: int, successor_id: int
) -> None:
    """Moves a seat from a leaver to a successor in one step: it is never free in between for somebody else to take.

    What the leaver took and did stays with the leaver. Raises `NotThere`, and `Refused` as `release` and `give` do.
    """
    licence = _locked(session, licence_id)
    release(session, clock, actor, licence_id, leaver_id)
    _take(session, clock, actor, licence, successor_id)


def _seats_in(session: Session, place: memberships.Member) -> list[HeldSeat]:
    return [seat for seat in seats_held(session, [place.id]) if seat.organisation_id == place.organisation_id]


def holders_in(session: Session, licence_ids: list[int]) -> set[tuple[int, int]]:
    """Pairs of licence and person with a live seat."""
    rows = session.execute(
        sa.select(Seat.licence_id, Seat.person_id).where(Seat.licence_id.in_(licence_ids), Seat.released_at.is_(None))
    )
    return {(licence_id, person_id) for licence_id, person_id in rows}


def _locked(session: Session, licence_id: int) -> Licence:
    """The licence, locked after its organisation: everybody takes the two in this order, so nobody waits in a ring."""
    organisation_id = session.scalar(sa.select(Licence.organisation_id).where(Licence.id == licence_id))
    if organisation_id is None:
        raise NotThere
    lock_row(session, Organisation, organisation_id)
    licence = lock_row(session, Licence, licence_id)
    if licence is None:
        raise NotThere
    return licence


def _live(licence_id: int) -> sa.Select[Seat]:
    return sa.select(Seat).where(Seat.licence_id == licence_id, Seat.released_at.is_(None))


def _member(session: Session, organisation_id: int, person_id: int) -> Person:
    try:
        place = memberships.member_in(session, organisation_id, person_id)
    except NotThere:
        raise Refused("Choose somebody who belongs to this organisation.", "person") from None
    if place.role is Role.FINANCE:
        raise Refused("A finance contact sees invoices only. Change the role first.", "person")
    return session.get_one(Person, person_id)


def _subject(licence: Licence, person: Person) -> Subject:
    return Subject("person", person.id, person.name, licence.organisation_id)
