"""What a licence manager does for the people of the organisation: seats, roles, leaving."""

import re
from html import unescape

import sqlalchemy as sa

from licences.models import Seat
from tests.browser_like import Browser, text_of, went_to
from tests.factories.manager import scalar, seat
from tests.world import COLLEAGUE, MANAGER, STRANGER, TRAINER, World


def test_seats_are_given_and_taken_back(world: World, manager: Browser) -> None:
    person = f"/organisation/people/{world.people[COLLEAGUE]}"
    assert "1 seat is free" in text_of(manager.get(person))
    listed = re.search(r'action="([^"]+/give[^"]*)"', manager.get("/organisation").text)
    assert listed
    assert went_to(manager.post(unescape(listed[1]))) == "/organisation"
    manager.post(seat(world, COLLEAGUE, "release"))
    assert went_to(manager.post(seat(world, COLLEAGUE, "give"))) == person
    assert went_to(manager.post(seat(world, COLLEAGUE, "give"))) == person
    assert "has a seat already" in text_of(manager.get(person))
    assert went_to(manager.post(seat(world, MANAGER, "give"))).endswith(str(world.people[MANAGER]))
    assert "All 2 seats are in use" in text_of(manager.get(f"/organisation/people/{world.people[MANAGER]}"))
    assert "Take back the seat of Ben" in text_of(manager.get(seat(world, COLLEAGUE, "release")))
    assert went_to(manager.post(seat(world, COLLEAGUE, "release"))) == "/organisation"
    assert manager.get(seat(world, COLLEAGUE, "release")).status_code == 404


def test_a_leavers_seat_goes_to_a_successor(world: World, manager: Browser) -> None:
    page = manager.get(seat(world, TRAINER, "hand-over"))
    assert "Ben Achterberg" in page.text
    assert "Colin Marsh" not in page.text  # a finance contact cannot use it
    assert manager.post(seat(world, TRAINER, "hand-over"), {"successor": ""}).status_code == 400
    assert manager.post(seat(world, TRAINER, "hand-over"), {"successor": world.people[STRANGER]}).status_code == 400
    done = manager.post(seat(world, TRAINER, "hand-over"), {"successor": world.people[COLLEAGUE]})
    assert went_to(done) == "/organisation"
    page = text_of(manager.get("/organisation"))
    assert "Ben Achterberg has the seat of Amara Osei now" in page
    assert "1 of 2 seats in use" in page
    left = scalar(world, sa.select(Seat.released_at).where(Seat.person_id == world.people[TRAINER]))
    assert left is not None


def test_somebody_leaves(world: World, manager: Browser) -> None:
    trainer = world.browser(TRAINER)
    page = f"/organisation/people/{world.people[TRAINER]}/leave"
    assert "is free then" in text_of(manager.get(page))
    assert went_to(manager.post(page)) == "/organisation"
    page_now = text_of(manager.get("/organisation"))
    assert "Amara Osei does not belong to Lakeshire Council any more" in page_now
    assert "0 of 2 seats in use" in page_now
    assert went_to(trainer.get("/materials")).startswith("/sign-in")
    assert manager.get(page).status_code == 404


def test_the_last_manager_stays(world: World, manager: Browser) -> None:
    oneself = f"/organisation/people/{world.people[MANAGER]}"
    refused = manager.post(oneself + "/leave")
    assert refused.status_code == 409
    assert "last licence manager" in text_of(refused)
    assert manager.post(oneself, {"role": "trainer"}).status_code == 409
    assert went_to(manager.post(f"/organisation/people/{world.people[COLLEAGUE]}", {"role": "licence manager"}))
    assert went_to(manager.post(oneself, {"role": "trainer"})) == "/"
    assert manager.get("/organisation").status_code == 403


def test_a_seat_holder_does_not_become_a_finance_contact(world: World, manager: Browser) -> None:
    refused = manager.post(f"/organisation/people/{world.people[TRAINER]}", {"role": "finance contact"})
    assert refused.status_code == 409
    assert "Release this person" in text_of(refused)
    assert manager.post(f"/organisation/people/{world.people[TRAINER]}", {"role": "staff"}).status_code == 400
