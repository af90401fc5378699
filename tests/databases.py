"""Databases for tests: SQLite files, and a private PostgreSQL made of the system's own binaries.

The server is started by the first test that needs it, shared by all processes of one pytest run (a folder named
in the environment, and a lock on it), and stopped at the end; when pytest itself is killed, a guard stops it.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

import migrations
from kit.db import Base, Database

RUN_FOLDER = "PORTAL_TEST_RUN_FOLDER"
KINDS = ("sqlite", "postgresql")
TEMPLATE = "portal_template"
LOCK_TIMEOUT_MS = 15_000
# What makes a database worth keeping costs time that a test database need not spend.
SERVER_OPTIONS = (
    "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c shared_buffers=64MB -c max_connections=200"
)

# Outlives us on purpose: waits until the pytest run is over, however it ended, then clears up behind it.
GUARD = """
import os, shutil, subprocess, sys, time
if os.fork():
    sys.exit()
run, folder, stop = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
while os.path.exists(f"/proc/{run}") and os.path.exists(folder):
    time.sleep(1)
if os.path.exists(folder):
    subprocess.run(stop, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shutil.rmtree(folder, ignore_errors=True)
"""


def begin_run() -> None:
    """Makes the folder of this pytest run and names it to the processes that xdist will start."""
    folder = Path(tempfile.mkdtemp(prefix="portal-tests-"))
    folder.chmod(0o755)  # the server runs as another user when we are root
    os.environ[RUN_FOLDER] = str(folder)
    _start_guard(folder)


def end_run() -> None:
    """Stops the server, if one was started, and removes everything."""
    folder = Path(os.environ.pop(RUN_FOLDER))
    if (folder / "server").exists():
        subprocess.run(_stop_command(folder), check=False, capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)


def resume_run() -> None:
    """Starts the server of a kept folder, if there is one that does not run."""
    folder = _run_folder() / "server"
    if (folder / "data").exists() and not (folder / "data" / "postmaster.pid").exists():
        _launch(folder)


def pause_run() -> None:
    """Stops the server and keeps everything, for another run in the same folder."""
    if (_run_folder() / "server").exists():
        subprocess.run(_stop_command(_run_folder(), "fast"), check=True, capture_output=True)


def postgresql_binaries() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, newest version first; None when PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).resolve().parent if on_path else None


def new_database_url(kind: str) -> str:
    """The address of a fresh copy of the migrated template."""
    if kind == "sqlite":
        target = _run_folder() / f"{uuid4().hex}.sqlite"
        shutil.copyfile(_sqlite_template(), target)
        return f"sqlite:///{target}"
    name = f"portal_{uuid4().hex}"
    _make_postgresql_template()
    _administer(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE}')
    return _postgresql_url(name)


def filled_database_url(kind: str, name: str, fill: Callable[[str], None]) -> str:
    """The address of a fresh copy of a database that `fill`, given an address, has filled once in this run."""
    with _only_once(f"{name}.{kind}") as done:
        if not done.exists():
            filled = new_database_url(kind)
            fill(filled)
            done.write_text(filled)
        source = done.read_text()
    made = sa.make_url(source)
    assert made.database is not None
    if kind == "sqlite":
        target = _run_folder() / f"{uuid4().hex}.sqlite"
        _settle(Path(made.database))
        shutil.copyfile(made.database, target)
        return f"sqlite:///{target}"
    clone = f"portal_{uuid4().hex}"
    _administer(f'CREATE DATABASE "{clone}" TEMPLATE "{made.database}"')
    return _postgresql_url(clone)


def kept_in_run(name: str) -> Path:
    """A path in the folder of this pytest run, shared by its processes."""
    return _run_folder() / name


def empty_database_url(kind: str) -> str:
    """The address of a database without any table: for the tests of migrations themselves."""
    name = f"portal_{uuid4().hex}"
    if kind == "sqlite":
        return f"sqlite:///{_run_folder() / name}.sqlite"
    _administer(f'CREATE DATABASE "{name}"')
    return _postgresql_url(name)


def drop_database(url: str) -> None:
    """Removes a database made here, whoever is still connected to it."""
    made = sa.make_url(url)
    assert made.database is not None
    if made.get_backend_name() == "sqlite":
        for tail in ("", "-wal", "-shm"):
            Path(made.database + tail).unlink(missing_ok=True)
    else:
        _administer(f'DROP DATABASE "{made.database}" WITH (FORCE)')


def migrate(url: str) -> None:
    """Makes all tables: by the migrations, or from the models as long as no migration is written."""
    if migrations.head() is not None:
        migrations.upgrade(url)
        return
    migrations.import_models()
    database = Database(url)
    Base.metadata.create_all(database.writer)
    database.close()
    migrations.upgrade(url)


def _run_folder() -> Path:
    return Path(os.environ[RUN_FOLDER])


@contextmanager
def _only_once(name: str) -> Iterator[Path]:
    """Holds the lock on a name; the path given exists once somebody has done what the name stands for."""
    with (_run_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield _run_folder() / name


@cache
def _sqlite_template() -> Path:
    with _only_once("template.sqlite") as path:
        if not path.exists():
            making = path.with_suffix(".making")
            migrate(f"sqlite:///{making}")
            _settle(making)
            making.rename(path)
    return path


def _settle(path: Path) -> None:
    """Brings the write-ahead log home, so that the one file is the whole database."""
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


@cache
def _make_postgresql_template() -> None:
    with _only_once("template.postgresql") as done:
        if not done.exists():
            _administer(f"CREATE DATABASE {TEMPLATE}")
            migrate(_postgresql_url(TEMPLATE))
            done.touch()


@cache
def _server() -> Path:
    """Starts the server if nobody has yet; its folder is also where its socket is."""
    with _only_once("server") as folder:
        if not folder.exists():
            folder.mkdir()
            if os.getuid() == 0:
                shutil.chown(folder, "postgres", "postgres")
            _start_server(folder)
    return folder


def _start_server(folder: Path) -> None:
    binaries = postgresql_binaries()
    assert binaries is not None, "PostgreSQL is not installed"
    data = folder / "data"
    _run(binaries / "initdb", "-D", data, "-U", "portal", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
    _launch(folder)


def _launch(folder: Path) -> None:
    binaries, data = postgresql_binaries(), folder / "data"
    assert binaries is not None, "PostgreSQL is not installed"
    options = f"-c listen_addresses='' -k {folder} {SERVER_OPTIONS}"
    _run(binaries / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", folder / "log", "-o", options, "start")


def _start_guard(folder: Path) -> None:
    stop = _stop_command(folder) if postgresql_binaries() else ["true"]
    command = [sys.executable, "-c", GUARD, str(os.getpid()), str(folder), *stop]
    quiet = subprocess.DEVNULL
    subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True, cwd="/", check=True)


def _stop_command(folder: Path, mode: str = "immediate") -> list[str]:
    binaries = postgresql_binaries()
    assert binaries is not None
    return _as_server_user(binaries / "pg_ctl", "-D", folder / "server" / "data", "-m", mode, "stop")


def _run(*command: str | Path) -> None:
    done = subprocess.run(
        _as_server_user(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/"
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout.decode(errors='replace')}")


def _as_server_user(*command: str | Path) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as the user its package made."""
    words = [str(word) for word in command]
    return ["runuser", "-u", "postgres", "--", *words] if os.getuid() == 0 else words


def _postgresql_url(name: str) -> str:
    return f"postgresql+psycopg://portal@/{name}?host={_run_folder() / 'server'}"


def _administer(statement: str) -> None:
    _server()
    engine = sa.create_engine(_postgresql_url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
