"""Staff act for a person under a banner: both names in the trail, and never what is that person's alone."""

import pytest
import sqlalchemy as sa

from kit.audit import AuditEntry
from kit.clock import SteppingClock
from licences import seats
from licences.people import memberships
from tests.browser_like import Browser
from tests.world import COLLEAGUE, MANAGER, PASSWORD, STAFF, TEAM, TRAINER, World


@pytest.fixture
def staff(world: World) -> Browser:
    return world.browser(STAFF)


def place(world: World, email: str) -> int:
    with world.house.database.read() as session:
        return memberships.first_place(session, world.people[email]).membership_id


def act(world: World, staff: Browser, email: str) -> None:
    response = staff.post(f"/admin/members/{place(world, email)}/act", {"reason": "Asked by telephone"})
    assert (response.status_code, response.location) == (303, "/")


def test_a_reason_is_asked_and_a_banner_is_on_every_page(world: World, staff: Browser) -> None:
    address = f"/admin/members/{place(world, TRAINER)}/act"
    assert staff.post(address, {"reason": ""}).status_code == 400
    assert "you act for" not in staff.get("/admin").text
    act(world, staff, TRAINER)
    for page in ("/", "/materials", "/copies", "/help"):
        assert "you act for Amara Osei" in staff.get(page).text, page
    assert staff.get("/admin").status_code == 403, "one sees what the person sees"
    assert staff.post("/admin/acting/stop", {}).status_code == 303
    assert "you act for" not in staff.get("/admin").text
    assert staff.post("/admin/acting/stop", {}).status_code == 404


def test_what_is_a_persons_own_stays_theirs(world: World, staff: Browser) -> None:
    trainer = world.browser(TRAINER)
    trainer.post("/accept-terms", {"accept": "y", "version": "1"})
    form = {"edition": str(world.current_edition), "press": "one"}
    copy = trainer.post(f"/materials/{world.manual}/copies", form).location or ""
    act(world, staff, TRAINER)
    copies = staff.get("/copies").text
    assert "Only Amara opens it" in copies
    assert "Open again" not in copies
    for page in (copy, "/account", "/account/second-step", "/account/sure"):
        response = staff.get(page)
        assert response.status_code in (403, 404), (page, response.status_code)
    assert "Stop acting" in staff.get(copy).text
    assert staff.post(f"/materials/{world.manual}/copies", form | {"press": "two"}).status_code == 403
    assert staff.post("/accept-terms", {"accept": "y", "version": "1"}).status_code == 403


def test_no_button_shows_that_would_be_refused(world: World, staff: Browser) -> None:
    trainer, act_for = world.browser(TRAINER), f"/materials/{world.manual}"
    buttons = ("Take a copy", "Read and accept them now", "Open your copy", f'action="{act_for}/copies"')
    shown = trainer.get("/").text + trainer.get(act_for).text
    assert "Take a copy" in shown
    assert "Read and accept them now" in shown
    assert "Only Amara Osei takes copies" not in shown
    act(world, staff, TRAINER)
    for page in ("/", act_for):
        text = staff.get(page).text
        assert "Only Amara Osei takes copies" in text, page
        assert [words for words in buttons if words in text] == [], page


def test_who_acts_and_would_be_asked_again_reads_how(world: World, staff: Browser) -> None:
    """To vouch is for good. Nobody can show who they are as somebody else; acting begins with showing it as oneself."""
    address = f"/people/{world.people[COLLEAGUE]}/email"
    act(world, staff, MANAGER)
    assert staff.get(address).status_code == 200
    clock = world.house.clock
    assert isinstance(clock, SteppingClock)
    clock.move(minutes=11)
    for response in (staff.get(address), staff.post(address, {"email": "new@lakeshire.example"})):
        assert response.status_code == 403
        assert "Show first who you are" in response.text
        assert "Act for Janet Whitlock again" in response.text
    staff.post("/admin/acting/stop", {})
    again = staff.get(f"/admin/members/{place(world, MANAGER)}/act").location or ""
    staff.get(again)
    assert staff.post(again, {"password": PASSWORD}).status_code == 303
    act(world, staff, MANAGER)
    assert staff.get(address).status_code == 200


def test_both_names_are_in_the_trail(world: World, staff: Browser) -> None:
    act(world, staff, MANAGER)
    page = staff.get("/organisation").text
    assert "Lakeshire Council" in page
    response = staff.post(f"/organisation/people/{world.people[COLLEAGUE]}/seats/{world.licence}/give", {})
    assert response.status_code == 303, response.text
    staff.post("/admin/acting/stop", {})
    with world.house.database.read() as session:
        rows = session.execute(
            sa.select(AuditEntry.actor_name, AuditEntry.action, AuditEntry.detail)
            .where(AuditEntry.actor_person_id == world.people[STAFF])
            .order_by(AuditEntry.id)
        ).all()
    told = [(name, action) for name, action, _ in rows]
    assert ("Ruth Vaughan", "acting begun") in told
    assert ("Ruth Vaughan", "acting ended") in told
    assert ("Ruth Vaughan for Janet Whitlock", "seat given") in told
    assert any(detail.get("reason") == "Asked by telephone" for _, _, detail in rows)


def test_nobody_acts_for_staff_and_others_act_for_nobody(world: World, staff: Browser) -> None:
    response = staff.post(f"/admin/members/{place(world, STAFF)}/act", {"reason": "Curious"})
    assert (response.status_code, "nobody of the programme team" in response.text) == (409, True)
    manager = world.browser(MANAGER)
    assert manager.post(f"/admin/members/{place(world, TRAINER)}/act", {"reason": "x"}).status_code == 403


def test_acting_ends_when_the_person_leaves_or_staff_sign_out(world: World, staff: Browser) -> None:
    act(world, staff, TRAINER)
    with world.house.database.write() as session:
        seats.leave(session, world.house.clock, TEAM, place(world, TRAINER))
    assert staff.get("/admin").status_code == 200
    act(world, staff, COLLEAGUE)
    assert staff.post("/sign-out", {}).status_code == 303
    assert staff.get("/materials").status_code == 303
