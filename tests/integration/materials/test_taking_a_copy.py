"""A trainer takes a copy, over HTTP; and everyone who may not gets none, by any path."""

import io
from datetime import timedelta

import pypdf
import pytest
import sqlalchemy as sa

from kit.clock import SteppingClock, today
from licences import accreditations, seats, terms
from licences.people import legal, memberships
from licences.people.kinds import LegalKind, Role
from materials import editions
from materials.models import Copy
from tests.browser_like import Browser, hidden_fields
from tests.world import COLLEAGUE, FINANCE, STAFF, STRANGER, TEAM, TRAINER, World


def accept_terms(browser: Browser) -> None:
    """Reads the terms of use and accepts them."""
    page = browser.get("/accept-terms").text
    version = hidden_fields(page, "/accept-terms")["version"]
    assert browser.post("/accept-terms", {"version": version, "accept": "y"}).status_code == 303


def take(browser: Browser, world: World, edition: int | None = None, press: str = "one press") -> str:
    """Presses *Take a copy* and returns the address of the copy."""
    wanted = {"edition": edition or world.current_edition, "press": press}
    response = browser.post(f"/materials/{world.manual}/copies", wanted)
    assert response.status_code == 303, response.text
    return response.location or ""


def copies(world: World) -> int:
    with world.house.database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Copy)) or 0


def words_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


@pytest.fixture
def trainer(world: World) -> Browser:
    browser = world.browser(TRAINER)
    accept_terms(browser)
    return browser


def test_every_page_of_the_copy_names_who_took_it(world: World, trainer: Browser) -> None:
    address = take(trainer, world)
    pdf = trainer.get(address)
    assert (pdf.status_code, pdf.mimetype) == (200, "application/pdf")
    pages = words_of(pdf.data)
    assert len(pages) == 3
    for page in pages:
        for fact in ("Amara Osei", "Lakeshire Council", "14 November 2026", "Edition 3.2", address.rsplit("/")[-1]):
            assert fact in page
        assert "portal.test/current/" in page


def test_handouts_carry_the_organisation_and_no_person(world: World, trainer: Browser) -> None:
    page = trainer.get(f"/materials/{world.handouts}").text
    fields = hidden_fields(page, f"/materials/{world.handouts}/copies")
    address = trainer.post(f"/materials/{world.handouts}/copies", fields).location or ""
    for text in words_of(trainer.get(address).data):
        assert "Lakeshire Council" in text
        assert "Amara" not in text


def test_the_terms_come_before_the_first_copy_and_only_then(world: World) -> None:
    browser = world.browser(TRAINER)
    response = browser.post(f"/materials/{world.manual}/copies", {"edition": world.current_edition})
    assert response.location == f"/accept-terms?next=/materials/{world.manual}"
    assert copies(world) == 0
    unticked = browser.post("/accept-terms", {"version": "1"})
    assert unticked.status_code == 400
    assert "Tick the box" in unticked.text
    accept_terms(browser)
    take(browser, world)
    with world.house.database.write() as session:
        legal.publish(session, world.house.clock, TEAM, LegalKind.TERMS_OF_USE, title="Terms", body="New.", after=1)
    assert "/accept-terms" in (browser.post(f"/materials/{world.manual}/copies", {"edition": 2}).location or "")


def test_a_double_click_is_one_copy(world: World, trainer: Browser) -> None:
    assert take(trainer, world) == take(trainer, world)
    assert copies(world) == 1
    take(trainer, world, press="another press")
    assert copies(world) == 2


def test_an_earlier_edition_stays_readable_and_says_so_on_its_pages(world: World, trainer: Browser) -> None:
    pdf = trainer.get(take(trainer, world, world.first_edition)).data
    assert "Edition 3.1" in words_of(pdf)[0]
    code = words_of(pdf)[0].split("/current/")[1][:26]
    told = Browser(world.app).get(f"/current/{code}").text
    assert "This page is from edition 3.1" in told
    assert "Edition 3.2 has been current since" in told
    assert "Amara" not in told


