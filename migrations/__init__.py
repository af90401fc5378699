"""The history of the tables: what Alembic needs, set up in code, so that no file names a path or an address.

DBOS keeps tables of its own in the same database (in a schema of its own on PostgreSQL). `upgrade` brings both up
to date.
"""

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from kit.db import Database

FOLDER = Path(__file__).parent
# Where tables are declared. Importing them fills `kit.db.Base.metadata`.
MODELS = (
    "kit.audit",
    "kit.store",
    "kit.jobs",
    "kit.mail",
    "licences.people.models",
    "licences.models",
    "licences.register.models",
    "licences.quotes.models",
    "licences.ledger",
    "licences.payments.models",
    "licences.payables",
    "materials.models",
)
# The house's tables carry the prefix of their package: anything else in the database belongs to somebody else.
PREFIXES = ("kit_", "licences_", "materials_", "courses_", "support_")
# Any number that nobody else locks on: two processes that migrate at once take turns.
MIGRATION_LOCK = 7_305_021


def import_models() -> None:
    """Imports every module that declares tables, so far as it exists yet."""
    for name in MODELS:
        if _exists(name):
            importlib.import_module(name)


def upgrade(database_url: str, revision: str = "head") -> None:
    """Brings our tables and those of the job queue up to date. Doing it again changes nothing."""
    with _connection(database_url) as connection:
        command.upgrade(_config(connection), revision)
    if _exists("kit.jobs"):
        importlib.import_module("kit.jobs").migrate(database_url)


def downgrade(database_url: str, revision: str) -> None:
    """Takes our tables back to `revision` (`base` for none). The job queue's tables stay as they are."""
    with _connection(database_url) as connection:
        command.downgrade(_config(connection), revision)


def current(database_url: str) -> str | None:
    """The revision that the database is at, or None before the first."""
    database = Database(database_url)
    try:
        with database.reader.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        database.close()


def head() -> str | None:
    """The newest revision that this code knows, or None when there is none yet."""
    return ScriptDirectory(str(FOLDER)).get_current_head()


def knows(revision: str | None) -> bool:
    """True when this code can bring a database at `revision` up to date; one that a newer release left it cannot."""
    scripts = ScriptDirectory(str(FOLDER))
    return revision is None or revision in {script.revision for script in scripts.walk_revisions()}


def draft(database_url: str, message: str) -> None:
    """Writes a new version file from the difference between the models and an up-to-date database (for developers)."""
    with _connection(database_url) as connection:
        command.revision(_config(connection), message, autogenerate=True)


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package above it does not exist
        return False


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connection(database_url: str) -> Iterator[Connection]:
    """One transaction, alone: migrations on both databases happen whole or not at all."""
    database = Database(database_url)
    try:
        with database.writer.connect() as connection:
            if database.is_sqlite:
                # Rebuilding a table, SQLite's way to alter one, would otherwise break every reference to it.
                connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            else:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            yield connection
            connection.commit()
    finally:
        database.close()
