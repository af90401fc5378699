"""The lists at the size of a country beside the demo data: `python -m tests.bench.scale [--small] [rounds]`.

Each page is asked of two portals in turns, one on the demo data and one with 10,000 organisations, 100,000 people and
1,000,000 copies more, on SQLite and on PostgreSQL; `--small` is a twentieth of that. What counts is the ratio of both
95th percentiles, and that both need the same number of SQL statements. Other work on the machine moves a percentile, so
each page has several turns, and its ratio is the median of theirs. A page of 25 rows takes longer than one of two, and
the demo data may have no more: the rows that either shows stand beside the figures. A file of a whole list is as long
as its rows: of it, the time to its first line is compared, and what a further line takes is told.
A word measures only the pages that it names, `--sqlite` and `--postgresql` only that database.
With `BENCH_FOLDER` the databases stay in that folder, and the next run begins at once.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import migrations
from kit.audit import AuditEntry, seal_entries
from kit.db import Database
from kit.folding import folded
from kit.keyset import key_of
from licences.people.models import Membership, Organisation, Person
from materials.models import Copy
from portal.app import create_app
from portal.wiring import make_house
from sandbox import demo_data
from tests import databases
from tests.bench.many import Size, fill
from tests.browser_like import BASE, Browser
from tests.statements import counted
from tests.world import MANAGER, STAFF, TRAINER, settings

FULL, SMALL = Size(10_000, 100_000, 1_000_000), Size(500, 5_000, 50_000)
BAR = 1.5
TURNS, WARM = 5, 3
LINES = 2_000  # of a file: enough to say what one takes
# What is asked, and by whom. `{…}` stands for places and people of each database, found by `_places`.
PAGES = (
    ("home, trainer", TRAINER, "/"),
    ("library", TRAINER, "/materials"),
    ("own copies", TRAINER, "/copies"),
    ("home, manager", MANAGER, "/organisation"),
    ("home, manager, search", MANAGER, "/organisation?q=osei"),
    ("home, manager, CSV", MANAGER, "/organisation/people.csv"),
    ("home, staff", STAFF, "/admin"),
    ("people", STAFF, "/admin/people"),
    ("people, search", STAFF, "/admin/people?q=whitlock"),
    ("people, middling word", STAFF, "/admin/people?q=smith"),
    ("people, common word", STAFF, "/admin/people?q=example"),
    ("people, no such", STAFF, "/admin/people?q=zzzyx"),
    ("people, filter", STAFF, "/admin/people?role=finance+contact"),
    ("people, deep", STAFF, "/admin/people?older_than={member}"),
    ("people, CSV", STAFF, "/admin/people.csv"),
    ("organisations", STAFF, "/admin/organisations"),
    ("organisations, search", STAFF, "/admin/organisations?q=lakeshire"),
    ("organisations, filter", STAFF, "/admin/organisations?standing=suspended"),
    ("organisations, deep", STAFF, "/admin/organisations?older_than={place}"),
    ("organisations, CSV", STAFF, "/admin/organisations.csv"),
    ("copies", STAFF, "/admin/copies"),
    ("copies, search", STAFF, "/admin/copies?q=osei+lakeshire"),
    ("copies, common word", STAFF, "/admin/copies?q=council"),
    ("copies, no such", STAFF, "/admin/copies?q=zzzyx"),
    ("copies, code", STAFF, "/admin/copies?q={code}"),
    ("copies, filter", STAFF, "/admin/copies?edition={edition}"),
    ("copies, deep", STAFF, "/admin/copies?older_than={copy}"),
    ("copies, CSV", STAFF, "/admin/copies.csv"),
    ("audit", STAFF, "/admin/audit"),
    ("audit, search", STAFF, "/admin/audit?actor=amara+osei"),
    ("audit, no such", STAFF, "/admin/audit?subject=zzzyx"),
    ("audit, filter", STAFF, "/admin/audit?action=edition+published"),
    ("audit, deep", STAFF, "/admin/audit?older_than={entry}"),
    ("audit, CSV", STAFF, "/admin/audit.csv"),
)


@dataclass(frozen=True)
class Found:
    """One page on both databases: 95th percentiles in seconds, a pair for each turn; statements and rows of one."""

    percentiles: tuple[tuple[float, float], ...]
    statements: tuple[int, int]
    rows: tuple[int, int]

    @property
    def ratio(self) -> float:
        return statistics.median(full / small for small, full in self.percentiles)

    @property
    def holds(self) -> bool:
        return self.ratio <= BAR and self.statements[0] == self.statements[1]


class Portal:
    """The portal on one database, with everybody signed in who asks."""

    def __init__(self, url: str, store: Path) -> None:
        self.database = Database(url)
        chosen = settings(self.database, store)
        house = make_house(chosen)
        self.app, self.reading = create_app(chosen, house), house.database
        self.browsers = {who: self._browser(who) for who in (TRAINER, MANAGER, STAFF)}
        self.places = self._places()

    def _browser(self, who: str) -> Browser:
        made = Browser(self.app)
        answer = made.sign_in(who)
        assert answer.status_code == 303, answer.text
        return made

    def close(self) -> None:
        """Gives all connections back."""
        self.database.close()
        self.reading.close()

    def ask(self, who: str, address: str) -> float:
        """Seconds until the page is there, or the first bytes of a file."""
        start = time.perf_counter()
        response = self.browsers[who].client.get(address.format(**self.places), base_url=BASE, buffered=False)
        assert next(iter(response.response))
        took = time.perf_counter() - start
        assert response.status_code == 200, (address, response.status_code)
        response.close()
        return took

    def rows(self, who: str, address: str) -> int:
        """Rows of the tables on a page, without their heads."""
        page = self.browsers[who].client.get(address.format(**self.places), base_url=BASE)
        return page.text.count("<tr ") - page.text.count("<thead ")

    def line(self, who: str, address: str) -> float:
        """Seconds that a line of a file takes after its first."""
        response = self.browsers[who].client.get(address.format(**self.places), base_url=BASE, buffered=False)
        lines = iter(response.response)
        next(lines)
        start = time.perf_counter()
        count = sum(1 for _ in islice(lines, LINES))
        took = time.perf_counter() - start
        response.close()
        return took / count

    def statements(self, who: str, address: str) -> list[str]:
        with counted(self.reading) as sent:
            self.ask(who, address)
        return [one for one in sent if not one.startswith("BEGIN")]

    def _places(self) -> dict[str, Any]:
        """Rows in the middle of their lists, and others that addresses name."""
        with self.database.read() as session:

            def middle(wanted: sa.Select[*tuple[Any, ...]]) -> Any:
                count = session.scalar(sa.select(sa.func.count()).select_from(wanted.order_by(None).subquery()))
                return session.execute(wanted.offset((count or 0) // 2).limit(1)).one()

            copy = middle(sa.select(Copy.taken_at, Copy.id, Copy.code, Copy.edition_id).order_by(Copy.id))
            entry = middle(sa.select(AuditEntry.at, AuditEntry.id).order_by(AuditEntry.id))
            member = middle(
                sa.select(Membership.id).join(Membership.person).order_by(folded(Person.name), Membership.id)
            )
            place = middle(sa.select(Organisation.id).order_by(folded(Organisation.name), Organisation.id))
        return {
            "copy": key_of(copy[0], copy[1]),
            "code": copy[2][:6],
            "edition": copy[3],
            "entry": key_of(*entry),
            "member": member[0],
            "place": place[0],
        }


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def measured(small: Portal, full: Portal, who: str, address: str, rounds: int) -> Found:
    """Asks both in turns, so that a slow moment of the machine falls on both."""
    rows = (0, 0) if address.endswith(".csv") else (small.rows(who, address), full.rows(who, address))
    for _ in range(WARM):
        small.ask(who, address), full.ask(who, address)
    statements = (
        len(small.statements(who, address)),
        len(full.statements(who, address)),
    )  # somebody just seen is not noted
    return Found(tuple(_turn(small, full, who, address, rounds) for _ in range(TURNS)), statements, rows)


def _turn(small: Portal, full: Portal, who: str, address: str, rounds: int) -> tuple[float, float]:
    seconds: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            seconds[which].append((small, full)[which].ask(who, address))
    return _p95(seconds[0]), _p95(seconds[1])


def prepared(kind: str, size: Size, folder: Path) -> tuple[Portal, Portal]:
    """The two portals, their databases made anew unless they lie in the folder."""
    listing, store = folder / f"scale-{kind}-{size.copies}.json", folder / f"store-{kind}"
    if not listing.exists():
        urls = [databases.filled_database_url(kind, f"demo-{kind}", lambda url: _load_demo(url, store)) for _ in "12"]
        start, database = time.perf_counter(), Database(urls[1])
        fill(database, size)
        database.close()
        print(f"{kind}: filled in {time.perf_counter() - start:.0f} s", flush=True)
        listing.write_text(json.dumps(urls))
    small, full = json.loads(listing.read_text())
    for url in (small, full):
        migrations.upgrade(url)
    return Portal(small, store), Portal(full, store)


def _load_demo(url: str, store: Path) -> None:
    database = Database(url)
    chosen = settings(database, store)
    house = make_house(chosen)
    demo_data.load(house.database, house.store, house.links)
    house.database.run(seal_entries)  # as the worker does within a minute
    house.database.close()
    database.close()


@contextmanager
def run_folder() -> Iterator[Path]:
    """The folder named in the environment, kept; or one of this run alone."""
    kept = os.environ.get("BENCH_FOLDER")
    if kept is None:
        databases.begin_run()
        try:
            yield Path(os.environ[databases.RUN_FOLDER])
        finally:
            databases.end_run()
        return
    folder = Path(kept).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    os.environ[databases.RUN_FOLDER] = str(folder)
    databases.resume_run()
    try:
        yield folder
    finally:
        databases.pause_run()


def main(size: Size, rounds: int, wanted: str, kinds: list[str]) -> None:
    """Measures every page on both databases and prints a table for each."""
    with run_folder() as folder:
        for kind in kinds:
            if kind == "postgresql" and databases.postgresql_binaries() is None:
                print("PostgreSQL is not installed: its half of the bench is SKIPPED")
                continue
            small, full = prepared(kind, size, folder)
            print(f"\n{kind}: demo data beside {size.copies:,} copies, {size.people:,} people")
            print(f"Medians of {TURNS} turns of {rounds} requests each; load {os.getloadavg()[0]:.1f} at the beginning")
            print(f"{'':24}{'demo p95':>12}{'full p95':>12}{'ratio':>8}{'statements':>14}{'rows':>10}")
            for name, who, address in PAGES:
                if wanted in name:
                    _tell(name, measured(small, full, who, address, rounds))
                    if address.endswith(".csv"):
                        line = [portal.line(who, address) * 1e6 for portal in (small, full)]
                        print(f"{'  a further line':24}{line[0]:9.0f} µs{line[1]:9.0f} µs")
            print(f"Load {os.getloadavg()[0]:.1f} at the end")


def _tell(name: str, found: Found) -> None:
    small, full = (statistics.median(each) * 1000 for each in zip(*found.percentiles, strict=True))
    statements, rows = (f"{pair[0]} / {pair[1]}" for pair in (found.statements, found.rows))
    print(
        f"{name:24}{small:9.1f} ms{full:9.1f} ms{found.ratio:8.2f}{statements:>14}{rows:>10}"
        f"  {'' if found.holds else 'over'}",
        flush=True,
    )


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    main(
        SMALL if "--small" in sys.argv else FULL,
        next((int(word) for word in words if word.isdigit()), 20),
        next((word for word in words if not word.isdigit()), ""),
        [kind for kind in databases.KINDS if f"--{kind}" in sys.argv] or list(databases.KINDS),
    )