def test_ranges_are_cut_from_the_stamped_copy(world: World, trainer: Browser) -> None:
    address = take(trainer, world)
    whole = trainer.get(address)
    part = trainer.get(address, headers={"Range": "bytes=100-299"})
    assert (part.status_code, part.data) == (206, whole.data[100:300])
    assert part.headers["Content-Range"] == f"bytes 100-299/{len(whole.data)}"
    tail = trainer.get(address, headers={"Range": "bytes=-50"})
    assert tail.data == whole.data[-50:]
    beyond = trainer.get(address, headers={"Range": f"bytes={len(whole.data)}-"})
    assert beyond.status_code == 416
    unchanged = trainer.get(address, headers={"If-None-Match": whole.headers["ETag"]})
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    stale = trainer.get(address, headers={"Range": "bytes=0-9", "If-Range": '"something else"'})
    assert (stale.status_code, len(stale.data)) == (200, len(whole.data))
    head = trainer.client.head(address, base_url="https://portal.test")
    assert (head.status_code, head.data, head.content_length) == (200, b"", len(whole.data))


def suspend(world: World) -> None:
    with world.house.database.write() as session:
        terms.suspend(session, world.house.clock, TEAM, world.licence, reason="Invoice 9 is unpaid.")


def end(world: World) -> None:
    assert isinstance(world.house.clock, SteppingClock)
    world.house.clock.move(days=300)


def begin_later(world: World) -> None:
    assert isinstance(world.house.clock, SteppingClock)
    world.house.clock.move(days=-150)


def take_seat_back(world: World) -> None:
    with world.house.database.write() as session:
        seats.release(session, world.house.clock, TEAM, world.licence, world.people[TRAINER])


def let_accreditation_lapse(world: World) -> None:
    clock = world.house.clock
    day = today(clock)
    with world.house.database.write() as session:
        accreditations.record_accreditation(
            session, clock, TEAM, person_id=world.people[TRAINER], programme_id=world.programme,
            from_on=day - timedelta(days=90), until_on=day - timedelta(days=1), note="",
        )  # fmt: skip


def change_terms(world: World) -> None:
    with world.house.database.write() as session:
        legal.publish(session, world.house.clock, TEAM, LegalKind.TERMS_OF_USE, title="Terms", body="New.", after=1)


@pytest.mark.parametrize(
    ("happens", "says"),
    [
        (suspend, "Lakeshire Council’s licence has been suspended since"),
        (end, "Lakeshire Council’s licence has ended"),
        (take_seat_back, "You hold no seat in Lakeshire Council’s licence"),
        (let_accreditation_lapse, "Your accreditation for Attachment Based Mentoring lapsed on"),
        (change_terms, "You have not accepted the current terms of use"),
    ],
)
def test_a_right_taken_away_is_gone_at_the_next_request(world: World, trainer: Browser, happens, says: str) -> None:  # type: ignore[no-untyped-def]
    address = take(trainer, world)
    assert trainer.get(address).status_code == 200
    happens(world)
    if happens is end:
        trainer = world.browser(TRAINER)
    before = copies(world)
    for response in (
        trainer.get(address),
        trainer.get(address, headers={"Range": "bytes=0-99"}),
        trainer.get(address, headers={"If-None-Match": "x"}),
    ):
        assert response.status_code == 403
        assert says in response.text
        assert b"%PDF" not in response.data
    trainer.get("/materials")
    pressed = trainer.post(f"/materials/{world.manual}/copies", {"edition": world.current_edition, "press": "new"})
    assert pressed.status_code == (303 if happens is change_terms else 403)
    assert copies(world) == before


def test_a_pending_licence_says_when_it_begins(world: World) -> None:
    begin_later(world)
    browser = world.browser(TRAINER)
    page = browser.post(f"/materials/{world.manual}/copies", {"edition": world.current_edition})
    assert page.status_code == 403
    assert "The licence begins on 2 August 2026" in page.text


