"""Reading a published file into the register: all of it or nothing, and only what has changed is written.

A file is walked through in a reading transaction, each row held against the digest of what is here already; what is
new or changed waits in a temporary file. Then one writing transaction takes it over, which is short: a file of 50,000
rows in which little has changed holds SQLite's write lock for a moment. Memory holds the keys, never the rows.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock, today
from kit.db import Database
from kit.refusals import Refused
from licences.register.files import Table, UnreadableFile, open_table
from licences.register.kinds import EntryKind, EntryStatus, FileKind
from licences.register.models import RegisterEntry, RegisterMember, RegisterReading, RegisterSuccession, RegisterWord
from licences.register.rows import Key, Record

BATCH = 1_000
MOST_FAULTS = 50
# A whole file of the next month lacks a handful of rows; one that lacks more is a part of the register.
FEW, SHARE = 20, 0.1
_DAYS = ("opened_on", "closed_on", "joined_on", "since_on")
_TABLES = {
    FileKind.ESTABLISHMENTS: cast(sa.Table, RegisterEntry.__table__),
    FileKind.GROUPS: cast(sa.Table, RegisterEntry.__table__),
    FileKind.MEMBERS: cast(sa.Table, RegisterMember.__table__),
    FileKind.SUCCESSIONS: cast(sa.Table, RegisterSuccession.__table__),
}
_WORDS = cast(sa.Table, RegisterWord.__table__)
_ENTRIES = {
    FileKind.ESTABLISHMENTS: (EntryKind.ESTABLISHMENT, EntryKind.LOCAL_AUTHORITY),
    FileKind.GROUPS: (EntryKind.GROUP,),
}

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Read:
    """What came of a file: its rows, and how many entries are new, changed, or gone from it and closed now."""

    kind: FileKind
    file_name: str
    rows: int
    new: int
    changed: int
    gone: int


@dataclass
class _Difference:
    """How a file differs from what is here. `after` is the reading on which the comparison rests."""

    kind: FileKind
    after: int
    spool: IO[str]
    new: int = 0
    changed: int = 0
    seen: set[Key] = field(default_factory=set)
    gone: list[Key] = field(default_factory=list)

    def take(self, values: Record, digest: str, *, is_new: bool) -> None:
        """Notes a row that is new or not as it was."""
        self.new, self.changed = self.new + is_new, self.changed + (not is_new)
        self.spool.write(json.dumps({**values, "digest": digest, "_new": is_new}, default=date.isoformat) + "\n")

    def rows(self) -> Iterator[Record]:
        """What was noted, as it goes into the table."""
        self.spool.seek(0)
        for line in self.spool:
            values = json.loads(line)
            for name in _DAYS:
                if values.get(name):
                    values[name] = date.fromisoformat(values[name])
            yield values


def read_file(database: Database, clock: Clock, actor: Actor, path: Path, *, is_part: bool = False) -> Read:
    """Reads a file into the register; doing it again changes nothing. What is missing in it counts as closed,
    unless it is known to be a part of the register.

    Raises `UnreadableFile`, which names each fault by line and column; `Refused` for a file that has no rows, or lacks
    so many that it must be a part, or when another file of its kind was read meanwhile; and `OSError`.
    """
    table = open_table(path)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as spool:
        with database.read() as session:
            found = _compared(session, table, spool, is_part)
        if table.faults:
            raise UnreadableFile(path, table.faults[:MOST_FAULTS])
        if not table.rows:
            raise Refused(f"{path.name} has headings and no rows.")
        done = Read(found.kind, path.name, table.rows, found.new, found.changed, len(found.gone))
        database.run(lambda session: _apply(session, clock, actor, found, done))
    return done


def _compared(session: Session, table: Table, spool: IO[str], is_part: bool) -> _Difference:
    kind = table.format.kind
    found = _Difference(kind, _newest(session, kind), spool)
    known = _known(session, kind)
    for row in table.walk():
        if row.key in found.seen:
            if kind is not FileKind.SUCCESSIONS:
                table.blame(row.line, "", f"{' and '.join(row.key)} stands in an earlier line already.")
            continue
        found.seen.add(row.key)
        if known.get(row.key) != row.digest:
            values = table.record(row)
            if values is not None:
                found.take(values, row.digest, is_new=row.key not in known)
        if len(table.faults) > MOST_FAULTS:
            return found
    if not is_part and not table.faults:
        found.gone = [key for key, digest in known.items() if digest and key not in found.seen]
        if len(found.gone) > max(FEW, SHARE * len(known)):
            raise Refused(
                f"{table.path.name} lacks {len(found.gone):,} of the {len(known):,} rows that are here. If it is a "
                "part of the register, say so (--part), and nothing is closed."
            )
    return found


def _known(session: Session, kind: FileKind) -> dict[Key, str]:
    """The digest of each row that is here, by its key; empty for one that is gone."""
    table = _TABLES[kind]
    wanted = sa.select(*(table.c[name] for name in _keys(kind)), table.c.digest)
    if kind in _ENTRIES:
        wanted = wanted.where(table.c.kind.in_(_ENTRIES[kind]))
    rows = session.execute(wanted.execution_options(yield_per=BATCH))
    return {tuple(row[:-1]): row[-1] for row in rows}


def _keys(kind: FileKind) -> list[str]:
    return [column.name for column in _TABLES[kind].primary_key]


def _newest(session: Session, kind: FileKind) -> int:
    newest = sa.select(sa.func.max(RegisterReading.id)).where(RegisterReading.kind == kind)
    return session.scalar(newest) or 0


def _apply(session: Session, clock: Clock, actor: Actor, found: _Difference, done: Read) -> None:
    """Writes the difference. The reading is added first: of two at once the second waits here, and then gives way."""
    reading = RegisterReading(
        kind=done.kind, file_name=done.file_name[:200], rows=done.rows, new=done.new, changed=done.changed,
        gone=done.gone, read_at=clock.now(),
    )  # fmt: skip
    _one_at_a_time(session)
    if _newest(session, found.kind) != found.after:
        raise Refused(f"Another file of {done.kind.value} was read meanwhile. Read this one again.")
    session.add(reading)
    session.flush()
    for rows in _batches(found.rows(), BATCH):
        _write(session, found.kind, rows)
    for keys in _batches(found.gone, BATCH):
        _close(session, clock, found.kind, keys)
    _count_anew(session)
    subject = Subject("register", reading.id, done.file_name)
    counts = {"rows": done.rows, "new": done.new, "changed": done.changed, "gone": done.gone}
    record(session, clock, actor, "register read", subject, **counts)


def _one_at_a_time(session: Session) -> None:
    """SQLite has one writer in any case; PostgreSQL locks the table of readings until the end."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text(f"LOCK TABLE {RegisterReading.__tablename__} IN SHARE ROW EXCLUSIVE MODE"))


