"""The queue on real databases with a real worker in this process."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from kit import jobs
from kit.audit import Actor, AuditEntry
from kit.clock import SteppingClock, SystemClock
from kit.db import Database
from kit.jobs import Backoff, Handlers, Hopeless, Job, Worker
from kit.jobs.models import JobDeath, WorkerRow
from kit.jobs.trials import DEATHS, SUSPECTED, Trials, count_deaths
from kit.refusals import NotThere

WRITE = Job("write a line")
TEAM = Actor(None, "The test")


@pytest.fixture
def written() -> list[object]:
    return []


@pytest.fixture
def handlers(written: list[object]) -> Handlers:
    made = Handlers()
    made.add(WRITE, lambda line: written.append(line))
    return made


def drain(database: Database, handlers: Handlers) -> None:
    Worker(database, handlers).drain(timeout=30)


def enqueue(database: Database, *lines: str, key: str | None = None) -> None:
    with database.write() as session:
        for line in lines:
            jobs.enqueue(session, WRITE, key=key, line=line)


def test_a_job_is_done_with_its_arguments(database: Database, handlers: Handlers, written: list[object]) -> None:
    with database.write() as session:
        jobs.enqueue(session, WRITE, line="Žofia")
        jobs.enqueue(session, WRITE, line=7)
        jobs.enqueue(session, WRITE, line=None)
    drain(database, handlers)
    assert sorted(written, key=str) == [7, None, "Žofia"]


def test_a_job_is_gone_with_the_transaction_that_rolled_back(
    database: Database, handlers: Handlers, written: list[object]
) -> None:
    def work() -> None:
        with database.write() as session:
            jobs.enqueue(session, WRITE, line="never")
            raise RuntimeError("the change was refused")

    with pytest.raises(RuntimeError):
        work()
    enqueue(database, "kept")
    drain(database, handlers)
    assert written == ["kept"]


def test_a_key_makes_it_once(database: Database, handlers: Handlers, written: list[object]) -> None:
    enqueue(database, "first", key="invoice 7")
    enqueue(database, "second", key="invoice 7")
    enqueue(database, "other", key="invoice 8")
    drain(database, handlers)
    enqueue(database, "third", key="invoice 7")
    drain(database, handlers)
    assert sorted(map(str, written)) == ["first", "other"]


def fails(times: int, written: list[object], error: Callable[[str], Exception] = RuntimeError) -> Callable[..., None]:
    calls: list[int] = []

    def work(line: str) -> None:
        calls.append(1)
        if len(calls) <= times:
            raise error(f"failure {len(calls)}")
        written.append(line)

    return work


def test_a_job_that_fails_is_tried_again_after_a_wait(database: Database, written: list[object]) -> None:
    handlers = Handlers()
    handlers.add(WRITE, fails(2, written), backoff=Backoff(first=0.0))
    enqueue(database, "at last")
    until = time.monotonic() + 20
    while not written and time.monotonic() < until:
        drain(database, handlers)
    assert written == ["at last"]
    with database.read() as session:
        assert jobs.set_aside(session) == []


def test_a_poisonous_job_is_set_aside_and_the_queue_goes_on(database: Database, written: list[object]) -> None:
    poison = Job("poison")
    handlers = Handlers()
    handlers.add(WRITE, lambda line: written.append(line))
    handlers.add(poison, fails(99, written), backoff=Backoff(attempts=1))
    with database.write() as session:
        jobs.enqueue(session, poison, line="x")
    enqueue(database, "after it")
    drain(database, handlers)
    assert written == ["after it"]
    with database.read() as session:
        (left,) = jobs.set_aside(session)
    assert (left.job, left.arguments, left.attempts) == ("poison", {"line": "x"}, 1)
    assert "RuntimeError: failure 1" in left.error


def test_a_hopeless_job_is_not_tried_again(database: Database, written: list[object]) -> None:
    handlers = Handlers()
    handlers.add(WRITE, fails(1, written, Hopeless))
    enqueue(database, "x")
    drain(database, handlers)
    assert written == []
    with database.read() as session:
        assert [left.attempts for left in jobs.set_aside(session)] == [1]


def test_a_job_without_handler_waits_for_a_newer_worker(database: Database, written: list[object]) -> None:
    enqueue(database, "x")
    drain(database, Handlers())
    with database.read() as session:
        assert jobs.set_aside(session) == []


def test_what_was_set_aside_is_repeated_once(database: Database, written: list[object], clock: SteppingClock) -> None:
    handlers = Handlers()
    handlers.add(WRITE, fails(1, written, Hopeless))
    enqueue(database, "x")
    drain(database, handlers)
    with database.write() as session:
        (left,) = jobs.set_aside(session)
        assert jobs.repeat(session, clock, TEAM, left.id)
        assert not jobs.repeat(session, clock, TEAM, left.id)
        assert jobs.set_aside(session) == []
        with pytest.raises(NotThere):
            jobs.repeat(session, clock, TEAM, "no such job")
        repeated = sa.select(AuditEntry.actor_name, AuditEntry.subject_label).where(AuditEntry.action == "job repeated")
        assert session.execute(repeated).all() == [("The test", left.id)]
    drain(database, handlers)
    assert written == ["x"]


def test_a_worker_is_seen_alive_and_gone(database: Database, handlers: Handlers) -> None:
    seen: list[bool] = []

    def look(line: str) -> None:
        with database.read() as session:
            seen.append(jobs.has_beat(session, SystemClock(), within=timedelta(seconds=30)))

    looking = Handlers()
    looking.add(WRITE, look)
    enqueue(database, "x")
    drain(database, looking)
    with database.read() as session:
        assert jobs.last_beat(session) is None
    assert seen == [True]


def test_a_worker_row_without_process_is_taken_over_and_removed(database: Database, handlers: Handlers) -> None:
    enqueue(database, "x")
    with database.write() as session:
        now = SystemClock().now()
        session.add(WorkerRow(id="A" * 26, started_at=now, beat_at=now, adopter=None))
    watching = Worker(database, handlers, stale_after=0.0)
    watching.drain()
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count(WorkerRow.id))) == 1  # seen once: it might live elsewhere
        assert session.scalar(sa.select(sa.func.count(JobDeath.id))) == 0


class Crowd:
    """Notes, for each job, the largest number that ran at once while it did."""

    def __init__(self) -> None:
        self.most: dict[str, int] = {}
        self._inside: set[str] = set()
        self._lock = threading.Lock()

    def work(self, line: str) -> None:
        with self._counted(line):
            time.sleep(0.2)

    @contextmanager
    def _counted(self, line: str) -> Iterator[None]:
        with self._lock:
            self._inside.add(line)
            for each in self._inside:
                self.most[each] = max(self.most.get(each, 0), len(self._inside))
        yield
        with self._lock:
            self._inside.remove(line)


def note_deaths(database: Database, known: dict[str, int]) -> None:
    with database.write() as session:
        session.add_all(JobDeath(id=id, deaths=times, last_at=SystemClock().now()) for id, times in known.items())


def deaths(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {row.id: row.deaths for row in session.scalars(sa.select(JobDeath))}


def test_a_suspected_job_is_tried_alone(database: Database) -> None:
    crowd, handlers = Crowd(), Handlers()
    handlers.add(WRITE, crowd.work)
    suspects, others = ["suspect 1", "suspect 2"], [f"other {each}" for each in range(8)]
    known = {f"{WRITE.name}:{suspect}": SUSPECTED for suspect in suspects} | {f"{WRITE.name}:other 0": SUSPECTED - 1}
    note_deaths(database, known)
    with database.write() as session:
        for line in (*others[:4], *suspects, *others[4:]):
            jobs.enqueue(session, WRITE, key=line, line=line)
    drain(database, handlers)
    assert {line: crowd.most[line] for line in suspects} == dict.fromkeys(suspects, 1)
    assert set(crowd.most) == {*suspects, *others}
    assert deaths(database) == {id: times + (times == SUSPECTED) for id, times in known.items()}


def test_a_job_that_was_there_once_is_tried_in_company(database: Database) -> None:
    note_deaths(database, {"there once": SUSPECTED - 1})
    trials, meeting = Trials(database, SystemClock()), threading.Barrier(2)

    def take_a_turn(id: str) -> None:
        with trials.turn(id):
            meeting.wait(timeout=30)

    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(take_a_turn, id) for id in ("there once", "never there")]:
            done.result()


def test_a_job_that_never_began_alone_is_never_condemned(database: Database) -> None:
    for _ in range(DEATHS * 2):
        assert database.run(lambda session: count_deaths(session, SystemClock(), ["a", "b"])) == set()
    assert deaths(database) == {"a": SUSPECTED, "b": SUSPECTED}


def test_two_handlers_for_one_job_are_refused(handlers: Handlers) -> None:
    with pytest.raises(ValueError, match="two handlers"):
        handlers.add(WRITE, print)


def test_waits_grow_and_end() -> None:
    backoff = Backoff(attempts=5, first=2, factor=10, longest=100)
    assert [backoff.wait_after(attempt) for attempt in range(1, 6)] == [2, 20, 100, 100, None]
