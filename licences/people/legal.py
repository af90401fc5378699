"""Legal texts that staff edit, in numbered versions, and who accepted which."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.refusals import Refused
from licences.people.kinds import LegalKind
from licences.people.models import Acceptance, LegalText
from licences.people.viewer import Viewer


@dataclass(frozen=True)
class LegalVersion:
    """One version of a text, as published."""

    id: int
    kind: LegalKind
    version: int
    title: str
    body: str
    published_at: datetime


def current(session: Session, kind: LegalKind) -> LegalVersion | None:
    """The version that counts, or None while staff have not written any."""
    row = session.scalar(sa.select(LegalText).where(LegalText.kind == kind).order_by(LegalText.version.desc()).limit(1))
    return None if row is None else _facts(row)


def versions(session: Session, kind: LegalKind) -> list[LegalVersion]:
    """All versions, newest first."""
    rows = session.scalars(sa.select(LegalText).where(LegalText.kind == kind).order_by(LegalText.version.desc()))
    return [_facts(row) for row in rows]


def publish(
    session: Session, clock: Clock, actor: Actor, kind: LegalKind, *, title: str, body: str, after: int
) -> LegalVersion:
    """Adds the version that follows `after`. Raises `Refused` when somebody else published one meanwhile."""
    newest = current(session, kind)
    if (newest.version if newest else 0) != after:
        raise Refused("Somebody published another version while you were writing. Compare, then publish yours.", "body")
    row = LegalText(kind=kind, version=after + 1, title=title, body=body, published_at=clock.now())
    session.add(row)
    session.flush()
    record(session, clock, actor, "legal text published", Subject("legal text", row.id, title), version=row.version)
    return _facts(row)


def has_accepted(session: Session, person_id: int, legal_text_id: int) -> bool:
    """Whether this person accepted this very version."""
    found = sa.select(Acceptance.id).where(Acceptance.person_id == person_id, Acceptance.legal_text_id == legal_text_id)
    return session.scalar(found) is not None


def accept_terms_of_use(session: Session, clock: Clock, viewer: Viewer, version: int) -> None:
    """Keeps that the viewer accepted the current terms of use. Pressing twice is accepting once.

    Raises `Refused` when `version`, the one that was on the page, is no longer the current one.
    """
    text = current(session, LegalKind.TERMS_OF_USE)
    if text is None or text.version != version:
        raise Refused("The terms changed while you were reading. Please read the new ones.", "accept")
    if has_accepted(session, viewer.person_id, text.id):
        return
    session.add(Acceptance(person_id=viewer.person_id, legal_text_id=text.id, accepted_at=clock.now()))
    session.flush()
    subject = Subject("legal text", text.id, text.title, viewer.organisation_id)
    record(session, clock, viewer.actor, "terms accepted", subject, version=version)


def _facts(row: LegalText) -> LegalVersion:
    return LegalVersion(row.id, row.kind, row.version, row.title, row.body, row.published_at)
