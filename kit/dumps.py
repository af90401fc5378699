"""A database in one file, as it was at one moment while others go on writing; and back again.

A copy of the files of an SQLite database under load loses committed rows; `VACUUM INTO` reads inside one transaction,
and hinders no writer. PostgreSQL has `pg_dump`, which is told to look at the very
snapshot in which the caller counts. The job queue's tables lie in the same database and come along.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import IO, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.db import Database, teach

T = TypeVar("T")

NAMES = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
# Everything in the database is ours: DBOS keeps a schema beside `public`.
EMPTY_AGAIN = "DROP SCHEMA IF EXISTS dbos CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"
# What ends psql's one transaction without a commit when the other half of the pipe went wrong.
FAIL = "SELECT 1/0;\n"


class DumpFailed(Exception):
    """The database could not be written down or loaded; the words say why."""


def kind_of(database: Database) -> str:
    """`sqlite` or `postgresql`: a dump of one cannot be loaded into the other."""
    return "sqlite" if database.is_sqlite else "postgresql"


def dump(database: Database, target: Path, look: Callable[[Session], T]) -> T:
    """Writes the database into the file `target`, safe on the disk when this returns, and returns what `look` saw.

    `look` reads the same moment that the file holds. Raises `DumpFailed`.
    """
    seen = _dump_sqlite(database, target, look) if database.is_sqlite else _dump_postgresql(database, target, look)
    with target.open("rb") as written:
        os.fsync(written.fileno())
    return seen


def load(database: Database, source: Path, *, replace: bool) -> None:
    """Puts a dump's content into the database, all of it or nothing. Raises `DumpFailed`.

    `replace` takes away what is there; without it the database must be empty.
    """
    if not replace and not is_empty(database):
        raise DumpFailed("The database is not empty.")
    if database.is_sqlite:
        _load_sqlite(database, source)
    else:
        _load_postgresql(database, source, replace=replace)


def is_empty(database: Database) -> bool:
    """True when there is no table in the database."""
    if database.is_sqlite and not _path(database).exists():
        return True
    with database.read() as session:
        return not tables(session)


def tables(session: Session) -> list[str]:
    """Every table by its name, with its schema where that is not the ordinary one."""
    inspector = sa.inspect(session.connection())
    ordinary = inspector.default_schema_name
    schemas = [name for name in inspector.get_schema_names() if name != "information_schema"]
    return sorted(
        table if schema == ordinary else f"{schema}.{table}"
        for schema in schemas
        for table in inspector.get_table_names(schema)
    )


def counts(session: Session) -> dict[str, int]:
    """How many rows each table has."""
    found = {}
    for name in tables(session):
        schema, _, table = name.rpartition(".")
        rows = sa.select(sa.func.count()).select_from(sa.table(table, schema=schema or None))
        found[name] = session.scalar(rows) or 0
    return found


def _dump_sqlite(database: Database, target: Path, look: Callable[[Session], T]) -> T:
    try:
        with closing(sqlite3.connect(_path(database))) as source:
            teach(source)
            source.execute(f"PRAGMA busy_timeout={database.lock_timeout_ms}")
            source.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        raise DumpFailed(f"SQLite could not write the database down: {error}") from error
    engine = sa.create_engine(f"sqlite:///{target}")
    try:
        with Session(engine) as session:
            return look(session)
    finally:
        engine.dispose()


def _dump_postgresql(database: Database, target: Path, look: Callable[[Session], T]) -> T:
    with database.read() as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        snapshot = session.scalar(sa.text("SELECT pg_export_snapshot()"))
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"]
        command = [_tool("pg_dump"), *options, _address(database)]
        done = subprocess.run(command, env=_environment(database), capture_output=True, text=True, check=False)  # noqa: S603 - no shell
        if done.returncode:
            raise DumpFailed(f"pg_dump: {done.stderr.strip()}")
        return look(session)


def _load_sqlite(database: Database, source: Path) -> None:
    """The library's own copying takes the write lock and changes all pages in one transaction."""
    _path(database).parent.mkdir(parents=True, exist_ok=True)
    database.close()
    try:
        with closing(sqlite3.connect(source)) as dumped, closing(sqlite3.connect(_path(database))) as target:
            teach(dumped)
            fault = dumped.execute("PRAGMA integrity_check").fetchone()[0]
            if fault != "ok":
                raise DumpFailed(f"The dump is damaged: {fault}")
            dumped.backup(target)
    except sqlite3.Error as error:
        raise DumpFailed(f"SQLite could not load the dump: {error}") from error


def _load_postgresql(database: Database, source: Path, *, replace: bool) -> None:
    """Through psql in one transaction: a dump that ends in the middle leaves the database as it was."""
    database.close()
    command = [_tool("psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    command += [f"--dbname={_address(database)}", "--output=/dev/null", "--file=-"]
    psql = subprocess.Popen(command, env=_environment(database), stdin=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603 - no shell
    script = [_tool("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(source)]
    restore = subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603 - no shell
    assert psql.stdin is not None
    assert restore.stdout is not None
    try:
        _feed(psql.stdin, EMPTY_AGAIN if replace else "", restore.stdout)
        said = restore.communicate()[1]
        _feed(psql.stdin, FAIL if restore.returncode else "")
    except BrokenPipeError:  # psql has given up, and says why below
        restore.kill()
        said = restore.communicate()[1] if restore.returncode is None else b""
    problem = _end(psql)
    if psql.returncode or restore.returncode:
        raise DumpFailed(f"The dump could not be loaded: {(said or problem).decode(errors='replace').strip()}")


def _feed(pipe: IO[bytes], words: str, more: IO[bytes] | None = None) -> None:
    pipe.write(words.encode())
    if more is not None:
        shutil.copyfileobj(more, pipe)
    pipe.flush()


def _end(process: subprocess.Popen[bytes]) -> bytes:
    try:
        return process.communicate()[1]
    except BrokenPipeError:
        assert process.stderr is not None
        said = process.stderr.read()
        process.wait()
        return said


def _path(database: Database) -> Path:
    return Path(database.url.database or "")


def _address(database: Database) -> str:
    """The address without its password: every user of the machine may read a command's words."""
    return database.url.set(drivername="postgresql", password=None).render_as_string()


def _environment(database: Database) -> dict[str, str]:
    password = database.url.password
    return {**os.environ, "PGPASSWORD": str(password)} if password else dict(os.environ)


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise DumpFailed(f"{name} is not installed: install the package postgresql-client.")
    return found
