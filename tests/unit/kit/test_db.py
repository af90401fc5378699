"""The two kinds of transaction, on both databases."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from kit import audit
from kit.clock import SteppingClock
from kit.db import Database, UtcDateTime
from kit.store import StoredFile
from tests.databases import LOCK_TIMEOUT_MS


def entries(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(audit.AuditEntry)) or 0


def note(session: Session, clock: SteppingClock) -> None:
    audit.record(session, clock, audit.SYSTEM, "thing changed", audit.Subject("thing", 1, "A thing"))


def test_write_commits_once_at_the_end(database: Database, clock: SteppingClock) -> None:
    with database.write() as session:
        note(session, clock)
    with database.read() as session:
        assert entries(session) == 1


def test_write_rolls_back_when_the_block_raises(database: Database, clock: SteppingClock) -> None:
    def work() -> None:
        with database.write() as session:
            note(session, clock)
            session.flush()
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        work()
    with database.read() as session:
        assert entries(session) == 0


def test_the_database_itself_refuses_to_write_in_a_reading_transaction(
    database: Database, clock: SteppingClock
) -> None:
    with database.read() as session, pytest.raises(DBAPIError, match=r"read.?only"):
        note(session, clock)


def test_the_session_fixture_leaves_nothing_behind_first(session: Session, clock: SteppingClock) -> None:
    note(session, clock)
    session.commit()
    assert entries(session) == 1


def test_the_session_fixture_leaves_nothing_behind_second(session: Session) -> None:
    assert entries(session) == 0


def test_moments_keep_their_instant(session: Session) -> None:
    clock = SteppingClock(datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=1))))
    note(session, clock)
    session.flush()
    session.expire_all()
    at = session.scalars(sa.select(audit.AuditEntry)).one().at
    assert at == datetime(2026, 7, 1, 11, 0, tzinfo=UTC)
    assert at.tzinfo is UTC


def test_a_moment_without_zone_is_refused() -> None:
    naive = datetime(2026, 7, 1, 12, 0)  # noqa: DTZ001 - that is the point
    with pytest.raises(ValueError, match="time zone"):
        UtcDateTime().process_bind_param(naive, sa.create_engine("sqlite://").dialect)


def test_of_two_who_add_the_same_row_at_once_the_second_looks_again(database: Database) -> None:
    """Both have looked and found nothing; the database lets one of them add it. Nobody sees its error."""
    both_have_looked = threading.Barrier(2)

    def work(session: Session) -> str:
        if session.get(StoredFile, "a" * 64) is not None:
            return "there"
        with suppress(threading.BrokenBarrierError):  # on SQLite the second cannot even look
            both_have_looked.wait(timeout=0.5)
        session.add(StoredFile(sha256="a" * 64, size=1, content_type="text/plain", created_at=datetime.now(UTC)))
        return "added"

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: database.run(work), range(2)))
    assert sorted(found) == ["added", "there"]


def test_a_courtesy_waits_for_nobody(database: Database, clock: SteppingClock) -> None:
    """Somebody holds the row (on SQLite the one lock there is): it is not done, and that at once."""
    row = StoredFile(sha256="a" * 64, size=1, content_type="text/plain", created_at=datetime.now(UTC))
    database.run(lambda session: session.add(row))
    touch = sa.update(StoredFile).values(size=2)
    with database.write() as holder:
        holder.execute(touch)
        began = time.monotonic()
        assert not database.at_once(lambda session: session.execute(touch))
        assert time.monotonic() - began < LOCK_TIMEOUT_MS / 1000 / 3
    assert database.at_once(lambda session: note(session, clock))
    with database.read() as session:
        assert entries(session) == 1
    how_long = "PRAGMA busy_timeout" if database.is_sqlite else "SHOW lock_timeout"
    found = set()
    for _ in range(2):  # two connections were in use, and the pool hands them out in turn
        with database.writer.connect() as connection:
            found.add(str(connection.exec_driver_sql(how_long).scalar()))
    assert found == {"15000" if database.is_sqlite else "15s"}, "the next one waits again"
