"""Somebody may not take a copy: they read why, who can mend it and what happens then; and it can be mended."""

import re

import pytest
import sqlalchemy as sa

from tests.journeys.conftest import MakeVisitor
from tests.journeys.demo import Demo
from tests.journeys.visitor import Visitor

REFUSED, THEIR_MANAGER = "trainer@hillside.example", "manager@hillside.example"
TRAINER, STAFF = "trainer@lakeshire.example", "staff@demo.example"
REASON = re.compile(r"Invoice SB-0117-\d\d \(£1,380\.00\) was due on \d+ \w+ \d{4} and has not been paid\.")


by_mouse_and_keyboard = pytest.mark.parametrize("by_keyboard", [False, True], ids=["mouse", "keyboard"])


@by_mouse_and_keyboard
def test_suspended_organisation_reads_the_same_reason(
    by_keyboard: bool, quiet_demo: Demo, visitor: MakeVisitor
) -> None:
    """The trainer and the manager of Hillside Trust: why, who can mend it, and the next step."""
    trainer, manager = visitor(quiet_demo, by_keyboard=by_keyboard), visitor(quiet_demo, by_keyboard=by_keyboard)
    trainer.sign_in(REFUSED)
    trainer.reads(REASON)
    trainer.press("Trainer manual", inside=trainer.page.locator("main"))
    trainer.reads(REASON)
    assert trainer.page.get_by_role("button", name="Take a copy").count() == 0
    trainer.look("refused-material")
    trainer.open("/copies")
    trainer.reads("You cannot open copies just now")
    assert trainer.page.get_by_role("link", name="Open again").count() == 0
    trainer.look("refused-copies")
    copy = _kept_address(quiet_demo, REFUSED)
    answer = trainer.open(copy)
    assert answer.status == 403
    trainer.reads(REASON)
    trainer.reads(re.compile("Who can mend it.*What happens then", re.DOTALL))
    trainer.look("refused-copy")
    assert trainer.context.request.get(quiet_demo.address + copy, headers={"Range": "bytes=0-99"}).status == 403
    manager.sign_in(THEIR_MANAGER)
    manager.reads(REASON)
    manager.press("Organisation", inside=manager.page.get_by_role("navigation"))
    manager.reads(REASON)
    manager.reads("What happens next")
    manager.look("refused-organisation")


@by_mouse_and_keyboard
def test_suspended_then_restored(by_keyboard: bool, demo: Demo, visitor: MakeVisitor) -> None:
    """A copy's address refuses from the moment of suspension, and opens again once restored."""
    trainer, staff = visitor(demo, by_keyboard=by_keyboard), visitor(demo, by_keyboard=by_keyboard)
    trainer.sign_in(TRAINER)
    copy = _first_copy(trainer)
    assert trainer.fetch(copy).ok
    staff.sign_in(STAFF)
    staff.press("Organisations", inside=staff.page.get_by_role("navigation"))
    staff.write("Name", "Lakeshire")
    staff.press("Show these")
    staff.press("Lakeshire Council", inside=staff.page.locator("main"))
    staff.press("Periods, seats and history")
    staff.press("Suspend the licence")
    staff.look("suspend")
    staff.write("Reason", "The order was cancelled on 3 May.")
    staff.press("Suspend the licence")
    staff.reads("The order was cancelled on 3 May.")
    staff.look("suspended")
    assert trainer.open(copy).status == 403
    trainer.reads("The order was cancelled on 3 May.")
    trainer.look("refused-after-suspension")
    staff.press("Restore the licence")
    staff.look("restore")
    staff.write("Reason", "A new order came.")
    staff.press("Restore the licence")
    staff.reads("A new order came.")
    staff.look("restored")
    answer = trainer.fetch(copy)
    assert answer.ok
    assert answer.body().startswith(b"%PDF-")


def _kept_address(demo: Demo, email: str) -> str:
    """The address of a copy as somebody kept it from before: the list offers none that would be refused."""
    wanted = sa.text(
        "SELECT code FROM materials_copy JOIN licences_person ON licences_person.id = person_id"
        " WHERE email = :email ORDER BY taken_at DESC LIMIT 1"
    )
    engine = sa.create_engine(demo.database_url)
    with engine.connect() as connection:
        code = connection.execute(wanted, {"email": email}).scalar_one()
    engine.dispose()
    return f"/copies/{code}"


def _first_copy(trainer: Visitor) -> str:
    """The address of a copy that this person took earlier."""
    trainer.open("/copies")
    address = trainer.page.get_by_role("link", name="Open again").first.get_attribute("href")
    assert address
    return address
