"""The published files of the register, read line by line: which they are, and what of each row is kept.

The columns are those of the downloads of “Get information about schools” (edubasealldata, allgroupsdata, alllinksdata
and links_edubasealldata), found by their headings in any order. The names of heads and governors stand in them, too:
only the columns named here are looked at, and none of those.
"""

import csv
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from licences.register.kinds import (
    EntryKind,
    EntryStatus,
    FileKind,
    authority_reference,
    establishment_reference,
    group_reference,
)
from licences.register.wording import AUTHORITY_WORDS, plain_name, postcode_word, words_of

Cells = Mapping[str, str]
Record = dict[str, Any]
Key = tuple[str, ...]
READER = "1"  # to be raised when rows are read in another way: then every row counts as changed
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


class _BadCell(ValueError):
    """A cell that cannot be read."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True)
class Format:
    """One kind of file: the columns it must have, and how a row is read. `known_by` tells it from the others.

    `key` gives the row's place among those of its kind, None for a row that says nothing to us. `authority` gives the
    code and name of the Local Authority that a row names, and whether the row is open. All of them raise `_BadCell`.
    """

    kind: FileKind
    columns: tuple[str, ...]
    known_by: tuple[str, ...]
    key: Callable[[Cells], Key | None]
    read: Callable[[Cells], Record]
    optional: tuple[str, ...] = ()
    authority: Callable[[Cells], tuple[str, str, bool]] | None = None


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
            headings = [heading.strip() for heading in next(lines)]
            places = [(name, headings.index(name)) for name in _wanted(self.format) if name in headings]
            try:
                for found in lines:
                    cells = self._cells(lines.line_num, found, places, len(headings))
                    row = self._row(lines.line_num, cells, authorities) if cells else None
                    if row is not None:
                        yield row
            except csv.Error as error:
                self.blame(lines.line_num, "", f"The quotation marks do not pair up ({error}).")
        for code, (name, is_open) in authorities.items():
            read = partial(_authority, code, name, is_open)
            yield Row(0, (authority_reference(code),), _digest((code, name, str(is_open))), read)

    def record(self, row: Row) -> Record | None:
        """What a row says; None, with a fault noted, when one of its cells cannot be read."""
        try:
            return row.read()
        except _BadCell as error:
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
        except _BadCell as error:
            self.blame(line, error.column, str(error))
            return None
        return Row(line, key, _digest(cells.values()), partial(self.format.read, cells))


def open_table(path: Path) -> Table:
    """The file, known by its headings. Raises `UnreadableFile` when it is none of the register's."""
    with path.open("rb") as file:
        first = next(csv.reader([file.readline(65_536).decode("cp1252", errors="replace")]), [])
    headings = {_plain_heading(heading) for heading in first}
    for known in FORMATS:
        if set(known.known_by) <= headings:
            missing = [name for name in known.columns if name not in headings]
            if missing:
                raise UnreadableFile(path, [Fault(1, name, "This column is missing.") for name in missing])
            return Table(path, known)
    kinds = ", ".join(known.kind.value for known in FORMATS)
    raise UnreadableFile(path, [Fault(1, "", f"The headings are of no file of the register ({kinds}).")])


def _decoded(table: Table, file: Iterable[bytes]) -> Iterator[str]:
    """Lines as text: cp1252 as it is published, or UTF-8 when the file begins with its mark."""
    encoding = "cp1252"
    for number, line in enumerate(file, start=1):
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


# Cells


def _tidy(cells: Cells, column: str) -> str:
    return " ".join(cells.get(column, "").split())


def _figures(cells: Cells, column: str, pattern: str, example: str, *, needed: bool = False) -> str | None:
    text = _tidy(cells, column)
    if not text and not needed:
        return None
    if not re.fullmatch(pattern, text, re.ASCII):
        raise _BadCell(column, f"Here stands “{text[:40]}” instead of a number like {example}.")
    return text


def _words(cells: Cells, column: str, longest: int, *, needed: bool = False) -> str:
    text = _tidy(cells, column)
    if needed and not text:
        raise _BadCell(column, "This is empty.")
    if len(text) > longest:
        raise _BadCell(column, f"This has {len(text)} characters; {longest} are kept.")
    return text


