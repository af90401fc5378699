"""Reading the register's files: what is kept, what changes, what is refused, and that it is all or nothing."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from kit.audit import SYSTEM, AuditEntry
from kit.clock import SteppingClock
from kit.db import Base, Database
from kit.refusals import Refused
from licences.register import lookup, reading
from licences.register.files import UnreadableFile, open_table
from licences.register.kinds import EntryKind, EntryStatus, FileKind
from licences.register.models import RegisterEntry, RegisterSuccession, RegisterWord
from licences.register.reading import Read
from tests.factories.register_files import SAMPLE, headings, many_establishments

SCHOOLS = "edubasealldata.csv"
Rows = list[dict[str, str]]


def sample_rows(name: str = SCHOOLS) -> Rows:
    with (SAMPLE / name).open(encoding="cp1252", newline="") as file:
        return list(csv.DictReader(file))


def written(folder: Path, rows: Rows, name: str = SCHOOLS) -> Path:
    path = folder / name
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.DictWriter(file, headings(name), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def read(database: Database, clock: SteppingClock) -> Callable[..., Read]:
    def one(path: Path, *, is_part: bool = False) -> Read:
        return reading.read_file(database, clock, SYSTEM, path, is_part=is_part)

    return one


def everything(database: Database) -> str:
    """All that the register's tables hold, as one text."""
    with database.read() as session:
        tables = [table for name, table in Base.metadata.tables.items() if name.startswith("licences_register_")]
        return "\n".join(str(row) for table in tables for row in session.execute(sa.select(table)))


def entries(database: Database) -> dict[str, RegisterEntry]:
    with database.read() as session:
        return {row.reference: row for row in session.scalars(sa.select(RegisterEntry))}


def test_the_published_files_are_read_and_nobodys_name_is_kept(database: Database, read: Callable[..., Read]) -> None:
    counts = [
        (done.kind, done.rows, done.new)
        for done in (read(SAMPLE / name) for name in (SCHOOLS, "allgroupsdata.csv", "alllinksdata.csv"))
    ]
    succession = read(SAMPLE / "links_edubasealldata.csv")
    assert counts == [(FileKind.ESTABLISHMENTS, 21, 26), (FileKind.GROUPS, 4, 4), (FileKind.MEMBERS, 5, 5)]
    assert (succession.rows, succession.new) == (7, 3)  # told from either side, and one link that is none
    found = entries(database)
    school = found["urn190012"]
    assert (school.name, school.town, school.postcode) == ("Zoë Brontë Primary School", "Haworth Cross", "MF5 1ZB")
    assert found["urn190002"].name == "St Mary’s Church of England Primary School"  # cp1252's own apostrophe
    assert found["urn190005"].opened_on.isoformat() == "2024-09-01"
    assert found["la974"].status is EntryStatus.CLOSED  # none of its schools is open
    assert found["la971"].kind is EntryKind.LOCAL_AUTHORITY
    kept = everything(database)
    assert "Quayside" in kept
    assert not [name for name in ("Quillfeather", "Petronella", "Octavius", "Zénaïde") if name in kept]


def test_a_second_reading_finds_what_changed_and_closes_what_is_gone(
    database: Database, read: Callable[..., Read], tmp_path: Path, clock: SteppingClock
) -> None:
    read(SAMPLE / SCHOOLS)
    before = everything(database)
    again = read(SAMPLE / SCHOOLS)
    assert (again.new, again.changed, again.gone) == (0, 0, 0)
    assert len(set(everything(database).splitlines()) - set(before.splitlines())) == 1  # that it was read
    rows = [row for row in sample_rows() if row["URN"] != "190009"]
    rows[0]["EstablishmentName"] = "Lakeford Park Primary School"
    changed = read(written(tmp_path, rows))
    assert (changed.new, changed.changed, changed.gone) == (0, 1, 1)
    found = entries(database)
    assert (found["urn190009"].status, found["urn190009"].gone_since) == (EntryStatus.CLOSED, clock.now().date())
    with database.read() as session:
        assert [one.reference for one in lookup.look_up(session, "lakeford park").entries] == ["urn190001"]
        ferndown = lookup.look_up(session, "ferndown").entries[0]
        assert (ferndown.is_closed, ferndown.closed_on) == (True, clock.now().date())
        assert session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == "register read")) == 3
    back = read(SAMPLE / SCHOOLS)
    assert (back.new, back.changed, back.gone) == (0, 2, 0)
    assert entries(database)["urn190009"].status is EntryStatus.OPEN


