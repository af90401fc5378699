"""Staff take an edition from a PDF to the trainers, over HTTP."""

import io
import re
import tempfile
from dataclasses import replace
from html import unescape
from pathlib import Path

import pypdf
import pytest
import sqlalchemy as sa
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from kit.store import StoredFile
from kit.web.house import furnish
from licences.people import accounts, memberships
from licences.people.kinds import Role
from materials.kinds import EditionState
from materials.models import Copy, Edition
from tests.browser_like import BASE, Browser, hidden_fields
from tests.factories.pdf_files import pdf_file
from tests.integration.materials.drafts import facts, prepare
from tests.world import STAFF, TEAM, TRAINER, World, password_hash


@pytest.fixture
def staff(world: World) -> Browser:
    return world.browser(STAFF)


def pdf(pages: int = 3, name: str = "manual.pdf") -> tuple[io.BytesIO, str]:
    with tempfile.TemporaryDirectory() as folder:
        return io.BytesIO(pdf_file(Path(folder, "a.pdf"), pages=pages).read_bytes()), name


def upload(staff: Browser, world: World, **fields: object) -> TestResponse:
    """Sends the form of a new edition of the handouts, which have no draft."""
    form = {"number": "1.1", "file": pdf(), **fields}
    address = f"/admin/materials/{world.handouts}/editions/new"
    return staff.post(address, {name: value for name, value in form.items() if value is not None},
                      content_type="multipart/form-data")  # fmt: skip


def count(world: World, table: type) -> int:
    with world.house.database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def complaints(response: TestResponse) -> list[tuple[str, str]]:
    """Where each line of the error summary leads, and its words."""
    body = re.search(r'error-summary__list">(.*?)</ul>', response.text, re.S)
    found = re.findall(r'<li>(?:<a href="#([^"]*)">)?(.*?)(?:</a>)?</li>', body[1] if body else "")
    return [(anchor, unescape(words)) for anchor, words in found]


def test_publishing_takes_four_pages_four_fields_four_presses(world: World, staff: Browser) -> None:
    """Counted from the material's page on, as a person would: pages seen, fields filled in, buttons pressed."""
    pages, fields, presses = 0, 0, 0
    page = staff.get(f"/admin/materials/{world.handouts}").text
    form_address = f"/admin/materials/{world.handouts}/editions/new"
    assert f'href="{form_address}"' in page
    presses += 1  # New edition

    page = staff.get(form_address).text
    pages += 1
    assert 'value="1.1"' in page, "the number is suggested"
    typed = {"file": pdf(), "lines-0-place": "2", "lines-0-text": "New words", "lines-0-must_read": "y"}
    fields += len(typed)
    response = staff.post(form_address, {"number": "1.1", **typed}, content_type="multipart/form-data")
    presses += 1  # Upload it as a draft

    draft = response.location or ""
    edition_id = int(draft.rsplit("/")[-1])
    prepare(world, edition_id)
    page = staff.get(draft).text
    pages += 1
    assert "Save and look at it stamped" in page
    note = {name: value for name, value in typed.items() if name != "file"}
    assert all(f'value="{value}"' in page for value in ("Page 2", "New words")), "nothing is asked twice"
    response = staff.post(draft, {**hidden_fields(page, draft), **note})
    assert response.location == f"{draft}/publish"
    presses += 1  # Save and look at it stamped

    page = staff.get(f"{draft}/publish").text
    pages += 1
    assert "2 trainers in 2 organisations hold a seat" in page
    assert "1.0 stays readable" in page
    response = staff.post(f"{draft}/publish", hidden_fields(page, f"{draft}/publish"))
    presses += 1  # Publish

    assert response.status_code == 303
    assert facts(world, edition_id).is_current
    assert facts(world, edition_id).change_lines == [("Page 2", "New words", True)]
    page = staff.get(response.location or "").text
    pages += 1
    assert "Edition 1.1 of Handouts is published" in page
    assert (pages, fields, presses) <= (4, 4, 4), (pages, fields, presses)
    assert max(pages, fields, presses) <= 4


def test_what_is_not_a_pdf_is_refused_at_the_field_and_not_stored(world: World, staff: Browser) -> None:
    before = count(world, Edition), len(list(Path(world.app.extensions["settings"].store_url[7:]).rglob("*")))
    response = upload(staff, world, file=(io.BytesIO(b"MZ a programme"), "manual.pdf"), number="7.5")
    assert response.status_code == 400
    assert complaints(response) == [
        ("file", "This file is not a PDF. Export or print it to PDF, then upload that file.")
    ]
    assert 'value="7.5"' in response.text
    after = count(world, Edition), len(list(Path(world.app.extensions["settings"].store_url[7:]).rglob("*")))
    assert after == before


