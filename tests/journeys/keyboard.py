"""Getting about with the Tab key alone, and seeing at each step where one is."""

from typing import Any

from playwright.sync_api import Locator, Page

MOST_STEPS = 150

# Where the focus is, and whether one can see it (WCAG 2.4.7 and 2.4.11): inside the window, not covered by something
# else, and marked by an outline, a shadow or the colour of the focus.
FOCUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) return null;
  const seen = e.matches("input[type=checkbox], input[type=radio]") && e.labels.length ? e.labels[0] : e;
  const style = getComputedStyle(e), before = getComputedStyle(seen, "::before");
  const marked = [style, before].some(s =>
    (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== "none");
  const boxes = [...e.getClientRects()].filter(r => r.width > 0 && r.height > 0);
  const shown = boxes.some(r => [[.5, .5], [.1, .5], [.9, .5], [.5, .1], [.5, .9]].some(([x, y]) => {
    const top = document.elementFromPoint(r.left + r.width * x, r.top + r.height * y);
    return top && (top === e || e.contains(top) || top.contains(e) && top.closest("a, button, label") !== null
      || [...(e.labels || [])].some(l => l.contains(top)));
  }));
  return {marked, shown, what: e.outerHTML.slice(0, 160)};
}"""


def walk_to(page: Page, target: Locator) -> None:
    """Presses Tab until the target has the focus, which must be visible at every step."""
    wanted = target.element_handle()
    assert wanted is not None
    for _ in range(MOST_STEPS):
        if wanted.evaluate("e => document.activeElement === e"):
            return
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUS)
        assert not hidden(found), hidden(found)
    raise AssertionError(f"Tab never reaches {target}")


def hidden(found: dict[str, Any] | None) -> str:
    """What is wrong with where the focus is; nothing when it can be seen, or is outside the page."""
    if found is None or (found["marked"] and found["shown"]):
        return ""
    return f"the focus is {'covered or out of sight' if found['marked'] else 'not marked'}: {found['what']}"


def hidden_on_the_way(page: Page) -> list[str]:
    """Tabs through the whole page, and tells where the focus could not be seen."""
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    wrong = []
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUS)
        if found is None:
            break
        if hidden(found):
            wrong.append(hidden(found))
    return wrong
