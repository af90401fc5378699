"""Who is to blame for a dead worker: jobs that were there twice are tried with no other beside them.

A worker does several jobs at once, and its death says nothing about which of them was the cause: power cuts kill
workers too. So a job is condemned only for deaths of workers in which it alone had begun. A worker that was asked to
stop, as a deploy asks, has not died: whatever it had in hand is put back and not counted.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.clock import Clock
from kit.db import Database
from kit.jobs.models import JobDeath

# After so many deaths in whatever company a job is tried alone. Not after one: a long job that was there when the
# power went would keep everything else waiting.
SUSPECTED = 2
# A job during which the worker died this often is taken for the cause: all deaths beyond the first `SUSPECTED` found
# it alone. Four of those, since whoever kills workers for reasons of their own may hit the same job a few times.
DEATHS = SUSPECTED + 4


class Room:
    """Where the jobs of one worker run: together, or one alone. Those that must be alone go before the others."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._waiting_alone = 0
        self._is_closed = False

    @contextmanager
    def together(self) -> Iterator[None]:
        """Waits while somebody is alone or waits to be."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closed and self._waiting_alone == 0)
            self._inside += 1
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Waits until all have left, and keeps the others out."""
        with self._changed:
            self._waiting_alone += 1
            self._changed.wait_for(lambda: self._inside == 0)
            self._waiting_alone -= 1
            self._inside, self._is_closed = 1, True
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._changed:
            self._inside, self._is_closed = self._inside - 1, False
            self._changed.notify_all()


class Trials:
    """Gives each job of a worker its turn, and a suspected one a turn of its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._room = Room()
        self._alone = ""

    @contextmanager
    def turn(self, id: str) -> Iterator[None]:
        """Holds a job until it may begin."""
        if self._deaths(id) < SUSPECTED:
            with self._room.together():
                yield
        else:
            with self._room.alone():
                self._database.insist(partial(self._expect_death, id))
                self._alone = id
                try:
                    yield
                finally:
                    self._alone = ""

    def end(self, session: Session) -> None:
        """Takes back the death that was expected of a job that is still alone: its worker was asked to stop."""
        row = session.get(JobDeath, self._alone)
        if row is not None:
            row.deaths -= 1

    def _deaths(self, id: str) -> int:
        with self._database.read() as session:
            return session.scalar(sa.select(JobDeath.deaths).where(JobDeath.id == id)) or 0

    def _expect_death(self, id: str, session: Session) -> None:
        """Counts the death before the job begins. When none comes, the job has ended and nobody asks again."""
        row = session.get_one(JobDeath, id)
        row.deaths, row.last_at = row.deaths + 1, self._clock.now()


def count_deaths(session: Session, clock: Clock, ids: list[str]) -> set[str]:
    """Notes that a worker died and left these jobs behind; returns those that are to be set aside.

    Nothing is added for suspected jobs: their deaths were counted when they began alone, and one that still waited
    for that has done nothing.
    """
    rows = {row.id: row for row in session.scalars(sa.select(JobDeath).where(JobDeath.id.in_(ids)))}
    for id in ids:
        row = rows.setdefault(id, JobDeath(id=id, deaths=0, last_at=clock.now()))
        if row.deaths < SUSPECTED:
            row.deaths, row.last_at = row.deaths + 1, clock.now()
        session.add(row)
    return {id for id, row in rows.items() if row.deaths >= DEATHS}