def test_a_name_that_does_not_end_in_pdf_is_refused(world: World, staff: Browser) -> None:
    response = upload(staff, world, file=pdf(name="manual.docx"))
    assert complaints(response) == [("file", "Choose a file that ends in .pdf.")]


def test_nothing_typed_is_lost_and_the_file_is_kept(world: World, staff: Browser) -> None:
    wrong = {"number": "one", "lines-0-place": "2", "lines-0-text": "", "lines-1-text": "Kept words"}
    response = upload(staff, world, **wrong)
    assert response.status_code == 400
    assert [anchor for anchor, _ in complaints(response)] == ["number", "lines-0-text", "lines-1-place"]
    assert "Kept words" in response.text
    assert "We have your file: manual.pdf" in response.text
    kept = hidden_fields(response.text, f"/admin/materials/{world.handouts}/editions/new")["kept"]
    response = upload(staff, world, file=None, kept=kept, **{"lines-0-place": "2", "lines-0-text": "New"})
    assert response.status_code == 303, complaints(response)
    assert facts(world, int((response.location or "").rsplit("/")[-1])).file_name == "manual.pdf"


@pytest.mark.parametrize("kept", ["", "x", "eyJ.a.b", "WzEsImFhIiwxLCJhIl0.aSGGtQ.AAAA"])
def test_a_forged_note_of_a_kept_file_is_no_file(world: World, staff: Browser, kept: str) -> None:
    response = upload(staff, world, file=None, kept=kept)
    assert complaints(response) == [("file", "Choose the PDF of this edition.")]


def test_a_kept_file_is_only_for_the_one_who_sent_it(world: World, staff: Browser) -> None:
    house = world.house
    with house.database.write() as session:
        team = memberships.first_place(session, world.people[STAFF]).organisation_id
        dev = memberships.add_person(
            session, house.clock, TEAM, team, name="Dev Chaudhary", email="dev@demo.example", role=Role.STAFF
        )
        accounts.make_demo_account(session, dev.id, password_hash())
    page = upload(staff, world, number="one").text
    kept = hidden_fields(page, f"/admin/materials/{world.handouts}/editions/new")["kept"]
    response = upload(world.browser("dev@demo.example"), world, file=None, kept=kept)
    assert complaints(response) == [("file", "Choose the PDF of this edition.")]


def test_another_line_keeps_the_file_and_says_nothing_wrong(world: World, staff: Browser) -> None:
    response = upload(staff, world, more="yes", **{"lines-0-text": "Half a line"})
    assert response.status_code == 200
    assert complaints(response) == []
    assert "We have your file" in response.text
    assert "Half a line" in response.text
    assert 'name="lines-3-place"' in response.text
    assert 'name="lines-4-place"' not in response.text


def test_a_taken_number_is_refused_at_its_field(world: World, staff: Browser) -> None:
    response = upload(staff, world, number="1.0")
    assert response.status_code == 409
    assert complaints(response) == [("number", "This material has an edition 1.0 already.")]
    assert "We have your file" in response.text


def test_a_second_draft_leads_to_the_first(world: World, staff: Browser) -> None:
    response = staff.get(f"/admin/materials/{world.manual}/editions/new")
    assert response.location == f"/admin/editions/{world.draft_edition}"
    assert "is a draft still" in staff.get(response.location).text


def send_large(browser: Browser, address: str, megabytes: int) -> TestResponse:
    """Sends a file that begins as a PDF; in memory, as the test client's own temporary files are never closed."""
    file = FileStorage(io.BytesIO(b"%PDF-1.7 " + bytes(megabytes * 1024 * 1024)), "a.pdf")
    boundary, body = encode_multipart({"csrf_token": browser.token, "number": "1.1", "file": file})
    kind = f"multipart/form-data; boundary={boundary}"
    return browser.client.post(address, base_url=BASE, data=body, content_type=kind, headers={"Referer": BASE + "/"})


def test_a_file_above_the_limit_is_refused_with_the_limit(world: World, staff: Browser) -> None:
    furnish(world.app, replace(world.house, upload_limit_mb=3))
    response = send_large(staff, f"/admin/materials/{world.handouts}/editions/new", 5)
    assert response.status_code == 413
    assert "The most is 3 MB." in response.text


