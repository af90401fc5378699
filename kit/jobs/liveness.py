"""Which workers are alive, and who takes over from the dead.

A worker is dead when the lock on its file is free (the kernel frees it with the process, however that ended), or,
for one on another machine whose file we cannot see, when its heartbeat has stood still while we watched. Clocks of
two machines are never compared.
"""

import fcntl
import os
import tempfile
import time
from pathlib import Path
from typing import TextIO

import sqlalchemy as sa

from kit.clock import Clock
from kit.db import Database
from kit.ids import new_code
from kit.jobs.models import WorkerRow


class Pulse:
    """The life of this worker, as others see it. Every worker gets a new id, so no two can share one."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.id = new_code()
        self._database = database
        self._clock = clock
        self._lock = _take_lock(self.id)
        with database.write() as session:
            session.add(WorkerRow(id=self.id, started_at=clock.now(), beat_at=clock.now()))

    def beat(self) -> bool:
        """Shows that we are alive; False when another worker has declared us dead: then we must stop."""
        with self._database.write() as session:
            mine = sa.update(WorkerRow).where(WorkerRow.id == self.id, WorkerRow.adopter.is_(None))
            beaten = session.execute(mine.values(beat_at=self._clock.now()).returning(WorkerRow.id))
            return beaten.first() is not None

    def end(self) -> None:
        """Says goodbye: nothing was left behind that somebody would have to take over."""
        forget(self._database, self.id)
        self.release()

    def release(self) -> None:
        """Lets go of the lock; what was left behind is taken over from here on."""
        if self._lock is not None:
            self._lock.close()


class Watch:
    """Looks for dead workers on behalf of a living one."""

    def __init__(self, database: Database, watcher: str, stale_after: float) -> None:
        self._database = database
        self._watcher = watcher
        self._stale_after = stale_after
        self._seen: dict[str, tuple[object, float]] = {}

    def claim_dead(self) -> list[str]:
        """The ids of workers found dead that are now ours to take over from: nobody else has them at the same time."""
        with self._database.read() as session:
            rows = session.scalars(sa.select(WorkerRow).where(WorkerRow.id != self._watcher)).all()
        alive = {row.id for row in rows if not self._is_dead(row)}
        self._seen = {row.id: self._seen[row.id] for row in rows if row.id in self._seen}
        # One that died while it took over from another leaves that other to us.
        left = [row for row in rows if row.id not in alive and row.adopter not in alive]
        return [row.id for row in left if self._claim(row)]

    def _claim(self, row: WorkerRow) -> bool:
        unchanged = WorkerRow.adopter.is_(None) if row.adopter is None else WorkerRow.adopter == row.adopter
        claim = sa.update(WorkerRow).where(WorkerRow.id == row.id, WorkerRow.beat_at == row.beat_at, unchanged)
        with self._database.write() as session:
            claimed = session.execute(claim.values(adopter=self._watcher).returning(WorkerRow.id))
            return claimed.first() is not None

    def _is_dead(self, row: WorkerRow) -> bool:
        lock_is_free = _lock_is_free(row.id)
        if lock_is_free is not None:
            return lock_is_free
        beat, since = self._seen.get(row.id, (None, 0.0))
        if beat != row.beat_at:
            self._seen[row.id] = (row.beat_at, time.monotonic())
            return False
        return time.monotonic() - since > self._stale_after


def forget(database: Database, id: str) -> None:
    """Removes a worker that has left nothing behind, or nothing any more."""
    with database.write() as session:
        session.execute(sa.delete(WorkerRow).where(WorkerRow.id == id))
    _lock_path(id).unlink(missing_ok=True)


def _lock_folder() -> Path:
    return Path(tempfile.gettempdir()) / f"portal-workers-{os.getuid()}"


def _folder_is_ours() -> bool:
    """In a folder that somebody else made, they could free our locks: then heartbeats alone must do."""
    _lock_folder().mkdir(mode=0o700, exist_ok=True)
    return _lock_folder().stat().st_uid == os.getuid()


def _take_lock(id: str) -> TextIO | None:
    if not _folder_is_ours():
        return None
    lock = _lock_path(id).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _lock_path(id: str) -> Path:
    return _lock_folder() / f"{id}.lock"


def _lock_is_free(id: str) -> bool | None:
    """True: its process has ended. False: it lives. None: we cannot see its file, so it may run on another machine."""
    if not _folder_is_ours():
        return None
    try:
        with _lock_path(id).open("r") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
