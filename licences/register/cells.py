"""The cells of a published row, each read as what it stands for: figures, words, a day, one of some words."""

import re
from collections.abc import Mapping
from datetime import date

from licences.register.kinds import EntryStatus

Cells = Mapping[str, str]


class BadCell(ValueError):
    """A cell that cannot be read, its column, and what to do."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


def tidy(cells: Cells, column: str) -> str:
    """The text without space around it or doubled in it; empty when there is no such column."""
    return " ".join(cells.get(column, "").split())


def figures(cells: Cells, column: str, pattern: str, example: str, *, needed: bool = False) -> str | None:
    """A number, kept as text for its leading noughts; None when the cell is empty. Raises `BadCell`."""
    text = tidy(cells, column)
    if not text and not needed:
        return None
    if not re.fullmatch(pattern, text, re.ASCII):
        raise BadCell(column, f"Here stands “{text[:40]}” instead of a number like {example}.")
    return text


def words(cells: Cells, column: str, longest: int, *, needed: bool = False) -> str:
    """At most `longest` characters. Raises `BadCell`."""
    text = tidy(cells, column)
    if needed and not text:
        raise BadCell(column, "This is empty.")
    if len(text) > longest:
        raise BadCell(column, f"This has {len(text)} characters; {longest} are kept.")
    return text


def day(cells: Cells, *columns: str) -> date | None:
    """The first of the columns that is filled in: 31-08-2026, or with slashes. Raises `BadCell`."""
    column, text = next(((name, text) for name in columns if (text := tidy(cells, name))), ("", ""))
    if not text:
        return None
    try:
        number, month, year = map(int, re.split(r"[-/]", text))
        return date(year, month, number)
    except ValueError:
        raise BadCell(column, f"Here stands “{text[:40]}” instead of a day like 31-08-2026.") from None


def one_of(cells: Cells, column: str, known: Mapping[str, EntryStatus]) -> EntryStatus:
    """What the text stands for among those known, whatever its capitals. Raises `BadCell`."""
    text = tidy(cells, column).casefold()
    if text not in known:
        raise BadCell(column, f"Here stands “{text[:40]}” instead of one of: {', '.join(known)}.")
    return known[text]
