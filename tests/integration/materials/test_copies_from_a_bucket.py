"""A copy is taken over HTTP when the files lie in a bucket: the same bytes, from near and from afar."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from kit.local_copies import LocalCopies
from kit.store import ObjectStore, StoredFile
from portal.app import create_app
from tests.integration.materials.test_taking_a_copy import accept_terms
from tests.world import TRAINER, World, settings

if TYPE_CHECKING:
    from tests.bucket_server import BucketServer


@pytest.fixture(params=["kept near", "from afar"])
def moved(request: pytest.FixtureRequest, world: World, bucket_server: "BucketServer", tmp_path: Path) -> World:
    """The world after its files have moved into a bucket."""
    bucket = bucket_server.new_bucket()
    copies = LocalCopies(tmp_path / "near", 10**9) if request.param == "kept near" else None
    store = ObjectStore(f"s3://{bucket}/files", replace(bucket_server.access, copies=copies))
    with world.house.database.read() as session:
        for sha256 in session.scalars(sa.select(StoredFile.sha256)):
            path = world.house.store.local_path(sha256)
            assert path
            store.put(path, "application/pdf")
    house = replace(world.house, store=store)
    chosen = settings(world.house.database, tmp_path / "store")
    return World(house, create_app(chosen, house), world.contents)


def test_a_copy_and_its_ranges(world: World, moved: World) -> None:
    browser = moved.browser(TRAINER)
    accept_terms(browser)
    browser.get(f"/materials/{moved.manual}")
    form = {"edition": str(moved.current_edition), "press": "once"}
    pressed = browser.post(f"/materials/{moved.manual}/copies", form)
    assert pressed.status_code == 303, pressed.text
    copy = browser.get(pressed.location)
    assert (copy.status_code, copy.mimetype) == (200, "application/pdf")
    near = world.browser(TRAINER).get(pressed.location)
    assert copy.data == near.data
    part = browser.get(pressed.location, headers={"Range": "bytes=100-4999"})
    assert (part.status_code, part.data) == (206, copy.data[100:5000])


def test_ready_asks_the_bucket(moved: World, bucket_server: "BucketServer") -> None:
    assert moved.browser().get("/health/ready").status_code == 200
    gone = replace(moved.house, store=ObjectStore("s3://no-such-bucket", bucket_server.access))
    app = create_app(settings(moved.house.database, Path("/nowhere")), gone)
    assert World(gone, app, moved.contents).browser().get("/health/ready").status_code == 503
