"""A person at a browser: opens pages, reads, presses; and every page they reach is examined."""

import io
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Locator, Page, Response, expect
from pypdf import PdfReader

from sandbox.demo_data import PASSWORD
from tests.journeys import checks, keyboard

PICTURES = "JOURNEY_PICTURES"

# How many main headings a page has that has arrived whole.
WHOLE = "document.readyState === 'complete' && document.querySelectorAll('h1').length"


@dataclass
class Visitor:
    """Somebody with a browser window. Complaints of the browser are collected and told at the next look."""

    context: BrowserContext
    address: str
    pictures: Path | None = None
    by_keyboard: bool = False
    runs_script: bool = True
    name: str = "anybody"
    page: Page = field(init=False)
    pressed: int = 0
    filled: int = 0
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        # A page that refuses answers 403 or 404 by design; parts of a page that fail are caught in `_answered`.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        # The browser's own PDF reader loads its parts from chrome: addresses.
        if response.url.startswith("http") and not response.url.startswith(self.address):
            self.complaints.append(f"loaded from outside: {response.url}")
        if response.status >= 400 and response.request.resource_type != "document":
            self.complaints.append(f"{response.status}: {response.url}")

    # Going about

    def open(self, path: str) -> Response:
        """Types an address, and once more when what a key pressed before leads somewhere only now."""
        try:
            response = self.page.goto(self.address + path)
        except Error as error:
            if "interrupted by another navigation" not in str(error):
                raise
            self.page.wait_for_load_state()
            response = self.page.goto(self.address + path)
        assert response is not None
        return response

    def press(self, name: str, *, exact: bool = False, inside: Locator | None = None) -> None:
        """Presses the button or follows the link of this name."""
        place = inside or self.page
        button, link = (
            place.get_by_role("button", name=name, exact=exact),
            place.get_by_role("link", name=name, exact=exact),
        )
        self.activate(button.or_(link).first)

    def activate(self, target: Locator) -> None:
        """Clicks, or walks there with Tab and presses Enter."""
        self.pressed += 1
        if self.by_keyboard:
            keyboard.walk_to(self.page, target)
            self.page.keyboard.press("Enter")
            self.page.wait_for_load_state()
        else:
            target.click()

    def write(self, label: str, text: str, *, inside: Locator | None = None) -> None:
        """Fills the field of this label."""
        self.filled += 1
        self._type(inside.get_by_label(label) if inside else self._labelled(label), text)

    def _type(self, box: Locator, text: str) -> None:
        if self.by_keyboard:
            keyboard.walk_to(self.page, box)
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(text)
        else:
            box.fill(text)

    def tick(self, label: str, *, inside: Locator | None = None) -> None:
        """Ticks the box, or chooses the radio button, of this label."""
        self.tick_this(inside.get_by_label(label) if inside else self._labelled(label))

    def tick_this(self, box: Locator) -> None:
        """Ticks a box or chooses a radio button. Tab leads to a group of radio buttons once; then the arrows choose."""
        self.filled += 1
        if self.by_keyboard and box.get_attribute("type") == "radio":
            keyboard.choose_radio(self.page, box)
        elif self.by_keyboard:
            keyboard.walk_to(self.page, box)
            self.page.keyboard.press("Space")
        else:
            box.check()
        expect(box).to_be_checked()

    def choose(self, label: str, option: str) -> None:
        """Chooses from a list; by keyboard, by typing how the option begins."""
        self.filled += 1
        box = self._labelled(label)
        if self.by_keyboard:
            keyboard.walk_to(self.page, box)
            self.page.keyboard.type(option)
            expect(box.locator("option:checked")).to_have_text(option)
        else:
            box.select_option(label=option)

    def write_day(self, label: str, day: date) -> None:
        """Fills day, month and year of a date."""
        self.filled += 1
        group = self.page.get_by_role("group", name=label)
        for part, number in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
            self._type(group.get_by_label(part), str(number))

    def upload(self, label: str, path: Path) -> None:
        """Chooses a file of this machine."""
        self.filled += 1
        box = self._labelled(label)
        if self.by_keyboard:  # the dialog that opens is the system's own, not ours
            keyboard.walk_to(self.page, box)
        box.set_input_files(path)

    def _labelled(self, label: str) -> Locator:
        return self.page.locator("main").get_by_label(label, exact=True)

    def take_copy(self, button: str = "Take a copy") -> PdfReader:
        """Presses the button; the PDF arrives, and is read."""
        with self.page.expect_response(lambda answer: "/copies/" in answer.url and answer.status == 200) as arriving:
            self.press(button)
        assert arriving.value.headers["content-type"] == "application/pdf"
        answer = self.fetch(arriving.value.url)
        assert answer.ok, answer.status
        return PdfReader(io.BytesIO(answer.body()))

    def reads(self, words: str | re.Pattern[str]) -> None:
        """Sees these words on the page."""
        expect(self.page.locator("body")).to_contain_text(words)

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        """Signs in through the door."""
        self.name = email.replace("@", "-").removesuffix(".example")
        self.open("/sign-in")
        self.write("E-mail address", email)
        self.write("Password", password)
        self.press("Sign in", exact=True, inside=self.page.locator("main"))
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def fetch(self, path: str) -> Any:
        """Gets an address as this person, with their cookies, without a page."""
        return self.context.request.get(path if path.startswith("http") else self.address + path, max_redirects=0)

    # Looking

    def look(self, name: str) -> None:
        """Examines the page in both widths, and is content only when nothing is wrong.

        By keyboard it was examined already, on the way with the mouse: then only the walk counts. Without script there
        is no examining: axe is one, and would wait for ever.
        """
        if self.by_keyboard or not self.runs_script:
            return
        wrong = self.faults(name)
        assert not wrong, f"{name} ({self.page.url}):\n" + "\n".join(wrong)

    def faults(self, name: str) -> list[str]:
        """What is wrong in either width: axe, sideways scrolling, heading and title, what the browser complains of."""
        self._settle()
        wrong = checks.headings(self.page)
        for size in (checks.NARROW, checks.WIDE):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            wrong += checks.sideways(self.page) + checks.axe_violations(self.page)
            self._photograph(f"{name}-{size['width']}")
        wrong += self.complaints
        self.complaints.clear()
        return wrong

    def named_faults(self) -> list[str]:
        """What axe does not see, at the width that the window has now."""
        page = self.page
        return [*checks.small_targets(page), *checks.dragged(page), *keyboard.hidden_on_the_way(page)]

    def _settle(self) -> None:
        """Waits until the page that a press led to is there whole: a click returns before the next page does.

        Gives up after five seconds, so that a page without heading is still told of by the checks.
        """
        before = ""
        for _ in range(50):
            try:
                whole = self.page.evaluate(WHOLE)
            except Error:  # the page went away while it was asked
                whole = 0
            if whole == 1 and before == self.page.url:
                return
            before = self.page.url if whole == 1 else ""
            self.page.wait_for_timeout(100)

    def _photograph(self, name: str) -> None:
        if self.pictures:
            self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True)
