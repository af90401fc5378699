"""The worker: runs jobs, shows that it lives, takes over from those that died, stops when asked.

One per process: the queue's library keeps its state in the process. Any number of processes, on one machine or several.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from dbos import DBOS, DBOSClient, DBOSConfig
from dbos import DBOSPortableJSONSerializer as JsonSerializer
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from kit.clock import Clock, SystemClock
from kit.db import Database
from kit.jobs.adoption import Adoption
from kit.jobs.failures import put_aside, told
from kit.jobs.handlers import PATIENT, Handlers, Hopeless, NotYet, Periodic
from kit.jobs.liveness import Pulse, Watch, forget
from kit.jobs.periodic import PeriodicWork
from kit.jobs.queue import APPLICATION, CONCURRENCY, QUEUE, VERSION, WORKFLOW, Argument, put, queue_url
from kit.jobs.trials import Trials

log = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
TIDY_SECONDS = 3600.0


class Worker:
    """Does the jobs that `handlers` knows. `run` is for the worker process, `drain` for tests and the command line."""

    def __init__(
        self,
        database: Database,
        handlers: Handlers,
        *,
        clock: Clock | None = None,
        stale_after: float = 15.0,
        grace: float = 20.0,
    ) -> None:
        """`stale_after`: seconds without a heartbeat after which one on another machine counts as dead.
        `grace`: seconds that jobs get to finish when the worker is asked to stop."""
        self._database = database
        self._handlers = handlers
        self._clock = clock or SystemClock()
        self._stale_after = stale_after
        self._grace = grace
        self._trials = Trials(database, self._clock)
        self._stopping = threading.Event()
        self._running = 0
        self._count = threading.Lock()

    def run(self) -> None:
        """Works until SIGTERM, SIGINT or `stop`. In the main thread only, for the signals."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self.stop())
        self._start()
        try:
            while not self._stopping.wait(BEAT_SECONDS):
                self._survive(self._tick)
        finally:
            self._finish()

    def stop(self) -> None:
        """Asks `run` to end: no new jobs begin, those that run get their grace."""
        self._stopping.set()

    def drain(self, timeout: float = 60.0) -> None:
        """Works until no job waits or runs (those that wait for another try excepted), then ends.

        Raises `TimeoutError` after `timeout` seconds.
        """
        self._start(periodic=False)
        until = time.monotonic() + timeout
        try:
            while self._client.list_workflows(status=["ENQUEUED", "PENDING"], load_input=False, limit=1):
                if time.monotonic() > until:
                    raise TimeoutError("jobs still wait or run")
                time.sleep(0.02)
        finally:
            self._finish()

    def _start(self, *, periodic: bool = True) -> None:
        url = queue_url(self._database.url)
        self._client = DBOSClient(system_database_url=url, application_name=APPLICATION, serializer=JsonSerializer())
        self._pulse = Pulse(self._database, self._clock)
        self._watch = Watch(self._database, self._pulse.id, self._stale_after)
        self._adoption = Adoption(self._database, self._client, self._clock)
        self._take_over()
        DBOS(config=_configuration(url, self._pulse.id, stop_soon=not periodic))
        DBOS.workflow(name=WORKFLOW)(_as_function(self._work))
        DBOS.listen_queues([QUEUE])
        DBOS.launch()
        self._periodic = PeriodicWork(self._database, self._periodic_work() if periodic else {}, self._clock)
        self._periodic.start()

    def _periodic_work(self) -> dict[str, Periodic]:
        tidying = Periodic(TIDY_SECONDS, self._adoption.forget_finished)
        return {**self._handlers.periodic, "forget finished jobs": tidying}

    def _finish(self) -> None:
        self._periodic.stop()
        with self._beating():
            grace = int(self._grace) if self._running else 0
            DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=grace)
        left = self._adoption.left_behind(self._pulse.id)
        if not left:
            self._pulse.end()
        elif self._pulse.beat():
            self._database.run(self._trials.end)
            self._adoption.put_back(left)
            self._pulse.end()
        else:  # who has taken over from us sees to them
            self._pulse.release()
        self._client.destroy()

    @contextmanager
    def _beating(self) -> Iterator[None]:
        """Goes on showing that it lives while jobs have their grace: else another machine's worker would take over."""
        done = threading.Event()

        def beat() -> None:
            while not done.wait(BEAT_SECONDS):
                self._survive(self._pulse.beat)

        thread = threading.Thread(target=beat)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _tick(self) -> None:
        if not self._pulse.beat():
            log.critical("another worker has taken over from this one, which must have stood still: stopping")
            self.stop()
            return
        self._take_over()

    def _take_over(self) -> None:
        for dead in self._watch.claim_dead():
            self._adoption.adopt(dead)
            forget(self._database, dead)

    def _survive(self, work: Callable[[], object]) -> None:
        """A database that is gone for a while ends no worker."""
        try:
            work()
        except SQLAlchemyError:
            log.warning("the database did not answer; trying again", exc_info=True)

    def _work(self, name: str, arguments: dict[str, Argument], attempt: int) -> None:
        """Runs one job. It never raises: what goes wrong is tried again later or set aside."""
        with self._count:
            self._running += 1
        try:
            with self._trials.turn(str(DBOS.workflow_id)):
                self._do(name, arguments)
        except Exception as error:
            if isinstance(error, NotYet):
                log.info("job %s waits: %s", name, error)
            else:
                log.warning("job %s went wrong on attempt %s", name, attempt, exc_info=True)
            self._database.insist(partial(self._put_off, str(DBOS.workflow_id), name, arguments, attempt, error))
        finally:
            with self._count:
                self._running -= 1

    def _do(self, name: str, arguments: dict[str, Argument]) -> None:
        handler = self._handlers.jobs.get(name)
        if handler is None:
            raise LookupError(f"no handler for the job {name}")
        handler.function(**arguments)

    def _put_off(
        self, id: str, name: str, arguments: dict[str, Argument], attempt: int, error: Exception, session: Session
    ) -> None:
        """Enqueues the next try under a name that follows from this one, so that a crash here repeats nothing."""
        handler = self._handlers.jobs.get(name)
        backoff = handler.backoff if handler else PATIENT
        wait = None if isinstance(error, Hopeless) else backoff.wait_after(attempt)
        if wait is None:
            log.error("job %s is set aside: %s", name, error)
            told_error = told(error)
            put_aside(session, self._clock, id=id, job=name, arguments=arguments, error=told_error, attempts=attempt)
        else:
            root = id if attempt == 1 else id.removesuffix(f"#{attempt}")
            put(session, f"{root}#{attempt + 1}", name, arguments, attempt=attempt + 1, wait=wait)


def _as_function(work: Callable[[str, dict[str, Argument], int], None]) -> Callable[..., None]:
    """The library keeps notes on the function itself, which a bound method does not allow."""

    def work_on(name: str, arguments: dict[str, Argument], attempt: int) -> None:
        work(name, arguments, attempt)

    return work_on


def _configuration(url: str, worker: str, *, stop_soon: bool) -> DBOSConfig:
    return {
        "name": APPLICATION,
        "system_database_url": url,
        "sys_db_pool_size": CONCURRENCY + 4,
        "executor_id": worker,
        "application_version": VERSION,
        "serializer": JsonSerializer(),
        "run_migrations": False,
        # A thread that we have no use for, but whose sleep the end waits for
        "notification_listener_polling_interval_sec": 0.05 if stop_soon else 1.0,
        "log_level": "WARNING",
        "enable_otlp": False,
    }
