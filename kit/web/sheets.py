"""Tables that people hand in: a CSV file or pasted lines, read cell by cell, with every fault told by its row.

A sheet is taken whole or not at all: faults are gathered so that one look mends them all.
"""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kit.web.csv_export import FORMULA_STARTS
from kit.web.typed_text import EMAIL, british_day, hidden_in, one_line

MOST_BYTES = 1024 * 1024
MOST_COLUMNS = 200  # more than anybody's own spreadsheet; a line of bare commas would cost its width for every row
# Excel's byte order marks, then UTF-8; what is in neither is the alphabet of older British Excel.
ENCODINGS = ("utf-8-sig", "cp1252")

Read = Callable[[str], Any]


@dataclass(frozen=True)
class Column:
    """A column by its heading; `others` are headings that mean the same. `read` raises ValueError with what to do."""

    heading: str
    read: Read
    others: tuple[str, ...] = ()
    required: bool = True

    @property
    def name(self) -> str:
        """The heading as the key of a row."""
        return _plain(self.heading)


@dataclass(frozen=True)
class Fault:
    """What is wrong in one row, counted as a spreadsheet counts; row 0 is the sheet as a whole."""

    row: int
    heading: str
    message: str


@dataclass(frozen=True)
class Row:
    """The values of one row, by column name; `number` as a spreadsheet counts."""

    number: int
    values: dict[str, Any]


@dataclass
class Sheet:
    """What was read: rows without a fault, and the faults of the others."""

    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def blame(self, row: int, heading: str, message: str) -> None:
        """Notes a fault."""
        self.faults.append(Fault(row, heading, message))


def text_of(data: bytes) -> str:
    """The letters of an uploaded file. Raises ValueError for what is no text at all."""
    if data[:2] in (b"PK", b"\xd0\xcf"):
        raise ValueError("This is a spreadsheet file. Save it as CSV (“CSV UTF-8”) and choose that file.")
    is_wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    if b"\x00" in data and not is_wide:
        raise ValueError("This file is not a CSV file.")
    for encoding in ("utf-16",) if is_wide else ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("This file is in an alphabet that cannot be read. Save it as “CSV UTF-8”.")


def read_sheet(text: str, columns: Sequence[Column], *, most_rows: int) -> Sheet:
    """Reads a table whose first line names its columns, separated by commas, semicolons or tabs."""
    sheet = Sheet()
    try:
        lines = [(number, cells) for number, cells in _lines(text) if any(cell.strip() for cell in cells)]
    except csv.Error:
        sheet.blame(0, "", "The quotation marks in this table do not pair up.")
        return sheet
    if not lines:
        sheet.blame(0, "", "There is nothing in this table.")
        return sheet
    if len(lines[0][1]) > MOST_COLUMNS:
        sheet.blame(lines[0][0], "", f"This line has {len(lines[0][1]):,} cells. It should name the columns.")
        return sheet
    order = _order(lines[0][1], columns, sheet)
    if len(lines) - 1 > most_rows:
        sheet.blame(0, "", f"This table has {len(lines) - 1:,} rows. Hand in {most_rows:,} at a time at the most.")
    elif len(lines) == 1:
        sheet.blame(0, "", "There is a line of headings and nothing below it.")
    if not sheet.faults:
        for number, cells in lines[1:]:
            _take(sheet, number, cells, order, len(lines[0][1]))
    return sheet


def words(longest: int) -> Read:
    """A name or a few words on one line."""

    def read(cell: str) -> str:
        text = one_line(cell)
        if len(text) > longest:
            raise ValueError(f"This has {len(text):,} characters. Shorten it to {longest:,}.")
        if hidden_in(text) or "<" in text or ">" in text:
            raise ValueError("This holds signs that cannot be used. Type it anew.")
        if text.startswith(FORMULA_STARTS):
            raise ValueError(f"Begin with a letter or a figure, not with “{text[0]}”.")
        return text

    return read


def email(cell: str) -> str:
    """An e-mail address in small letters."""
    address = one_line(cell).lower()
    if len(address) > 254 or not EMAIL.fullmatch(address):
        raise ValueError("Write an e-mail address such as name@school.example.")
    return address


def day(cell: str) -> date:
    """A day as the British write it (31/3/2027, 31 March 2027) or as spreadsheets do (2027-03-31)."""
    text = one_line(cell)
    if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", text):
        return british_day(list(reversed(text.split("-"))))
    parts = re.split(r"[\s/.-]+", text)
    if len(parts) != 3:
        raise ValueError("Write the day like 31/3/2027.")
    return british_day(parts)


def number(least: int, most: int) -> Read:
    """A whole number between two others, both included."""

    def read(cell: str) -> int:
        text = one_line(cell).replace(",", "")
        if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or not least <= int(text) <= most:
            raise ValueError(f"Write a whole number from {least:,} to {most:,}.")
        return int(text)

    return read


def figures(pattern: str, example: str) -> Read:
    """A number of a register, such as a URN."""

    def read(cell: str) -> str:
        text = one_line(cell).upper()
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError(f"Write it like {example}.")
        return text

    return read


def one_of(known: dict[str, Any]) -> Read:
    """One of some words, whatever their capitals."""
    folded = {_plain(word): value for word, value in known.items()}

    def read(cell: str) -> Any:
        if _plain(cell) not in folded:
            raise ValueError(f"Write one of: {', '.join(known)}.")
        return folded[_plain(cell)]

    return read


def _lines(text: str) -> list[tuple[int, list[str]]]:
    first = text.lstrip("\ufeff\r\n").split("\n", 1)[0]
    separator = max(("\t", ";", ","), key=first.count)
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=separator, strict=True)
    return [(reader.line_num, cells) for cells in reader]


def _order(heads: list[str], columns: Sequence[Column], sheet: Sheet) -> list[Column | None]:
    """Which column each cell belongs to; columns that nobody knows are named, since a typing error hides there."""
    known = {_plain(head): column for column in columns for head in (column.heading, *column.others)}
    order = [known.get(_plain(head)) for head in heads]
    for head, column in zip(heads, order, strict=True):
        if column is None and head.strip():
            wanted = ", ".join(column.heading for column in columns)
            sheet.blame(1, one_line(head)[:40], f"No such column. The columns are: {wanted}.")
    for column in columns:
        if order.count(column) > 1:
            sheet.blame(1, column.heading, "This column is there twice.")
        elif column.required and column not in order:
            sheet.blame(1, column.heading, "This column is missing.")
    return order


def _take(sheet: Sheet, number: int, cells: list[str], order: list[Column | None], width: int) -> None:
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        sheet.blame(number, "", f"This row has {len(cells)} cells; the headings have {width}. A comma in a name?")
        return
    values: dict[str, Any] = {column.name: None for column in order if column is not None}
    before = len(sheet.faults)
    for column, cell in zip(order, cells + [""] * (width - len(cells)), strict=False):
        if column is None:
            continue
        if not cell.strip():
            if column.required:
                sheet.blame(number, column.heading, "This is empty.")
            continue
        try:
            values[column.name] = column.read(cell)
        except ValueError as error:
            sheet.blame(number, column.heading, str(error))
    if len(sheet.faults) == before:
        sheet.rows.append(Row(number, values))


def _plain(head: str) -> str:
    """A heading or word without capitals, dashes and spaces around it, so that “E-mail ” is “e mail”."""
    return re.sub(r"[\s_-]+", " ", head).strip().casefold()
