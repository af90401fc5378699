"""The life of a licence: granted for a period, suspended, restored."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock, today
from kit.db import lock_row
from kit.refusals import NotThere, Refused
from licences.models import Licence, Period, Programme, Seat, Suspension
from licences.people.models import Organisation
from licences.standing import LicenceStanding
from licences.standing_facts import COLUMNS, Gathered, joined

LONGEST_PERIOD_DAYS = 366 * 3


@dataclass(frozen=True)
class LicenceFacts:
    """A licence with its standing on the day it was asked for."""

    id: int
    organisation_id: int
    organisation_name: str
    programme_id: int
    programme_name: str
    seats_bought: int
    seats_in_use: int
    standing: LicenceStanding

    @property
    def seats_free(self) -> int:
        """How many may be given: not those whose own invoice is unpaid."""
        return max(0, self.seats_bought - self.standing.seats_withheld - self.seats_in_use)

    @property
    def subject(self) -> Subject:
        label = f"{self.organisation_name}: {self.programme_name}"
        return Subject("licence", self.id, label, self.organisation_id)


@dataclass(frozen=True)
class PeriodFacts:
    """One granted stretch, first and last day included."""

    starts_on: date
    ends_on: date
    reason: str


def grant(
    session: Session,
    clock: Clock,
    actor: Actor,
    *,
    organisation_id: int,
    programme_id: int,
    starts_on: date,
    ends_on: date,
    seats: int,
    reason: str,
) -> int:
    """Grants a period by hand, with the number of seats from now on, and returns the licence's id.

    The first period makes the licence. Raises `Refused` for dates out of order, a period of more than three
    years, one that overlaps another, or fewer seats than are in use.
    """
    if ends_on < starts_on:
        raise Refused("The last day is before the first.", "ends_on")
    if (ends_on - starts_on).days >= LONGEST_PERIOD_DAYS:
        raise Refused("A period may last three years at the most.", "ends_on")
    licence = licence_for(session, clock, organisation_id, programme_id)
    add_period(session, clock, licence, starts_on, ends_on, reason)
    set_seats(session, licence, seats)
    facts = licence_facts(session, clock, licence.id)
    days = f"{starts_on.isoformat()} to {ends_on.isoformat()}"
    record(session, clock, actor, "licence granted", facts.subject, period=days, seats=seats, reason=reason)
    return licence.id


def add_period(
    session: Session,
    clock: Clock,
    licence: Licence,
    starts_on: date,
    ends_on: date,
    reason: str,
    order_id: int | None = None,
) -> None:
    """Adds a period to a licence that is locked. Raises `Refused` when it overlaps another."""
    if any(period.starts_on <= ends_on and starts_on <= period.ends_on for period in licence.periods):
        raise Refused("The organisation has a period on some of these days already.", "starts_on")
    session.add(
        Period(
            licence_id=licence.id,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=reason,
            created_at=clock.now(),
            order_id=order_id,
        )
    )
    session.flush()
    session.expire(licence)


def licence_for(session: Session, clock: Clock, organisation_id: int, programme_id: int) -> Licence:
    """The licence, locked; made when this is the organisation's first for the programme. Raises `NotThere`."""
    if lock_row(session, Organisation, organisation_id) is None or session.get(Programme, programme_id) is None:
        raise NotThere
    wanted = sa.select(Licence).where(Licence.organisation_id == organisation_id, Licence.programme_id == programme_id)
    licence = session.scalar(wanted.with_for_update())
    if licence is None:
        licence = Licence(
            organisation_id=organisation_id, programme_id=programme_id, seats_bought=0, created_at=clock.now()
        )
        session.add(licence)
        session.flush()
    return licence


def change_seats(session: Session, clock: Clock, actor: Actor, licence_id: int, *, seats: int, reason: str) -> None:
    """Sets the number of seats. Raises `Refused` for fewer than are in use: release some first."""
    licence = lock_row(session, Licence, licence_id)
    if licence is None:
        raise NotThere
    before = licence.seats_bought
    set_seats(session, licence, seats)
    facts = licence_facts(session, clock, licence_id)
    record(session, clock, actor, "seats changed", facts.subject, before=before, seats=seats, reason=reason)


def set_seats(session: Session, licence: Licence, seats: int) -> None:
    """Sets the number of seats of a licence that is locked. Raises `Refused` for fewer than are in use."""
    refuse_fewer_seats(session, licence, seats)
    licence.seats_bought = seats
    session.flush()


