"""What must be read stays on a trainer's pages until they say that they have read it."""

import pytest
import sqlalchemy as sa

from kit.audit import AuditEntry
from kit.clock import SteppingClock
from kit.ids import new_code
from licences.people import legal
from materials import editions, shelf
from materials.models import Reading
from tests.browser_like import Browser, hidden_fields
from tests.world import STAFF, STRANGER, TEAM, TRAINER, World


def take(world: World, edition: int) -> None:
    """The trainer takes a copy; the next one comes a minute later."""
    assert isinstance(world.house.clock, SteppingClock)
    with world.house.database.write() as session:
        viewer = world.viewer(TRAINER)
        legal.accept_terms_of_use(session, world.house.clock, viewer, 1)
        shelf.take_copy(
            session, world.house.clock, viewer, material_id=world.manual, edition_id=edition, press=new_code()
        )
    world.house.clock.move(minutes=1)


@pytest.fixture
def trainer(world: World) -> Browser:
    """A trainer who began with 3.1 and has taken 3.2 since."""
    take(world, world.first_edition)
    take(world, world.current_edition)
    return world.browser(TRAINER)


def address(world: World) -> str:
    return f"/materials/{world.manual}/readings"


def readings(world: World) -> tuple[int, int]:
    """How many are kept, and how many the audit trail knows of."""
    with world.house.database.read() as session:
        kept = session.scalar(sa.select(sa.func.count()).select_from(Reading)) or 0
        return kept, session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == "changes read")) or 0


def test_a_taken_copy_is_still_to_be_read_until_the_trainer_says_so(world: World, trainer: Browser) -> None:
    home = trainer.get("/").text
    assert "Trainer manual: still to read" in home
    assert "pages 1–2</span> before you next deliver" in home
    assert "Still to read" in trainer.get("/materials").text
    response = trainer.post(address(world), hidden_fields(home, address(world)))
    assert response.location == "/"
    home = trainer.get("/").text
    assert "Noted: you have read what changed in Trainer manual 3.2." in home
    assert "till to read" not in home
    assert "Still to read" not in trainer.get(f"/materials/{world.manual}").text
    assert readings(world) == (1, 1)
    trainer.post(address(world), {"edition": world.current_edition})
    assert readings(world) == (1, 1)
    assert "1 person" in world.browser(STAFF).get(f"/admin/editions/{world.current_edition}").text


def test_the_edition_somebody_begins_with_is_not_homework(world: World) -> None:
    take(world, world.current_edition)
    assert "till to read" not in world.browser(TRAINER).get("/").text
    take(world, world.first_edition)  # looked up later: it does not make the newer one unread
    assert "till to read" not in world.browser(TRAINER).get("/").text


def test_what_came_unread_before_is_told_with_the_next_edition(world: World, trainer: Browser) -> None:
    with world.house.database.write() as session:
        editions.publish(session, world.house.clock, TEAM, world.draft_edition)
    told = trainer.get("/").text
    assert "New in 3.2." in told
    assert "New in 3.3." in told
    trainer.post(address(world), {"edition": world.current_edition})
    told = trainer.get("/").text
    assert "New in 3.2." not in told
    assert "New in 3.3." in told


def test_only_an_edition_that_one_holds_can_be_read(world: World) -> None:
    take(world, world.first_edition)
    trainer = world.browser(TRAINER)
    trainer.post(address(world), {"edition": world.current_edition})
    assert "Take a copy of Trainer manual 3.2 first" in trainer.get("/").text
    for edition in (world.draft_edition, 999, "x"):
        assert trainer.post(address(world), {"edition": edition}).status_code == 404
    assert trainer.post("/materials/999/readings", {"edition": world.current_edition}).status_code == 404
    world.browser(STRANGER).post(address(world), {"edition": world.first_edition})
    assert readings(world) == (0, 0)
