"""One transaction for each request: what a view may write, when it counts, and what a refusal leaves behind."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from kit.audit import SYSTEM, AuditEntry, Subject, record
from kit.clock import SteppingClock
from kit.db import Database
from kit.links import PublicLinks
from kit.mail import Letterhead
from kit.store import ObjectStore
from kit.web import transactions
from kit.web.house import House, furnish
from kit.web.transactions import NotMarked, db, roll_back, writes, writing


@pytest.fixture
def house(database: Database, clock: SteppingClock, tmp_path: Path) -> House:
    links = PublicLinks("https://portal.example")
    letterhead = Letterhead("Secure Base", "help@portal.example", links)
    return House(database, clock, links, ObjectStore(tmp_path.as_uri()), letterhead, 200, {})


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


def note(house: House, session: Session) -> None:
    record(session, house.clock, SYSTEM, "thing changed", Subject("thing", 1, "A thing"))
    session.flush()


def kept(house: House) -> int:
    with house.database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) or 0


def test_a_writing_view_commits_once(house: House, answer: Callable[[Callable[[], str]], str]) -> None:
    @writes
    def view() -> str:
        note(house, writing())
        note(house, writing())
        assert db() is writing()  # what is read from now on shows what was changed
        return f"{kept(house)} before the end"

    assert answer(view) == "0 before the end"
    assert kept(house) == 2


def test_after_a_refusal_a_view_may_only_read(house: House, answer: Callable[[Callable[[], str]], str]) -> None:
    @writes
    def view() -> str:
        note(house, writing())
        roll_back()
        found = db().scalar(sa.select(sa.func.count()).select_from(AuditEntry))
        with pytest.raises(NotMarked):
            writing()
        return f"{found} there"

    assert answer(view) == "0 there"
    assert kept(house) == 0


def test_a_view_without_the_mark_may_not_write(house: House, answer: Callable[[Callable[[], str]], str]) -> None:
    def view() -> str:
        with pytest.raises(NotMarked):
            writing()
        with pytest.raises(DBAPIError, match=r"read.?only"):
            note(house, db())
        return "refused"

    assert answer(view) == "refused"


def test_the_mark_alone_reads(house: House, answer: Callable[[Callable[[], str]], str]) -> None:
    @writes
    def view() -> str:
        with pytest.raises(DBAPIError, match=r"read.?only"):
            note(house, db())
        return "refused"

    assert answer(view) == "refused"


def test_what_was_read_before_is_over(house: House, answer: Callable[[Callable[[], str]], str]) -> None:
    """A writing transaction sees what others committed since the view began to read."""

    @writes
    def view() -> str:
        before = db().scalar(sa.select(sa.func.count()).select_from(AuditEntry))
        house.database.run(lambda session: note(house, session))
        note(house, writing())
        return f"{before}, then {writing().scalar(sa.select(sa.func.count()).select_from(AuditEntry))}"

    assert answer(view) == "0, then 2"
