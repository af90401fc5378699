"""Fills a database that holds the demo data up to the size of a whole country: in bulk, past the services.

Rows are drawn from one seed. Most organisations are small and a few are large; most trainers took a handful of copies
and some took hundreds; licences end on any day of the year, one in a hundred is suspended. Lakeshire Council, whose
people the bench signs in as, grows as well: to a few hundred people, and its trainer to two hundred copies.
"""

import json
import random
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kit.audit import AuditEntry, AuditSeal, seal_of
from kit.db import Base, Database
from kit.ids import new_code
from licences.models import Accreditation, Licence, Period, Programme, Seat, Suspension
from licences.people.kinds import OrganisationKind, Role
from licences.people.models import Membership, Organisation, Person
from materials.models import Copy, Edition, Material

TRAINER = "trainer@lakeshire.example"
LOCAL_PEOPLE, LOCAL_COPIES = 300, 200
YEARS = 3
FIRST = """
Amara Aisha Ben Bronwyn Callum Carys Chidi Claire Colin Daniel Deepa Declan Ewa Farah Fatima Fiona Gareth Grace
Hannah Harriet Imran Isla Jack Janet Jürgen Joanna Kwame Laura Leon Łukasz Maeve Marcus Mei Mohammed Nadia Neil
Niamh Olivia Omar Owen Priya Rachel Rhys Rosa Ruth Samira Sara Siân Sofia Tariq Tom Una Victor Wendy Yusuf Zoë
""".split()  # noqa: SIM905 - a list of so many would be a page
LAST = """
Abbott Ahmed Akhtar Ali Allen Andrews Armstrong Bailey Baker Barnes Begum Bell Bennett Brooks Brown Burke Campbell
Chapman Chen Clarke Collins Cooper Cox Das Davies Dixon Edwards Ellis Evans Fernández Fisher Foster Gibson Graham
Green Griffiths Hall Harris Hughes Hussain Iqbal Jackson James Jones Kaur Kelly Khan King Lewis Lloyd Marsh Mason
Mendoza Mitchell Morgan Murphy Müller Nowak Okafor Osei Palmer Parker Patel Pearce Price Quinn Raman Reid Roberts
Rowe Russell Shah Sharma Simpson Singh Smith Stewart Taylor Thomas Turner Vaughan Walker Ward Watson White Williams
Wood Wright Young Żak
""".split()  # noqa: SIM905 - a list of so many would be a page
PLACES = """
Ash Beck Birch Black Bourne Brad Burn Chester Clay Clif Dun East Elm Fair Fern Glen Green Hart Hazel Heath Holm
Kings Lang Lime Long Marsh Mill Moor New North Oak Old Penn Red Rock Rose Salt Sand Shel South Stan Stone Thorn
Upper West White Win Wood
""".split()  # noqa: SIM905 - a list of so many would be a page
ENDS = """
bridge bury by combe dale den field ford ham hill hurst ley mere port shire stead ton well wick worth
""".split()  # noqa: SIM905 - a list of so many would be a page
KINDS = {
    OrganisationKind.TRUST: "Academies Trust",
    OrganisationKind.LOCAL_AUTHORITY: "Council",
    OrganisationKind.EP_TEAM: "Educational Psychology Service",
    OrganisationKind.VIRTUAL_SCHOOL: "Virtual School",
}


@dataclass(frozen=True)
class Size:
    """How many rows to add. Half as many entries of the audit trail as copies."""

    organisations: int
    people: int
    copies: int


@dataclass(frozen=True)
class Somebody:
    """A trainer with a place to take copies for."""

    id: int
    name: str
    organisation_id: int
    organisation_name: str


def fill(database: Database, size: Size, *, seed: int = 3) -> None:
    """Adds the rows, and leaves no write-ahead log behind. Nobody else may be connected."""
    luck = random.Random(seed)
    with database.writer.connect() as connection:
        there = (_InSqlite if database.is_sqlite else _InPostgresql)(connection)
        with there.without_indexes():
            places = list(_organisations(there, size.organisations, luck))
            trainers = list(_people(there, places, size.people, luck))
            _rights(there, places, trainers, luck)
            _copies(there, trainers, size.copies, luck)
        there.settle()


