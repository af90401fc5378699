"""Lists of people to invite, pasted or from a CSV file: read row by row, with every fault told by its row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kit.web.sheets import Column, Sheet, email, read_sheet, text_of, words
from kit.web.typed_text import one_line
from licences.people.invitations import Guest

MOST_GUESTS = 200
LONGEST_NAME = 120
COLUMNS = (
    Column("Name", words(LONGEST_NAME), others=("full name",), required=False),
    Column("E-mail address", email, others=("e-mail", "email", "email address", "address")),
)
_name = words(LONGEST_NAME)


@dataclass(frozen=True)
class GuestList:
    """Who was read, and the faults of the other rows as sentences. With a fault nobody is to be invited."""

    guests: tuple[Guest, ...]
    rows: tuple[int, ...]
    faults: tuple[str, ...]

    def as_lines(self) -> str:
        """The same people, one to a line, as `read_lines` reads them."""
        return "\n".join(f"{guest.name} <{guest.email}>" if guest.name else guest.email for guest in self.guests)


def read_lines(text: str) -> GuestList:
    """Lines such as `Ann Lee <ann@lee.example>`, `Ann Lee, ann@lee.example` or `ann@lee.example`."""
    guests, rows, faults = list[Guest](), list[int](), list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        for piece in _people_in(line):
            try:
                guests.append(_guest(piece))
                rows.append(number)
            except ValueError as error:
                faults.append(f"Row {number}: {error}")
    return _checked(guests, rows, faults)


def read_file(data: bytes) -> GuestList:
    """A CSV file: columns “Name” and “E-mail address”, or one person to a line without headings."""
    try:
        text = text_of(data)
    except ValueError as error:
        return GuestList((), (), (str(error),))
    first = next((line for line in text.splitlines() if line.strip(" \t,;")), "")
    if "@" in first:
        return read_lines("\n".join(line.strip(" \t,;") for line in text.replace('"', "").splitlines()))
    sheet = read_sheet(text, COLUMNS, most_rows=MOST_GUESTS)
    guests = [Guest(row.values.get("name") or "", row.values["e mail address"]) for row in sheet.rows]
    return _checked(guests, [row.number for row in sheet.rows], list(_told(sheet)))


def is_older_alphabet(data: bytes) -> bool:
    """Whether a file is in neither UTF-8 nor UTF-16: then names with accents have to be looked at."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return False
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return True
    return False


def _people_in(line: str) -> Iterator[str]:
    """Mail programs put several people on one line: a comma or semicolon after an address begins the next."""
    if line.count("@") < 2:
        yield from [line] if line.strip() else []
        return
    held = ""
    for piece in re.split(r"([;,])", line):
        if piece in (";", ",") and "@" in held:
            yield held
            held = ""
        elif piece not in (";", ",") or held.strip():
            held += piece
    if held.strip():
        yield held


def _guest(piece: str) -> Guest:
    """Raises ValueError with what to do."""
    bracketed = re.fullmatch(r"([^<>]*)<([^<>]*)>\s*", piece)  # nothing in it can be read in two ways: no long search
    if bracketed:
        return Guest(_name(one_line(bracketed[1]).strip("\"' ")), email(bracketed[2]))
    cells = [one_line(cell).strip("\"' ") for cell in re.split(r"[,;\t]", piece)]
    addresses = [cell for cell in cells if "@" in cell]
    if len(addresses) != 1:
        raise ValueError("there is no e-mail address. Write a line like “Ann Lee, ann@school.example”.")
    return Guest(_name(" ".join(cell for cell in cells if "@" not in cell)), email(addresses[0]))


def _told(sheet: Sheet) -> Iterator[str]:
    for fault in sheet.faults:
        about = f"{fault.heading}: " if fault.heading else ""
        yield f"Row {fault.row}: {about}{fault.message}" if fault.row else fault.message


def _checked(guests: list[Guest], rows: list[int], faults: list[str]) -> GuestList:
    """Refuses an address that is there twice, and more people than one page can show."""
    seen = dict[str, int]()
    for guest, number in zip(guests, rows, strict=True):
        if guest.email in seen:
            faults.append(f"Row {number}: {guest.email} is in row {seen[guest.email]} already.")
        seen.setdefault(guest.email, number)
    if len(guests) > MOST_GUESTS:
        faults = [f"There are {len(guests)} people in this list. Invite {MOST_GUESTS} at a time at the most."]
    return GuestList(tuple(guests), tuple(rows), tuple(faults))
