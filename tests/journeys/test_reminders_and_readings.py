"""What a trainer can do about what is still open: remind whoever can mend a refusal, and say what they have read."""

import re

import pytest

from tests.journeys.conftest import MakeVisitor
from tests.journeys.demo import Demo
from tests.journeys.visitor import Visitor

REFUSED = "trainer@hillside.example"
SENT = re.compile(r"Sent to Priya Raman on \d+ \w+ \d{4}; you can send another from")


@pytest.mark.parametrize("how", [{}, {"by_keyboard": True}, {"java_script_enabled": False}], ids=str)
def test_a_refused_trainer_reminds_the_manager_and_says_what_is_read(
    how: dict[str, bool], demo: Demo, visitor: MakeVisitor
) -> None:
    """From home, where both stand; with the mouse, by keyboard, and without script."""
    trainer: Visitor = visitor(demo, **how)
    trainer.sign_in(REFUSED)
    trainer.look("refused-home")
    trainer.press("Send Priya a reminder")
    trainer.reads("Your reminder to Priya Raman is on its way.")
    trainer.reads(SENT)
    trainer.look("reminded")
    trainer.reads("Trainer manual: still to read")
    trainer.press("I have read these changes of Trainer manual")
    trainer.reads("Noted: you have read what changed in Trainer manual")
    assert trainer.page.get_by_text("Trainer manual: still to read").count() == 0
    trainer.press("Trainer manual", inside=trainer.page.locator("main"))
    trainer.reads(SENT)
    trainer.look("reminded-material")
