"""Every page that tells of an error, reached for its real cause, and held against what every page must be."""

import json
import re
import sqlite3
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Browser, expect

from tests import databases
from tests.journeys import checks
from tests.journeys.conftest import MakeVisitor
from tests.journeys.demo import Demo, running
from tests.journeys.visitor import Visitor

TRAINER, OTHER_MANAGER = "trainer@lakeshire.example", "manager@hillside.example"
STAFF = "staff@demo.example"
MB = 1024 * 1024
UPLOAD_LIMIT_MB = 10
TRIES = 10  # of one account from one place


def test_form_of_another_sign_in(quiet_demo: Demo, visitor: MakeVisitor) -> None:
    """400: what was typed is there to be copied, and nothing was saved."""
    staff = visitor(quiet_demo)
    staff.sign_in(STAFF)
    staff.open("/admin/organisations/new")
    staff.write("Name", "Elmfield Learning Trust")
    staff.tick("Multi-academy trust")
    beside = Visitor(staff.context, staff.address)
    beside.open("/")
    beside.press("Sign out")
    beside.sign_in(STAFF)
    assert _status_after(staff, "Add the organisation") == 400
    staff.reads("Nothing was changed")
    expect(staff.page.get_by_role("region", name="What you had typed")).to_contain_text("Elmfield Learning Trust")
    _examine(staff, 400)
    staff.open("/admin/organisations?q=Elmfield")
    staff.reads("No organisation fits")


def test_page_of_another_role(quiet_demo: Demo, visitor: MakeVisitor) -> None:
    """403: who can is named."""
    trainer = visitor(quiet_demo)
    trainer.sign_in(TRAINER)
    assert trainer.open("/admin/audit").status == 403
    trainer.reads("Who can: the programme team")
    _examine(trainer, 403)


def test_copy_of_another_organisation(quiet_demo: Demo, visitor: MakeVisitor) -> None:
    """404: the same words as for a copy that never was, and for any address that leads nowhere."""
    trainer, stranger = visitor(quiet_demo), visitor(quiet_demo)
    trainer.sign_in(TRAINER)
    trainer.open("/copies")
    address = trainer.page.get_by_role("link", name="Open again").first.get_attribute("href")
    assert address
    stranger.sign_in(OTHER_MANAGER)
    told = []
    for path in (address, "/copies/00000000000000000000000000", "/no-such-page"):
        assert stranger.open(path).status == 404
        told.append(stranger.page.locator("main").inner_text())
    assert len(set(told)) == 1
    _examine(stranger, 404)


def test_address_that_only_answers_to_a_button(quiet_demo: Demo, visitor: MakeVisitor) -> None:
    """405: where to press instead."""
    trainer = visitor(quiet_demo)
    trainer.sign_in(TRAINER)
    assert trainer.open("/sign-out").status == 405
    trainer.reads("press the button there")
    _examine(trainer, 405)


def test_file_over_the_limit(tmp_path: Path, browser: Browser, visitor: MakeVisitor) -> None:
    """413: the browser shows our page, with the limit, although it was still sending."""
    large = tmp_path / "large.pdf"
    large.write_bytes(b"%PDF-1.7\n" + bytes(20 * MB))
    with running(tmp_path, with_worker=False, PORTAL_UPLOAD_LIMIT_MB=str(UPLOAD_LIMIT_MB)) as demo:
        staff = visitor(demo)
        staff.sign_in(STAFF)
        staff.open("/admin/materials")
        staff.press("Trainer manual", exact=True)
        staff.press("New edition")
        staff.upload("The PDF", large)
        assert _status_after(staff, "Upload it as a draft") == 413
        staff.reads(f"The most is {UPLOAD_LIMIT_MB} MB")
        _examine(staff, 413)


def test_too_many_tries(demo: Demo, visitor: MakeVisitor) -> None:
    """429: the door itself says how long to wait, and offers the way that stays open."""
    guesser = visitor(demo)
    guesser.open("/sign-in")
    answers = [_try_to_sign_in(guesser) for _ in range(TRIES + 1)]
    assert [status for status, _told in answers] == [400] * TRIES + [429], answers
    guesser.reads("Wait 15 minutes, then try again once, or have a sign-in link sent to you now")
    expect(guesser.page.get_by_role("button", name="Send me a sign-in link")).to_be_visible()
    _examine(guesser, 429, way_out=False)


