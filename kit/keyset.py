"""Lists that grow, read page by page: newest first, from a row's own key instead of a page number."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

Row = TypeVar("Row")

FIRST_STRETCH, STRETCH = 10, 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """Which rows of a list: `size` of them at the most, strictly older or strictly newer than a key, or the newest."""

    size: int
    older_than: str = ""
    newer_than: str = ""


def key_of(moment: datetime, row_id: int) -> str:
    """A row's place in its list, safe in an address: microseconds since 1970 and the row's id."""
    return f"{(moment - _EPOCH) // timedelta(microseconds=1)}.{row_id}"


def within(
    wanted: sa.Select[Any], moment: InstrumentedAttribute[datetime], row_id: InstrumentedAttribute[int], span: Span
) -> sa.Select[Any]:
    """The statement, ordered and cut to the span: newest first, but oldest first for `newer_than`.

    A key that cannot be read means the beginning of the list. The bound on the moment stands by itself, so that an
    index leads straight to the place: a deep page costs what the first one does.
    """
    older, newer = _read(span.older_than), _read(span.newer_than)
    if newer and not older:
        after = sa.or_(moment > newer[0], row_id > newer[1])
        return wanted.where(moment >= newer[0], after).order_by(moment, row_id).limit(span.size)
    if older:
        wanted = wanted.where(moment <= older[0], sa.or_(moment < older[0], row_id < older[1]))
    return wanted.order_by(moment.desc(), row_id.desc()).limit(span.size)


def every(fetch: Callable[[Span], Sequence[Row]], key: Callable[[Row], str]) -> Iterator[Row]:
    """All rows of a list, newest first, stretch by stretch, so that memory stays flat; `fetch` reads one, and `key` is
    a row's place.

    No statement stays open in between, and the first stretch is short: a download of any length begins at once.
    """
    span = Span(FIRST_STRETCH)
    while rows := fetch(span):
        yield from rows
        span = Span(STRETCH, older_than=key(rows[-1]))


class likely(GenericFunction[bool]):  # noqa: N801 - named as it stands in SQL
    """A condition that many rows of a list fulfil: the list is read in its own order, not gathered and then sorted.

    SQLite keeps no record of how often a value comes. PostgreSQL does, and takes the condition as it is.
    """

    type = sa.Boolean()
    inherit_cache = True
    name = "likely"


@compiles(likely, "postgresql")
def _as_it_is(element: likely, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(element.clauses, **more)


def _read(key: str) -> tuple[datetime, int] | None:
    micros, _, row_id = key.partition(".")
    try:
        return _EPOCH + timedelta(microseconds=int(micros)), max(0, min(int(row_id), 2**62))
    except (ValueError, OverflowError):
        return None
