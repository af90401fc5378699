"""What happened to a licence, a person or a programme: their entries in the audit trail."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from kit.audit import AuditQuery, entries
from kit.clock import in_words
from kit.keyset import Span

MOST_ENTRIES = 50
_SEAT_ACTIONS = ("seat given", "seat released")
# What a detail is called where its own name is not plain enough. Those without a name are for the record only: told by
# the page that shows the history, or fingerprints of files.
_NAMES = {
    "code": "Copy code",
    "licence": "",
    "lines": "Lines in the change note",
    "number": "Edition number",
    "sha256": "",
    "to": "Sent to",
    "wanted": "Asked for",
}
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
    itself = AuditQuery(subject_kind="licence", subject_id=licence_id)
    its_seats = AuditQuery(actions=_SEAT_ACTIONS, organisation_ids=(organisation_id,), detail=("licence", licence_id))
    return _happenings(session, itself, its_seats)


def history_of(session: Session, kind: str, subject_id: int) -> list[Happening]:
    """The changes of one thing, newest first, at most 50. Signing in and out is not a change."""
    return _happenings(
        session, AuditQuery(subject_kind=kind, subject_id=subject_id, without=("signed in", "signed out"))
    )


def _happenings(session: Session, *wanted: AuditQuery) -> list[Happening]:
    found = [entry for query in wanted for entry in entries(session, query, Span(MOST_ENTRIES))]
    found.sort(key=lambda entry: (entry.at, entry.id), reverse=True)
    return [
        Happening(entry.at, entry.action, entry.actor_name, entry.subject_label, details_in_words(entry.detail))
        for entry in found[:MOST_ENTRIES]
    ]


def details_in_words(detail: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """The details of an entry of the audit trail as people read them: pairs of a name and words, British dates.

    The raw record stays in the trail and in its CSV.
    """
    named = [(_NAMES.get(name, name.replace("_", " ").capitalize()), value) for name, value in sorted(detail.items())]
    return tuple((name, _value_in_words(value)) for name, value in named if name and value != "")


def _value_in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else _ISO_DAY.sub(_british, str(value))


def _british(found: re.Match[str]) -> str:
    try:
        day = date.fromisoformat(found[0])
    except ValueError:
        return found[0]
    return in_words(day)
