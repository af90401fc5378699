"""What must be true of every page, whoever looks at it and however: asked of a page that is open in the browser."""

from functools import cache
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SMALLEST_TARGET = 24  # CSS pixels, WCAG 2.5.8
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}


SIDEWAYS = """() => {
  const width = document.scrollingElement.scrollWidth;
  if (width <= innerWidth) return [];
  const out = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1);
  return [`${width} pixels wide`, ...out.slice(0, 5).map(e => e.outerHTML.slice(0, 160))];
}"""

# A link within a sentence may be as high as its line (the inline exception of WCAG 2.5.8).
SMALL_TARGETS = """smallest => {
  const seen = e => {
    const r = e.getBoundingClientRect(), s = getComputedStyle(e);
    const forReaders = e.closest(".govuk-visually-hidden, .govuk-skip-link") !== null;
    return r.width > 1 && r.height > 1 && s.visibility !== "hidden" && !forReaders;
  };
  const inSentence = e => {
    if (getComputedStyle(e).display !== "inline") return false;
    const block = e.closest("p, li, dd, dt, td, th, div");
    return block !== null && block.textContent.trim().length > e.textContent.trim().length + 1;
  };
  return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .filter(e => seen(e) && !inSentence(e))
    .map(e => [e.getBoundingClientRect(), e])
    .filter(([r]) => Math.min(r.width, r.height) < smallest)
    .map(([r, e]) => `${Math.round(r.width)} by ${Math.round(r.height)} pixels: ${e.outerHTML.slice(0, 160)}`);
}"""

DRAGGED = """() => [...document.querySelectorAll(
  "[draggable=true], [ondragstart], [ondrag], [ondrop], input[type=range]")].map(e => e.outerHTML.slice(0, 160))"""

# The distances of WCAG 1.4.12, in a sheet made by script: the page's own policy refuses a style element.
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
    p { margin-bottom: 2em !important; }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
BIG_TEXT = """() => { document.documentElement.style.fontSize = "200%"; }"""
AS_BEFORE = """() => { document.adoptedStyleSheets = []; document.documentElement.style.fontSize = ""; }"""

CUT_OFF = """() => [...document.querySelectorAll("body *")].filter(e => {
  const s = getComputedStyle(e);
  if (!e.textContent.trim() || e.clientWidth < 2 || s.clipPath !== "none" || s.clip !== "auto") return false;
  if (e.closest("svg, progress, select, textarea, thead, .govuk-visually-hidden")) return false;
  return s.overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1
      || s.overflowY !== "visible" && e.scrollHeight > e.clientHeight + 1;
}).map(e => e.outerHTML.slice(0, 160))"""

HELP = """() => [...document.querySelectorAll("body > *")].map(e => e.localName).join(" ").replace(/ script/g, "")
  + ": " + document.querySelector("footer").innerText"""


@cache
def _axe() -> str:
    return Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()


def axe_violations(page: Page) -> list[str]:
    """What axe finds wrong, a line for each."""
    if not page.evaluate("'axe' in window"):
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
    width = page.viewport_size["width"] if page.viewport_size else 0
    return [f"sideways at {width}: {one}" for one in page.evaluate(SIDEWAYS)]


def headings(page: Page) -> list[str]:
    """A page has one h1, and a title that begins with its own name."""
    count, title = page.locator("h1").count(), page.title()
    wrong = [] if count == 1 else [f"{count} h1 on {page.url}"]
    return wrong if " – " in title else [*wrong, f"the title “{title}” does not name page and product"]


def small_targets(page: Page) -> list[str]:
    """What is too small to be hit surely (WCAG 2.5.8), without the exception for distance."""
    return [f"small: {one}" for one in page.evaluate(SMALL_TARGETS, SMALLEST_TARGET)]


def dragged(page: Page) -> list[str]:
    """What needs dragging (WCAG 2.5.7)."""
    return [f"needs dragging: {one}" for one in page.evaluate(DRAGGED)]


def lost_when_text_grows(page: Page) -> list[str]:
    """What is cut off, or pushed out of the page, by wider text (WCAG 1.4.12) or text of twice the size (1.4.4)."""
    wrong = []
    for change, size, name in ((SPACED, NARROW, "wider text"), (BIG_TEXT, WIDE, "text twice as big")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.evaluate(change)
        wrong += [f"{name}: {one}" for one in [*sideways(page), *page.evaluate(CUT_OFF)]]
        page.evaluate(AS_BEFORE)
    return wrong


def help_place(page: Page) -> str:
    """The order of the page's parts and the words of its foot, where help is (WCAG 3.2.6)."""
    return str(page.evaluate(HELP))
