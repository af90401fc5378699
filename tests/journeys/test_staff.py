"""The programme team takes on an organisation, publishes, withdraws, and sees what was taken."""

import csv
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from kit.clock import SystemClock, today
from tests.factories.pdf_files import pdf_file
from tests.journeys.conftest import MakeVisitor
from tests.journeys.demo import Demo
from tests.journeys.visitor import Visitor

STAFF = "staff@demo.example"
NEWCOMER, NAME, PLACE = "nadia@brackenhill.example", "Nadia Karim", "Brackenhill Learning Trust"
PROGRAMME, MATERIAL = "Relational practice in a day", "Handbook for the day"
PREPARED_MS = 90_000


@pytest.mark.parametrize("by_keyboard", [False, True], ids=["mouse", "keyboard"])
def test_team_takes_on_an_organisation(
    by_keyboard: bool, working_demo: Demo, visitor: MakeVisitor, tmp_path: Path
) -> None:
    """From an empty programme to the first copy in the hands of a new person."""
    staff = visitor(working_demo, by_keyboard=by_keyboard)
    staff.sign_in(STAFF)
    _add_programme_and_material(staff)
    _add_organisation_and_person(staff)
    _grant_licence(staff)
    _accredit_and_seat(staff)
    staff.open("/admin/materials")
    staff.press(MATERIAL)
    _publish(staff, pdf_file(tmp_path / "handbook.pdf", pages=40), look=True)
    code = _newcomer_takes_a_copy(visitor(working_demo, by_keyboard=by_keyboard), working_demo)
    _staff_sees_the_copy(staff, code)
    _withdraw(staff)


@pytest.mark.parametrize("script", [True, False])
def test_publishing_takes_four_pages_fields_and_presses(
    script: bool, working_demo: Demo, visitor: MakeVisitor, tmp_path: Path
) -> None:
    """Counted from the material's page, with a change note whose reading is required; without script too."""
    staff = visitor(working_demo, java_script_enabled=script)
    staff.sign_in(STAFF)
    staff.open("/admin/materials")
    staff.press("Trainer manual", exact=True)
    _publish(staff, pdf_file(tmp_path / "manual.pdf", pages=12), note=True)
    expect(staff.page.locator("main")).to_contain_text("3.3")


def _add_programme_and_material(staff: Visitor) -> None:
    staff.open("/admin/programmes")
    staff.press("Add a programme")
    staff.press("Add the programme")
    staff.look("programme-refused")
    expect(staff.page).to_have_title(re.compile("^Error: "))
    staff.write("Name", PROGRAMME)
    staff.write("Days of the course for schools", "1")
    staff.write("Who it is for", "School staff who have one day.")
    staff.press("Add the programme")
    staff.reads(PROGRAMME)
    staff.look("programme-added")
    staff.open("/admin/materials/new")
    staff.choose("Programme", PROGRAMME)
    staff.write("Title", MATERIAL)
    staff.press("Add this material")
    # What was typed is not asked for again.
    expect(staff.page.get_by_label("Title", exact=True)).to_have_value(MATERIAL)
    expect(staff.page.get_by_label("Programme", exact=True).locator("option:checked")).to_have_text(PROGRAMME)
    staff.look("material-refused")
    staff.write("Description", "What the day holds, hour by hour.")
    staff.tick_this(staff.page.get_by_role("group", name="What is it?").get_by_role("radio").first)
    staff.tick_this(staff.page.get_by_role("group", name="What may trainers do").get_by_role("checkbox").first)
    staff.press("Add this material")
    staff.reads(MATERIAL)
    staff.look("material-added")


def _add_organisation_and_person(staff: Visitor) -> None:
    staff.open("/admin/organisations")
    staff.press("Add an organisation")
    staff.write("Name", PLACE)
    staff.tick("Multi-academy trust")
    staff.press("Add the organisation")
    expect(staff.page.get_by_role("heading", level=1)).to_have_text(PLACE)
    staff.look("organisation-added")
    staff.press("Add a person")
    staff.write("Full name", NAME)
    staff.write("E-mail address", NEWCOMER)
    staff.tick("Trainer")
    staff.press("Add and send the mail")
    staff.reads(NAME)
    staff.look("person-added")


def _grant_licence(staff: Visitor) -> None:
    _open_organisation(staff)
    staff.press("Grant a licence")
    staff.choose("Programme", PROGRAMME)
    staff.write_day("First day", today(SystemClock()))
    staff.write_day("Last day", today(SystemClock()) + timedelta(days=364))
    staff.write("Seats", "2")
    staff.press("Grant the licence")
    staff.look("licence-refused")  # the reason is missing
    expect(staff.page.get_by_label("Seats", exact=True)).to_have_value("2")
    staff.write("Reason", "Purchase order 4500081734")
    staff.press("Grant the licence")
    staff.reads("0 of 2 seats in use")
    staff.look("licence-granted")


