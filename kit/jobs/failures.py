"""Jobs that went wrong too often: set aside with their error, so that the queue goes on, and repeated by people."""

import traceback
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.ids import new_code
from kit.jobs.models import JobFailure
from kit.jobs.queue import Argument, put
from kit.refusals import NotThere

ERROR_LENGTH = 4_000


@dataclass(frozen=True)
class SetAside:
    """A job that was given up: what it was, why, how often it was tried and when it was given up."""

    id: str
    job: str
    arguments: dict[str, Argument]
    error: str
    attempts: int
    failed_at: datetime


def put_aside(
    session: Session, clock: Clock, *, id: str, job: str, arguments: dict[str, Argument], error: str, attempts: int
) -> None:
    """Gives a job up. Doing it again for the same job changes nothing."""
    if session.get(JobFailure, id) is None:
        session.add(
            JobFailure(
                id=id,
                job=job,
                arguments=arguments,
                error=error,
                attempts=attempts,
                failed_at=clock.now(),
                repeated_at=None,
            )
        )


def set_aside(session: Session, limit: int = 200) -> list[SetAside]:
    """Jobs that were given up and that nobody has repeated since, newest first."""
    rows = session.scalars(
        sa.select(JobFailure)
        .where(JobFailure.repeated_at.is_(None))
        .order_by(JobFailure.failed_at.desc(), JobFailure.id)
        .limit(limit)
    )
    return [SetAside(row.id, row.job, row.arguments, row.error, row.attempts, row.failed_at) for row in rows]


def repeat(session: Session, clock: Clock, actor: Actor, id: str) -> bool:
    """Puts a job that was set aside on the queue again; False when somebody has done so already.

    Raises `NotThere` for a job that was never set aside.
    """
    row = session.get(JobFailure, id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotThere
    if row.repeated_at is not None:
        return False
    row.repeated_at = clock.now()
    put(session, new_code(), row.job, row.arguments)
    record(session, clock, actor, "job repeated", Subject("job", None, id), job=row.job)
    return True


def told(error: Exception) -> str:
    """An error with its trace; of a long one the end, where the cause is."""
    return "".join(traceback.format_exception(error))[-ERROR_LENGTH:]
