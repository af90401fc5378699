"""Work done after the answer: a durable queue in the same database. Nobody outside this package knows DBOS.

A service calls `enqueue` in its transaction; `portal.wiring` fills a `Handlers`; the worker process runs a `Worker`.
"""

from kit.jobs.failures import SetAside, repeat, set_aside
from kit.jobs.handlers import Backoff, Handlers, Hopeless, NotYet
from kit.jobs.queue import Job, enqueue, has_beat, last_beat, migrate
from kit.jobs.worker import Worker

__all__ = [
    "Backoff",
    "Handlers",
    "Hopeless",
    "Job",
    "NotYet",
    "SetAside",
    "Worker",
    "enqueue",
    "has_beat",
    "last_beat",
    "migrate",
    "repeat",
    "set_aside",
]
