"""The checks themselves: each finds its fault on a page made for it, and nothing on one that is right."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys import checks, keyboard

RIGHT = """<!doctype html><html lang="en"><title>Page – Portal</title>
<style>a:focus {{ outline: 3px solid }} a {{ display: inline-block; padding: 8px }} {style}</style>
<main><h1>One</h1><p><a href="#x">A link alone</a></p>{more}</main><footer>Help</footer></html>"""

FAULTS = [
    pytest.param(checks.axe_violations, "", "<img src='x.png'>", id="a picture without words"),
    pytest.param(checks.sideways, "", "<div style='width: 3000px'>wide</div>", id="too wide"),
    pytest.param(checks.headings, "", "<h1>Two</h1>", id="two headings"),
    pytest.param(checks.small_targets, "a { padding: 0; font-size: 12px }", "", id="a small target"),
    pytest.param(checks.dragged, "", "<p draggable='true'>pull</p>", id="a thing to drag"),
    pytest.param(
        checks.lost_when_text_grows,
        "",
        "<p style='width: 80px; height: 20px; overflow: hidden; font-size: 1rem'>Ten words</p>",
        id="text that is cut off",
    ),
    pytest.param(keyboard.hidden_on_the_way, "a:focus { outline: none }", "", id="an unmarked focus"),
    pytest.param(
        keyboard.hidden_on_the_way,
        "",
        "<div style='position: fixed; inset: 0; background: white'>cover</div>",
        id="a covered focus",
    ),
]


@pytest.mark.parametrize(("check", "style", "more"), FAULTS)
def test_finds_its_fault(check: Callable[[Page], list[str]], style: str, more: str, browser: Browser) -> None:
    page = browser.new_page(viewport=checks.WIDE)  # type: ignore[arg-type]
    page.set_content(RIGHT.format(style="", more=""))
    assert check(page) == []
    page.set_content(RIGHT.format(style=style, more=more))
    assert check(page)
    page.close()


def test_tells_help_in_another_place(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(RIGHT.format(style="", more=""))
    first = checks.help_place(page)
    page.evaluate("document.body.prepend(document.querySelector('footer'))")
    assert checks.help_place(page) != first
    page.close()
