"""The database: one set of tables, on SQLite or PostgreSQL.

A transaction is either a reading one, which the database itself refuses to let write, or a writing one,
which commits once. On SQLite a writer takes the write lock at its start (`BEGIN IMMEDIATE`): a transaction
that begins by reading and then writes would fail at once when another has written in between.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, Connection, Engine, ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from kit.folding import fold

log = logging.getLogger(__name__)

T = TypeVar("T")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
RETRIES = 5
# PostgreSQL's codes for "two transactions got in each other's way; try again", for a lock not had in time, and for a
# row that is there already: another added it after this transaction had looked, and a second look finds it.
RETRYABLE = {"40001", "40P01", "55P03", "23505"}


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware moment, kept in UTC on both databases (SQLite has no time zones of its own)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone is refused")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def words(enum: type[StrEnum]) -> sa.Enum:
    """A column that keeps an enum by its words and lets the database refuse others."""
    return sa.Enum(
        enum,
        native_enum=False,
        values_callable=lambda e: [m.value for m in e],
        length=40,
        name=enum.__name__.lower(),
        create_constraint=True,
    )


class Base(DeclarativeBase):
    """Every table of the house. Names carry the prefix of their package."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcDateTime,
        int: BigId,
        dict[str, Any]: sa.JSON().with_variant(JSONB(), "postgresql"),
    }


class Database:
    """Opens reading and writing transactions on one database.

    A session that was closed stays closed: used once more it raises, instead of taking a connection that nobody gives
    back. Errors name no parameters, since logs would keep people's words and secrets.
    """

    def __init__(self, url: str, *, lock_timeout_ms: int = 15_000, pool_size: int = 8) -> None:
        self.url = normal_url(url)
        self.lock_timeout_ms = lock_timeout_ms
        self._reader = self._engine(pool_size, read_only=True)
        self._writer = self._engine(pool_size, read_only=False)

    @property
    def writer(self) -> Engine:
        """The engine that may write: for migrations and for tests."""
        return self._writer

    @property
    def reader(self) -> Engine:
        """The engine whose connections the database holds to reading."""
        return self._reader

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A reading transaction; any write inside it is refused by the database."""
        with Session(self._reader, expire_on_commit=False, close_resets_only=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A writing transaction: committed at the end of the block, rolled back when the block raises."""
        with Session(self._writer, expire_on_commit=False, close_resets_only=False) as session:
            yield session
            session.commit()

    def run(self, work: Callable[[Session], T]) -> T:
        """Does `work` in a writing transaction, again when the database says that others got in the way."""

        def in_one() -> T:
            with self.write() as session:
                return work(session)

        return self.again(in_one)

    def again(self, work: Callable[[], T]) -> T:
        """Does `work`, which is one transaction, and does it again when others got in its way.

        Not after it has waited for a lock as long as a lock may be waited for: whoever holds that one keeps it, and
        every further try would let a person wait as long again.
        """
        waited_out = time.monotonic() + self.lock_timeout_ms / 1000 * 0.9
        for attempt in range(RETRIES):
            try:
                return work()
            except DBAPIError as error:
                if attempt == RETRIES - 1 or time.monotonic() > waited_out or not is_passing(error):
                    raise
                time.sleep(0.02 * 2**attempt)
        raise AssertionError("unreachable")

    def insist(self, work: Callable[[Session], T], *, pause: float = 1.0) -> T:
        """The same for what must not be lost: while the database does not answer, again every `pause` seconds.

        It ends with an answer or with the process; for the worker only, since a person would wait.
        """
        while True:
            try:
                return self.run(work)
            except OperationalError:
                log.warning("the database did not answer; trying again", exc_info=True)
                time.sleep(pause)

    def at_once(self, work: Callable[[Session], object]) -> bool:
        """Does `work` in a writing transaction, or not at all: False when somebody else holds a lock that it needs.

        For a courtesy that can be done as well another time, and for which nobody should wait.
        """
        with self._writer.connect() as connection:
            try:
                with self._waiting_for_nobody(connection), Session(connection, expire_on_commit=False) as session:
                    if not self.is_sqlite:
                        session.execute(sa.text("SET LOCAL lock_timeout = 1"))  # milliseconds; 0 would wait for ever
                    work(session)
                    session.commit()
            except DBAPIError as error:
                if is_passing(error):
                    return False
                raise
        return True

    @contextmanager
    def _waiting_for_nobody(self, connection: Connection) -> Iterator[None]:
        """SQLite waits before a transaction has begun, so its patience is the connection's and must be given back."""
        if not self.is_sqlite:
            yield
            return
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA busy_timeout=0")
        try:
            yield
        finally:
            driver.execute(f"PRAGMA busy_timeout={self.lock_timeout_ms}")

    def close(self) -> None:
        """Gives all connections back."""
        self._reader.dispose()
        self._writer.dispose()

    def _engine(self, pool_size: int, *, read_only: bool) -> Engine:
        if self.is_sqlite:
            return _sqlite_engine(self.url, pool_size, read_only=read_only, wait_ms=self.lock_timeout_ms)
        options = f"-c lock_timeout={self.lock_timeout_ms}"
        if read_only:
            options += " -c default_transaction_read_only=on"
        engine = sa.create_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"options": options},
        )
        event.listen(engine, "handle_error", _without_rows)
        return engine


def normal_url(url: str) -> URL:
    """The URL with the driver that we ship: psycopg 3 for PostgreSQL."""
    made = sa.make_url(url)
    return made.set(drivername="postgresql+psycopg") if made.get_backend_name() == "postgresql" else made


def is_passing(error: DBAPIError) -> bool:
    """True for an error that goes away by itself when the transaction is done again."""
    original = error.orig
    return getattr(original, "sqlstate", None) in RETRYABLE or "database is locked" in str(original)


def lock_row(session: Session, entity: type[T], key: Any) -> T | None:
    """The row, held until the transaction ends: everybody who counts its children takes this lock first.

    On SQLite a writing transaction is alone anyway.
    """
    return session.get(entity, key, with_for_update=True, populate_existing=True)


def teach(connection: Any) -> None:
    """Gives a connection to SQLite the functions that our indexes are made with."""
    connection.create_function("folded", 1, _folded, deterministic=True)


def _folded(text: str | None) -> str | None:
    return None if text is None else fold(text)


def _without_rows(context: ExceptionContext) -> None:
    """Leaves PostgreSQL's own sentence, and not the row that it quotes after it: logs would keep people's words."""
    error, wrapped = context.original_exception, context.sqlalchemy_exception
    sentence = getattr(getattr(error, "diag", None), "message_primary", None)
    if sentence is None:
        return
    whole = str(error)
    error.args = (sentence,)
    if wrapped is not None:
        wrapped.args = (str(wrapped.args[0]).replace(whole, sentence), *wrapped.args[1:])


def _sqlite_engine(url: URL, pool_size: int, *, read_only: bool, wait_ms: int) -> Engine:
    engine = sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        teach(connection)
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={wait_ms}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # what was acknowledged survives a power cut too
        cursor.execute("PRAGMA foreign_keys=ON")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if read_only:  # waits for nobody, so it needs none of what turns the driver's errors into SQLAlchemy's
            connection.connection.cursor().execute("BEGIN")
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
