"""Drafts of editions: a file sent by staff's form, the worker's part of it done on the spot, and what is known then."""

import io
from pathlib import Path

from werkzeug.test import TestResponse

from materials import editions, preparing
from materials.editions import EditionFacts
from tests.browser_like import Browser
from tests.world import World


def send(staff: Browser, address: str, source: Path, **fields: str) -> TestResponse:
    """Sends a form with a file."""
    form = {**fields, "file": (io.BytesIO(source.read_bytes()), "manual.pdf")}
    return staff.post(address, form, content_type="multipart/form-data")


def drafted(staff: Browser, world: World, source: Path) -> int:
    """The id of a draft of the handouts with this file, when the worker has been at it."""
    made = send(staff, f"/admin/materials/{world.handouts}/editions/new", source, number="1.1")
    edition_id = int(made.headers["Location"].rsplit("/", 1)[1])
    prepare(world, edition_id)
    return edition_id


def prepare(world: World, edition_id: int) -> None:
    """Does what the worker does about a draft."""
    house = world.house
    preparing.prepare_edition(house.database, house.clock, house.store, house.links, edition_id=edition_id)


def facts(world: World, edition_id: int) -> EditionFacts:
    """What is known of an edition now."""
    with world.house.database.read() as session:
        return editions.edition(session, edition_id)
