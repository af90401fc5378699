"""Lists that grow, read page by page: newest first, from a row's own key instead of a page number."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from kit.folding import folded

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


def holds_words(words: str, *columns: InstrumentedAttribute[str]) -> sa.ColumnElement[bool]:
    """Each word is somewhere in one of the columns, whatever its capitals and accents."""
    found = words.replace("\0", " ").split()  # PostgreSQL takes no NUL, and nothing holds one
    return sa.and_(sa.true(), *(sa.or_(*(_holds(column, word) for column in columns)) for word in found))


def _holds(column: InstrumentedAttribute[str], word: str) -> sa.ColumnElement[bool]:
    """The database folds both sides, so that they cannot be folded in two ways."""
    escaped = re.sub(r"([/%_])", r"/\1", word)
    return folded(column).like(sa.literal("%").concat(folded(escaped)).concat("%"), escape="/")


def _read(key: str) -> tuple[datetime, int] | None:
    micros, _, row_id = key.partition(".")
    try:
        return _EPOCH + timedelta(microseconds=int(micros)), max(0, min(int(row_id), 2**62))
    except (ValueError, OverflowError):
        return None