def test_a_file_with_a_fault_leaves_everything_as_it_was(
    database: Database, read: Callable[..., Read], tmp_path: Path
) -> None:
    rows = sample_rows()
    rows[1]["URN"] = "19x"
    rows[2]["OpenDate"] = "31-02-2020"
    rows[3]["EstablishmentStatus (code)"] = "9"
    rows[4]["EstablishmentName"] = " "
    rows[6]["URN"] = rows[5]["URN"]
    rows[7]["UKPRN"] = "123"
    path = written(tmp_path, rows)
    lines = path.read_bytes().split(b"\r\n")
    lines[10] += b',"one too many"'
    lines[11] = lines[11].replace(b"Fellside", b"Fell\x81side")
    path.write_bytes(b"\r\n".join(lines))
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert [(fault.line, fault.column) for fault in sorted(caught.value.faults, key=lambda fault: fault.line)] == [
        (3, "URN"), (4, "OpenDate"), (5, "EstablishmentStatus (code)"), (6, "EstablishmentName"), (8, ""),
        (9, "UKPRN"), (11, ""), (12, ""),
    ]  # fmt: skip
    assert str(caught.value.faults[0]).startswith("line ")
    assert everything(database) == ""


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("Name,Town\r\nA,B\r\n", "line 1: The headings are of no file of the register"),
        ("URN,EstablishmentStatus (code)\r\n", "line 1, column LA (code): This column is missing."),
        ("", "line 1: The headings are of no file"),
    ],
)
def test_a_file_of_something_else_is_told_by_its_headings(tmp_path: Path, first: str, told: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text(first)
    with pytest.raises(UnreadableFile) as caught:
        open_table(path)
    assert str(caught.value.faults[0]).startswith(told)


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (b'"URN"x,', "line 1: The quotation marks do not pair up"),
        (b"U" * 200_000 + b"\r\n", "line 2: This row has 1 cells; the headings have 5."),
    ],
)
def test_a_line_that_is_none_is_told_and_never_held_whole(tmp_path: Path, first: bytes, told: str) -> None:
    path = written(tmp_path, [], "links_edubasealldata.csv")
    table = open_table(path)
    headings_line = path.read_bytes()
    path.write_bytes(first + headings_line if b"x" in first else headings_line + first)
    assert list(table.walk()) == []
    assert str(table.faults[0]).startswith(told)
    assert max(len(fault.message) for fault in table.faults) < 200


def test_a_part_of_the_register_closes_nothing(database: Database, read: Callable[..., Read], tmp_path: Path) -> None:
    many_establishments(tmp_path / "all.csv", 60)
    read(tmp_path / "all.csv")
    many_establishments(tmp_path / "some.csv", 20)
    with pytest.raises(Refused, match="--part"):
        read(tmp_path / "some.csv")
    done = read(tmp_path / "some.csv", is_part=True)
    assert (done.new, done.gone) == (0, 0)
    (tmp_path / "empty.csv").write_text(",".join(headings(SCHOOLS)) + "\r\n")
    with pytest.raises(Refused, match="no rows"):
        read(tmp_path / "empty.csv", is_part=True)


def test_of_two_readings_at_once_the_second_gives_way(
    database: Database, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other file is read between this one's comparison and its writing."""
    compared = reading._compared

    def compare_then_another(session: object, *more: object) -> object:
        found = compared(session, *more)  # type: ignore[arg-type]
        monkeypatch.setattr(reading, "_compared", compared)
        reading.read_file(database, clock, SYSTEM, SAMPLE / SCHOOLS)
        return found

    monkeypatch.setattr(reading, "_compared", compare_then_another)
    with pytest.raises(Refused, match="meanwhile"):
        reading.read_file(database, clock, SYSTEM, SAMPLE / SCHOOLS)
    assert len(entries(database)) == 26


def test_rules_of_the_tables_bite(database: Database) -> None:
    whole = {"name": "A", "plain_name": "a", "type": "", "address": "", "town": "", "postcode": "", "digest": ""}
    for values in (
        {"reference": "la1", "kind": EntryKind.LOCAL_AUTHORITY, "status": EntryStatus.OPEN},
        {
            "reference": "urn1",
            "kind": EntryKind.ESTABLISHMENT,
            "status": EntryStatus.OPEN,
            "gone_since": date(2026, 11, 1),
        },
    ):
        with pytest.raises(sa.exc.IntegrityError), database.write() as session:
            session.execute(sa.insert(RegisterEntry.__table__).values(**whole, **values))  # type: ignore[arg-type]
    for table, row in (
        (RegisterSuccession.__table__, {"before": "urn1", "after": "urn1", "digest": ""}),
        (RegisterWord.__table__, {"reference": "urn404", "word": "nobody"}),
    ):
        with pytest.raises(sa.exc.IntegrityError), database.write() as session:
            session.execute(sa.insert(table).values(**row))  # type: ignore[arg-type]
