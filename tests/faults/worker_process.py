"""A worker process that can be told where to die: `kill -9` upon itself, at a named point, on the first occasion.

Everything in it is the real thing; the points are reached through what callers may pass in (a handler, a mailer).
"""

import argparse
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import sqlalchemy as sa

from kit import mail
from kit.clock import SystemClock
from kit.db import Database
from kit.jobs import Backoff, Handlers, Worker
from kit.links import PublicLinks
from kit.mail import Letter, SmtpMailer
from kit.ports import Store, StoredObject
from kit.store import ObjectStore
from materials.editions import PREPARE
from materials.preparing import prepare_edition
from tests.faults.plan import CALL, DEADLY, LEASE, SLOW, STEPS, WORK, faults_call, faults_step


class Deaths:
    """Dies at one point of all that are passed."""

    def __init__(self, at: str) -> None:
        self.at = at

    def pass_by(self, point: str) -> None:
        """Ends this process without a word when this is the point."""
        if point == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


class PassingMailer:
    """Passes the points before and after a real mailer's work, and notes when the server had taken the mail."""

    def __init__(self, real: SmtpMailer, deaths: Deaths) -> None:
        self.real = real
        self.deaths = deaths
        self.of_this_thread = threading.local()

    def send(self, letter: Letter) -> None:
        self.deaths.pass_by("mail claimed")
        self.real.send(letter)
        self.of_this_thread.taken_at = time.perf_counter()
        self.deaths.pass_by("mail taken")


class PassingStore:
    """Passes the points around a real store's work."""

    def __init__(self, real: ObjectStore, deaths: Deaths) -> None:
        self.real = real
        self.deaths = deaths

    def fetch(self, sha256: str, target: Path) -> None:
        self.real.fetch(sha256, target)
        self.deaths.pass_by("file fetched")

    def put(self, source: BinaryIO | Path, content_type: str) -> StoredObject:
        stored = self.real.put(source, content_type)
        self.deaths.pass_by("file put")
        return stored

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class Preparing:
    """The real handler of *prepare an edition*, with a point before each of its commits."""

    def __init__(self, database: Database, deaths: Deaths, store: str) -> None:
        self.deaths = deaths
        self.of_this_thread = threading.local()
        sa.event.listen(database.writer, "commit", self.before_commit)
        links = PublicLinks("https://portal.example")
        passing = cast(Store, PassingStore(ObjectStore(store), deaths))
        self.prepare = partial(prepare_edition, database, SystemClock(), passing, links)

    def before_commit(self, _connection: object) -> None:
        commits = getattr(self.of_this_thread, "commits", None)
        if commits is not None:
            self.of_this_thread.commits = commits + 1
            self.deaths.pass_by(f"before commit {commits + 1}")

    def __call__(self, edition_id: int) -> None:
        self.of_this_thread.commits = 0
        self.prepare(edition_id=edition_id)
        self.of_this_thread.commits = None
        self.deaths.pass_by("edition ready")


class Work:
    """The jobs of the fault tests."""

    def __init__(self, database: Database, deaths: Deaths, pause: float) -> None:
        self.database = database
        self.deaths = deaths
        self.pause = pause

    def steps(self, job: int) -> None:
        """A job of several steps, each of which counts once: progress is kept in rows of its own."""
        for step in range(STEPS):
            self.deaths.pass_by(f"before step {step}")
            with self.database.write() as session:
                done = sa.select(faults_step.c.step).where(faults_step.c.job == job, faults_step.c.step == step)
                if session.execute(done).first() is None:
                    session.execute(sa.insert(faults_step).values(job=job, step=step))
                self.deaths.pass_by(f"inside step {step}")
            time.sleep(self.pause)
        self.deaths.pass_by("after the last step")

    def call(self, job: int) -> None:
        """A job that leaves a trace each time it is called."""
        with self.database.write() as session:
            session.execute(sa.insert(faults_call).values(job=job, worker=os.getpid(), at=time.time()))

    def slow(self, job: int) -> None:
        """The same, slowly."""
        self.call(-job)
        time.sleep(1.0)
        self.call(job)

    def deadly(self, job: int) -> None:
        """A job that kills its worker each time."""
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGKILL)


def main(arguments: list[str]) -> None:
    """Works until it is killed or asked to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", required=True)
    parser.add_argument("--smtp", default="smtp://127.0.0.1:9")
    parser.add_argument("--die", default="", help="the point at which to die")
    parser.add_argument("--store", default="", help="where files are, for preparing editions")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds after each step")
    parser.add_argument("--stale-after", type=float, default=15.0)
    parser.add_argument("--grace", type=float, default=20.0, help="seconds that jobs get when it is asked to stop")
    parser.add_argument("--windows", type=Path, help="where to note the time from the server's 250 to our commit")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING)
    database = Database(given.database)
    deaths = Deaths(given.die)
    Worker(database, handlers(database, deaths, given), stale_after=given.stale_after, grace=given.grace).run()


def handlers(database: Database, deaths: Deaths, given: argparse.Namespace) -> Handlers:
    made = Handlers()
    work = Work(database, deaths, given.pause)
    for job, function in ((WORK, work.steps), (CALL, work.call), (SLOW, work.slow), (DEADLY, work.deadly)):
        made.add(job, function)
    if given.store:
        made.add(PREPARE, Preparing(database, deaths, given.store))
    mailer = PassingMailer(SmtpMailer(given.smtp, "Secure Base <no-reply@securebase.example>"), deaths)
    send = mail.sender(database, SystemClock(), mailer, lease=LEASE)
    made.add(mail.SEND, noting(send, mailer, deaths, given.windows), backoff=Backoff(attempts=99, first=0.5, factor=1))
    return made


def noting(
    send: Callable[[int], None], mailer: PassingMailer, deaths: Deaths, windows: Path | None
) -> Callable[[int], None]:
    """Sends, then notes how long it took from the server's word to our commit."""

    def send_and_note(message: int) -> None:
        send(message)
        done = time.perf_counter()
        deaths.pass_by("mail noted")
        if windows is not None:
            with windows.open("a") as file:
                file.write(f"{done - mailer.of_this_thread.taken_at}\n")

    return send_and_note
