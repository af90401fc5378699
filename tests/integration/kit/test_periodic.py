"""Periodic work, and what keeps the queue tidy."""

import threading
import time

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from kit import jobs
from kit.clock import SteppingClock
from kit.db import Database
from kit.jobs import Handlers, Job, Worker
from kit.jobs.adoption import KEEP
from kit.jobs.handlers import Periodic
from kit.jobs.models import PeriodicRow
from kit.jobs.periodic import PeriodicWork


def run_once(database: Database, clock: SteppingClock, work: dict[str, Periodic]) -> None:
    PeriodicWork(database, work, clock).look()


def test_it_is_called_at_first_and_then_once_in_each_period(database: Database, clock: SteppingClock) -> None:
    calls: list[int] = []
    work = {"seal": Periodic(60, lambda: calls.append(1))}
    for _ in range(2):
        run_once(database, clock, work)
    assert len(calls) == 1
    clock.move(seconds=59)
    run_once(database, clock, work)
    assert len(calls) == 1
    clock.move(seconds=1)
    run_once(database, clock, work)
    assert len(calls) == 2


def test_of_many_workers_one_calls_it(database: Database, clock: SteppingClock) -> None:
    calls: list[int] = []
    work = {"seal": Periodic(60, lambda: calls.append(1))}
    workers = [PeriodicWork(database, work, clock) for _ in range(6)]
    threads = [threading.Thread(target=worker.look) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1


def test_it_runs_beside_the_jobs_until_it_is_stopped(database: Database, clock: SteppingClock) -> None:
    called = threading.Event()
    work = PeriodicWork(database, {"seal": Periodic(60, called.set)}, clock)
    work.start()
    assert called.wait(10)
    work.stop()
    assert not any(thread.name == "periodic" for thread in threading.enumerate())


def test_what_has_nothing_to_do_is_not_called_and_writes_nothing(database: Database, clock: SteppingClock) -> None:
    called: list[int] = []
    for is_due in (False, True):
        run_once(database, clock, {"post": Periodic(1, lambda: called.append(1), [bool, lambda: True][is_due])})
        with database.read() as session:
            known = session.get(PeriodicRow, "post")
        assert (len(called), known is not None) == (int(is_due), is_due)


def test_what_goes_wrong_is_kept_and_tried_in_the_next_period(database: Database, clock: SteppingClock) -> None:
    calls: list[str] = []

    def work() -> None:
        calls.append("called")
        if len(calls) == 1:
            raise RuntimeError("no room")

    others = {"seal": Periodic(60, work), "other": Periodic(60, lambda: calls.append("other"))}
    run_once(database, clock, others)
    assert calls == ["called", "other"]
    assert last_error(database) == "RuntimeError: no room"
    clock.move(seconds=60)
    run_once(database, clock, others)
    assert last_error(database) is None


def last_error(database: Database) -> str | None:
    with database.read() as session:
        return session.get_one(PeriodicRow, "seal").last_error


def test_two_functions_of_one_name_are_refused() -> None:
    handlers = Handlers()
    handlers.every(60, "seal", print)
    with pytest.raises(ValueError, match="two periodic"):
        handlers.every(60, "seal", print)


def test_jobs_that_ended_long_ago_are_forgotten(database: Database) -> None:
    job = Job("write")
    handlers = Handlers()
    handlers.add(job, lambda: None)
    with database.write() as session:
        jobs.enqueue(session, job, key="once")
    Worker(database, handlers).drain()
    table = "workflow_status" if database.is_sqlite else "dbos.workflow_status"
    with database.writer.begin() as connection:
        long_ago = int((time.time() - KEEP.total_seconds() - 60) * 1000)
        connection.execute(sa.text(f"UPDATE {table} SET completed_at = {long_ago}"))
    worker = Worker(database, handlers)
    worker._start(periodic=False)
    worker._adoption.forget_finished()
    worker._finish()
    with database.read() as session:
        assert session.scalar(sa.text(f"SELECT count(*) FROM {table}")) == 0


def test_what_must_not_be_lost_waits_for_the_database(database: Database, clock: SteppingClock) -> None:
    with database.write() as session:
        session.add(PeriodicRow(name="seal", last_at=clock.now(), last_error=None))
    impatient = Database(database.url.render_as_string(hide_password=False), lock_timeout_ms=20)
    holder = database.writer.connect()
    held = holder.begin()
    holder.execute(sa.update(PeriodicRow).values(last_error="held"))
    with pytest.raises(OperationalError):
        impatient.run(change)
    threading.Timer(1.0, held.rollback).start()
    impatient.insist(change, pause=0.1)
    holder.close()
    impatient.close()
    assert last_error(database) == "changed"


def change(session: Session) -> None:
    session.execute(sa.update(PeriodicRow).values(last_error="changed"))
