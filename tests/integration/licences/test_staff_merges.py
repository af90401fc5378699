"""Merging over HTTP: found, looked at, done, undone; what the one had is the other's at the next request."""

import pytest

from licences.people import accounts, memberships, organisations
from licences.people.kinds import OrganisationKind, Role
from tests.browser_like import Browser
from tests.world import COLLEAGUE, STAFF, STRANGER_MANAGER, TEAM, TRAINER, World


@pytest.fixture
def staff(world: World) -> Browser:
    return world.browser(STAFF)


def take(world: World, trainer: Browser) -> str:
    trainer.post("/accept-terms", {"accept": "y", "version": "1"})
    response = trainer.post(f"/materials/{world.manual}/copies", {"edition": str(world.current_edition), "press": "p"})
    assert response.status_code == 303, response.text
    return response.location or ""


def test_two_accounts_of_one_person(world: World, staff: Browser) -> None:
    trainer, colleague = world.browser(TRAINER), world.browser(COLLEAGUE)
    copy = take(world, trainer)
    address = f"/admin/people/{world.people[COLLEAGUE]}/merge"
    assert "Nobody here has this address" in staff.get(f"{address}?other=nobody@a.example").text
    assert "one already" in staff.get(f"{address}?other={COLLEAGUE}").text
    shown = staff.get(f"{address}?other={TRAINER}").text
    assert "Merge Amara Osei into Ben Achterberg?" in shown
    assert "Copies" in shown
    assert colleague.get(copy).status_code == 404

    assert staff.post(address, {"gone": str(world.people[TRAINER])}).status_code == 303
    assert trainer.get("/materials").status_code == 303, "signed out at the next request"
    colleague.post("/accept-terms", {"accept": "y", "version": "1"})
    opened = colleague.get(copy)
    assert opened.status_code == 200, "seat, accreditation and copies came over"
    opened.close()
    assert staff.post(address, {"gone": str(world.people[TRAINER])}).status_code == 409

    page = staff.get("/admin/merges").text
    assert "Amara Osei into Ben Achterberg" in page
    assert staff.post("/admin/merges/1/undo", {}).status_code == 303
    assert "Undone" in staff.get("/admin/merges").text
    assert colleague.get(copy).status_code == 404
    again = world.browser(TRAINER).get(copy)
    assert again.status_code == 200
    again.close()
    assert staff.post("/admin/merges/1/undo", {}).status_code == 409


def test_two_organisations(world: World, staff: Browser) -> None:
    address = f"/admin/organisations/{world.lakeshire}/merge"
    assert "no organisation of this name" in staff.get(f"{address}?other=Nowhere").text
    shown = staff.get(f"{address}?other=hillside trust").text
    assert "Lakeshire Council gets 2 more seats for Attachment Based Mentoring." in shown
    assert staff.post(address, {"gone": str(world.hillside)}).status_code == 303
    assert "Hillside Trust" not in staff.get("/admin/organisations").text
    assert "4 seats" in world.browser(STRANGER_MANAGER).get("/organisation").text
    assert staff.post("/admin/merges/1/undo", {}).status_code == 303
    assert "Hillside Trust" in staff.get("/admin/organisations").text


def test_what_is_gone_already_is_told(world: World, staff: Browser) -> None:
    address = f"/admin/people/{world.people[COLLEAGUE]}/merge"
    for gone in ("0", "99999", "x", str(world.people[COLLEAGUE])):
        assert staff.post(address, {"gone": gone}).status_code == 409
    with world.house.database.write() as session:
        clock = world.house.clock
        team = organisations.create_organisation(session, clock, TEAM, name="Two", kind=OrganisationKind.TRUST).id
        zed = memberships.add_person(session, clock, TEAM, team, name="<b>Zed", email="z@a.example", role=Role.TRAINER)
        accounts.make_demo_account(session, zed.id, "!")
    assert "&lt;b&gt;Zed" in staff.get(f"{address}?other=z@a.example").text
