"""Reading the register and looking things up in it, on 50,000 schools: `python -m tests.bench.register [rounds]`.

Bars: a file is read in well under a minute, again in less; a search takes at most 50 ms at its 95th percentile.
"""

import os
import statistics
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

from kit.audit import SYSTEM
from kit.clock import SystemClock
from kit.db import Database
from licences.register import lookup, reading
from tests import databases
from tests.factories.register_files import many_establishments

SCHOOLS, BAR_MS, BAR_SECONDS = 50_000, 50, 60
SEARCHES = (
    "st marys", "st marys primary school", "lakeford", "hillside junior school woodton", "primary school", "school",
    "st", "the", "moorland ac", "council of 212", "123456", "10012345", "212/1062", "AB3 2AA", "church of england",
    "ashley infant", "oak", "zzz", "holy trinity thornby", "saint michael and all angels rc primary",
)  # fmt: skip


def main(rounds: int) -> None:
    """Measures on each database that is here."""
    databases.begin_run()
    try:
        for kind in databases.KINDS:
            if kind == "postgresql" and databases.postgresql_binaries() is None:
                print("PostgreSQL is not installed: its half of the bench is SKIPPED")
                continue
            with tempfile.TemporaryDirectory() as folder:
                _measure(kind, Path(folder) / "edubasealldata.csv", rounds)
    finally:
        databases.end_run()


def _measure(kind: str, path: Path, rounds: int) -> None:
    database = Database(databases.new_database_url(kind))
    many_establishments(path, SCHOOLS)
    for what in ("first", "again"):
        start = time.perf_counter()
        done = reading.read_file(database, SystemClock(), SYSTEM, path)
        took = time.perf_counter() - start
        _tell(f"{kind}: read {what} ({done.new:,} new)", took, BAR_SECONDS, "s")
    many_establishments(path, SCHOOLS - 1000)
    start = time.perf_counter()
    done = reading.read_file(database, SystemClock(), SYSTEM, path)
    _tell(f"{kind}: {done.gone:,} gone", time.perf_counter() - start, BAR_SECONDS, "s")
    tracemalloc.start()
    reading.read_file(database, SystemClock(), SYSTEM, path)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    print(f"  memory of a reading at its peak: {peak:.0f} MB; the file has {os.path.getsize(path) / 1e6:.0f} MB")
    _search(kind, database, rounds)
    database.close()


def _search(kind: str, database: Database, rounds: int) -> None:
    every = []
    with database.read() as session:
        for text in SEARCHES:
            took = []
            for _ in range(rounds):
                start = time.perf_counter()
                found = lookup.look_up(session, text)
                took.append((time.perf_counter() - start) * 1000)
            every += took
            first = found.entries[0].name if found.entries else "nothing"
            print(f"  {text:42}{statistics.median(took):8.1f} ms{max(took):8.1f} ms at most   {first}")
    _tell(f"{kind}: a search, 95th percentile", statistics.quantiles(every, n=20)[-1], BAR_MS, "ms")


def _tell(what: str, figure: float, bar: float, unit: str) -> None:
    print(f"{what:44}{figure:8.1f} {unit} (bar {bar:g}){'' if figure <= bar else '   over'}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
