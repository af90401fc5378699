"""What remains of WCAG 2.2 and of people's own settings: passwords, colours forced by the system, less motion."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import MakeVisitor
from tests.journeys.demo import Demo

TRAINER = "trainer@lakeshire.example"


def test_password_can_be_pasted_and_shown(quiet_demo: Demo, visitor: MakeVisitor) -> None:
    """Nobody has to remember or copy by hand (WCAG 3.3.8), and a password manager knows both fields."""
    someone = visitor(quiet_demo)
    someone.open("/sign-in")
    name, password = someone.page.get_by_label("E-mail address"), someone.page.get_by_label("Password", exact=True)
    name.fill("three words in a row")
    name.press("Control+A")
    name.press("Control+C")
    password.press("Control+V")
    expect(password).to_have_value("three words in a row")
    expect(password).to_have_attribute("type", "password")
    someone.press("Show password")
    expect(password).to_have_attribute("type", "text")
    expect(name).to_have_attribute("autocomplete", "username")
    expect(password).to_have_attribute("autocomplete", "current-password")


def test_wrong_password_keeps_the_address(quiet_demo: Demo, visitor: MakeVisitor) -> None:
    """Nothing is asked twice (WCAG 3.3.7), and the summary of what is wrong has the focus."""
    someone = visitor(quiet_demo)
    someone.open("/sign-in")
    someone.write("E-mail address", TRAINER)
    someone.write("Password", "not the right one")
    someone.press("Sign in", exact=True, inside=someone.page.locator("main"))
    expect(someone.page).to_have_title(re.compile("^Error: "))
    expect(someone.page.get_by_label("E-mail address")).to_have_value(TRAINER)
    expect(someone.page.locator(".govuk-error-summary")).to_be_focused()
    someone.look("sign-in-refused")


@pytest.mark.parametrize("settings", [{"forced_colors": "active"}, {"reduced_motion": "reduce"}])
def test_own_settings_are_respected(settings: dict[str, str], quiet_demo: Demo, visitor: MakeVisitor) -> None:
    """With the system's colours every shape keeps an edge; with less motion nothing moves."""
    someone = visitor(quiet_demo, **settings)
    someone.sign_in(TRAINER)
    kind = next(iter(settings))
    for path in ("/", "/materials/1", "/copies"):
        someone.open(path)
        someone.look(f"{kind}-{Path(path).name or 'home'}")
        if "forced_colors" in settings:
            edge = "e => getComputedStyle(e).borderTopStyle"
            assert set(someone.page.locator(".sb-card, .govuk-tag").evaluate_all(f"all => all.map({edge})")) <= {
                "solid"
            }
        moving = someone.page.evaluate("document.getAnimations().filter(a => a.playState === 'running').length")
        assert moving == 0
