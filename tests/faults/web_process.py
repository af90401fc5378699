"""A portal and one browser at it, in a process that can be told at which step of a press to die: `kill -9` upon itself.

Steps are counted from the press on: every statement before it goes to the database, whichever way it goes there,
every commit before and after it, and the answer. Everything is the real thing; the steps are seen through the drivers.
"""

import argparse
import json
import os
import signal
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from kit.clock import SteppingClock
from kit.db import Database
from portal.app import create_app
from tests.browser_like import BASE, Browser
from tests.world import house_on, settings


class Steps:
    """Counts from when it is armed, and ends this process without a word at one step."""

    def __init__(self, deadly: int) -> None:
        self.deadly = deadly
        self.names: list[str] = []
        self.is_armed = False

    def take(self, name: str) -> None:
        """One step further."""
        if not self.is_armed:
            return
        self.names.append(name)
        if len(self.names) == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)


def watch(database: Database, steps: Steps) -> None:
    """Has every statement and commit of the writing engine be a step."""

    class Watched(psycopg.Cursor[Any]):
        def execute(self, query: Any, *given: Any, **more: Any) -> Any:
            steps.take(_first_words(str(query)))
            return super().execute(query, *given, **more)

    def on_connect(connection: Any, _record: Any) -> None:
        if database.is_sqlite:
            connection.set_trace_callback(lambda text: steps.take(_first_words(text)))
        else:
            connection.cursor_factory = Watched

    sa.event.listen(database.writer, "connect", on_connect)
    sa.event.listen(database.writer, "commit", lambda _connection: steps.take("before a commit"))
    sa.event.listen(database.writer.pool, "reset", lambda *_: steps.take("the transaction is over"))


def _first_words(text: str) -> str:
    return " ".join(text.split()[:3])


def main(arguments: list[str]) -> None:
    """Opens a page, presses, dies at the step or writes down what was answered and which steps there were."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", required=True)
    parser.add_argument("--store", required=True, type=Path)
    parser.add_argument("--moment", required=True, type=datetime.fromisoformat)
    parser.add_argument("--session", required=True, help="the secret of an open session")
    parser.add_argument("--path", required=True)
    parser.add_argument("--form", required=True, type=json.loads)
    parser.add_argument("--die", required=True, type=int, help="the step at which to die; 0: never")
    parser.add_argument("--answer", required=True, type=Path)
    given = parser.parse_args(arguments)
    database, steps = Database(given.database), Steps(given.die)
    watch(database, steps)
    house = house_on(database, given.store, SteppingClock(given.moment))
    browser = Browser(create_app(settings(database, given.store), house))
    with browser.client.session_transaction(base_url=BASE) as cookie:
        cookie["_user_id"], cookie["_fresh"] = given.session, True
    browser.get("/help")
    steps.is_armed = True
    answered = browser.post(given.path, given.form)
    steps.take("answered")
    given.answer.write_text(json.dumps({"code": answered.status_code, "steps": steps.names}))
