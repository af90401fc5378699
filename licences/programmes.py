"""Programmes: what is taught, and for how many days."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.refusals import NotThere, Refused
from licences.models import Programme


@dataclass(frozen=True)
class ProgrammeFacts:
    """A programme as other packages see it."""

    id: int
    name: str
    days: int
    trainer_days: int | None
    audience: str


def create_programme(
    session: Session, clock: Clock, actor: Actor, *, name: str, days: int, trainer_days: int | None, audience: str
) -> ProgrammeFacts:
    """Adds a programme. Raises `Refused` when the name is taken."""
    _refuse_taken_name(session, name)
    row = Programme(name=name, days=days, trainer_days=trainer_days, audience=audience, created_at=clock.now())
    session.add(row)
    session.flush()
    record(session, clock, actor, "programme created", Subject("programme", row.id, name), days=days)
    return _facts(row)


def change_programme(
    session: Session,
    clock: Clock,
    actor: Actor,
    programme_id: int,
    *,
    name: str,
    days: int,
    trainer_days: int | None,
    audience: str,
) -> None:
    """Corrects a programme's facts. Raises `NotThere`, or `Refused` when the new name is taken."""
    row = session.get(Programme, programme_id)
    if row is None:
        raise NotThere
    _refuse_taken_name(session, name, but=programme_id)
    row.name, row.days, row.trainer_days, row.audience = name, days, trainer_days, audience
    session.flush()
    record(session, clock, actor, "programme changed", Subject("programme", row.id, name), days=days)


def _refuse_taken_name(session: Session, name: str, *, but: int | None = None) -> None:
    """The database folds both names, as its unique index does."""
    taken = sa.select(Programme.id).where(sa.func.lower(Programme.name) == sa.func.lower(name))
    if session.scalar(taken.where(Programme.id.is_distinct_from(but))) is not None:
        raise Refused("There is a programme of this name already.", "name")


def programme(session: Session, programme_id: int) -> ProgrammeFacts:
    """Raises `NotThere` when there is none."""
    row = session.get(Programme, programme_id)
    if row is None:
        raise NotThere
    return _facts(row)


def programmes(session: Session) -> list[ProgrammeFacts]:
    """All programmes, by name."""
    return [_facts(row) for row in session.scalars(sa.select(Programme).order_by(Programme.name))]


def _facts(row: Programme) -> ProgrammeFacts:
    return ProgrammeFacts(row.id, row.name, row.days, row.trainer_days, row.audience)
