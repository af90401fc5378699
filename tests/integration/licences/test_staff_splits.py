"""Splitting an organisation over HTTP: people, seats and the rest of the licence go along; nothing is made twice."""

import pytest

from licences import seats, terms
from licences.people import memberships, organisations
from licences.standing import Standing
from tests.browser_like import Browser
from tests.world import COLLEAGUE, MANAGER, STAFF, STRANGER, TRAINER, World


@pytest.fixture
def staff(world: World) -> Browser:
    return world.browser(STAFF)


def asked(world: World, *people: str, **more: object) -> dict[str, object]:
    return {
        "name": "North Lakeshire", "kind": "local authority", "people": [str(world.people[one]) for one in people],
    } | more  # fmt: skip


def test_people_go_with_their_seats_and_the_rest_of_the_time(world: World, staff: Browser) -> None:
    form = asked(world, TRAINER, COLLEAGUE) | {f"seats_{world.licence}": "1"}
    made = staff.post(f"/admin/organisations/{world.lakeshire}/split", form)
    assert made.status_code == 303, made.text
    with world.house.database.read() as session:
        clock = world.house.clock
        north = organisations.organisation_named(session, "north lakeshire")
        assert north is not None
        (licence,) = terms.licences_of(session, clock, north.id)
        (left,) = terms.licences_of(session, clock, world.lakeshire)
        assert (licence.seats_bought, licence.seats_in_use, left.seats_bought, left.seats_in_use) == (1, 1, 1, 0)
        assert licence.standing.until == left.standing.until
        assert [one.person_id for one in seats.seats_of(session, licence.id)] == [world.people[TRAINER]]
        assert {one.id for one in memberships.people_of(session, north.id)} == {
            world.people[TRAINER], world.people[COLLEAGUE]
        }  # fmt: skip


def test_a_suspension_goes_along(world: World, staff: Browser) -> None:
    form = asked(world, STRANGER) | {f"seats_{world.suspended_licence}": "1", "name": "South"}
    assert staff.post(f"/admin/organisations/{world.hillside}/split", form).status_code == 303
    with world.house.database.read() as session:
        south = organisations.organisation_named(session, "South")
        assert south is not None
        (licence,) = terms.licences_of(session, world.house.clock, south.id)
    assert licence.standing.standing is Standing.SUSPENDED


def test_what_cannot_be_is_told_and_nothing_is_stored(world: World, staff: Browser) -> None:
    address = f"/admin/organisations/{world.lakeshire}/split"
    cases = (
        (asked(world, MANAGER), 409, "last licence manager"),
        (asked(world, TRAINER) | {f"seats_{world.licence}": "3"}, 400, "2"),
        (asked(world, TRAINER) | {"name": "Hillside Trust"}, 409, "of this name already"),
        (asked(world, STRANGER), 400, "Who goes there"),
    )
    for form, status, told in cases:
        response = staff.post(address, form)
        assert (response.status_code, told in response.text) == (status, True), (form, response.text)
    with world.house.database.read() as session:
        assert organisations.organisation_named(session, "North Lakeshire") is None
        assert len(memberships.people_of(session, world.lakeshire)) == 4
