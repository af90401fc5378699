"""Putting jobs on the queue, in the caller's transaction: the job is there exactly when the change is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from dbos import DBOS, DBOSClient
from dbos import DBOSPortableJSONSerializer as JsonSerializer
from sqlalchemy.orm import Session

from kit.clock import Clock
from kit.db import normal_url
from kit.ids import new_code
from kit.jobs.models import WorkerRow

APPLICATION = "portal"
# Fixed: the default is a hash of the code, with which a new release would leave waiting jobs behind for ever.
VERSION = "1"
QUEUE = "portal"
WORKFLOW = "job"
# With 2 and 0.3 s a burst of jobs waited 23 s; with these a job begins about 0.1 s after its transaction.
CONCURRENCY = 8
POLLING_SECONDS = 0.1

Argument = str | int | bool | None


@dataclass(frozen=True)
class Job:
    """A kind of work, by the name under which its handler is registered. Names live in the database: keep them."""

    name: str


def enqueue(session: Session, job: Job, /, *, key: str | None = None, **arguments: Argument) -> None:
    """Puts a job on the queue; it is gone again when the transaction rolls back. Pass ids, not content.

    With a `key` the job is done once: a second one with the same key does nothing, whether the first still
    waits, runs or is done. A new occasion needs a new key; a row's id is none, since SQLite gives the id of a
    deleted row to the next.
    """
    put(session, f"{job.name}:{key}" if key else new_code(), job.name, arguments)


def put(
    session: Session, id: str, name: str, arguments: dict[str, Argument], *, attempt: int = 1, wait: float | None = None
) -> None:
    """The same with everything given, for the worker that tries again; `wait` is in seconds."""
    client = _client(session.get_bind().dialect.name)
    options = {"workflow_name": WORKFLOW, "queue_name": QUEUE, "workflow_id": id, "app_version": VERSION}
    if wait is not None:
        options["delay_seconds"] = wait  # type: ignore[assignment]
    client.enqueue_in_transaction(session, options, name, arguments, attempt)  # type: ignore[arg-type]


def last_beat(session: Session) -> datetime | None:
    """When a worker last showed that it is alive; None when none is running."""
    return session.scalar(sa.select(sa.func.max(WorkerRow.beat_at).label("beat")).where(WorkerRow.adopter.is_(None)))


def has_beat(session: Session, clock: Clock, within: timedelta = timedelta(seconds=30)) -> bool:
    """True when a worker was alive a moment ago."""
    beat = last_beat(session)
    return beat is not None and clock.now() - beat <= within


def migrate(database_url: str) -> None:
    """Brings the queue's own tables up to date and tells it of our queue. Doing it again changes nothing."""
    url = queue_url(database_url)
    DBOS.migrate(url)
    client = DBOSClient(system_database_url=url, application_name=APPLICATION, serializer=JsonSerializer())
    try:
        client.register_queue(QUEUE, worker_concurrency=CONCURRENCY, polling_interval_sec=POLLING_SECONDS)
    finally:
        client.destroy()


def queue_url(database_url: str | sa.URL) -> str:
    """The database's address as the queue's library wants it."""
    return normal_url(str(database_url)).render_as_string(hide_password=False)


@cache
def _client(backend: str) -> DBOSClient:
    """Writes the queue's rows through other people's connections; it never opens one of its own."""
    nowhere = sa.create_engine({"sqlite": "sqlite://", "postgresql": "postgresql+psycopg:///portal"}[backend])
    return DBOSClient(
        system_database_engine=nowhere, application_name=APPLICATION, serializer=JsonSerializer(), lazy=True
    )
