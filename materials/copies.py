"""Every copy taken, for staff: searched, filtered, counted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.ids import typed_code
from kit.keyset import Span, holds_words, key_of, within
from materials.models import Copy, Edition, Material

SHORTEST_CODE = 4


@dataclass(frozen=True)
class CopyQuery:
    """What to look for; nothing set means every copy. `since` is included, `until` is not."""

    words: str = ""
    material_id: int | None = None
    edition_id: int | None = None
    organisation_ids: Sequence[int] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class TakenCopy:
    """One copy with the frozen names on its stamp."""

    id: int
    code: str
    taken_at: datetime
    person_id: int
    person_name: str
    organisation_id: int
    organisation_name: str
    material_id: int
    material_title: str
    edition_id: int
    edition_number: str

    @property
    def key(self) -> str:
        return key_of(self.taken_at, self.id)


def copies(session: Session, query: CopyQuery, span: Span) -> list[TakenCopy]:
    """A stretch of the copies that fit, in one statement."""
    return _taken(session, within(_matching(query), Copy.taken_at, Copy.id, span))


def every_copy(session: Session, query: CopyQuery) -> Iterator[TakenCopy]:
    """All copies that fit, newest first, read in pieces so that memory stays flat."""
    wanted = _matching(query).order_by(Copy.taken_at.desc(), Copy.id.desc())
    with session.execute(wanted.execution_options(yield_per=500)) as found:  # closed also when nobody reads to the end
        for row in found:
            yield TakenCopy(*row)


def count_copies(session: Session, *since: datetime) -> list[int]:
    """How many copies were taken since each of the moments, in one statement."""
    counted = [sa.func.count(Copy.id).filter(Copy.taken_at >= moment) for moment in since]
    return list(session.execute(sa.select(*counted).where(Copy.taken_at >= min(since))).one())


def copies_of_editions(session: Session, edition_ids: Sequence[int]) -> dict[int, int]:
    """How often each of the editions was taken; those never taken are left out."""
    counted = sa.select(Copy.edition_id, sa.func.count()).where(Copy.edition_id.in_(edition_ids))
    return dict(session.execute(counted.group_by(Copy.edition_id)).all())


def _taken(session: Session, wanted: sa.Select[Any]) -> list[TakenCopy]:
    return [TakenCopy(*row) for row in session.execute(wanted)]


_COLUMNS: tuple[Any, ...] = (
    Copy.id,
    Copy.code,
    Copy.taken_at,
    Copy.person_id,
    Copy.person_name,
    Copy.organisation_id,
    Copy.organisation_name,
    Material.id,
    Material.title,
    Edition.id,
    Edition.number,
)


def _matching(query: CopyQuery) -> sa.Select[Any]:
    wanted: sa.Select[Any] = sa.select(*_COLUMNS).select_from(Copy)
    joined = wanted.join(Edition, Edition.id == Copy.edition_id).join(Material, Material.id == Edition.material_id)
    return joined.where(*_conditions(query))


def _conditions(query: CopyQuery) -> Iterator[sa.ColumnElement[bool]]:
    if query.words:
        yield sa.or_(holds_words(query.words, Copy.person_name, Copy.organisation_name), *_with_code(query.words))
    if query.material_id is not None:
        yield Material.id == query.material_id
    if query.edition_id is not None:
        yield Copy.edition_id == query.edition_id
    if query.organisation_ids is not None:
        yield Copy.organisation_id.in_(query.organisation_ids)
    if query.since is not None:
        yield Copy.taken_at >= query.since
    if query.until is not None:
        yield Copy.taken_at < query.until


def _with_code(words: str) -> Iterator[sa.ColumnElement[bool]]:
    """A copy code as read off paper: its beginning is enough, with spaces, in small letters, O for 0."""
    code = typed_code(words)
    if len(code) >= SHORTEST_CODE and code.isascii():
        yield Copy.code.between(code, code + "Z" * 26)  # a stretch of the index; no code holds a letter after Z
