"""The web process is killed at every step of what people press: afterwards all of it has happened, or nothing.

Each act is done once undisturbed, which tells its steps and what it leaves; then the process dies at one of them, the
portal starts again on what is left, and the person presses again. `make test` takes one step, `SOAK=1` every one.
"""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from pathlib import Path
from signal import SIGKILL

import pikepdf
import pytest
import sqlalchemy as sa

from kit.clock import SteppingClock
from kit.db import Database
from licences import terms
from licences.people import legal
from licences.people.models import Person
from materials import shelf
from materials.models import Copy
from tests.faults.crowd import at, signed_in
from tests.faults.invariants import check_files, check_rows, contents, grown
from tests.faults.nursery import Nursery
from tests.faults.plan import SEED, SOAK
from tests.world import COLLEAGUE, MANAGER, STAFF, STRANGER, STRANGER_MANAGER, TEAM, TRAINER, World, open_world

NEWCOMERS = [f"Zelda {number},zelda{number}@new.example,Lakeshire Council" for number in range(3)]
LAST_STEPS = 4  # about: before the commit, the commit, after it, the answer
TRAILS = {"kit_audit_entry"}  # signing in to look is told there, too


@dataclass(frozen=True)
class Act:
    """Something that somebody presses; `twice` are the answers to who presses again when it had happened."""

    who: str
    path: Callable[[World], str]
    form: Callable[[World], dict[str, str]]
    twice: frozenset[int]


