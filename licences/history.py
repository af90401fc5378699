"""What happened to a licence, a person or a programme: their entries in the audit trail."""

import re
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import AuditEntry
from kit.clock import in_words

MOST_ENTRIES = 50
_SEAT_ACTIONS = ("seat given", "seat released")
# Told by the page that shows the history, or of no use to people.
_SILENT = {"licence"}
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Happening:
    """One change: when, what, by whom, and its details in words."""

    at: datetime
    action: str
    actor_name: str
    about: str
    details: tuple[tuple[str, str], ...]


def history_of_licence(session: Session, organisation_id: int, licence_id: int) -> list[Happening]:
    """The changes of a licence and of its seats, newest first, at most 50."""
    itself = sa.and_(AuditEntry.subject_kind == "licence", AuditEntry.subject_id == licence_id)
    its_seats = sa.and_(
        AuditEntry.organisation_id == organisation_id,
        AuditEntry.action.in_(_SEAT_ACTIONS),
        AuditEntry.detail["licence"].as_integer() == licence_id,
    )
    return _happenings(session, sa.or_(itself, its_seats))


def history_of(session: Session, kind: str, subject_id: int) -> list[Happening]:
    """The changes of one thing, newest first, at most 50. Signing in and out is not a change."""
    comings = ("signed in", "signed out")
    return _happenings(
        session,
        AuditEntry.subject_kind == kind,
        AuditEntry.subject_id == subject_id,
        AuditEntry.action.not_in(comings),
    )


def _happenings(session: Session, *wanted: sa.ColumnElement[bool]) -> list[Happening]:
    entries = session.scalars(sa.select(AuditEntry).where(*wanted).order_by(AuditEntry.id.desc()).limit(MOST_ENTRIES))
    return [
        Happening(entry.at, entry.action, entry.actor_name, entry.subject_label, _details(entry)) for entry in entries
    ]


def _details(entry: AuditEntry) -> tuple[tuple[str, str], ...]:
    told = [(name, value) for name, value in sorted(entry.detail.items()) if name not in _SILENT]
    return tuple((name.replace("_", " ").capitalize(), _ISO_DAY.sub(_british, str(value))) for name, value in told)


def _british(found: re.Match[str]) -> str:
    try:
        day = date.fromisoformat(found[0])
    except ValueError:
        return found[0]
    return in_words(day)
