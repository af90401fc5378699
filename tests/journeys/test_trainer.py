"""A trainer finds out that the manual has changed, and takes the new edition."""

import re

from playwright.sync_api import expect
from pypdf import PdfReader

from tests.journeys.conftest import MakeVisitor
from tests.journeys.demo import Demo
from tests.journeys.visitor import Visitor

TRAINER = "trainer@lakeshire.example"


def test_trainer_takes_the_new_edition(demo: Demo, visitor: MakeVisitor) -> None:
    """With the mouse, every page on the way examined."""
    trainer = visitor(demo)
    trainer.open("/")
    trainer.look("sign-in")
    stamped = _take_the_new_edition(trainer, look=True)
    _an_old_page_tells_anybody(visitor(demo), stamped.pages[9].extract_text())


def test_trainer_takes_the_new_edition_by_keyboard(demo: Demo, visitor: MakeVisitor) -> None:
    """The same with Tab, Enter and Space alone."""
    _take_the_new_edition(visitor(demo, by_keyboard=True))


def test_trainer_takes_the_new_edition_without_script(demo: Demo, visitor: MakeVisitor) -> None:
    """The same in a browser that runs no JavaScript."""
    _take_the_new_edition(visitor(demo, java_script_enabled=False))


def _take_the_new_edition(trainer: Visitor, look: bool = False) -> PdfReader:
    see = trainer.look if look else lambda _name: None
    trainer.sign_in(TRAINER)
    trainer.reads(
        re.compile(r"You hold 3\.1\. 3\.2 has been current since \d+ \w+.*before you next deliver.*Pages? \d+", re.S)
    )
    see("trainer-home")
    trainer.press("See what changed in")
    expect(trainer.page.get_by_role("heading", level=1)).to_contain_text("manual", ignore_case=True)
    trainer.reads("Must be read")
    see("material")
    stamped = trainer.take_copy()
    for words in ("Amara Osei", "Lakeshire Council", "3.2"):
        assert all(words in page.extract_text() for page in (stamped.pages[0], stamped.pages[-1])), words
    trainer.open("/copies")
    expect(trainer.page.get_by_role("row").nth(1)).to_contain_text("3.2")
    see("own-copies")
    trainer.press("Sign out")
    expect(trainer.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert trainer.fetch("/copies").status in (302, 303)
    return stamped


def _an_old_page_tells_anybody(anybody: Visitor, page: str) -> None:
    """The address that is printed on each page says how old it is, and nothing of the one who took it."""
    found = re.search(r"/current/([A-Za-z0-9-]+)", page)
    assert found, page
    answer = anybody.open(f"/current/{found[1]}")
    assert answer.ok
    anybody.reads("This page is from edition 3.2")
    for silent in ("Amara", "Osei", "Lakeshire"):
        assert silent not in answer.text()
    anybody.look("current")
