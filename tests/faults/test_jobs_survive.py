"""Workers are killed in the middle of jobs: each step still counts exactly once, on both databases."""

import random
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from kit import jobs
from kit.clock import SystemClock
from kit.db import Database
from kit.jobs import Job
from kit.jobs.models import JobDeath, WorkerRow
from kit.jobs.trials import DEATHS, SUSPECTED
from tests.databases import KINDS
from tests.faults.conftest import Workers, wait_until
from tests.faults.plan import CALL, DEADLY, SEED, SLOW, SOAK, STEPS, WORK, faults_call, faults_step

ALL_POINTS = [f"{when} step {step}" for step in range(STEPS) for when in ("before", "inside")] + ["after the last step"]
POINTS = ALL_POINTS if SOAK else sorted(random.Random(SEED).sample(ALL_POINTS, 2))


def enqueue(database: Database, job: Job, *numbers: int) -> None:
    with database.write() as session:
        for number in numbers:
            jobs.enqueue(session, job, job=number)


def steps_done(database: Database) -> int:
    with database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(faults_step)) or 0


def calls(database: Database) -> list[int]:
    with database.read() as session:
        return list(session.scalars(sa.select(faults_call.c.job)))


def set_aside(database: Database) -> list[str]:
    with database.read() as session:
        return [left.job for left in jobs.set_aside(session)]


@pytest.mark.parametrize("point", POINTS)
def test_a_job_goes_on_where_its_worker_died(database: Database, workers: Workers, point: str) -> None:
    enqueue(database, WORK, 1)
    workers.die("--die", point)
    assert steps_done(database) in range(STEPS + 1)
    workers.start()
    wait_until(lambda: steps_done(database) == STEPS)


def test_jobs_survive_a_worker_killed_again_and_again(database: Database, workers: Workers) -> None:
    chance = random.Random(SEED)
    number, kills = (200, 15) if SOAK else (40, 3)
    enqueue(database, WORK, *range(number))
    for _ in range(kills):
        before = steps_done(database)
        worker = workers.start("--pause", "0.1")
        wait_until(lambda before=before: steps_done(database) > before)  # type: ignore[misc]
        time.sleep(chance.random() * 0.25)
        worker.kill()
    left = number * STEPS - steps_done(database)
    assert left > 0, "the kills came too late to prove anything"
    workers.start()
    wait_until(lambda: steps_done(database) == number * STEPS, 60)
    assert set_aside(database) == [], "jobs were blamed that did nothing"
    print(f"{kills} kills among {number} jobs; {left} of {number * STEPS} steps were left after the last")


def test_another_worker_that_lives_takes_over(database: Database, workers: Workers) -> None:
    first = workers.start("--pause", "0.4")
    enqueue(database, WORK, 1)
    wait_until(lambda: steps_done(database) >= 1)
    workers.start()
    first.kill()
    wait_until(lambda: steps_done(database) == STEPS)


@pytest.mark.parametrize("database_kind", KINDS if SOAK else ["postgresql"], indirect=True)
def test_the_dead_on_another_machine_are_known_by_their_heartbeat(
    database: Database, workers: Workers, tmp_path: Path
) -> None:
    first = workers.start("--pause", "60", temporary_folder=tmp_path)
    enqueue(database, WORK, 1)
    wait_until(lambda: steps_done(database) == 1)
    workers.start("--stale-after", "3")
    time.sleep(5)
    assert steps_done(database) == 1, "one that lives was taken for dead"
    first.kill()
    wait_until(lambda: steps_done(database) == STEPS)


def workers_alive(database: Database) -> int:
    with database.read() as session:
        return session.scalar(sa.select(sa.func.count(WorkerRow.id)).where(WorkerRow.adopter.is_(None))) or 0


def test_two_workers_run_no_job_twice(database: Database, workers: Workers) -> None:
    number = 1000 if SOAK else 120
    workers.start()
    workers.start()
    wait_until(lambda: workers_alive(database) == 2)
    enqueue(database, CALL, *range(number))
    wait_until(lambda: len(calls(database)) >= number, 180)
    time.sleep(0.5)
    assert sorted(calls(database)) == list(range(number))
    with database.read() as session:
        shares = session.scalars(sa.select(sa.func.count(faults_call.c.job)).group_by(faults_call.c.worker)).all()
    assert len(shares) == 2, "one worker did it all: the test proved nothing"
    print(f"{number} jobs, shared {shares}")


