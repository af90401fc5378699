"""Backups are made while others write, and prove themselves when they are put back somewhere else."""

import hashlib
import io
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from kit.audit import SYSTEM, AuditEntry, Subject, broken_seal, record, seal_entries
from kit.clock import SteppingClock, SystemClock
from kit.db import Database
from kit.dumps import DumpFailed, counts
from kit.jobs import Handlers, Job, Worker, enqueue
from kit.jobs.liveness import Pulse
from kit.search import index_of
from kit.store import ObjectStore, StoredFile
from kit.store import record as record_file
from kit.web.house import House
from portal.backup import Backup, BackupFailed, back_up, backups, newest
from portal.restore import put_back
from tests import databases
from tests.world import TRAINER, World

SUBJECT = Subject("test", None, "A test")
NOTE = Job("note of the test")


@pytest.fixture
def elsewhere(world: World, database_kind: str, tmp_path: Path) -> Iterator[House]:
    """Another installation, without a table or a file."""
    url = databases.empty_database_url(database_kind)
    database = Database(url)
    yield replace(world.house, database=database, store=ObjectStore((tmp_path / "other store").as_uri()))
    database.close()
    databases.drop_database(url)


def contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with database.read() as session:
        names = [name.rpartition(".") for name in counts(session)]
        return {
            table: sorted(
                (tuple(row) for row in session.execute(sa.text(f'SELECT * FROM "{schema or usual}"."{table}"'))),
                key=repr,
            )
            for schema, _, table in names
            for usual in ("main" if database.is_sqlite else "public",)
        }


def test_what_comes_back_is_what_was_there(world: World, elsewhere: House, tmp_path: Path) -> None:
    with world.house.database.write() as session:
        seal_entries(session)
    before = contents(world.house.database)
    made = back_up(world.house, tmp_path / "backups")
    done = put_back(elsewhere, made)
    assert done.faults == ()
    after = contents(elsewhere.database)
    words = index_of("kit_audit_entry")  # on SQLite a table with others behind it, which follow the entries
    changed = {name for name in before if before[name] != after[name] and not name.startswith(words)}
    # The entry that says so; and the job library notes when our queue was last named to it.
    assert changed == {"kit_audit_entry", "queues"}
    assert len(after["kit_audit_entry"]) == len(before["kit_audit_entry"]) + 1
    for sha256 in made.manifest.files:
        content = b"".join(bytes(piece) for piece in elsewhere.store.chunks(sha256))
        assert hashlib.sha256(content).hexdigest() == sha256
    assert done.files == len(before["kit_stored_file"]) >= 4


class Writers:
    """People at work: each writes a file, its row and an audit entry, and notes what was acknowledged."""

    def __init__(self, house: House, count: int = 3) -> None:
        self.acknowledged: list[str] = []
        self._house = house
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(count)]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _work(self, number: int) -> None:
        turn = 0
        while not self._stopping.is_set():
            word = f"{number}-{turn}"
            stored = self._house.store.put(io.BytesIO(word.encode() * 5_000), "application/pdf")
            with self._house.database.write() as session:
                record_file(session, self._house.clock, stored)
                record(session, self._house.clock, SYSTEM, word, SUBJECT, sha256=stored.sha256)
                enqueue(session, NOTE, word=word)
            self.acknowledged.append(word)
            turn += 1


def test_a_backup_under_load_is_one_moment(world: World, elsewhere: House, tmp_path: Path) -> None:
    """Each entry has its file and its job or none of the three is there; what was acknowledged before is."""
    with Writers(world.house) as writers:
        while len(writers.acknowledged) < 30:
            assert not writers._stopping.wait(0.01)
        before = list(writers.acknowledged)
        made = back_up(world.house, tmp_path / "backups")
        after = len(writers.acknowledged)
    assert after > len(before), "nobody wrote during the backup"
    assert put_back(elsewhere, made).faults == ()
    with elsewhere.database.read() as session:
        entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.subject_kind == "test")).all()
        files = set(session.scalars(sa.select(StoredFile.sha256)))
    words = {entry.action for entry in entries}
    assert words >= set(before)
    assert {str(entry.detail["sha256"]) for entry in entries} <= files
    assert all(elsewhere.store.read_range(sha256, 0, 1) is not None for sha256 in files)
    done: list[str] = []
    handlers = Handlers()
    handlers.add(NOTE, lambda word: done.append(word))
    Worker(elsewhere.database, handlers, clock=SystemClock()).drain()
    assert sorted(done) == sorted(words)


def test_old_sessions_and_links_do_not_come_back(world: World, elsewhere: House, tmp_path: Path) -> None:
    world.browser(TRAINER)
    put_back(elsewhere, back_up(world.house, tmp_path / "backups"))
    with elsewhere.database.read() as session:
        ended = session.scalars(sa.text("SELECT ended_at FROM licences_sign_in")).all()
    assert ended
    assert all(ended)


def test_the_chain_holds_and_goes_on(world: World, elsewhere: House, tmp_path: Path) -> None:
    with world.house.database.write() as session:
        assert seal_entries(session) > 5
    put_back(elsewhere, back_up(world.house, tmp_path / "backups"))
    with elsewhere.database.write() as session:
        assert seal_entries(session) == 1
        assert broken_seal(session) is None
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), elsewhere.database.write() as session:
        session.execute(sa.text("DELETE FROM kit_audit_entry"))


