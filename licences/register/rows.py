"""What of each row of the register is kept, for each of its published files.

The columns are those of the downloads of “Get information about schools” (edubasealldata, allgroupsdata, alllinksdata
and links_edubasealldata). The names of heads and governors stand in them, too: only the columns named here are looked
at, and none of those.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from licences.register.cells import BadCell, Cells, day, figures, one_of, words
from licences.register.kinds import (
    EntryKind,
    EntryStatus,
    FileKind,
    authority_reference,
    establishment_reference,
    group_reference,
)
from licences.register.wording import AUTHORITY_WORDS, plain_name, postcode_word, words_of

Record = dict[str, Any]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Format:
    """One kind of file: the columns it must have, and how a row is read. `known_by` tells it from the others.

    `key` gives the row's place among those of its kind, None for a row that says nothing to us. `authority` gives the
    code and name of the Local Authority that a row names, and whether the row is open. All of them raise `BadCell`.
    """

    kind: FileKind
    columns: tuple[str, ...]
    known_by: tuple[str, ...]
    key: Callable[[Cells], Key | None]
    read: Callable[[Cells], Record]
    optional: tuple[str, ...] = ()
    authority: Callable[[Cells], tuple[str, str, bool]] | None = None


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
    lines = [words(cells, column, 100) for column in columns]
    return "\n".join(line for line in dict.fromkeys(lines) if line)[:400]


def _establishment_key(cells: Cells) -> Key:
    return (establishment_reference(_urn(cells, "URN")),)


def _urn(cells: Cells, column: str) -> str:
    return figures(cells, column, r"[0-9]{6}", "123456", needed=True) or ""


def _uid(cells: Cells) -> str:
    return figures(cells, "Group UID", r"[0-9]{1,8}", "2044", needed=True) or ""


def _authority_of(cells: Cells) -> tuple[str, str, bool]:
    is_open = one_of(cells, "EstablishmentStatus (code)", _STATUS_CODES) is EntryStatus.OPEN
    code = figures(cells, "LA (code)", r"[0-9]{3}", "301") or ""
    return code, words(cells, "LA (name)", 120), is_open


def authority_record(code: str, name: str, is_open: bool) -> Record:
    """A Local Authority as an entry: the register has no file of them."""
    status = EntryStatus.OPEN if is_open else EntryStatus.CLOSED
    kind = EntryKind.LOCAL_AUTHORITY
    return _entry(authority_reference(code), kind, name, "Local Authority", status, la_code=code)


def _establishment(cells: Cells) -> Record:
    return _entry(
        establishment_reference(_urn(cells, "URN")),
        EntryKind.ESTABLISHMENT,
        words(cells, "EstablishmentName", 200, needed=True),
        words(cells, "TypeOfEstablishment (name)", 120),
        one_of(cells, "EstablishmentStatus (code)", _STATUS_CODES),
        opened_on=day(cells, "OpenDate"),
        closed_on=day(cells, "CloseDate"),
        ukprn=figures(cells, "UKPRN", r"[0-9]{8}", "10012345"),
        la_code=figures(cells, "LA (code)", r"[0-9]{3}", "301"),
        establishment_number=figures(cells, "EstablishmentNumber", r"[0-9]{1,4}", "2001"),
        address=_address(cells, _SCHOOL_ADDRESS),
        town=words(cells, "Town", 80),
        postcode=words(cells, "Postcode", 10),
    )


def _group_key(cells: Cells) -> Key:
    return (group_reference(_uid(cells)),)


def _group(cells: Cells) -> Record:
    return _entry(
        group_reference(_uid(cells)),
        EntryKind.GROUP,
        words(cells, "Group Name", 200, needed=True),
        words(cells, "Group Type", 120),
        one_of(cells, "Group Status", _GROUP_STATUSES),
        opened_on=day(cells, "Incorporated on (open date)", "Open date"),
        closed_on=day(cells, "Closed Date"),
        ukprn=figures(cells, "UKPRN", r"[0-9]{8}", "10012345"),
        group_id=words(cells, "Group ID", 10) or None,
        company_number=words(cells, "Companies House Number", 10) or None,
        address=_address(cells, _GROUP_ADDRESS),
        town=words(cells, "Group Contact Town", 80),
        postcode=words(cells, "Group Contact Postcode", 10),
    )


def _member_key(cells: Cells) -> Key:
    return (establishment_reference(_urn(cells, "URN")), group_reference(_uid(cells)))


def _member(cells: Cells) -> Record:
    establishment, belongs_to = _member_key(cells)
    return {"establishment": establishment, "belongs_to": belongs_to, "joined_on": day(cells, "Joined date")}


def _succession_key(cells: Cells) -> Key | None:
    """The file tells each change twice, once from either side; other links (a sixth form, a site) are left out."""
    kind = words(cells, "LinkType", 80).casefold()
    if not kind.startswith(("successor", "predecessor")):
        return None
    ours, other = establishment_reference(_urn(cells, "URN")), establishment_reference(_urn(cells, "LinkURN"))
    if ours == other:
        raise BadCell("LinkURN", "A school cannot come after itself.")
    return (ours, other) if kind.startswith("successor") else (other, ours)


def _succession(cells: Cells) -> Record:
    before, after = _succession_key(cells) or ("", "")
    return {"before": before, "after": after, "since_on": day(cells, "LinkEstablishedDate")}


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
