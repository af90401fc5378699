"""Work that is done every so often, by one worker of all that run."""

import logging
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from kit.clock import Clock
from kit.db import Database
from kit.jobs.handlers import Periodic
from kit.jobs.models import PeriodicRow

log = logging.getLogger(__name__)

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
LOOK_SECONDS = 1.0
ERROR_LENGTH = 1_000


class PeriodicWork:
    """A thread that calls what is due. Claims are rows, so that of several workers one does each call."""

    def __init__(self, database: Database, work: Mapping[str, Periodic], clock: Clock) -> None:
        self._database = database
        self._work = work
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look_again_and_again, name="periodic", daemon=True)

    def start(self) -> None:
        """Begins to look for what is due."""
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Ends after the call that is under way, or after `timeout` seconds."""
        self._stopping.set()
        self._thread.join(timeout)

    def look(self) -> None:
        """Calls what is due and not called by another worker, one after the other."""
        for name, work in self._work.items():
            if not self._stopping.is_set():
                self._attend_to(name, work)

    def _look_again_and_again(self) -> None:
        self.look()
        while not self._stopping.wait(LOOK_SECONDS):
            self.look()

    def _attend_to(self, name: str, work: Periodic) -> None:
        """What goes wrong is logged and kept for people to see; the next turn tries again."""
        try:
            if work.only_if() and self._claim(name, work.seconds):
                work.function()
                self._note(name, None)
        except Exception as error:
            log.warning("periodic work %s went wrong", name, exc_info=True)
            self._note(name, f"{type(error).__name__}: {error}"[:ERROR_LENGTH])

    def _claim(self, name: str, seconds: float) -> bool:
        now = self._clock.now()
        with self._database.read() as session:
            known = session.get(PeriodicRow, name)
        if known is not None and known.last_at > now - timedelta(seconds=seconds):
            return False
        if known is None:
            self._introduce(name)
        due = sa.update(PeriodicRow).where(
            PeriodicRow.name == name, PeriodicRow.last_at <= now - timedelta(seconds=seconds)
        )
        with self._database.write() as session:
            return session.execute(due.values(last_at=now).returning(PeriodicRow.name)).first() is not None

    def _introduce(self, name: str) -> None:
        try:
            with self._database.write() as session:
                session.add(PeriodicRow(name=name, last_at=NEVER, last_error=None))
        except sa.exc.IntegrityError:
            log.debug("another worker has introduced %s", name)

    def _note(self, name: str, error: str | None) -> None:
        try:
            with self._database.write() as session:
                changed = sa.update(PeriodicRow).where(
                    PeriodicRow.name == name, PeriodicRow.last_error.is_distinct_from(error)
                )
                session.execute(changed.values(last_error=error))
        except sa.exc.SQLAlchemyError:
            log.warning("the outcome of %s could not be noted", name, exc_info=True)