def _count_anew(session: Session) -> None:
    """Without fresh figures PostgreSQL searches a table just filled as if it were empty: ten times as long."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text(f"ANALYZE {_TABLES[FileKind.GROUPS].name}, {_WORDS.name}"))


def _write(session: Session, kind: FileKind, rows: Iterable[Record]) -> None:
    """Adds the new ones of a batch and changes the others; the words of both are written anew."""
    table = _TABLES[kind]
    new: list[Record] = []
    changed: list[Record] = []
    words: list[Record] = []
    for row in rows:
        words += [{"reference": row["reference"], "word": word} for word in row.pop("_words", ())]
        (new if row.pop("_new") else changed).append(row | {"gone_since": None})
    if new:
        session.execute(sa.insert(table), new)
    if changed:
        _update(session, kind, changed)
    if kind in _ENTRIES:
        old = [row["reference"] for row in changed]
        session.execute(sa.delete(_WORDS).where(_WORDS.c.reference.in_(old)))
        _add_words(session, words)


def _add_words(session: Session, words: list[Record]) -> None:
    """PostgreSQL takes a thousand rows as two arrays in a fraction of the time that row by row takes."""
    if session.get_bind().dialect.name != "postgresql":
        session.execute(sa.insert(_WORDS), words)
        return
    arrays = {name: [row[name] for row in words] for name in ("reference", "word")}
    unnested = "SELECT * FROM unnest(CAST(:reference AS text[]), CAST(:word AS text[]))"
    session.execute(sa.text(f"INSERT INTO {_WORDS.name} (reference, word) {unnested}"), arrays)


def _close(session: Session, clock: Clock, kind: FileKind, keys: Iterable[Key]) -> None:
    """Marks what is no longer in the file. Its digest goes, so that it counts as changed should it come back."""
    gone: Record = {"digest": "", "gone_since": today(clock)}
    if kind in _ENTRIES:
        gone["status"] = EntryStatus.CLOSED
    _update(session, kind, [dict(zip(_keys(kind), key, strict=True)) | gone for key in keys])


def _update(session: Session, kind: FileKind, rows: list[dict[str, Any]]) -> None:
    table, keys = _TABLES[kind], _keys(kind)
    same = [table.c[name] == sa.bindparam(f"key_{name}") for name in keys]
    others: dict[str, Any] = {name: sa.bindparam(name) for name in rows[0] if name not in keys}
    session.connection().execute(
        sa.update(table).where(*same).values(others),
        [{**row, **{f"key_{name}": row[name] for name in keys}} for row in rows],
    )


def _batches(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    walking = iter(things)
    while batch := list(islice(walking, size)):
        yield batch