def _accredit_and_seat(staff: Visitor) -> None:
    staff.open("/admin/people?q=Nadia")
    staff.press(NAME)
    staff.press("Record an accreditation")
    staff.choose("Programme", PROGRAMME)
    staff.write_day("First day", today(SystemClock()))
    staff.write_day("Last day", today(SystemClock()) + timedelta(days=730))
    staff.press("Save the accreditation")
    staff.look("accredited")
    staff.press(f"Give a seat for {PROGRAMME}")
    _open_organisation(staff)
    staff.reads("1 of 2 seats in use")
    staff.look("seat-given")


def _open_organisation(staff: Visitor) -> None:
    staff.open("/admin/organisations?q=Brackenhill")
    staff.press(PLACE)


def _publish(staff: Visitor, file: Path, *, note: bool = False, look: bool = False) -> None:
    """From the material's page to a published edition: at most four pages, fields and presses."""
    see = staff.look if look else lambda _name: None
    pages: list[str] = []
    staff.page.on("framenavigated", lambda _frame: pages.append(staff.page.url))
    staff.pressed = staff.filled = 0
    staff.press("New edition")
    see("edition-new")
    staff.upload("The PDF", file)
    if staff.page.get_by_label("Edition number").input_value() == "":
        staff.write("Edition number", "1.0")
    if note:
        line = staff.page.get_by_role("group", name="Line 1")
        staff.write("Where", "Pages 2–3", inside=line)
        staff.write("What is different", "Whom to ask when a child moves school.", inside=line)
        staff.tick("Must be read", inside=line)
    staff.press("Upload it as a draft")
    see("edition-preparing")
    _wait_until_prepared(staff)
    see("edition-ready")
    staff.press("Save ", inside=staff.page.locator("main"))
    staff.reads("then publish")
    see("edition-publish")
    preview = staff.fetch(str(staff.page.get_by_role("link", name="Look at it stamped").get_attribute("href")))
    assert preview.headers["content-type"] == "application/pdf"
    staff.press("Publish edition")
    staff.reads("published")
    see("edition-published")
    assert staff.pressed <= 4
    assert staff.filled <= 4
    assert len(dict.fromkeys(pages)) <= 4, pages


def _wait_until_prepared(staff: Visitor) -> None:
    """With script the page tells it by itself; without, one looks again."""
    ready = staff.page.get_by_text("The pages are ready")
    if staff.runs_script:
        expect(ready).to_be_visible(timeout=PREPARED_MS)
        return
    for _ in range(PREPARED_MS // 500):
        if ready.is_visible():
            return
        staff.activate(staff.page.get_by_role("link", name="Look again how far it is"))
        staff.pressed -= 1  # looking again while it works is no step of publishing
        staff.page.wait_for_timeout(500)
    raise AssertionError("the pages were not ready in time")


def _newcomer_takes_a_copy(newcomer: Visitor, demo: Demo) -> str:
    """By the link in the welcome mail. Returns the code of the copy."""
    mail = demo.mail_to(NEWCOMER)
    link = re.search(r"http://localhost:\d+(/welcome/\S+)", mail.part("plain"))
    assert link, mail.part("plain")
    newcomer.open(link[1])
    newcomer.write("New password", "short")
    newcomer.press("Set the password")
    newcomer.look("welcome-refused")
    newcomer.write("New password", "three words in a row")
    newcomer.press("Set the password")
    newcomer.sign_in(NEWCOMER, "three words in a row")
    newcomer.look("newcomer-home")
    newcomer.press(MATERIAL)
    newcomer.press("Take a copy")
    newcomer.look("terms-of-use")
    newcomer.press("Accept and go on")
    newcomer.look("terms-refused")
    newcomer.tick("I have read the terms of use and accept them")
    newcomer.press("Accept and go on")
    text = newcomer.take_copy().pages[0].extract_text()
    assert NAME in text
    assert PLACE in text
    newcomer.open("/copies")
    newcomer.look("newcomer-copies")
    address = newcomer.page.get_by_role("link", name="Open again").get_attribute("href")
    assert address
    return address.rsplit("/", 1)[-1]


def _staff_sees_the_copy(staff: Visitor, code: str) -> None:
    staff.open("/admin/copies")
    staff.write("Name, organisation or copy code", code)
    staff.press("Show these")
    expect(staff.page.get_by_role("row")).to_have_count(2)
    staff.reads(NAME)
    staff.look("copies-found")
    sheet = staff.fetch(str(staff.page.get_by_role("link", name="CSV").get_attribute("href")))
    rows = list(csv.reader(io.StringIO(sheet.body().decode("utf-8-sig"))))
    assert [row[1:3] for row in rows[1:]] == [[NAME, PLACE]]
    staff.open("/admin/audit?actor=Nadia")
    staff.reads(re.compile("Copy taken", re.IGNORECASE))
    staff.look("audit-found")


def _withdraw(staff: Visitor) -> None:
    staff.open("/admin/materials")
    staff.press(MATERIAL)
    staff.press("Withdraw", inside=staff.page.locator("main"))
    staff.look("withdraw")
    staff.press("Withdraw edition")
    staff.look("withdraw-refused")
    staff.write("Reason", "Page 7 gives an old telephone number.")
    staff.press("Withdraw edition")
    staff.reads("Page 7 gives an old telephone number.")
    staff.look("withdrawn")