def test_only_staff_may_send_much_and_only_to_the_two_forms(world: World, staff: Browser) -> None:
    """Others' uploads stop at the house's limit of 2 MB, before their role is even asked about."""
    address = f"/admin/materials/{world.handouts}/editions/new"
    assert send_large(world.browser(TRAINER), address, 3).status_code == 413
    assert send_large(Browser(world.app), address, 3).status_code == 413
    assert send_large(staff, "/admin/materials/new", 3).status_code == 413
    assert send_large(staff, address, 3).status_code == 303


def test_a_refused_file_says_why_and_offers_another(world: World, staff: Browser) -> None:
    draft = (upload(staff, world, file=(io.BytesIO(b"%PDF-1.7 and nothing else"), "broken.pdf")).location) or ""
    prepare(world, int(draft.rsplit("/")[-1]))
    for page in (staff.get(draft).text, staff.get(f"{draft}/progress").text):
        assert "This file cannot be stamped" in page
        assert "damaged" in page
        assert f'action="{draft}/file"' in page
    response = staff.post(f"{draft}/file", {"file": pdf(4)}, content_type="multipart/form-data")
    assert response.location == draft
    prepare(world, int(draft.rsplit("/")[-1]))
    assert "All 4 pages carry the stamp" in staff.get(draft).text


def test_the_card_asks_again_only_while_the_file_is_on_its_way(world: World, staff: Browser) -> None:
    draft = upload(staff, world).location or ""
    page = staff.get(draft).text
    assert f'data-hx-get="{draft}/progress"' in page
    assert "Look again how far it is" in page, "without a script"
    fragment = staff.get(f"{draft}/progress").text
    assert f'data-hx-get="{draft}/progress"' in fragment
    assert "<html" not in fragment
    prepare(world, int(draft.rsplit("/")[-1]))
    fragment = staff.get(f"{draft}/progress").text
    assert '<span id="save-words" data-hx-swap-oob="innerHTML">Save and look at it stamped</span>' in fragment
    assert "data-hx-get" not in fragment
    assert "The pages are ready" in fragment


def test_the_steps_beside_the_card_say_that_the_file_was_refused(world: World, staff: Browser) -> None:
    draft = upload(staff, world, file=(io.BytesIO(b"%PDF-1.7 and nothing else"), "broken.pdf")).location or ""
    assert 'class="sb-tasks__stopped"' not in staff.get(f"{draft}/progress").text
    prepare(world, int(draft.rsplit("/")[-1]))
    fragment = staff.get(f"{draft}/progress").text
    steps = fragment[fragment.index('<div id="steps" data-hx-swap-oob="innerHTML">') :]
    assert 'class="sb-tasks__stopped"' in steps


def test_a_page_beyond_the_last_is_refused_at_its_line(world: World, staff: Browser) -> None:
    draft = f"/admin/editions/{world.draft_edition}"
    form = {"lines-0-place": "1", "lines-0-text": "Fine", "lines-1-place": "204", "lines-1-text": "New reading list"}
    response = staff.post(draft, form)
    assert response.status_code == 400
    assert complaints(response) == [("lines-1-place", "Line 2: The file has 3 pages. Write a page from 1 to 3.")]
    assert "New reading list" in response.text
    assert facts(world, world.draft_edition).changes[0].text == "New in 3.3."


def test_pages_written_before_they_were_counted_are_checked_before_publishing(world: World, staff: Browser) -> None:
    draft = upload(staff, world, **{"lines-0-place": "99", "lines-0-text": "Far"}).location or ""
    prepare(world, int(draft.rsplit("/")[-1]))
    response = staff.get(f"{draft}/publish")
    assert response.status_code == 409
    assert complaints(response)[0][0] == "lines-0-place"


def test_a_saved_note_leads_on_to_the_look(world: World, staff: Browser) -> None:
    draft = f"/admin/editions/{world.draft_edition}"
    response = staff.post(draft, {"lines-0-place": "2-3", "lines-0-text": "A < B & “so on”"})
    assert response.location == f"{draft}/publish"
    assert "A &lt; B &amp; “so on”" in staff.get(f"{draft}/publish").text


def test_the_preview_names_the_one_who_looks_and_logs_no_copy(world: World, staff: Browser) -> None:
    before = count(world, Copy)
    response = staff.get(f"/admin/editions/{world.draft_edition}/preview")
    assert (response.status_code, response.mimetype) == (200, "application/pdf")
    for page in pypdf.PdfReader(io.BytesIO(response.data)).pages:
        words = page.extract_text()
        assert "Ruth Vaughan" in words
        assert "Preview, not for use" in words
    assert count(world, Copy) == before


