"""Real worker processes, to be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from kit.db import Database
from tests.faults.plan import tables
from tests.mail_server import ROOT, MailServer, running


class Workers:
    """Starts worker processes on one database and ends those that are left at the end."""

    def __init__(self, database_url: str, smtp_url: str) -> None:
        self.database_url = database_url
        self.smtp_url = smtp_url
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *options: str, temporary_folder: Path | None = None) -> subprocess.Popen[bytes]:
        """A worker; with a `temporary_folder` of its own it cannot be seen, as if on another machine."""
        command = [sys.executable, "-m", "tests.faults.worker_process", "--database", self.database_url]
        environment = {**os.environ, **({"TMPDIR": str(temporary_folder)} if temporary_folder else {})}
        process = subprocess.Popen([*command, "--smtp", self.smtp_url, *options], cwd=ROOT, env=environment)
        self.started.append(process)
        return process

    def die(self, *options: str) -> None:
        """A worker that kills itself, and has."""
        assert self.start(*options).wait(30) == -signal.SIGKILL

    def end(self) -> None:
        """Kills all that still run."""
        for process in self.started:
            process.kill()
            process.wait(10)


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
def workers(database: Database, database_url: str, mail_server: MailServer) -> Iterator[Workers]:
    tables.create_all(database.writer)
    made = Workers(database_url, mail_server.url)
    yield made
    made.end()


def wait_until(is_so: Callable[[], bool], seconds: float = 30.0) -> None:
    """Looks every 50 ms; fails when it is not so after so many seconds."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.05)


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9, on the process alone."""
    psutil.Process(process.pid).kill()
    process.wait(10)