def _day(cells: Cells, *columns: str) -> date | None:
    """The first of the columns that is filled in: 31-08-2026, or with slashes."""
    column, text = next(((name, text) for name in columns if (text := _tidy(cells, name))), ("", ""))
    if not text:
        return None
    try:
        day, month, year = map(int, re.split(r"[-/]", text))
        return date(year, month, day)
    except ValueError:
        raise _BadCell(column, f"Here stands “{text[:40]}” instead of a day like 31-08-2026.") from None


def _one_of(cells: Cells, column: str, known: Mapping[str, EntryStatus]) -> EntryStatus:
    text = _tidy(cells, column).casefold()
    if text not in known:
        raise _BadCell(column, f"Here stands “{text[:40]}” instead of one of: {', '.join(known)}.")
    return known[text]


# Rows

_STATUS_CODES = {
    "1": EntryStatus.OPEN,
    "2": EntryStatus.CLOSED,
    "3": EntryStatus.OPEN,  # open, but proposed to close
    "4": EntryStatus.PROPOSED,
}
_GROUP_STATUSES = {
    "open": EntryStatus.OPEN,
    "closed": EntryStatus.CLOSED,
    "created in error": EntryStatus.CLOSED,
    "proposed to open": EntryStatus.PROPOSED,
}
_SCHOOL_ADDRESS = ("Street", "Locality", "Address3", "Town", "County (name)")
_GROUP_ADDRESS = tuple(f"Group Contact {part}" for part in ("Street", "Locality", "Address 3", "Town", "County"))


def _entry(
    reference: str, kind: EntryKind, name: str, type_: str, status: EntryStatus, **more: str | date | None
) -> Record:
    """An entry's row, with the words under which it is found."""
    numbers = ("ukprn", "group_id", "company_number", "la_code", "establishment_number")
    record: Record = dict.fromkeys(("opened_on", "closed_on", *numbers)) | dict.fromkeys(
        ("address", "town", "postcode"), ""
    )
    record |= {"reference": reference, "kind": kind, "name": name, "type": type_, "status": status} | more
    record["plain_name"] = plain_name(name)
    record["_words"] = _found_under(record)
    return record


def _found_under(record: Record) -> list[str]:
    found = {*words_of(record["name"]), *words_of(record["name"], shortened=False), *words_of(record["town"])}
    if record["kind"] is EntryKind.LOCAL_AUTHORITY:
        found |= AUTHORITY_WORDS | {record["la_code"]}
    else:
        found |= {re.sub(r"^[a-z]+", "", record["reference"]), record["ukprn"] or "", record["company_number"] or ""}
        found |= {(record["group_id"] or "").lower(), postcode_word(record["postcode"])}
    if record["la_code"] and record["establishment_number"]:
        found.add(record["la_code"] + record["establishment_number"])
    return sorted(found - {""})


def _address(cells: Cells, columns: Sequence[str]) -> str:
    lines = [_words(cells, column, 100) for column in columns]
    return "\n".join(line for line in dict.fromkeys(lines) if line)[:400]


def _establishment_key(cells: Cells) -> Key:
    return (establishment_reference(_urn(cells, "URN")),)


def _urn(cells: Cells, column: str) -> str:
    return _figures(cells, column, r"[0-9]{6}", "123456", needed=True) or ""


def _uid(cells: Cells) -> str:
    return _figures(cells, "Group UID", r"[0-9]{1,8}", "2044", needed=True) or ""


def _authority_of(cells: Cells) -> tuple[str, str, bool]:
    is_open = _one_of(cells, "EstablishmentStatus (code)", _STATUS_CODES) is EntryStatus.OPEN
    code = _figures(cells, "LA (code)", r"[0-9]{3}", "301") or ""
    return code, _words(cells, "LA (name)", 120), is_open


def _authority(code: str, name: str, is_open: bool) -> Record:
    status = EntryStatus.OPEN if is_open else EntryStatus.CLOSED
    kind = EntryKind.LOCAL_AUTHORITY
    return _entry(authority_reference(code), kind, name, "Local Authority", status, la_code=code)


