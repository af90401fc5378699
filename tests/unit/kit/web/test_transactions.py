"""One transaction for each request: what a view may write, when it counts, and what a refusal leaves behind."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from kit.audit import SYSTEM, AuditEntry, Subject, record
from kit.clock import SteppingClock
from kit.db import Database
from kit.links import PublicLinks
from kit.mail import Letterhead
from kit.store import ObjectStore
from kit.web import transactions
from kit.web.house import House, furnish
from kit.web.transactions import db, roll_back, writes


@pytest.fixture
def house(database: Database, clock: SteppingClock, tmp_path: Path) -> House:
    links = PublicLinks("https://portal.example")
    letterhead = Letterhead("Secure Base", "help@portal.example", links)
    return House(database, clock, links, ObjectStore(tmp_path.as_uri()), letterhead, 200)


@pytest.fixture
def answer(house: House) -> Callable[[Callable[[], str]], str]:
    """What a view answers to a POST, in an app with nothing else in it."""

    def ask(view: Callable[[], str]) -> str:
        app = Flask(__name__)
        app.testing = True
        furnish(app, house)
        transactions.init_app(app)
        app.post("/")(view)
        return app.test_client().post("/").text

    return ask


def note(house: House) -> None:
    record(db(), house.clock, SYSTEM, "thing changed", Subject("thing", 1, "A thing"))
    db().flush()


def kept(house: House) -> int:
    with house.database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) or 0


def test_a_writing_view_commits_once(house: House, answer: Callable[[Callable[[], str]], str]) -> None:
    @writes
    def view() -> str:
        note(house)
        note(house)
        return f"{kept(house)} before the end"

    assert answer(view) == "0 before the end"
    assert kept(house) == 2


def test_after_a_refusal_a_view_may_only_read(house: House, answer: Callable[[Callable[[], str]], str]) -> None:
    @writes
    def view() -> str:
        note(house)
        roll_back()
        found = db().scalar(sa.select(sa.func.count()).select_from(AuditEntry))
        with pytest.raises(DBAPIError, match=r"read.?only"):
            note(house)
        return f"{found} there"

    assert answer(view) == "0 there"
    assert kept(house) == 0


def test_a_view_without_the_mark_may_not_write(house: House, answer: Callable[[Callable[[], str]], str]) -> None:
    def view() -> str:
        with pytest.raises(DBAPIError, match=r"read.?only"):
            note(house)
        return "refused"

    assert answer(view) == "refused"
