"""What each role finds in the main navigation."""

import re

from licences import seats
from tests.world import FINANCE, MANAGER, TEAM, World


def entries(page: str) -> list[tuple[str, str]]:
    """The addresses and words of the main navigation."""
    inside = page.split('aria-label="Main"')[1].split("</nav>")[0]
    return re.findall(r'href="([^"]+)"[^>]*>([^<]+)<', inside)


def test_a_manager_who_holds_a_seat_has_a_trainers_home_too(world: World) -> None:
    manager = world.browser(MANAGER)
    assert ("/home", "Home") not in entries(manager.get("/organisation").text)
    with world.house.database.write() as session:
        seats.give(session, world.house.clock, TEAM, world.licence, world.people[MANAGER])
    assert entries(manager.get("/organisation").text)[:2] == [("/home", "Home"), ("/organisation", "Organisation")]
    assert 'href="/home" aria-current="page"' in manager.get("/home").text
    with world.house.database.write() as session:
        seats.release(session, world.house.clock, TEAM, world.licence, world.people[MANAGER])
    assert ("/home", "Home") not in entries(manager.get("/organisation").text)


def test_a_finance_contact_sees_the_organisation_only(world: World) -> None:
    assert [words for _, words in entries(world.browser(FINANCE).get("/organisation").text)] == ["Organisation", "Help"]
