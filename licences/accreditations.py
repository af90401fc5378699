"""Accreditations: a trainer's own qualification for a programme."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, record
from kit.clock import Clock
from kit.refusals import Refused
from licences.models import Accreditation, Programme
from licences.people.memberships import first_place

# Long enough to find a place on a refresher.
ENDING_SOON = timedelta(days=60)


class AccreditationState(StrEnum):
    """How an accreditation stands, in words for people."""

    COMING = "begins later"
    IN_DATE = "in date"
    ENDING = "refresher due"
    LAPSED = "lapsed"


@dataclass(frozen=True)
class AccreditationFacts:
    """From when until when a person is accredited for a programme, both days included."""

    person_id: int
    programme_id: int
    programme_name: str
    from_on: date
    until_on: date
    note: str

    def state_on(self, day: date) -> AccreditationState:
        """How the accreditation stands on a day."""
        if day < self.from_on:
            return AccreditationState.COMING
        if day > self.until_on:
            return AccreditationState.LAPSED
        return AccreditationState.ENDING if self.until_on - day <= ENDING_SOON else AccreditationState.IN_DATE


def record_accreditation(
    session: Session,
    clock: Clock,
    actor: Actor,
    *,
    person_id: int,
    programme_id: int,
    from_on: date,
    until_on: date,
    note: str,
) -> None:
    """Records that a person is accredited, or corrects what was recorded; the audit trail keeps both.

    Raises `Refused` for dates out of order and `NotThere` for an unknown person.
    """
    if until_on < from_on:
        raise Refused("The last day is before the first.", "until_on")
    programme = session.get(Programme, programme_id)
    if programme is None:
        raise Refused("Choose a programme.", "programme")
    person = first_place(session, person_id)
    row = session.scalar(
        sa.select(Accreditation)
        .where(Accreditation.person_id == person_id, Accreditation.programme_id == programme_id)
        .with_for_update()
    )
    before = f"{row.from_on.isoformat()} to {row.until_on.isoformat()}" if row else None
    if row is None:
        row = Accreditation(person_id=person_id, programme_id=programme_id)
        session.add(row)
    row.from_on, row.until_on, row.note, row.recorded_at = from_on, until_on, note, clock.now()
    session.flush()
    days = f"{from_on.isoformat()} to {until_on.isoformat()}"
    detail = {"programme": programme.name, "days": days, "before": before, "note": note or None}
    record(session, clock, actor, "accreditation recorded", person.subject, **detail)


def accreditations_of(session: Session, person_ids: list[int]) -> list[AccreditationFacts]:
    """The accreditations of some people, by programme."""
    rows = session.execute(
        sa.select(Accreditation, Programme.name)
        .join(Programme, Programme.id == Accreditation.programme_id)
        .where(Accreditation.person_id.in_(person_ids))
        .order_by(Programme.name)
    )
    return [
        AccreditationFacts(row.person_id, row.programme_id, name, row.from_on, row.until_on, row.note)
        for row, name in rows
    ]
