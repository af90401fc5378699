"""How many SQL statements a trainer's pages need: counted, and the same whatever the number of rows."""

import pytest

from kit.ids import new_code
from licences import programmes
from licences.people import legal
from materials import library, shelf
from materials.kinds import MaterialKind
from materials.library import Uses
from tests.statements import counted
from tests.world import TEAM, TRAINER, World

# Who is looking, materials, programmes, editions, their change notes, the entitlement (two), one's own copies.
MOST = {"/": 9, "/materials": 9, "/materials/{manual}": 10, "/copies": 9}


def grow(world: World, series: str) -> None:
    """Ten more programmes and materials, and thirty copies."""
    clock = world.house.clock
    viewer = world.viewer(TRAINER)
    with world.house.database.write() as session:
        legal.accept_terms_of_use(session, clock, viewer, 1)
        for number in range(10):
            made = programmes.create_programme(
                session, clock, TEAM, name=f"Programme {series}{number}", days=1, trainer_days=None, audience=""
            )
            for home in (made.id, world.programme):
                library.create_material(
                    session, clock, TEAM, programme_id=home, title=f"Material {series}{number}", description="",
                    kind=MaterialKind.MANUAL, uses=Uses(True, True, True, False),
                )  # fmt: skip
        for _ in range(30):
            shelf.take_copy(
                session, clock, viewer, material_id=world.manual, edition_id=world.current_edition, press=new_code()
            )


@pytest.mark.parametrize("page", MOST)
def test_statements_do_not_grow_with_rows(world: World, page: str) -> None:
    browser = world.browser(TRAINER)
    address = page.format(manual=world.manual)
    counts = []
    for series in "ab":
        grow(world, series)
        with counted(world.house.database) as sent:
            assert browser.get(address).status_code == 200
        counts.append([statement for statement in sent if not statement.startswith("BEGIN")])
    assert len(counts[0]) == len(counts[1]), "\n".join(counts[1])
    assert len(counts[1]) <= MOST[page], "\n".join(counts[1])


def test_a_copy_costs_three_statements_and_taking_one_five(world: World) -> None:
    grow(world, "a")
    browser = world.browser(TRAINER)
    with counted(world.house.database) as sent:
        form = {"edition": world.current_edition, "press": "a"}
        taken = browser.post(f"/materials/{world.manual}/copies", form)
    pressed = [statement for statement in sent if not statement.startswith("BEGIN")]
    assert len(pressed) == 5, "\n".join(pressed)
    with counted(world.house.database) as sent:
        browser.get(taken.location or "")
    fetched = [statement for statement in sent if not statement.startswith("BEGIN")]
    assert len(fetched) == 3, "\n".join(fetched)
