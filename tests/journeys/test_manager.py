"""A licence manager’s whole job: invites, mends an address, hands a seat on, sees somebody leave; the guest joins."""

import re

from playwright.sync_api import expect

from tests.journeys.conftest import MakeVisitor
from tests.journeys.demo import Demo
from tests.journeys.visitor import Visitor

MANAGER = "manager@lakeshire.example"
GUEST = "nia@lakeshire.example"
NEW_PASSWORD = "four quiet green words"


def test_manager_looks_after_the_organisation(working_demo: Demo, visitor: MakeVisitor) -> None:
    """With the mouse, every page on the way examined, at 1280 and at 320 pixels."""
    _whole_job(working_demo, visitor(working_demo), visitor(working_demo))


def test_manager_by_keyboard(working_demo: Demo, visitor: MakeVisitor) -> None:
    """The same with Tab, Enter, Space and arrows alone."""
    _whole_job(working_demo, visitor(working_demo, by_keyboard=True), visitor(working_demo, by_keyboard=True))


def test_manager_without_script(working_demo: Demo, visitor: MakeVisitor) -> None:
    """The same in a browser that runs no JavaScript."""
    plain = {"java_script_enabled": False}
    _whole_job(working_demo, visitor(working_demo, **plain), visitor(working_demo, **plain))


def _whole_job(demo: Demo, manager: Visitor, guest: Visitor) -> None:
    manager.sign_in(MANAGER)
    manager.reads("7 of 10 seats in use")
    manager.look("organisation")
    _invite_one(manager)
    _accept(demo, guest)
    _invite_several(manager)
    _mend_an_address(demo, manager)
    _hand_a_seat_on(manager)
    _let_somebody_go(manager)


def _invite_one(manager: Visitor) -> None:
    manager.press("Invite somebody", exact=True)
    manager.look("invite")
    manager.write("Full name", "Nia Prosser")
    manager.write("E-mail address", GUEST)
    manager.tick("Trainer")
    manager.tick_this(manager.page.get_by_label(re.compile("A seat for")))
    manager.press("Send the invitation")
    manager.reads(f"An invitation to {GUEST} is on its way")


def _accept(demo: Demo, guest: Visitor) -> None:
    """Invitation, home: two pages, two fields."""
    found = re.search(r"https?://\S+?(/invitation/\S+)", demo.mail_to(GUEST).part("plain"))
    assert found
    guest.name = "guest"
    guest.open(found[1])
    guest.reads("Janet Whitlock invites you to join Lakeshire Council")
    guest.look("invitation")
    guest.write("Choose a password", NEW_PASSWORD)
    guest.tick("I have read the terms of use and accept them")
    guest.press("Join", exact=True)
    guest.reads("You belong to Lakeshire Council now")
    expect(guest.page.get_by_role("heading", level=1)).to_contain_text("Nia")
    assert (guest.filled, guest.pressed) == (2, 1)
    guest.open(found[1])
    guest.reads("This invitation is accepted")
    guest.look("invitation-accepted")


def _invite_several(manager: Visitor) -> None:
    manager.open("/organisation")
    manager.reads("8 of 10 seats in use")
    manager.press("Invite several at once")
    manager.write("People", "Ifan Rees, ifan@lakeshire.example\nnobody")
    manager.tick("Finance contact")
    manager.tick("No seat")
    manager.press("Show the list")
    manager.reads("Nobody was invited yet: 1 row needs a look")
    manager.look("invite-several-refused")
    manager.write("People", "Ifan Rees, ifan@lakeshire.example\nLowri Bevan <lowri@lakeshire.example>")
    manager.press("Show the list")
    manager.reads("Invite these 2 people?")
    manager.look("invite-preview")
    manager.press("Send 2 invitations")
    manager.reads("2 invitations are on their way")


def _mend_an_address(demo: Demo, manager: Visitor) -> None:
    manager.reads("Did not arrive")
    manager.press("Change the invitation of Kofi Boateng")
    manager.look("one-invitation")
    manager.write("E-mail address", "kofi@lakeshire.example")
    manager.press("Save", exact=True)
    manager.reads("The invitation goes to kofi@lakeshire.example now")
    assert "/invitation/" in demo.mail_to("kofi@lakeshire.example").part("plain")
    manager.press("Change the invitation of Ifan Rees")
    manager.press("Withdraw the invitation")
    manager.reads("The invitation to ifan@lakeshire.example is withdrawn")


def _hand_a_seat_on(manager: Visitor) -> None:
    """Three pages, one field, three presses."""
    manager.open("/organisation")
    pressed, filled = manager.pressed, manager.filled
    manager.press("Change Gareth Poole")
    manager.look("one-person")
    manager.press("Hand the seat to somebody else")
    manager.look("hand-over")
    manager.choose("Who gets the seat", "Rosa Fernández")
    manager.press("Hand the seat over")
    manager.reads("Rosa Fernández has the seat of Gareth Poole now")
    assert (manager.pressed - pressed, manager.filled - filled) == (3, 1)
    manager.reads("8 of 10 seats in use")


def _let_somebody_go(manager: Visitor) -> None:
    manager.press("Change Gareth Poole")
    manager.press("end their place")
    manager.look("leave")
    manager.press("End the place")
    manager.reads("Gareth Poole does not belong to Lakeshire Council any more")
    manager.look("organisation-afterwards")
