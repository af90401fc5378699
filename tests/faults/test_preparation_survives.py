"""The worker is killed in the middle of *prepare an edition*: the draft becomes ready all the same, once, and whole."""

import random
from pathlib import Path

import pytest

from kit.clock import SystemClock
from kit.db import Database
from kit.store import ObjectStore
from licences import programmes
from materials import editions, library
from materials.editions import EditionFacts
from materials.kinds import MaterialKind
from materials.library import Uses
from tests.factories.pdf_files import pdf_file
from tests.faults.conftest import Workers, wait_until
from tests.faults.invariants import check_files
from tests.faults.plan import SEED, SOAK
from tests.world import TEAM

ALL_POINTS = ["file fetched", *(f"before commit {each}" for each in range(1, 6)), "file put", "edition ready"]
POINTS = ALL_POINTS if SOAK else sorted(random.Random(SEED).sample(ALL_POINTS, 2))
PAGES = 25


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore((tmp_path / "store").as_uri())


def draft(database: Database, store: ObjectStore, folder: Path) -> int:
    stored = store.put(pdf_file(folder / "manual.pdf", pages=PAGES), "application/pdf")
    clock = SystemClock()
    with database.write() as session:
        programme = programmes.create_programme(
            session, clock, TEAM, name="Attachment Based Mentoring", days=3, trainer_days=5, audience="Schools"
        )
        uses = Uses(print=True, project=True, adapt=False, hand_out=False)
        material = library.create_material(
            session,
            clock,
            TEAM,
            programme_id=programme.id,
            title="Trainer manual",
            description="What it is.",
            kind=MaterialKind.MANUAL,
            uses=uses,
        )
        return editions.draft(
            session, clock, TEAM, material_id=material.id, number="3.1", file=stored, file_name="manual.pdf"
        )


def facts(database: Database, edition: int) -> EditionFacts:
    with database.read() as session:
        return editions.edition(session, edition)


@pytest.mark.parametrize("point", POINTS)
def test_an_edition_becomes_ready_though_its_worker_died(
    database: Database, workers: Workers, store: ObjectStore, tmp_path: Path, point: str
) -> None:
    edition = draft(database, store, tmp_path)
    where = ["--store", (tmp_path / "store").as_uri()]
    workers.die(*where, "--die", point)
    assert facts(database, edition).is_ready == (point == "edition ready")
    workers.start(*where)
    wait_until(lambda: facts(database, edition).is_ready)
    ready = facts(database, edition)
    assert (ready.pages_done, ready.page_count) == (PAGES, PAGES)
    rows, files = check_files(database, tmp_path / "store")
    assert rows == 2
    assert files - rows <= 1, "a kill between file and row leaves at most one file that nobody knows or reads"
