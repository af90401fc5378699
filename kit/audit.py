"""The audit trail: who changed what, when, in the same transaction as the change.

Rows are only ever added. Triggers in the database refuse to alter or delete them (see the first migration);
a job chains and seals them each minute, so that a change made behind the database's back shows.
"""

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from kit.clock import Clock
from kit.db import Base
from kit.keyset import Span, within
from kit.search import Searched, holds_words
from kit.statements import Statement


@dataclass(frozen=True)
class Actor:
    """Who acts: a person, in the name of an organisation; or the portal itself, without a person."""

    person_id: int | None
    name: str
    organisation_id: int | None = None


SYSTEM = Actor(person_id=None, name="The portal")


@dataclass(frozen=True)
class Subject:
    """What was changed: the kind of thing, its id and what people call it."""

    kind: str
    id: int | None
    label: str
    organisation_id: int | None = None


class AuditEntry(Base):
    """One change."""

    __tablename__ = "kit_audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_person_id: Mapped[int | None] = mapped_column(index=True)
    actor_name: Mapped[str]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[int | None]
    subject_label: Mapped[str]
    organisation_id: Mapped[int | None]
    detail: Mapped[dict[str, Any]]

    __table_args__ = (  # each filter of the list, in the list's order
        sa.Index(None, "subject_kind", "subject_id"),
        sa.Index(None, "subject_kind", "at"),
        sa.Index(None, "action", "at"),
        sa.Index(None, "organisation_id", "at"),
    )


_SEARCHED = Searched(AuditEntry.id, (AuditEntry.actor_name, AuditEntry.subject_label))
LATEST = 20_000  # links, since the lowest of whose entries all that wait for a seal were recorded
_RECORD = Statement(
    sa.insert(AuditEntry).inline(),  # nobody needs to know the new row's id
    [column.name for column in AuditEntry.__table__.columns if column.name != "id"],
)


class AuditSeal(Base):
    """A link of the chain: SHA-256 over the seal before it and the content of one entry.

    Links have an order of their own: on PostgreSQL an entry with a lower id may be committed after a higher one.
    They are numbered without gaps, so that the last one's number is how many there are.
    """

    __tablename__ = "kit_audit_seal"

    position: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("kit_audit_entry.id"), unique=True)
    seal: Mapped[str] = mapped_column(sa.String(64))


def record(
    session: Session, clock: Clock, actor: Actor, action: str, subject: Subject, **detail: str | int | bool | None
) -> None:
    """Adds an entry. `action` is a past participle with its noun, for example `edition published`."""
    _RECORD.all(
        session,
        at=clock.now(),
        actor_person_id=actor.person_id,
        actor_name=actor.name,
        action=action,
        subject_kind=subject.kind,
        subject_id=subject.id,
        subject_label=subject.label,
        organisation_id=subject.organisation_id,
        detail={key: value for key, value in detail.items() if value is not None},
    )


def seal_of(previous: str, entry: AuditEntry) -> str:
    """The seal of an entry, given the seal of the one before it (empty for the first)."""
    content = json.dumps(
        [
            previous,
            entry.id,
            entry.at.isoformat(),
            entry.actor_person_id,
            entry.actor_name,
            entry.action,
            entry.subject_kind,
            entry.subject_id,
            entry.subject_label,
            entry.organisation_id,
            entry.detail,
        ],
        sort_keys=True,
    )
    return hashlib.sha256(content.encode()).hexdigest()


def seal_entries(session: Session, limit: int = 5_000) -> int:
    """Seals entries that have none yet and returns how many.

    Two workers that seal at once meet at the unique place and entry, and one of them rolls back. That holds because
    what waits is read first: were the last seal read first, another could seal in between, and ours would follow the
    wrong one.
    """
    unsealed = _unsealed_since(_first_of_latest(session))
    waiting = session.scalars(sa.select(AuditEntry).where(unsealed).order_by(AuditEntry.id).limit(limit)).all()
    last = session.scalar(sa.select(AuditSeal).order_by(AuditSeal.position.desc()).limit(1))
    position, seal = (last.position, last.seal) if last else (0, "")
    for number, entry in enumerate(waiting, start=position + 1):
        seal = seal_of(seal, entry)
        session.add(AuditSeal(position=number, entry_id=entry.id, seal=seal))
    session.flush()
    return len(waiting)


