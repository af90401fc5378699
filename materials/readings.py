"""What trainers say they have read: the changes of an edition that must be read before the next delivery."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from materials.models import Reading


def note(session: Session, clock: Clock, actor: Actor, person_id: int, edition: Subject) -> None:
    """Keeps that a person has read what changed in an edition. Saying so twice is saying it once."""
    known = sa.select(Reading.id).where(Reading.person_id == person_id, Reading.edition_id == edition.id)
    if session.scalar(known) is not None:
        return
    session.add(Reading(person_id=person_id, edition_id=edition.id, noted_at=clock.now()))
    session.flush()
    record(session, clock, actor, "changes read", edition)


def readers(session: Session, edition_id: int) -> int:
    """How many people say that they have read what changed in an edition."""
    counted = sa.select(sa.func.count()).select_from(Reading).where(Reading.edition_id == edition_id)
    return session.scalar(counted) or 0