def refuse_fewer_seats(session: Session, licence: Licence, seats: int) -> None:
    """Raises `Refused` for fewer seats than are in use."""
    in_use = seats_in_use(session, licence.id)
    if seats < in_use:
        seats_are = "seat is" if in_use == 1 else "seats are"
        raise Refused(f"{in_use} {seats_are} in use. Release some first, or keep at least {in_use}.", "seats")


def suspend(session: Session, clock: Clock, actor: Actor, licence_id: int, *, reason: str) -> None:
    """Stops copies from the next request on. Raises `Refused` when the licence is suspended already."""
    licence = lock_row(session, Licence, licence_id)
    if licence is None:
        raise NotThere
    if _open_suspension(licence):
        raise Refused("This licence is suspended already.")
    session.add(Suspension(licence_id=licence_id, since=clock.now(), reason=reason))
    session.flush()
    session.expire(licence)
    facts = licence_facts(session, clock, licence_id)
    record(session, clock, actor, "licence suspended", facts.subject, reason=reason)


def restore(session: Session, clock: Clock, actor: Actor, licence_id: int, *, reason: str) -> None:
    """Lifts the suspension. Raises `Refused` when there is none."""
    licence = lock_row(session, Licence, licence_id)
    if licence is None:
        raise NotThere
    stop = _open_suspension(licence)
    if stop is None:
        raise Refused("This licence is not suspended.")
    stop.restored_at, stop.restored_reason = clock.now(), reason
    session.flush()
    facts = licence_facts(session, clock, licence_id)
    record(session, clock, actor, "licence restored", facts.subject, reason=reason)


def licence_facts(session: Session, clock: Clock, licence_id: int) -> LicenceFacts:
    """Raises `NotThere` when there is none."""
    found = _facts(session, clock, Licence.id == licence_id)
    if not found:
        raise NotThere
    return found[0]


def licences_of(session: Session, clock: Clock, organisation_id: int) -> list[LicenceFacts]:
    """All licences of an organisation, by programme."""
    return _facts(session, clock, Licence.organisation_id == organisation_id)


def licences_of_many(session: Session, clock: Clock, organisation_ids: Iterable[int]) -> list[LicenceFacts]:
    """The licences of several organisations, with a constant number of statements."""
    return _facts(session, clock, Licence.organisation_id.in_(list(organisation_ids)))


def licences_by_id(session: Session, clock: Clock, licence_ids: Sequence[int]) -> list[LicenceFacts]:
    """These licences in this order, with a constant number of statements."""
    found = {one.id: one for one in _facts(session, clock, Licence.id.in_(licence_ids))}
    return [found[licence_id] for licence_id in licence_ids]


def periods_of(session: Session, licence_id: int) -> list[PeriodFacts]:
    """The licence's periods, newest first."""
    rows = session.scalars(sa.select(Period).where(Period.licence_id == licence_id).order_by(Period.starts_on.desc()))
    return [PeriodFacts(row.starts_on, row.ends_on, row.reason) for row in rows]


def _facts(session: Session, clock: Clock, wanted: sa.ColumnElement[bool]) -> list[LicenceFacts]:
    """Those wanted, by programme, in one statement."""
    chosen = (
        sa.select(
            Licence.id,
            Licence.organisation_id,
            Organisation.name.label("organisation_name"),
            Licence.programme_id,
            Programme.name.label("programme_name"),
            *COLUMNS,
        )
        .join(Programme, Programme.id == Licence.programme_id)
        .join(Organisation, Organisation.id == Licence.organisation_id)
        .where(wanted)
        .order_by(Programme.name, Licence.id)
    )
    day = today(clock)
    gathered: defaultdict[int, Gathered] = defaultdict(Gathered)
    for row in session.execute(joined(chosen), {"day": day}):
        gathered[row.id].add(row)
    return [
        LicenceFacts(
            licence_id,
            one.last.organisation_id,
            one.last.organisation_name,
            one.last.programme_id,
            one.last.programme_name,
            one.last.seats_bought,
            one.last.seats_in_use,
            one.standing(day),
        )
        for licence_id, one in gathered.items()
    ]


def _open_suspension(licence: Licence) -> Suspension | None:
    return next((stop for stop in licence.suspensions if stop.restored_at is None), None)


def seats_in_use(session: Session, licence_id: int) -> int:
    """How many seats are held."""
    live = sa.select(sa.func.count()).where(Seat.licence_id == licence_id, Seat.released_at.is_(None))
    return session.scalar(live) or 0