def test_the_refusal_says_who_can_mend_it(world: World) -> None:
    suspended = world.browser(STRANGER)
    page = suspended.post(f"/materials/{world.manual}/copies", {"edition": world.current_edition})
    assert page.status_code == 403
    for words in ("Invoice 117 has been unpaid for 60 days.", "Priya Raman", "Copies open again"):
        assert words in page.text


def test_a_trainer_without_seat_is_told_how_many_are_free(world: World) -> None:
    page = world.browser(COLLEAGUE).post(f"/materials/{world.manual}/copies", {"edition": world.current_edition})
    assert page.status_code == 403
    assert "1 of its 2 seats are free" in page.text


def test_nobody_else_opens_a_copy(world: World, trainer: Browser) -> None:
    address = take(trainer, world)
    never = "/copies/" + "0" * 26
    for email in (COLLEAGUE, STRANGER):
        browser = world.browser(email)
        assert browser.get(address).status_code == browser.get(never).status_code == 404
    assert world.browser(STAFF).get(address).status_code == 403
    assert world.browser(FINANCE).get(address).status_code == 403
    assert Browser(world.app).get(address).status_code == 303


def test_drafts_and_other_materials_editions_are_not_there(world: World, trainer: Browser) -> None:
    for edition in (world.draft_edition, 999_999, "x", ""):
        response = trainer.post(f"/materials/{world.manual}/copies", {"edition": edition})
        assert response.status_code == 404
    wrong = trainer.post(f"/materials/{world.handouts}/copies", {"edition": world.current_edition})
    assert wrong.status_code == 404
    with world.house.database.read() as session:
        code = editions.edition(session, world.draft_edition).code
    assert trainer.get(f"/current/{code}").status_code == 404
    assert copies(world) == 0


def test_a_withdrawn_edition_gives_no_copy_and_its_code_says_why(world: World, trainer: Browser) -> None:
    address = take(trainer, world)
    with world.house.database.write() as session:
        editions.withdraw(session, world.house.clock, TEAM, world.current_edition, reason="Page 2 was wrong.")
        code = editions.edition(session, world.current_edition).code
    gone = trainer.get(address)
    assert gone.status_code == 409
    assert "Page 2 was wrong." in gone.text
    pressed = trainer.post(f"/materials/{world.manual}/copies", {"edition": world.current_edition})
    assert pressed.status_code == 303
    assert "Page 2 was wrong." in trainer.get(pressed.location or "").text
    told = trainer.get(f"/current/{code}").text
    assert "withdrawn" in told
    assert "Edition 3.1 has been current since" in told


def test_a_role_that_takes_no_copies_closes_those_taken_before(world: World, trainer: Browser) -> None:
    address = take(trainer, world)
    with world.house.database.write() as session:
        place = memberships.first_place(session, world.people[TRAINER])
        memberships.change_role(session, world.house.clock, TEAM, place.membership_id, Role.FINANCE)
    assert trainer.get(address).status_code == 403


def test_who_left_is_signed_out_and_opens_no_old_copy(world: World, trainer: Browser) -> None:
    address = take(trainer, world)
    with world.house.database.write() as session:
        place = memberships.first_place(session, world.people[TRAINER])
        seats.leave(session, world.house.clock, TEAM, place.membership_id)
    response = trainer.get(address)
    assert response.status_code == 303
    assert (response.location or "").startswith("/sign-in")


def test_own_copies_come_newest_first_and_a_withdrawn_one_is_not_offered(world: World, trainer: Browser) -> None:
    assert isinstance(world.house.clock, SteppingClock)
    take(trainer, world, world.first_edition, press="first")
    world.house.clock.move(days=1)
    trainer = world.browser(TRAINER)
    take(trainer, world, press="second")
    page = trainer.get("/copies").text
    assert page.index('data-h="Edition"><span class="sb-cell">3.2') < page.index(
        'data-h="Edition"><span class="sb-cell">3.1'
    )
    assert page.count("Open again") == 2
    with world.house.database.write() as session:
        editions.withdraw(session, world.house.clock, TEAM, world.current_edition, reason="Page 2 was wrong.")
    page = trainer.get("/copies").text
    assert page.count("Open again") == 1
    assert "Withdrawn" in page