def _establishment(cells: Cells) -> Record:
    return _entry(
        establishment_reference(_urn(cells, "URN")),
        EntryKind.ESTABLISHMENT,
        _words(cells, "EstablishmentName", 200, needed=True),
        _words(cells, "TypeOfEstablishment (name)", 120),
        _one_of(cells, "EstablishmentStatus (code)", _STATUS_CODES),
        opened_on=_day(cells, "OpenDate"),
        closed_on=_day(cells, "CloseDate"),
        ukprn=_figures(cells, "UKPRN", r"[0-9]{8}", "10012345"),
        la_code=_figures(cells, "LA (code)", r"[0-9]{3}", "301"),
        establishment_number=_figures(cells, "EstablishmentNumber", r"[0-9]{1,4}", "2001"),
        address=_address(cells, _SCHOOL_ADDRESS),
        town=_words(cells, "Town", 80),
        postcode=_words(cells, "Postcode", 10),
    )


def _group_key(cells: Cells) -> Key:
    return (group_reference(_uid(cells)),)


def _group(cells: Cells) -> Record:
    return _entry(
        group_reference(_uid(cells)),
        EntryKind.GROUP,
        _words(cells, "Group Name", 200, needed=True),
        _words(cells, "Group Type", 120),
        _one_of(cells, "Group Status", _GROUP_STATUSES),
        opened_on=_day(cells, "Incorporated on (open date)", "Open date"),
        closed_on=_day(cells, "Closed Date"),
        ukprn=_figures(cells, "UKPRN", r"[0-9]{8}", "10012345"),
        group_id=_words(cells, "Group ID", 10) or None,
        company_number=_words(cells, "Companies House Number", 10) or None,
        address=_address(cells, _GROUP_ADDRESS),
        town=_words(cells, "Group Contact Town", 80),
        postcode=_words(cells, "Group Contact Postcode", 10),
    )


def _member_key(cells: Cells) -> Key:
    return (establishment_reference(_urn(cells, "URN")), group_reference(_uid(cells)))


def _member(cells: Cells) -> Record:
    establishment, belongs_to = _member_key(cells)
    return {"establishment": establishment, "belongs_to": belongs_to, "joined_on": _day(cells, "Joined date")}


def _succession_key(cells: Cells) -> Key | None:
    """The file tells each change twice, once from either side; other links (a sixth form, a site) are left out."""
    kind = _words(cells, "LinkType", 80).casefold()
    if not kind.startswith(("successor", "predecessor")):
        return None
    ours, other = establishment_reference(_urn(cells, "URN")), establishment_reference(_urn(cells, "LinkURN"))
    if ours == other:
        raise _BadCell("LinkURN", "A school cannot come after itself.")
    return (ours, other) if kind.startswith("successor") else (other, ours)


def _succession(cells: Cells) -> Record:
    before, after = _succession_key(cells) or ("", "")
    return {"before": before, "after": after, "since_on": _day(cells, "LinkEstablishedDate")}


FORMATS = (
    Format(
        FileKind.ESTABLISHMENTS,
        ("URN", "LA (code)", "LA (name)", "EstablishmentNumber", "EstablishmentName", "TypeOfEstablishment (name)",
         "EstablishmentStatus (code)", "OpenDate", "CloseDate", "UKPRN", *_SCHOOL_ADDRESS, "Postcode"),
        ("URN", "EstablishmentStatus (code)"),
        _establishment_key,
        _establishment,
        authority=_authority_of,
    ),
    Format(
        FileKind.SUCCESSIONS,
        ("URN", "LinkURN", "LinkType", "LinkEstablishedDate"),
        ("URN", "LinkURN"),
        _succession_key,
        _succession,
    ),
    Format(
        FileKind.MEMBERS, ("URN", "Group UID", "Joined date"), ("URN", "Group UID"), _member_key, _member
    ),
    Format(
        FileKind.GROUPS,
        ("Group UID", "Group ID", "Group Name", "Companies House Number", "Group Type", "Group Status", "Closed Date",
         "UKPRN"),
        ("Group UID", "Group Name"),
        _group_key,
        _group,
        optional=("Incorporated on (open date)", "Open date", *_GROUP_ADDRESS, "Group Contact Postcode"),
    ),
)  # fmt: skip