def test_a_database_that_is_not_empty_is_left_alone_unless_told(world: World, tmp_path: Path) -> None:
    made = back_up(world.house, tmp_path / "backups")
    with world.house.database.write() as session:
        record(session, world.house.clock, SYSTEM, "after the backup", SUBJECT)
    with pytest.raises(BackupFailed, match="not empty"):
        put_back(world.house, made)
    assert _actions(world.house, "after the backup") == 1
    assert put_back(world.house, made, replace=True).faults == ()
    assert _actions(world.house, "after the backup") == 0
    assert _actions(world.house, "backup restored") == 1


def test_a_running_worker_stops_a_restore(world: World, tmp_path: Path) -> None:
    made = back_up(world.house, tmp_path / "backups")
    pulse = Pulse(world.house.database, world.house.clock)
    with pytest.raises(BackupFailed, match="worker is running"):
        put_back(world.house, made, replace=True)
    pulse.end()


def test_a_damaged_dump_changes_nothing(world: World, elsewhere: House, tmp_path: Path) -> None:
    made = back_up(world.house, tmp_path / "backups")
    content = made.dump.read_bytes()
    made.dump.write_bytes(content[: len(content) // 2])
    with pytest.raises(BackupFailed, match="not the one that was written"):
        put_back(elsewhere, made)


def test_a_dump_that_breaks_off_leaves_the_database_as_it_was(world: World, tmp_path: Path) -> None:
    """As above, but found by the database: the digest was damaged along with it."""
    made = back_up(world.house, tmp_path / "backups")
    content = made.dump.read_bytes()
    made.dump.write_bytes(content[: len(content) - 9_000])
    blind = replace(made.manifest, dump_sha256=hashlib.sha256(made.dump.read_bytes()).hexdigest())
    before = contents(world.house.database)
    with pytest.raises(DumpFailed):
        put_back(world.house, Backup(made.place, blind), replace=True)
    assert contents(world.house.database) == before


def test_a_file_lost_from_the_backup_is_named(world: World, elsewhere: House, tmp_path: Path) -> None:
    made = back_up(world.house, tmp_path / "backups")
    lost, damaged = sorted(made.manifest.files)[:2]
    made.file(lost).unlink()
    made.file(damaged).write_bytes(b"not it")
    faults = put_back(elsewhere, made).faults
    assert [fault.split()[1] for fault in faults] == [lost, damaged]


def test_a_file_lost_from_the_store_is_named_by_the_backup(world: World, tmp_path: Path) -> None:
    with world.house.database.read() as session:
        sha256 = session.scalars(sa.select(StoredFile.sha256)).first()
    assert sha256
    path = world.house.store.local_path(sha256)
    assert path
    path.unlink()
    assert back_up(world.house, tmp_path / "backups").manifest.missing == (sha256,)


def test_files_are_kept_once_and_forgotten_with_the_last_backup_that_names_them(
    world: World, clock: SteppingClock, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    back_up(world.house, folder)
    kept = {path.name: path.stat().st_ino for path in (folder / "files").rglob("*") if path.is_file()}
    (folder / "files" / "ab" / "cd").mkdir(parents=True, exist_ok=True)
    (folder / "files" / "ab" / "cd" / ("abcd" + "0" * 60)).write_bytes(b"of a backup that is gone")
    for _ in range(3):
        clock.move(days=1)
        back_up(world.house, folder, keep=2)
    assert {path.name: path.stat().st_ino for path in (folder / "files").rglob("*") if path.is_file()} == kept
    assert [one.manifest.made_at for one in backups(folder)] == [clock.now() - timedelta(days=1), clock.now()]
    assert newest(folder).manifest.made_at == clock.now()


def test_what_a_killed_backup_left_is_no_backup(world: World, clock: SteppingClock, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    left = folder / ".20200101T000000Z"
    left.mkdir(parents=True)
    (left / "database.sqlite").write_bytes(b"half")
    with pytest.raises(BackupFailed, match="no backup in"):
        newest(folder)
    back_up(world.house, folder)
    assert not left.exists()


def test_nobody_else_may_read_it(world: World, tmp_path: Path) -> None:
    made = back_up(world.house, tmp_path / "backups")
    assert [oct(path.stat().st_mode & 0o777) for path in (made.place, made.place.parent)] == ["0o700", "0o700"]


def test_a_backup_of_the_other_kind_of_database_is_refused(world: World, elsewhere: House, tmp_path: Path) -> None:
    made = back_up(world.house, tmp_path / "backups")
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[made.manifest.kind]
    with pytest.raises(BackupFailed, match=f"backup of {other}"):
        put_back(elsewhere, replace(made, manifest=replace(made.manifest, kind=other)))


def test_a_backup_of_a_newer_release_is_refused(world: World, elsewhere: House, tmp_path: Path) -> None:
    made = back_up(world.house, tmp_path / "backups")
    with pytest.raises(BackupFailed, match="newer release"):
        put_back(elsewhere, replace(made, manifest=replace(made.manifest, revision="9999")))


def test_the_password_is_not_among_the_words_of_the_command() -> None:
    from kit.dumps import _address, _environment

    database = Database("postgresql://portal:s3cret@127.0.0.1/portal")
    assert "s3cret" not in _address(database)
    assert _environment(database)["PGPASSWORD"] == "s3cret"
    assert "PGPASSWORD" not in os.environ


def _actions(house: House, action: str) -> int:
    with house.database.read() as session:
        found = sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == action)
        return session.scalar(found) or 0
