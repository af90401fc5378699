"""Getting about with the Tab key alone, and seeing at each step where one is."""

from typing import Any

from playwright.sync_api import Locator, Page

MOST_STEPS = 150
STEPS_FROM_TOP, STEPS_FROM_END = 40, 15

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


def choose_radio(page: Page, target: Locator) -> None:
    """Walks to the group of a radio button and presses the arrow until it is chosen."""
    group = page.locator(f'input[type="radio"][name="{target.get_attribute("name")}"]')
    walk_to(page, group.first)
    page.keyboard.press("Space")
    for _ in range(group.count()):
        if target.is_checked():
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrows never reach {target}")


def hidden(found: dict[str, Any] | None) -> str:
    """What is wrong with where the focus is; nothing when it can be seen, or is outside the page."""
    if found is None or (found["marked"] and found["shown"]):
        return ""
    return f"the focus is {'covered or out of sight' if found['marked'] else 'not marked'}: {found['what']}"


def hidden_on_the_way(page: Page) -> list[str]:
    """Tabs through the page, and tells where the focus could not be seen.

    Of a long list, whose rows are alike, the first steps are made from the top and the last backwards from the end.
    """
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    wrong, finished = _hidden_on(page, "Tab", STEPS_FROM_TOP)
    if not finished:
        page.locator("footer a, main a").last.focus()
        wrong += _hidden_on(page, "Shift+Tab", STEPS_FROM_END)[0]
    return wrong


def _hidden_on(page: Page, key: str, steps: int) -> tuple[list[str], bool]:
    """Where the focus was hidden in so many steps, and whether it left the page before they were over."""
    wrong: list[str] = []
    for _ in range(steps):
        page.keyboard.press(key)
        found = page.evaluate(FOCUS)
        if found is None:
            return wrong, True
        if hidden(found):
            wrong.append(hidden(found))
    return wrong, False
