"""A folder of files from elsewhere, kept near for the kernel to send: bounded, and safe to throw away at any time."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# A file that was used so lately is not thrown away: somebody may be about to open it.
RECENT_SECONDS = 60.0


class LocalCopies:
    """Copies by name. Names are those of content that never changes, so a copy is never out of date.

    Threads and processes share the folder; of several that want the same file one fetches it and the others wait.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        """`limit`: bytes that the copies may take up together. The folder is made when the first one comes."""
        self._folder = folder
        self._limit = limit

    def path(self, name: str, size: Callable[[], int], fetch: Callable[[Path], None]) -> Path | None:
        """Where the copy lies, fetched when it is not there; None for a file larger than the limit."""
        place = self._folder / name
        if _is_used(place):
            return place
        if (needed := size()) > self._limit:
            return None
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._alone(name) as now:
            if not _is_used(place):
                self._make_room(needed, now)
                fetch(place)
        return place

    def _make_room(self, needed: int, now: float) -> None:
        """Removes what was used longest ago; half-fetched files of killed processes go the same way."""
        found = [(path, path.stat()) for path in self._folder.iterdir() if not path.name.startswith(".")]
        taken = sum(stat.st_size for _, stat in found)
        for path, stat in sorted(found, key=lambda one: one[1].st_mtime):
            if taken + needed <= self._limit or stat.st_mtime > now - RECENT_SECONDS:
                return
            path.unlink(missing_ok=True)
            taken -= stat.st_size

    @contextmanager
    def _alone(self, name: str) -> Iterator[float]:
        """Holds the lock of a name and its like; gives the moment by the clock of the file system."""
        with (self._folder / f".{name[:2]}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            os.utime(lock.fileno())
            yield os.fstat(lock.fileno()).st_mtime


def _is_used(place: Path) -> bool:
    """True when the copy is there; asking counts as a use."""
    try:
        os.utime(place)
    except FileNotFoundError:
        return False
    return True