class _There(ABC):
    """The database while it is being filled: the ids that come next, and rows that go in by the shortest way.

    Nothing is kept safe meanwhile: a database that was not filled to the end is to be thrown away.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.cursor: Any = connection.connection.cursor()
        self.now = datetime.now(UTC).replace(microsecond=0)

    def next_id(self, model: type[Base]) -> int:
        key = sa.inspect(model).primary_key[0]
        return int(self.connection.scalar(sa.select(sa.func.coalesce(sa.func.max(key), 0))) or 0) + 1

    @contextmanager
    def without_indexes(self) -> Iterator[None]:
        """Takes away the indexes that hold no rule, and makes them again from whole tables, which is quicker."""
        made = self.indexes()
        for name, _ in made:
            self.cursor.execute(f"DROP INDEX {name}")
        yield
        for _, statement in made:
            self.cursor.execute(statement)

    @abstractmethod
    def add(self, model: type[Base], columns: str, rows: Iterable[Sequence[Any]]) -> None:
        """Rows of the named columns, with moments and days as such. They ask nothing of the database meanwhile."""

    @abstractmethod
    def indexes(self) -> list[tuple[str, str]]:
        """Each index on our tables that holds no rule: its name, and the statement that makes it."""

    @abstractmethod
    def settle(self) -> None:
        """Keeps everything, with the statistics that an installation has by itself."""


class _InSqlite(_There):
    def __init__(self, connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        for setting in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-500000"):
            raw.execute(f"PRAGMA {setting}")
        super().__init__(connection)

    def add(self, model: type[Base], columns: str, rows: Iterable[Sequence[Any]]) -> None:
        names = columns.split()
        statement = f"INSERT INTO {model.__tablename__} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        self.cursor.executemany(statement, ([_text(value) for value in row] for row in rows))

    def indexes(self) -> list[tuple[str, str]]:
        made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'"
        return list(self.cursor.execute(f"{made} AND tbl_name IN ({_TABLES})"))

    def settle(self) -> None:
        for (table,) in self.cursor.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%USING fts5%'").fetchall():
            self.cursor.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
        self.connection.commit()
        raw: Any = self.connection.connection.driver_connection
        for setting in ("journal_mode=WAL", "wal_checkpoint(TRUNCATE)"):  # no ANALYZE: an installation has none, either
            raw.execute(f"PRAGMA {setting}")
        self.connection.invalidate()  # its settings are not for others


class _InPostgresql(_There):
    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.cursor.execute("SET session_replication_role = replica")  # no references are looked up, no triggers run
        self.cursor.execute("SET maintenance_work_mem = '512MB'")

    def add(self, model: type[Base], columns: str, rows: Iterable[Sequence[Any]]) -> None:
        names, table = columns.split(), model.__tablename__
        with self.cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as pipe:
            for row in rows:
                pipe.write_row(row)
        if names[0] == "id":
            self.cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )

    def indexes(self) -> list[tuple[str, str]]:
        self.cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
            f"AND tablename IN ({_TABLES}) AND indexdef LIKE 'CREATE INDEX%'"
        )
        return list(self.cursor.fetchall())

    def settle(self) -> None:
        self.connection.commit()
        self.connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")
        self.connection.invalidate()  # its settings are not for others


_FILLED = (
    Organisation,
    Person,
    Membership,
    Licence,
    Period,
    Suspension,
    Seat,
    Accreditation,
    Copy,
    AuditEntry,
    AuditSeal,
)
_TABLES = ", ".join(f"'{model.__tablename__}'" for model in _FILLED)


def _text(value: Any) -> Any:
    """Moments as SQLAlchemy keeps them on SQLite."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return value.isoformat() if isinstance(value, date) else value


