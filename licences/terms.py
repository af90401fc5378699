"""The life of a licence: granted for a period, suspended, restored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from kit.audit import Actor, Subject, record
from kit.clock import Clock, london, today
from kit.db import lock_row
from kit.refusals import NotThere, Refused
from licences.models import Licence, Period, Programme, Seat, Suspension
from licences.people.models import Organisation
from licences.standing import LicenceStanding, Span, Stop, standing

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
        return self.seats_bought - self.seats_in_use

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
    licence = _licence_for(session, clock, organisation_id, programme_id)
    if any(period.starts_on <= ends_on and starts_on <= period.ends_on for period in licence.periods):
        raise Refused("The organisation has a period on some of these days already.", "starts_on")
    _set_seats(session, licence, seats)
    period = Period(licence_id=licence.id, starts_on=starts_on, ends_on=ends_on, reason=reason, created_at=clock.now())
    session.add(period)
    session.flush()
    session.expire(licence)
    facts = licence_facts(session, clock, licence.id)
    days = f"{starts_on.isoformat()} to {ends_on.isoformat()}"
    record(session, clock, actor, "licence granted", facts.subject, period=days, seats=seats, reason=reason)
    return licence.id


def _licence_for(session: Session, clock: Clock, organisation_id: int, programme_id: int) -> Licence:
    """The licence, locked; made when this is the organisation's first for the programme."""
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
    _set_seats(session, licence, seats)
    facts = licence_facts(session, clock, licence_id)
    record(session, clock, actor, "seats changed", facts.subject, before=before, seats=seats, reason=reason)


def _set_seats(session: Session, licence: Licence, seats: int) -> None:
    in_use = _seats_in_use(session, [licence.id]).get(licence.id, 0)
    if seats < in_use:
        seats_are = "seat is" if in_use == 1 else "seats are"
        raise Refused(f"{in_use} {seats_are} in use. Release some first, or keep at least {in_use}.", "seats")
    licence.seats_bought = seats
    session.flush()


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
    found = _facts(session, clock, sa.select(Licence).where(Licence.id == licence_id))
    if not found:
        raise NotThere
    return found[0]


def licences_of(session: Session, clock: Clock, organisation_id: int) -> list[LicenceFacts]:
    """All licences of an organisation, by programme."""
    return _facts(session, clock, sa.select(Licence).where(Licence.organisation_id == organisation_id))


def licences_of_many(session: Session, clock: Clock, organisation_ids: Iterable[int]) -> list[LicenceFacts]:
    """The licences of several organisations, with a constant number of statements."""
    return _facts(session, clock, sa.select(Licence).where(Licence.organisation_id.in_(list(organisation_ids))))


def licences_by_id(session: Session, clock: Clock, licence_ids: Sequence[int]) -> list[LicenceFacts]:
    """These licences in this order, with a constant number of statements."""
    found = {one.id: one for one in _facts(session, clock, sa.select(Licence).where(Licence.id.in_(licence_ids)))}
    return [found[licence_id] for licence_id in licence_ids]


def periods_of(session: Session, licence_id: int) -> list[PeriodFacts]:
    """The licence's periods, newest first."""
    rows = session.scalars(sa.select(Period).where(Period.licence_id == licence_id).order_by(Period.starts_on.desc()))
    return [PeriodFacts(row.starts_on, row.ends_on, row.reason) for row in rows]


def _facts(session: Session, clock: Clock, wanted: sa.Select[Licence]) -> list[LicenceFacts]:
    rows = session.execute(
        wanted.join(Programme, Programme.id == Licence.programme_id)
        .join(Organisation, Organisation.id == Licence.organisation_id)
        .add_columns(Programme.name, Organisation.name)
        .options(selectinload(Licence.periods), selectinload(Licence.suspensions))
        .order_by(Programme.name, Licence.id)
    ).all()
    in_use = _seats_in_use(session, [row[0].id for row in rows])
    return [
        LicenceFacts(
            licence.id,
            licence.organisation_id,
            organisation_name,
            licence.programme_id,
            programme_name,
            licence.seats_bought,
            in_use.get(licence.id, 0),
            _standing(licence, clock),
        )
        for licence, programme_name, organisation_name in rows
    ]


def _standing(licence: Licence, clock: Clock) -> LicenceStanding:
    spans = tuple(Span(period.starts_on, period.ends_on) for period in licence.periods)
    stop = _open_suspension(licence)
    return standing(spans, Stop(london(stop.since).date(), stop.reason) if stop else None, today(clock))


def _open_suspension(licence: Licence) -> Suspension | None:
    return next((stop for stop in licence.suspensions if stop.restored_at is None), None)


def _seats_in_use(session: Session, licence_ids: list[int]) -> dict[int, int]:
    counted = (
        sa.select(Seat.licence_id, sa.func.count())
        .where(Seat.licence_id.in_(licence_ids), Seat.released_at.is_(None))
        .group_by(Seat.licence_id)
    )
    return {licence_id: number for licence_id, number in session.execute(counted)}
