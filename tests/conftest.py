"""What every test may ask for: a session, a whole database, a clock. Each runs on SQLite and on PostgreSQL."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from sqlalchemy.orm import Session

from kit.clock import SteppingClock
from kit.db import Database
from tests import apps, databases
from tests.world import World, open_world

if TYPE_CHECKING:
    from tests.bucket_server import BucketServer

MISSING = "PostgreSQL is not installed: every test on it is SKIPPED (apt-get install postgresql)"


# An example may take its time on a busy machine.
hypothesis.settings.register_profile("patient", hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    apps.compile_templates_once()
    for kind in databases.KINDS:
        config.addinivalue_line("markers", f"{kind}: runs on {kind}")
    if not hasattr(config, "workerinput"):
        databases.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        databases.end_run()


def pytest_report_header() -> str:
    found = databases.postgresql_binaries()
    return f"postgresql: {found}" if found else f"!!! {MISSING} !!!"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if databases.postgresql_binaries() is None:
        terminalreporter.write_sep("!", MISSING, red=True, bold=True)


@pytest.fixture
def clock() -> SteppingClock:
    """A clock that stands at a Tuesday noon in term time until a test moves it."""
    return SteppingClock(datetime(2026, 11, 10, 12, 0, tzinfo=UTC))


@pytest.fixture(
    scope="session", params=[pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in databases.KINDS]
)
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite`, then `postgresql`: whoever asks for it runs once on each."""
    kind = str(request.param)
    if kind == "postgresql" and databases.postgresql_binaries() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    return kind


@pytest.fixture(scope="session")
def _shared_database(database_kind: str) -> Iterator[Database]:
    """One database for all savepoint tests of one process; it stays as empty as it began."""
    yield from _opened(database_kind)


@pytest.fixture
def session(_shared_database: Database) -> Iterator[Session]:
    """A session on a migrated database; whatever the test commits is rolled back after it.

    On SQLite it holds the only writer: a test with a second connection, HTTP or a worker takes `database`.
    """
    with _shared_database.writer.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        outer.rollback()


@pytest.fixture
def database(database_kind: str) -> Iterator[Database]:
    """A database of the test's own, fresh from the template: for HTTP, workers, races and kills."""
    yield from _opened(database_kind)


@pytest.fixture
def database_url(database: Database) -> str:
    """The address of `database`, for other processes."""
    return database.url.render_as_string(hide_password=False)


def _opened(kind: str) -> Iterator[Database]:
    url = databases.new_database_url(kind)
    database = Database(url, lock_timeout_ms=databases.LOCK_TIMEOUT_MS)
    yield database
    database.close()
    databases.drop_database(url)


@pytest.fixture
def world(database_kind: str, tmp_path: Path, clock: SteppingClock) -> Iterator[World]:
    """A small world over HTTP, on a database of its own."""
    with open_world(database_kind, tmp_path, clock) as world:
        yield world


@pytest.fixture(scope="session")
def bucket_server() -> "Iterator[BucketServer]":
    """A server that speaks S3, one for each process of the run."""
    from tests import bucket_server  # its libraries take their time, and few tests need them

    with bucket_server.running() as server:
        yield server
