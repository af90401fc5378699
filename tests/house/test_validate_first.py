"""Forms are read, checked and drawn again with their messages before anything holds SQLite's one write lock."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kit.db import Database
from portal.app import create_app
from tests.house.examples import make_examples
from tests.house.test_access import ROLES, rows
from tests.world import World, settings


@pytest.fixture
def impatient(world: World, tmp_path: Path) -> Iterator[World]:
    """The same world on a portal that waits a tenth of a second for the lock."""
    url = world.house.database.url.render_as_string(hide_password=False)
    database = Database(url, lock_timeout_ms=100)
    house = replace(world.house, database=database)
    yield replace(world, house=house, app=create_app(settings(database, tmp_path), house))
    database.close()


@pytest.fixture
def held_by_another(impatient: World) -> Iterator[sqlite3.Connection]:
    """A connection that will hold the write lock, and wait for nobody."""
    path = impatient.house.database.url.database
    assert path is not None
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
        yield connection


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_form_that_is_refused_takes_no_lock(impatient: World, held_by_another: sqlite3.Connection) -> None:
    """Each form of the access table is sent empty. One that is right when empty may wait for the lock, no other."""
    examples = make_examples(impatient)
    wrong, refused = [], 0
    for row in rows():
        if not row.form:
            continue
        browser = examples.browser(ROLES[row.rightful])
        held_by_another.execute("BEGIN IMMEDIATE")
        locked = browser.post(examples.filled(row.example)).status_code
        held_by_another.execute("ROLLBACK")
        refused += locked == 400
        if locked == 503 and browser.post(examples.filled(row.example)).status_code == 400:
            wrong.append(f"{row.method} {row.example}")
    assert wrong == []
    assert refused > 20
