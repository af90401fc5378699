"""Words that people look for: each is somewhere in one of a table's columns, whatever its capitals and accents.

Where few rows hold the words, they are found through an index of trigrams (each three letters in a row); where many
do, reading the list in its own order meets enough of them soon. PostgreSQL chooses between the two by itself, with the
indexes of pg_trgm. On SQLite triggers keep a table of trigrams beside each table that is searched (`index_of`), and the
choice is made here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from kit.folding import fold, folded

T = TypeVar("T", bound=sa.Select[*tuple[Any, ...]])

MOST_TRIGRAMS = 40  # of a text; as many find few rows, and the words themselves are compared anyway


@dataclass(frozen=True, eq=False)
class Searched:
    """A table's `key` and the `columns` in which people look for words.

    Up to `few` rows are found first and put into order then; more are met in the order of the list. The square root of
    the rows on a page times the rows of the table makes both ways cost the same at the worst.
    """

    key: InstrumentedAttribute[int]
    columns: tuple[InstrumentedAttribute[str], ...]
    few: int = 5_000

    def holding(self, words: str) -> sa.ColumnElement[bool]:
        """The condition that a row holds the words."""
        return holds_words(words, *self.columns)

    def narrowed(self, session: Session, wanted: T, words: str, *others: sa.ColumnElement[bool]) -> T:
        """The same statement, led by the index where it leads to few rows.

        The statement keeps its own conditions; `others` are those of which one may stand in for the words.
        """
        trigrams = _trigrams(words)
        if not trigrams or session.get_bind().dialect.name != "sqlite":
            return wanted
        index = sa.table(index_of(self.key.class_.__tablename__), sa.column("rowid"))
        found: Any = sa.select(index.c.rowid).where(sa.literal_column(index.name).op("MATCH")(" ".join(trigrams)))
        if others:
            found = found.union_all(*(sa.select(self.key).where(other) for other in others))
        some = sa.select(sa.func.count()).select_from(found.limit(self.few + 1).subquery())
        return wanted.where(self.key.in_(found)) if (session.scalar(some) or 0) <= self.few else wanted


def index_of(table: str) -> str:
    """The name of a table's trigrams on SQLite: the folded columns of each row, under its key."""
    return f"words_of_{table}"


def holds_words(words: str, *columns: InstrumentedAttribute[str]) -> sa.ColumnElement[bool]:
    """Each word is somewhere in one of the columns, whatever its capitals and accents."""
    return sa.and_(sa.true(), *(sa.or_(*(_holds(column, word) for column in columns)) for word in _split(words)))


def _split(words: str) -> list[str]:
    return words.replace("\0", " ").split()  # PostgreSQL takes no NUL, and nothing holds one


def _holds(column: InstrumentedAttribute[str], word: str) -> sa.ColumnElement[bool]:
    """The database folds both sides, so that they cannot be folded in two ways."""
    escaped = re.sub(r"([/%_])", r"/\1", word)
    return folded(column).like(sa.literal("%").concat(folded(escaped)).concat("%"), escape="/")


def _trigrams(words: str) -> list[str]:
    """Those of the words, each once, as SQLite asks for them; none where all words are shorter."""
    return list(dict.fromkeys(_quoted(words)))[:MOST_TRIGRAMS]


def _quoted(words: str) -> Iterator[str]:
    for word in _split(words):
        text = fold(word)
        last = len(text) - 3
        for place in sorted({*range(0, last, 2), last} if last >= 0 else ()):  # every letter is in one, most in no more
            yield '"{}"'.format(text[place : place + 3].replace('"', '""'))
