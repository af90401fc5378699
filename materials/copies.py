"""Every copy taken, for staff: searched, filtered, counted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.ids import typed_code
from kit.keyset import Span, key_of, within
from kit.search import Searched
from materials.models import Copy, Edition, Material

SHORTEST_CODE = 4
MOST_COUNTED = 10_000
_SEARCHED = Searched(Copy.id, (Copy.person_name, Copy.organisation_name))


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
    """A stretch of the copies that fit."""
    narrowed = _SEARCHED.narrowed(session, _matching(query), query.words, *_with_code(query.words))
    return [TakenCopy(*row) for row in session.execute(within(narrowed, Copy.taken_at, Copy.id, span))]


def count_copies(session: Session, *since: datetime) -> list[int]:
    """How many copies were taken since each of the moments, in one statement.

    Nobody counts further than `MOST_COUNTED`: one more than that means more than that.
    """
    some = [sa.select(Copy.id).where(Copy.taken_at >= moment).limit(MOST_COUNTED + 1).subquery() for moment in since]
    counted = [sa.select(sa.func.count()).select_from(each).scalar_subquery() for each in some]
    return list(session.execute(sa.select(*counted)).one())


def copies_of_editions(session: Session, edition_ids: Sequence[int]) -> dict[int, int]:
    """How often each of the editions was taken; those never taken are left out."""
    counted = sa.select(Copy.edition_id, sa.func.count()).where(Copy.edition_id.in_(edition_ids))
    return dict(session.execute(counted.group_by(Copy.edition_id)).all())


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
        yield sa.or_(_SEARCHED.holding(query.words), *_with_code(query.words))
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