def test_data_that_cannot_be_read(demo: Demo, visitor: MakeVisitor) -> None:
    """500: a kind of material that the code does not know, as after a wrong repair by hand."""
    trainer = visitor(demo)
    trainer.sign_in(TRAINER)
    _alter(demo, "UPDATE materials_material SET kind = 'scroll'")
    assert trainer.open("/materials").status == 500
    trainer.reads("It is not your doing")
    _finds_its_line(trainer, demo, "fault")
    _examine(trainer, 500)


def test_file_that_is_gone(tmp_path: Path, demo: Demo, visitor: MakeVisitor) -> None:
    """503: a copy whose stored file somebody has removed."""
    trainer = visitor(demo)
    trainer.sign_in(TRAINER)
    trainer.open("/copies")
    address = trainer.page.get_by_role("link", name="Open again").first.get_attribute("href")
    assert address
    for path in (tmp_path / "store").rglob("*"):
        if path.is_file():
            path.unlink()
    answer = trainer.open(address)
    assert (answer.status, answer.headers.get("retry-after")) == (503, "30"), trainer.page.inner_text("body")[:500]
    _examine(trainer, 503)


def test_database_that_is_gone(demo_on: Demo, visitor: MakeVisitor) -> None:
    """503 on every page, also for somebody who is signed in; and for somebody who presses a button."""
    trainer = visitor(demo_on)
    trainer.sign_in(TRAINER)
    trainer.open("/terms")
    _ruin(demo_on)
    assert _status_after(trainer, "Sign out") == 503
    assert trainer.open("/copies").status == 503
    trainer.reads("What you saved is safe")
    expect(trainer.page.get_by_role("link", name="Try again")).to_have_attribute("href", "/copies")
    _finds_its_line(trainer, demo_on, "unavailable")
    _examine(trainer, 503)


def _status_after(someone: Visitor, button: str) -> int:
    """What the server answers to a press. Raises when the browser shows a page of its own."""
    with someone.page.expect_navigation() as going:
        someone.press(button, exact=True)
    assert going.value is not None
    return going.value.status


def _try_to_sign_in(guesser: Visitor) -> tuple[int, str]:
    """Status and message of a wrong password."""
    guesser.write("E-mail address", TRAINER)
    guesser.write("Password", "not the right one")
    with guesser.page.expect_navigation() as going:
        guesser.press("Sign in", exact=True, inside=guesser.page.locator("main"))
    assert going.value is not None
    return going.value.status, guesser.page.locator(".govuk-error-summary").inner_text()


def _finds_its_line(someone: Visitor, demo: Demo, event: str) -> None:
    """What the page says to quote leads to one line of the log."""
    quoted = re.search(r"quote (\w{8})", someone.page.locator("main").inner_text())
    assert quoted
    lines = [json.loads(line) for line in demo.log.read_text().splitlines() if quoted[1] in line]
    assert [line["event"] for line in lines] == [event]


def _examine(someone: Visitor, code: int, *, way_out: bool = True) -> None:
    """Everything that holds for a page holds for this one, in both widths; and help is where it always is.

    `way_out`: an error page of its own says what to do next under a heading.
    """
    page = someone.page
    wrong = someone.faults(f"error-{code}-{someone.name}")
    for size in (checks.NARROW, checks.WIDE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        wrong += someone.named_faults()
    place = checks.help_place(page)
    wrong += checks.lost_when_text_grows(page)
    expect(page.get_by_role("heading", name="What you can do")).to_have_count(int(way_out))
    assert not wrong, f"{code} ({page.url}):\n" + "\n".join(wrong)
    assert re.search(r"^\S+ header main footer: Stuck, or something looks wrong\?", place), place


def _alter(demo: Demo, statement: str) -> None:
    """Changes the data behind the portal's back, checks and all."""
    with sqlite3.connect(sa.make_url(demo.database_url).database or "") as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(statement)
    connection.close()


def _ruin(demo: Demo) -> None:
    """Takes the database away from under the portal: removed on PostgreSQL, overwritten on SQLite."""
    path = sa.make_url(demo.database_url).database
    if demo.database_url.startswith("postgresql"):
        databases.drop_database(demo.database_url)
        return
    assert path
    for tail in ("", "-wal", "-shm"):
        if Path(path + tail).exists():
            Path(path + tail).write_bytes(b"not a database " * 10_000)