def _organisations(there: _There, count: int, luck: random.Random) -> Iterator[tuple[int, str]]:
    first, kinds = there.next_id(Organisation), list(KINDS)
    names = [f"{place}{end}" for place in PLACES for end in ENDS]
    luck.shuffle(names)
    made = []
    for number in range(count):
        kind = luck.choices(kinds, (70, 12, 10, 8))[0]
        again = number // len(names)
        name = f"{names[number % len(names)]} {KINDS[kind]}{f' {again + 1}' if again else ''}"
        made.append((first + number, name, kind.value, "", there.now - timedelta(days=luck.randrange(900))))
    there.add(Organisation, "id name kind address created_at", made)
    yield from ((row[0], row[1]) for row in made)


def _people(there: _There, places: list[tuple[int, str]], count: int, luck: random.Random) -> Iterator[Somebody]:
    """Everybody, with a place each; the first of a place is its manager, the second looks after its invoices."""
    home = there.connection.execute(
        sa.select(Organisation.id, Organisation.name, Person.id, Person.name)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .join(Person, Person.id == Membership.person_id)
        .where(Person.email == TRAINER)
    ).one()
    weights = [luck.paretovariate(1.3) for _ in places]
    rest = luck.choices(places, weights, k=max(count - 2 * len(places) - LOCAL_PEOPLE, 0))
    wheres = [*places, *places, *rest, *[(home[0], home[1])] * LOCAL_PEOPLE][:count]
    person, place = there.next_id(Person), there.next_id(Membership)
    people, members, trainers = [], [], []
    for number, (organisation_id, organisation_name) in enumerate(wheres):
        name = f"{luck.choice(FIRST)} {luck.choice(LAST)}"
        since = there.now - timedelta(days=luck.randrange(900))
        role = (Role.MANAGER, Role.FINANCE)[number // len(places)] if number < 2 * len(places) else Role.TRAINER
        email = f"{name.split()[1].lower()}.{number}@place{organisation_id}.example"
        has_password = luck.random() < 0.97
        people.append((person + number, name, email, "x" if has_password else None, False, since))
        members.append((place + number, person + number, organisation_id, role.value, since))
        if role is Role.TRAINER:
            trainers.append(Somebody(person + number, name, organisation_id, organisation_name))
    there.add(Person, "id name email password_hash is_demo created_at", people)
    there.add(Membership, "id person_id organisation_id role since", members)
    yield Somebody(home[2], home[3], home[0], home[1])
    yield from trainers


def _rights(there: _There, places: list[tuple[int, str]], trainers: list[Somebody], luck: random.Random) -> None:
    """Licences with one to three years behind them, seats for seven trainers in ten, accreditation for eight."""
    today, programme = there.now.date(), there.connection.scalar(sa.select(sa.func.min(Programme.id)))
    licence, period = there.next_id(Licence), there.next_id(Period)
    licences: dict[int, tuple[Any, ...]] = {}
    periods: list[tuple[Any, ...]] = []
    stops: list[tuple[Any, ...]] = []
    for organisation_id, _ in places:
        if luck.random() < 0.05:
            continue
        created = there.now - timedelta(days=1100)
        licences[organisation_id] = (licence, organisation_id, programme, 5000, created)
        ends = today + timedelta(days=luck.randrange(-20, 365))
        for back in range(luck.randint(1, YEARS)):
            last = ends - timedelta(days=365 * back)
            periods.append((period, licence, last - timedelta(days=364), last, "Order form", created))
            period += 1
        if luck.random() < 0.01:
            since = there.now - timedelta(days=luck.randrange(90))
            stops.append((there.next_id(Suspension) + len(stops), licence, since, "The invoice is unpaid."))
        licence += 1
    there.add(Licence, "id organisation_id programme_id seats_bought created_at", licences.values())
    there.add(Period, "id licence_id starts_on ends_on reason created_at", periods)
    there.add(Suspension, "id licence_id since reason", stops)
    seated = [one for one in trainers[1:] if one.organisation_id in licences and luck.random() < 0.7]
    seat, card = there.next_id(Seat), there.next_id(Accreditation)
    there.add(
        Seat,
        "id licence_id person_id given_at",
        ((seat + n, licences[one.organisation_id][0], one.id, there.now) for n, one in enumerate(seated)),
    )
    known = [one for one in trainers[1:] if luck.random() < 0.8]
    there.add(
        Accreditation,
        "id person_id programme_id from_on until_on note recorded_at",
        (
            (card + n, one.id, programme, today - timedelta(days=200), today + timedelta(days=500), "", there.now)
            for n, one in enumerate(known)
        ),
    )


def _copies(there: _There, trainers: list[Somebody], count: int, luck: random.Random) -> None:
    """Copies in the order of time, and for every second one its sealed entry in the audit trail."""
    editions = there.connection.execute(
        sa.select(Edition.id, Material.title + " " + Edition.number)
        .join(Material, Material.id == Edition.material_id)
        .where(Edition.state == "published")
    ).all()
    weights = [luck.paretovariate(1.5) for _ in trainers[1:]]
    takers = luck.choices(trainers[1:], weights, k=count)
    for place in luck.sample(range(count), min(LOCAL_COPIES, count)):
        takers[place] = trainers[0]
    first, step = there.next_id(Copy), timedelta(days=365 * YEARS) / count
    begun = there.now - timedelta(days=365 * YEARS)
    entries: list[tuple[Any, ...]] = []
    entry = there.next_id(AuditEntry)

    def taken() -> Iterator[tuple[Any, ...]]:
        for number, one in enumerate(takers):
            edition_id, label = luck.choice(editions)
            at, code, place = begun + number * step, new_code(), one.organisation_id
            yield (
                first + number, code, edition_id, one.id, place, one.name, one.organisation_name, at, code,
            )  # fmt: skip
            if number % 2 == 0:
                entries.append((
                    entry + number // 2, at, one.id, one.name, *_what(luck, label, first + number, one),
                    one.organisation_id, json.dumps({"code": code}),
                ))  # fmt: skip

    there.add(
        Copy, "id code edition_id person_id organisation_id person_name organisation_name taken_at press", taken()
    )
    there.add(
        AuditEntry,
        "id at actor_person_id actor_name action subject_kind subject_id subject_label organisation_id detail",
        entries,
    )
    last = sa.select(AuditSeal.seal).order_by(AuditSeal.position.desc()).limit(1)
    seal, position = there.connection.scalar(last) or "", there.next_id(AuditSeal)
    there.add(AuditSeal, "position entry_id seal", _sealed(entries, seal, position))


def _what(luck: random.Random, label: str, copy_id: int, one: Somebody) -> tuple[str, str, int, str]:
    """Mostly copies, then people who come and go, and now and then something rarer."""
    return luck.choices(
        (
            ("copy taken", "copy", copy_id, label),
            ("signed in", "person", one.id, one.name),
            ("seat given", "person", one.id, one.name),
            ("person added", "person", one.id, one.name),
            ("organisation changed", "organisation", one.organisation_id, one.organisation_name),
        ),
        (600, 300, 50, 45, 5),
    )[0]


def _sealed(entries: list[tuple[Any, ...]], seal: str, position: int) -> Iterator[tuple[int, int, str]]:
    """The chain goes on where the demo's own ends."""
    names = (
        "id", "at", "actor_person_id", "actor_name", "action", "subject_kind", "subject_id", "subject_label",
        "organisation_id",
    )  # fmt: skip
    for number, row in enumerate(entries):
        facts = SimpleNamespace(**dict(zip(names, row, strict=False)), detail=json.loads(row[-1]))
        seal = seal_of(seal, facts)  # type: ignore[arg-type]
        yield position + number, row[0], seal