def broken_seal(session: Session) -> int | None:
    """The id of the first entry whose seal does not fit its content, or None when the chain is whole."""
    seal = ""
    sealed = sa.select(AuditEntry, AuditSeal.seal).join(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
    for entry, kept in session.execute(sealed.order_by(AuditSeal.position)):
        seal = seal_of(seal, entry)
        if seal != kept:
            return entry.id
    return None


@dataclass(frozen=True)
class AuditQuery:
    """What to look for in the trail; nothing set means everything. `since` is included, `until` is not.

    `actions` names the only ones wanted and `without` those to leave out; `detail` is a detail's name and its number.
    """

    actor: str = ""
    action: str = ""
    actions: tuple[str, ...] = ()
    subject_kind: str = ""
    subject_id: int | None = None
    subject: str = ""
    detail: tuple[str, int] | None = None
    organisation_ids: Collection[int] | None = None
    since: datetime | None = None
    until: datetime | None = None
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChainState:
    """How the chain of seals stands: how many links, up to when, how many entries wait, and what the newest links say.

    `broken_entry` is the first of the `checked` newest links that does not fit, or None when they are whole.
    """

    links: int
    waiting: int
    sealed_until: datetime | None
    checked: int
    broken_entry: int | None


def entries(session: Session, query: AuditQuery, span: Span) -> list[AuditEntry]:
    """A stretch of the entries that fit."""
    wanted = sa.select(AuditEntry).where(*_conditions(query))
    narrowed = _SEARCHED.narrowed(session, wanted, f"{query.actor} {query.subject}")
    return list(session.scalars(within(narrowed, AuditEntry.at, AuditEntry.id, span)))


def known_actions(session: Session) -> list[str]:
    """The actions that ever happened, in the order of the alphabet."""
    return _different(session, AuditEntry.action)


def known_kinds(session: Session) -> list[str]:
    """The kinds of thing that were ever changed, in the order of the alphabet."""
    return _different(session, AuditEntry.subject_kind)


def _different(session: Session, column: InstrumentedAttribute[str]) -> list[str]:
    """The values of an indexed column, in order: one leap through the index for each value, not a step for each row."""
    leap = sa.select(sa.func.min(column).label("value")).cte("leap", recursive=True)
    further = sa.select(sa.func.min(column)).where(column > leap.c.value).scalar_subquery()
    leap = leap.union_all(sa.select(further).where(leap.c.value.is_not(None)))
    return list(session.scalars(sa.select(leap.c.value).where(leap.c.value.is_not(None))))


def chain_state(session: Session, newest: int = 200) -> ChainState:
    """Checks the newest links only, so that it costs the same however long the trail is; `broken_seal` checks all."""
    sealed = sa.select(AuditSeal, AuditEntry).join(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
    rows = session.execute(sealed.order_by(AuditSeal.position.desc()).limit(newest + 1)).all()
    links = rows[0][0].position if rows else 0
    pairs = list(zip(rows, rows[1:] if len(rows) > newest else [*rows[1:], None], strict=False))
    broken = [
        seal.entry_id
        for (seal, entry), before in pairs
        if seal.seal != seal_of("" if before is None else before[0].seal, entry)
    ]
    until = max((entry.at for _, entry in rows), default=None)
    unsealed = _unsealed_since(min((entry.id for _, entry in rows), default=0))
    waiting = session.scalar(sa.select(sa.func.count()).select_from(AuditEntry).where(unsealed)) or 0
    return ChainState(links, waiting, until, len(pairs), broken[-1] if broken else None)


def _unsealed_since(entry_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(AuditEntry.id >= entry_id, ~sa.exists().where(AuditSeal.entry_id == AuditEntry.id))


def _first_of_latest(session: Session) -> int:
    """The lowest id of an entry among the `LATEST` links, or 0 while there are no more of them.

    An entry may be committed after others with higher ids, by a long import for instance; but not after so many of
    them were sealed. Without this, each minute's look for what is unsealed would take longer from year to year.
    """
    last = session.scalar(sa.select(sa.func.max(AuditSeal.position))) or 0
    if last <= LATEST:
        return 0
    lowest = sa.select(sa.func.min(AuditSeal.entry_id)).where(AuditSeal.position > last - LATEST)
    return session.scalar(lowest) or 0


def _conditions(query: AuditQuery) -> Iterator[sa.ColumnElement[bool]]:
    if query.actor:
        yield holds_words(query.actor, AuditEntry.actor_name)
    if query.subject:
        yield holds_words(query.subject, AuditEntry.subject_label)
    if query.action:
        yield AuditEntry.action == query.action
    if query.actions:
        yield AuditEntry.action.in_(query.actions)
    if query.without:
        yield AuditEntry.action.not_in(query.without)
    if query.subject_kind:
        yield AuditEntry.subject_kind == query.subject_kind
    if query.subject_id is not None:
        yield AuditEntry.subject_id == query.subject_id
    if query.detail is not None:
        name, number = query.detail
        yield AuditEntry.detail[name].as_integer() == number
    if query.organisation_ids is not None:
        yield AuditEntry.organisation_id.in_(query.organisation_ids)
    if query.since is not None:
        yield AuditEntry.at >= query.since
    if query.until is not None:
        yield AuditEntry.at < query.until