def test_a_job_that_kills_its_worker_is_set_aside_and_the_queue_goes_on(database: Database, workers: Workers) -> None:
    enqueue(database, DEADLY, 1)
    for _ in range(DEATHS):
        workers.die()
    workers.start()
    enqueue(database, CALL, 7)
    wait_until(lambda: calls(database) == [7])
    with database.read() as session:
        (left,) = jobs.set_aside(session)
    assert (left.job, left.arguments) == (DEADLY.name, {"job": 1})
    assert "died" in left.error


def test_jobs_that_were_there_when_another_killed_the_worker_are_not_blamed(
    database: Database, workers: Workers
) -> None:
    beside = range(5)
    enqueue(database, WORK, *beside)
    enqueue(database, DEADLY, 1)
    for _ in range(DEATHS):
        workers.die("--pause", "0.3")  # which none of the others ends in before it is tried alone
    workers.start()
    wait_until(lambda: set_aside(database) != [])
    wait_until(lambda: steps_done(database) == len(beside) * STEPS)
    assert set_aside(database) == [DEADLY.name]


def test_a_worker_asked_to_stop_finishes_what_it_does(database: Database, workers: Workers) -> None:
    worker = workers.start()
    enqueue(database, SLOW, 1)
    wait_until(lambda: calls(database) == [-1])
    worker.terminate()
    assert worker.wait(15) == 0
    assert calls(database) == [-1, 1]
    with database.read() as session:
        assert jobs.last_beat(session) is None


@pytest.mark.parametrize("database_kind", KINDS if SOAK else ["postgresql"], indirect=True)
def test_one_on_another_machine_that_gives_its_jobs_their_grace_is_not_taken_for_dead(
    database: Database, workers: Workers, tmp_path: Path
) -> None:
    first = workers.start("--pause", "2.5", temporary_folder=tmp_path)
    enqueue(database, WORK, 1)
    wait_until(lambda: steps_done(database) == 1)
    workers.start("--stale-after", "3")
    first.terminate()
    assert first.wait(20) == 0
    assert steps_done(database) == STEPS
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count(JobDeath.id))) == 0


@pytest.mark.parametrize("deaths_before", [0, SUSPECTED])
def test_a_job_that_is_cut_off_by_an_asked_stop_is_blamed_for_nothing(
    database: Database, workers: Workers, deaths_before: int
) -> None:
    """Also one that is tried alone, whose death was counted before it began."""
    with database.write() as session:
        jobs.enqueue(session, WORK, key="long", job=1)
        session.add(JobDeath(id=f"{WORK.name}:long", deaths=deaths_before, last_at=SystemClock().now()))
    worker = workers.start("--pause", "60", "--grace", "0")
    wait_until(lambda: steps_done(database) == 1)
    worker.terminate()
    assert worker.wait(15) == 0
    workers.start()
    wait_until(lambda: steps_done(database) == STEPS)
    with database.read() as session:
        counted = session.scalars(sa.select(JobDeath.deaths)).one()
    assert counted == deaths_before + (1 if deaths_before else 0), "the worker that did it expected one, and no other"


def test_small_jobs_do_not_take_long(database: Database, workers: Workers) -> None:
    number = 1000 if SOAK else 100
    workers.start()
    wait_until(lambda: workers_alive(database) == 1)
    time.sleep(1)
    began = time.time()
    enqueue(database, CALL, *range(number))
    enqueued = time.time() - began
    wait_until(lambda: len(calls(database)) == number, 120)
    with database.read() as session:
        ends = sorted(session.scalars(sa.select(faults_call.c.at)))
    print(
        f"{number} jobs: enqueued in {enqueued:.2f} s, the first done after {ends[0] - began:.2f} s, "
        f"all after {ends[-1] - began:.1f} s"
    )