ACTS = {
    "import": Act(
        STAFF,
        lambda world: "/admin/imports/cohort",
        lambda world: {
            "table": "\n".join(["name,email,organisation", *NEWCOMERS]), "programme": str(world.programme),
            "from_on": "2026-11-06", "until_on": "2029-11-05", "gives_seats": "y", "sure": "yes",
        },
        frozenset({303}),
    ),
    "invite": Act(
        MANAGER,
        lambda world: "/organisation/invite",
        lambda world: {"name": "Zelda", "email": "zelda@new.example", "role": "trainer", "seat": str(world.licence)},
        frozenset({409}),
    ),
    "publish": Act(
        STAFF,
        lambda world: f"/admin/editions/{world.draft_edition}/publish",
        lambda world: {},
        frozenset({303}),
    ),
    "copy": Act(
        TRAINER,
        lambda world: f"/materials/{world.manual}/copies",
        lambda world: {"edition": str(world.current_edition), "press": "ONEPRESS"},
        frozenset({303}),
    ),
    "merge people": Act(
        STAFF,
        lambda world: f"/admin/people/{world.people[COLLEAGUE]}/merge",
        lambda world: {"gone": str(world.people[TRAINER])},
        frozenset({409}),
    ),
    "merge organisations": Act(
        STAFF,
        lambda world: f"/admin/organisations/{world.lakeshire}/merge",
        lambda world: {"gone": str(world.hillside)},
        frozenset({409}),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """A world of one's own with an act to be done in it, and what every table held before."""

    world: World
    folder: Path
    act: Act
    secret: str
    before: dict[str, list[str]]

    @property
    def database(self) -> Database:
        return self.world.house.database

    def contents(self) -> dict[str, list[str]]:
        return contents(self.database)

    def press(self) -> int:
        """Presses at the portal of this process: the one that was started again."""
        browser = at(self.world, self.secret)
        return browser.post(self.act.path(self.world), self.act.form(self.world)).status_code

    def options(self, die: int) -> list[str]:
        """What the process that presses is told."""
        world, act = self.world, self.act
        return [
            "--database", self.database.url.render_as_string(hide_password=False),
            "--store", str(self.folder / "store"), "--moment", world.house.clock.now().isoformat(),
            f"--session={self.secret}", "--path", act.path(world), "--form", json.dumps(act.form(world)),
            "--die", str(die), "--answer", str(self.folder / "answer"),
        ]  # fmt: skip


Stages = Callable[[Act], AbstractContextManager[Stage]]


@pytest.fixture
def stages(database_kind: str, tmp_path: Path, clock: SteppingClock) -> Stages:
    """Makes as many as a test wants, all alike."""
    numbers, moment = count(), clock.now()

    @contextmanager
    def stage(act: Act) -> Iterator[Stage]:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        with open_world(database_kind, folder, SteppingClock(moment)) as world:
            furnish(world)
            secret = signed_in(world, act.who)
            yield Stage(world, folder, act, secret, contents(world.house.database))

    return stage


def furnish(world: World) -> None:
    """There is something to lose: a copy was taken, and seats are free."""
    clock, trainer = world.house.clock, world.viewer(TRAINER)
    with world.house.database.write() as session:
        terms.change_seats(session, clock, TEAM, world.licence, seats=4, reason="Order 2")
        for one in (trainer, world.viewer(STRANGER)):
            legal.accept_terms_of_use(session, clock, one, 1)
        wanted = {"material_id": world.manual, "edition_id": world.current_edition}
        shelf.take_copy(session, clock, trainer, **wanted, press="BEFORE")


def chosen(steps: list[str], chance: random.Random) -> list[int]:
    """Which steps to die at: one, as often at the end as before it; or with SOAK every one."""
    numbers = range(1, len(steps) + 1)
    if SOAK:
        return list(numbers)
    return [chance.choice(numbers[-LAST_STEPS:] if chance.random() < 0.5 else numbers[:-LAST_STEPS])]


@pytest.mark.parametrize("name", ACTS)
def test_what_is_pressed_has_happened_or_not(stages: Stages, nursery: Nursery, database_kind: str, name: str) -> None:
    act = ACTS[name]
    with stages(act) as stage:
        assert nursery.start_web(stage.options(0)).wait(60) == 0
        told = json.loads((stage.folder / "answer").read_text())
        assert told["code"] == 303
        whole = grown(stage.before, stage.contents())
    assert whole, "nothing happened at all"
    happened = 0
    deaths = chosen(told["steps"], random.Random(f"{SEED} {name} {database_kind}"))
    for die in deaths:
        with stages(act) as stage:
            assert nursery.start_web(stage.options(die)).wait(60) == -SIGKILL, "the step was never reached"
            happened += survives(stage, whole, f"step {die}: {told['steps'][die - 1]}")
    print(f"{name}: {len(told['steps'])} steps; of {len(deaths)} deaths {happened} after it had happened")


def survives(stage: Stage, whole: dict[str, int], where: str) -> bool:
    """Checks what a death has left, and again once the person has pressed again; whether it had happened."""
    left = stage.contents()
    has_happened = left != stage.before
    if has_happened:
        assert grown(stage.before, left) == whole, where
    check(stage, has_happened)
    assert stage.press() in (stage.act.twice if has_happened else {303}), where
    finally_ = grown(stage.before, {name: rows for name, rows in stage.contents().items() if name not in TRAILS})
    assert finally_ == {name: number for name, number in whole.items() if name not in TRAILS}, where
    check(stage, True)
    return has_happened


def check(stage: Stage, has_happened: bool) -> None:
    """What holds at any time, of rows, of files, and of what the portal gives out."""
    world = stage.world
    check_rows(stage.database)
    rows, files = check_files(stage.database, stage.folder / "store")
    assert rows == files
    for person, code in copies_of(stage.database):
        with at(world, signed_in(world, person)).get(f"/copies/{code}") as opened:
            assert opened.status_code == 200
            with pikepdf.open(BytesIO(opened.data)) as pdf:
                assert len(pdf.pages) == 3
    page = at(world, signed_in(world, STRANGER_MANAGER)).get("/organisation").text
    is_merged = has_happened and stage.act is ACTS["merge organisations"]
    assert ("Zelda" in page, "Amara" in page) == (False, is_merged)
    wanted = {"edition": str(world.current_edition), "press": "LAPSED"}
    if not is_merged:  # then the suspended licence is part of a good one
        asked = at(world, signed_in(world, STRANGER)).post(f"/materials/{world.manual}/copies", wanted)
        assert asked.status_code == 403


def copies_of(database: Database) -> list[tuple[str, str]]:
    """Who has which copy, by address and code."""
    with database.read() as session:
        rows = session.execute(sa.select(Person.email, Copy.code).join(Copy, Copy.person_id == Person.id))
        return [(email, code) for email, code in rows]
