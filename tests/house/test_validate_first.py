"""Forms are read, checked and drawn again with their messages before anything holds SQLite's one write lock."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.house.examples import make_examples
from tests.house.test_access import ROLES, rows
from tests.world import World

# An empty form is right here (it takes the current edition, or empties the change note), or has only hidden fields.
WITHOUT_REFUSAL = {
    "/materials/<int:material_id>/copies",
    "/materials/reminders",
    "/admin/editions/<int:edition_id>",
}


@pytest.fixture
def held_by_another(world: World) -> Iterator[sqlite3.Connection]:
    """A connection that will hold the write lock, and wait for nobody."""
    path = world.house.database.url.database
    assert path is not None
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
        yield connection


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_form_that_is_refused_takes_no_lock(world: World, held_by_another: sqlite3.Connection) -> None:
    examples = make_examples(world)
    wrong, asked = [], 0
    for row in rows():
        if not row.form or row.rule in WITHOUT_REFUSAL:
            continue
        browser = examples.browser(ROLES[row.rightful])
        held_by_another.execute("BEGIN IMMEDIATE")
        response = browser.post(examples.filled(row.example))
        held_by_another.execute("ROLLBACK")
        asked += 1
        if response.status_code != 400:
            wrong.append(f"{row.method} {row.example}: {response.status_code}")
    assert wrong == []
    assert asked > 20
