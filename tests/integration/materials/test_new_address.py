"""The portal moves to another address: printed codes and bookmarks lead on, and files are made ready anew."""

from dataclasses import replace
from functools import partial

import pytest
import sqlalchemy as sa

from kit.audit import AuditQuery, entries
from kit.clock import SystemClock
from kit.jobs import Handlers, Worker
from kit.keyset import Span
from kit.links import PublicLinks
from kit.pdf.stamping import StampFacts, personal_bytes, read_back, write_copy
from kit.web.house import House
from materials import editions
from materials.preparing import PREPARE_AGAIN, enqueue_of_old_address, prepare_again
from portal.app import create_app
from tests.world import TRAINER, World, settings

NEW = PublicLinks("https://new.portal.test")
FACTS = StampFacts("Amara Osei", "Lakeshire Council", "22 November 2026", "Edition 3.2", "A" * 26)


def enqueued(house: House, links: PublicLinks = NEW) -> int:
    return house.database.run(lambda session: enqueue_of_old_address(session, links))


def addresses(world: World) -> dict[int, str]:
    with world.house.database.read() as session:
        wanted = (world.first_edition, world.current_edition, world.draft_edition)
        return {edition: editions.prepared_file(session, edition)[1].address for edition in wanted}


def test_files_follow_the_address(world: World, tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert enqueued(world.house, world.house.links) == 0
    assert enqueued(world.house) == 3
    assert enqueued(world.house) == 3, "they still wait; the queue holds each once"
    house, done = world.house, []

    def again(edition_id: int) -> None:
        done.append(edition_id)
        prepare_again(house.database, house.clock, house.store, NEW, edition_id=edition_id)

    handlers = Handlers()
    handlers.add(PREPARE_AGAIN, again)
    Worker(house.database, handlers, clock=SystemClock()).drain()
    assert sorted(done) == [world.first_edition, world.current_edition, world.draft_edition]
    assert all(address.startswith("https://new.portal.test/current/") for address in addresses(world).values())
    assert enqueued(house) == 0
    with house.database.read() as session:
        sha256, prepared = editions.prepared_file(session, world.current_edition)
    house.store.fetch(sha256, tmp_path / "prepared.pdf")
    write_copy(tmp_path / "prepared.pdf", tmp_path / "copy.pdf", personal_bytes(prepared, FACTS))
    read_back(tmp_path / "copy.pdf", prepared, FACTS)
    with house.database.read() as session:
        assert len(entries(session, AuditQuery(action="edition file ready again"), Span(9))) == 3


def test_and_back_again(world: World) -> None:
    """The same address for the second time is a new occasion."""
    house = world.house
    for links in (NEW, house.links, NEW):
        assert enqueued(house, links) == 3
        handlers = Handlers()
        handlers.add(PREPARE_AGAIN, partial(prepare_again, house.database, house.clock, house.store, links))
        Worker(house.database, handlers, clock=SystemClock()).drain()
        assert all(address.startswith(links.to("/")) for address in addresses(world).values())


def test_a_file_that_was_changed_meanwhile_is_left_alone(world: World) -> None:
    house = world.house

    replaced = "UPDATE materials_edition SET preparation = 'waiting', prepared_sha256 = NULL WHERE state = 'draft'"

    class Slow(PublicLinks):
        def to(self, path: str) -> str:
            with house.database.write() as session:
                session.execute(sa.text(replaced))
            return super().to(path)

    prepare_again(house.database, house.clock, house.store, Slow(NEW.public_url), edition_id=world.draft_edition)
    with house.database.read() as session:
        kept = session.scalar(sa.text("SELECT prepared_sha256 FROM materials_edition WHERE state = 'draft'"))
    assert kept is None


@pytest.fixture
def moved(world: World) -> World:
    """The world at a new address, which it tells of the old ones."""
    chosen = settings(world.house.database, world.house.store.local_path("a" * 64).parents[2])  # type: ignore[union-attr]
    former = ("https://old.portal.test", "http://older.test:8080")
    chosen = chosen.model_copy(update={"former_public_urls": former})
    return World(world.house, create_app(chosen, replace(world.house)), world.contents)


@pytest.mark.parametrize(
    ("base", "path", "leads"),
    [
        ("https://old.portal.test", "/current/ABC", "https://portal.test/current/ABC"),
        ("http://old.portal.test", "/admin/audit?who=A%20B&page=2", "https://portal.test/admin/audit?who=A%20B&page=2"),
        ("http://older.test:8080", "/", "https://portal.test/"),
        ("https://old.portal.test", "/materials/caf%C3%A9", "https://portal.test/materials/caf%C3%A9"),
        ("https://old.portal.test", "/x%0d%0aSet-Cookie:%20a=b", "https://portal.test/x%0D%0ASet-Cookie%3A%20a%3Db"),
    ],
)
def test_old_addresses_lead_to_the_same_page(moved: World, base: str, path: str, leads: str) -> None:
    answer = moved.app.test_client().get(path, base_url=base)
    assert (answer.status_code, answer.headers["Location"]) == (308, leads)
    assert "Set-Cookie" not in answer.headers


def test_nobody_is_led_off_the_site(moved: World) -> None:
    path = {"PATH_INFO": "//evil.test/x"}
    answer = moved.app.test_client().get("/", base_url="https://old.portal.test", environ_overrides=path)
    assert answer.headers["Location"] == "https://portal.test/evil.test/x"


def test_a_form_is_not_carried_over(moved: World) -> None:
    answer = moved.app.test_client().post("/sign-in", base_url="https://old.portal.test", data={"email": TRAINER})
    assert (answer.status_code, answer.headers["Location"]) == (303, "https://portal.test/")


def test_other_names_are_not_answered(moved: World) -> None:
    assert moved.app.test_client().get("/", base_url="https://other.test").status_code == 400
    assert moved.browser(TRAINER).get("/home").status_code == 200
