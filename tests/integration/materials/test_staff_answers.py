"""Staff see the answer that a person gets, word for word, for every material and place."""

import pytest

from licences.people import memberships
from licences.people.kinds import Role
from tests.browser_like import Browser
from tests.statements import counted
from tests.world import COLLEAGUE, FINANCE, STAFF, STRANGER, TEAM, TRAINER, World


@pytest.fixture
def staff(world: World) -> Browser:
    return world.browser(STAFF)


def page(world: World, staff: Browser, email: str) -> str:
    response = staff.get(f"/admin/people/{world.people[email]}/answers")
    assert response.status_code == 200
    return response.text


def test_each_person_has_their_own_answer(world: World, staff: Browser) -> None:
    assert "terms of use" in page(world, staff, TRAINER)
    assert "seat" in page(world, staff, COLLEAGUE)
    assert "Invoice 117 has been unpaid for 60 days." in page(world, staff, STRANGER)
    assert "takes no copies" in page(world, staff, FINANCE)
    assert "Nothing to answer" in page(world, staff, STAFF)


def test_it_is_the_answer_that_the_person_reads(world: World, staff: Browser) -> None:
    reads = world.browser(COLLEAGUE).post(
        f"/materials/{world.manual}/copies", {"edition": str(world.current_edition), "press": "one"}
    )
    assert reads.status_code == 403
    summary = "You have no seat"
    assert (summary in reads.text) == (summary in page(world, staff, COLLEAGUE))


def test_somebody_in_two_organisations_has_an_answer_in_each(world: World, staff: Browser) -> None:
    with counted(world.house.database) as one_place:
        page(world, staff, TRAINER)
    with world.house.database.write() as session:
        memberships.join(session, world.house.clock, TEAM, world.hillside, world.people[TRAINER], Role.TRAINER)
    with counted(world.house.database) as two_places:
        shown = page(world, staff, TRAINER)
    assert "As trainer of Lakeshire Council" in shown
    assert "As trainer of Hillside Trust" in shown
    assert "has been unpaid" in shown
    assert len(two_places) <= len(one_place) + 3
