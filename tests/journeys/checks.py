"""What must be true of every page, whoever looks at it and however: asked of a page that is open in the browser."""

from functools import cache
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SMALLEST_TARGET = 24  # CSS pixels, WCAG 2.5.8
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}


@cache
def _axe() -> str:
    return Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()


def axe_violations(page: Page) -> list[str]:
    """What axe finds wrong, a line for each."""
    page.evaluate(_axe())
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", list(RULES)
    )
    return [
        f"axe {one['id']}: {one['help']}: {node['target']} {node['html'][:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def sideways(page: Page) -> list[str]:
    """What sticks out at the right, when the page can be scrolled sideways."""
    found: list[str] = page.evaluate(
        """() => {
          if (document.scrollingElement.scrollWidth <= innerWidth) return [];
          const out = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1);
          return out.slice(0, 5).map(e => e.outerHTML.slice(0, 160)).concat("scrollWidth " + document.scrollingElement.scrollWidth);
        }"""
    )
    return [f"sideways at {page.viewport_size and page.viewport_size['width']}: {one}" for one in found]


def headings(page: Page) -> list[str]:
    """A page has one h1, and a title that begins with its own name."""
    count, title = page.locator("h1").count(), page.title()
    wrong = [] if count == 1 else [f"{count} h1 on {page.url}"]
    return wrong if " – " in title else [*wrong, f"the title “{title}” does not name page and product"]
