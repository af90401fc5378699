"""Migrations: up from nothing, again without effect, down and up, and equal to the models."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import migrations
from kit.db import Base, Database
from tests import databases
from tests.mail_server import ROOT

OURS = tuple(migrations.PREFIXES)


@pytest.fixture
def empty(database_kind: str) -> Iterator[str]:
    """The address of a database without any table."""
    url = databases.empty_database_url(database_kind)
    yield url
    databases.drop_database(url)


def tables(url: str) -> set[str]:
    database = Database(url)
    found = {name for name in sa.inspect(database.reader).get_table_names() if name.startswith(OURS)}
    database.close()
    return found


def test_up_from_nothing_and_again(empty: str) -> None:
    assert migrations.current(empty) is None
    migrations.upgrade(empty)
    migrations.upgrade(empty)
    assert migrations.current(empty) == migrations.head()
    migrations.import_models()
    assert tables(empty) == set(Base.metadata.tables)


def test_down_to_nothing_and_up_again(empty: str) -> None:
    migrations.upgrade(empty)
    migrations.downgrade(empty, "base")
    assert tables(empty) == set()
    migrations.upgrade(empty)
    assert migrations.current(empty) == migrations.head()


def test_two_at_once_take_turns(empty: str) -> None:
    command = [sys.executable, "-c", "import sys, migrations; migrations.upgrade(sys.argv[1])", empty]
    both = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [each.wait(60) for each in both] == [0, 0]
    assert migrations.current(empty) == migrations.head()


def _is_compared(name: str | None, kind: str) -> bool:
    """Our own tables, without the indexes on folded words."""
    if kind == "index":
        return name is None or not name.endswith("_folded")
    return kind != "table" or (name is not None and name.startswith(OURS))


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_tables_are_those_of_the_models(database: Database) -> None:
    """What Alembic cannot compare (checks, triggers, indexes on expressions) has tests of its own."""
    migrations.import_models()
    options = {"include_name": lambda name, kind, _: _is_compared(name, kind), "compare_type": True}
    with database.writer.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_a_check_of_the_models_is_in_the_database(database: Database) -> None:
    migrations.import_models()
    inspector = sa.inspect(database.writer)
    for table in Base.metadata.tables.values():
        declared = {str(each.name) for each in table.constraints if isinstance(each, sa.CheckConstraint)}
        found = {str(check["name"]) for check in inspector.get_check_constraints(table.name)}
        assert declared <= found, table.name
