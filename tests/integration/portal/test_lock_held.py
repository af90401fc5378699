"""Another process holds the lock that a person's change needs, and does not let go."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kit.clock import SteppingClock
from kit.db import Database
from portal.app import create_app
from tests.browser_like import Browser
from tests.world import STAFF, World, settings

LOCK_SECONDS = 3.0
ROOM = 4.0  # seconds for everything but the wait

# The licence's row and everybody's sessions on PostgreSQL; on SQLite a writing transaction holds the one lock there is.
HOLD = """
import sys
import sqlalchemy as sa
from kit.clock import SteppingClock
from kit.db import Database
with Database(sys.argv[1]).writer.begin() as connection:
    row = sa.table("licences_licence", sa.column("id"))
    connection.execute(sa.select(row.c.id).where(row.c.id == int(sys.argv[2])).with_for_update())
    sessions = sa.table("licences_sign_in", sa.column("fingerprint"))
    connection.execute(sa.select(sessions.c.fingerprint).with_for_update())
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def impatient(world: World, tmp_path: Path) -> Iterator[Browser]:
    """Staff, on a portal that waits for a lock no longer than `LOCK_SECONDS`."""
    url = world.house.database.url.render_as_string(hide_password=False)
    database = Database(url, lock_timeout_ms=int(LOCK_SECONDS * 1000))
    house = replace(world.house, database=database)
    browser = Browser(create_app(settings(database, tmp_path), house))
    assert browser.sign_in(STAFF).status_code == 303
    yield browser
    database.close()


@pytest.fixture
def held(world: World, impatient: Browser) -> Iterator[None]:
    """The lock, in a process of its own, once the browser has signed in."""
    url = world.house.database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", HOLD, url, str(world.licence)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.stdin.close()


def test_a_person_waits_once_and_is_told(world: World, impatient: Browser, held: None) -> None:
    began = time.monotonic()
    response = impatient.post(f"/admin/licences/{world.licence}/suspend", {"reason": "Not paid."})
    took = time.monotonic() - began
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "30"
    assert "<h1" in response.text
    assert LOCK_SECONDS * 0.9 < took < LOCK_SECONDS + ROOM


def test_a_page_does_not_wait_to_note_when_somebody_was_last_seen(world: World, impatient: Browser, held: None) -> None:
    assert isinstance(world.house.clock, SteppingClock)
    world.house.clock.move(minutes=6)
    began = time.monotonic()
    assert impatient.get("/admin/people").status_code == 200
    assert time.monotonic() - began < LOCK_SECONDS * 0.9
