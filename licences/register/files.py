"""The published files of the register, read line by line: which they are, and each of their rows.

Columns are found by their headings, in any order; `rows` says which are looked at.
"""

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from licences.register.cells import BadCell, Cells
from licences.register.kinds import authority_reference
from licences.register.rows import FORMATS, Format, Key, Record, authority_record

READER = "1"  # to be raised when rows are read in another way: then every row counts as changed
LONGEST_LINE = 65_536  # bytes; what is longer is no row of the register, and is read in pieces that are none
NO_AUTHORITY = "000"  # “Does not apply”, of schools abroad and the like


@dataclass(frozen=True)
class Fault:
    """What is wrong in a file: the line as an editor counts, the column's heading, and what to do."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line:,}{f', column {self.column}' if self.column else ''}: {self.message}"


class UnreadableFile(Exception):
    """A file that is not taken, with all that was found wrong in it."""

    def __init__(self, path: Path, faults: Sequence[Fault]) -> None:
        super().__init__(f"{path.name}: {len(faults)} faults")
        self.path, self.faults = path, tuple(faults)


@dataclass(frozen=True)
class Row:
    """A row that can be read. `digest` stands for all of its cells that we look at, and for how they are read."""

    line: int
    key: Key
    digest: str
    read: Callable[[], Record]


@dataclass
class Table:
    """A file being read. `faults` grows while `walk` goes through it."""

    path: Path
    format: Format
    faults: list[Fault] = field(default_factory=list)
    rows: int = 0

    def walk(self) -> Iterator[Row]:
        """Each row that can be read, in the order of the file; what cannot is noted in `faults`.

        The Local Authorities that the rows name come last, as line 0: they have no file of their own, and are open
        while one of their schools is.
        """
        authorities: dict[str, tuple[str, bool]] = {}
        with self.path.open("rb") as file:
            lines = csv.reader(_decoded(self, file), strict=True)
            try:
                headings = [heading.strip() for heading in next(lines)]
                places = [(name, headings.index(name)) for name in _wanted(self.format) if name in headings]
                for found in lines:
                    cells = self._cells(lines.line_num, found, places, len(headings))
                    row = self._row(lines.line_num, cells, authorities) if cells else None
                    if row is not None:
                        yield row
            except csv.Error as error:
                self.blame(lines.line_num, "", f"The quotation marks do not pair up ({error}).")
        for code, (name, is_open) in authorities.items():
            read = partial(authority_record, code, name, is_open)
            yield Row(0, (authority_reference(code),), _digest((code, name, str(is_open))), read)

    def record(self, row: Row) -> Record | None:
        """What a row says; None, with a fault noted, when one of its cells cannot be read."""
        try:
            return row.read()
        except BadCell as error:
            self.blame(row.line, error.column, str(error))
        return None

    def blame(self, line: int, column: str, message: str) -> None:
        """Notes a fault."""
        self.faults.append(Fault(line, column, message))

    def _cells(self, line: int, found: list[str], places: Sequence[tuple[str, int]], width: int) -> Cells | None:
        if not found:
            return None
        self.rows += 1
        if len(found) != width:
            self.blame(line, "", f"This row has {len(found)} cells; the headings have {width}.")
            return None
        return {name: found[place] for name, place in places}

    def _row(self, line: int, cells: Cells, authorities: dict[str, tuple[str, bool]]) -> Row | None:
        try:
            key = self.format.key(cells)
            if key is None:
                return None
            if self.format.authority is not None:
                code, name, is_open = self.format.authority(cells)
                if name and code not in ("", NO_AUTHORITY):
                    authorities[code] = (name, is_open or authorities.get(code, ("", False))[1])
        except BadCell as error:
            self.blame(line, error.column, str(error))
            return None
        return Row(line, key, _digest(cells.values()), partial(self.format.read, cells))


def open_table(path: Path) -> Table:
    """The file, known by its headings. Raises `UnreadableFile` when it is none of the register's."""
    with path.open("rb") as file:
        first = next(csv.reader([file.readline(LONGEST_LINE).decode("cp1252", errors="replace")]), [])
    headings = {_plain_heading(heading) for heading in first}
    for known in FORMATS:
        if set(known.known_by) <= headings:
            missing = [name for name in known.columns if name not in headings]
            if missing:
                raise UnreadableFile(path, [Fault(1, name, "This column is missing.") for name in missing])
            return Table(path, known)
    kinds = ", ".join(known.kind.value for known in FORMATS)
    raise UnreadableFile(path, [Fault(1, "", f"The headings are of no file of the register ({kinds}).")])


def _decoded(table: Table, file: BinaryIO) -> Iterator[str]:
    """Lines as text: cp1252 as it is published, or UTF-8 when the file begins with its mark."""
    encoding = "cp1252"
    for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE), b""), start=1):
        if number == 1 and line.startswith(b"\xef\xbb\xbf"):
            encoding, line = "utf-8", line[3:]
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError:
            table.faults.append(Fault(number, "", f"This line holds a sign that is none in {encoding}."))
            text = line.decode(encoding, errors="replace")
        yield text.replace("\0", "�")


def _wanted(known: Format) -> tuple[str, ...]:
    return (*known.columns, *known.optional)


def _plain_heading(heading: str) -> str:
    return heading.removeprefix("ï»¿").strip().strip('"')


def _digest(cells: Iterable[str]) -> str:
    return hashlib.blake2b("\x1f".join((READER, *cells)).encode(), digest_size=16).hexdigest()
