"""Real worker processes, to be killed."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kit.db import Database
from tests.faults.nursery import ForkedWorker, Nursery
from tests.faults.plan import tables
from tests.mail_server import MailServer, running


class Workers:
    """Starts worker processes on one database and ends those that are left at the end."""

    def __init__(self, nursery: Nursery, database_url: str, smtp_url: str) -> None:
        self.nursery = nursery
        self.options = ["--database", database_url, "--smtp", smtp_url]
        self.started: list[ForkedWorker] = []

    def start(self, *options: str, temporary_folder: Path | None = None) -> ForkedWorker:
        """A worker; with a `temporary_folder` of its own it cannot be seen, as if on another machine."""
        worker = self.nursery.start([*self.options, *options], temporary_folder)
        self.started.append(worker)
        return worker

    def die(self, *options: str) -> None:
        """A worker that kills itself, and has."""
        assert self.start(*options).wait(30) == -signal.SIGKILL

    def end(self) -> None:
        """Kills all that still run."""
        for worker in self.started:
            worker.kill()


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture(scope="session")
def mail_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    with running(tmp_path_factory.mktemp("mail")) as server:
        yield server


@pytest.fixture
def mail_box(mail_server: MailServer) -> MailServer:
    """The mail server with an empty mailbox."""
    mail_server.mailbox.clear()
    return mail_server


@pytest.fixture
def workers(database: Database, database_url: str, mail_server: MailServer, nursery: Nursery) -> Iterator[Workers]:
    tables.create_all(database.writer)
    made = Workers(nursery, database_url, mail_server.url)
    yield made
    made.end()


def wait_until(is_so: Callable[[], bool], seconds: float = 30.0) -> None:
    """Looks every 50 ms; fails when it is not so after so many seconds."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.05)