def test_a_draft_that_is_not_ready_cannot_be_seen_stamped_or_published(world: World, staff: Browser) -> None:
    draft = upload(staff, world).location or ""
    assert staff.get(f"{draft}/preview").status_code == 404
    assert staff.get(f"{draft}/publish").location == draft
    assert staff.post(f"{draft}/publish").location == draft
    assert facts(world, int(draft.rsplit("/")[-1])).state is EditionState.DRAFT


def test_a_published_edition_cannot_be_altered(world: World, staff: Browser) -> None:
    address = f"/admin/editions/{world.current_edition}"
    staff.post(address, {"lines-0-place": "1", "lines-0-text": "Changed"})
    staff.post(f"{address}/file", {"file": pdf()}, content_type="multipart/form-data")
    staff.post(f"{address}/aside")
    assert facts(world, world.current_edition).change_lines == [("Pages 1–2", "New in 3.2.", True)]
    assert "cannot be altered" in staff.get(address).text


def test_putting_a_draft_aside_asks_first(world: World, staff: Browser) -> None:
    address = f"/admin/editions/{world.draft_edition}"
    assert "Put the draft of edition 3.3 aside?" in staff.get(f"{address}/aside").text
    response = staff.post(f"{address}/aside")
    assert response.location == f"/admin/materials/{world.manual}"
    assert staff.get(address).status_code == 404


def test_withdrawing_asks_for_a_reason_and_says_what_follows(world: World, staff: Browser) -> None:
    address = f"/admin/editions/{world.current_edition}/withdraw"
    assert "Edition 3.1 becomes the current one." in unescape(staff.get(address).text)
    response = staff.post(address, {"reason": " "})
    assert (response.status_code, complaints(response)[0][0]) == (400, "reason")
    assert staff.post(address, {"reason": "Page 2 names a closed helpline."}).status_code == 303
    assert facts(world, world.current_edition).withdrawn_reason == "Page 2 names a closed helpline."
    assert facts(world, world.first_edition).is_current
    assert staff.post(address, {"reason": "Again"}).status_code == 409


def test_materials_are_created_and_corrected(world: World, staff: Browser) -> None:
    form = {"programme": world.programme, "title": "Reading book", "description": "To read.", "kind": "handout"}
    response = staff.post("/admin/materials/new", {**form, "uses": ["print", "hand_out"]})
    assert response.status_code == 303
    page = staff.get(response.location or "").text
    assert "Reading book" in page
    again = staff.post("/admin/materials/new", {**form, "title": "READING book"})
    assert (again.status_code, complaints(again)[0][0]) == (409, "title")
    edit = f"{response.location}/edit"
    assert staff.get(edit).text.count("checked") == 3  # the kind and two uses
    wrong = staff.post(edit, {"title": "", "description": "Words that stay", "kind": "handout"})
    assert wrong.status_code == 400
    assert "Words that stay" in wrong.text
    assert staff.post(edit, {**form, "title": "Reader"}).status_code == 303
    assert "Reader" in staff.get("/admin/materials").text


@pytest.mark.parametrize("tail", ["", "/edit", "/editions/new"])
def test_a_material_that_is_not_there_is_404(world: World, staff: Browser, tail: str) -> None:
    assert staff.get(f"/admin/materials/99999{tail}").status_code == 404
    form = {"number": "1.0", "file": pdf(), "title": "a", "description": "b", "kind": "handout"}
    if tail:
        assert staff.post(f"/admin/materials/99999{tail}", form, content_type="multipart/form-data").status_code == 404


def test_the_stored_file_is_recorded_once(world: World, staff: Browser) -> None:
    before = count(world, StoredFile)
    upload(staff, world, file=pdf(5))
    assert count(world, StoredFile) == before + 1


@pytest.mark.parametrize("verb", ["publish", "withdraw"])
def test_what_is_for_good_is_asked_again(world: World, staff: Browser, verb: str) -> None:
    world.house.clock.move(minutes=11)  # type: ignore[attr-defined]
    edition = world.draft_edition if verb == "publish" else world.current_edition
    page = f"/admin/editions/{edition}/{verb}"
    staff.get("/admin/people")
    assert staff.get(page).location == f"/account/sure?next={page}"
    late = staff.post(page, {"reason": "wrong"}, headers={"Referer": BASE + page})
    assert late.location == f"/account/sure?next={page}"
