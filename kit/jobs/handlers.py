"""Who does which job, and how patiently."""

from collections.abc import Callable
from dataclasses import dataclass, field

from kit.jobs.queue import Job


class Hopeless(Exception):
    """Raised by a handler when trying again cannot help: the job is set aside at once."""


class NotYet(Exception):
    """Raised by a handler when the time has not come: tried again after the usual wait, without alarm."""


@dataclass(frozen=True)
class Backoff:
    """How often a job is tried in all, and how many seconds pass before the next try."""

    attempts: int = 6
    first: float = 2.0
    factor: float = 3.0
    longest: float = 3600.0

    def wait_after(self, attempt: int) -> float | None:
        """Seconds to wait after the `attempt`-th failure (counted from 1); None when that was the last try."""
        if attempt >= self.attempts:
            return None
        return min(self.longest, self.first * self.factor ** (attempt - 1))


PATIENT = Backoff()


@dataclass(frozen=True)
class Handler:
    """A function for a job. It may be called again after a crash: what it does twice must count once."""

    function: Callable[..., None]
    backoff: Backoff


def always() -> bool:
    """For what is called each time."""
    return True


@dataclass(frozen=True)
class Periodic:
    """A function called every so many seconds by one worker of all. Long work belongs in a job that it enqueues.

    `only_if` is asked before: it reads at most, so that what has nothing to do writes nothing.
    """

    seconds: float
    function: Callable[[], None]
    only_if: Callable[[], bool] = always


@dataclass
class Handlers:
    """The list that `portal.wiring` fills and the worker reads."""

    jobs: dict[str, Handler] = field(default_factory=dict)
    periodic: dict[str, Periodic] = field(default_factory=dict)

    def add(self, job: Job, function: Callable[..., None], *, backoff: Backoff = PATIENT) -> None:
        """Has `function` do the job; it gets the job's arguments as keywords and opens its own transactions."""
        if job.name in self.jobs:
            raise ValueError(f"two handlers for the job {job.name}")
        self.jobs[job.name] = Handler(function, backoff)

    def every(
        self, seconds: float, name: str, function: Callable[[], None], *, only_if: Callable[[], bool] = always
    ) -> None:
        """Has `function` called every so many seconds, on one worker at a time, and once soon after the first start.

        It is not called while `only_if`, which may only read, says no.
        """
        if name in self.periodic:
            raise ValueError(f"two periodic functions called {name}")
        self.periodic[name] = Periodic(seconds, function, only_if)
