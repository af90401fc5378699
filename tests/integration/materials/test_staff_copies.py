"""Staff see every copy taken: searched, filtered, page by page, as CSV."""

import csv
import io
import re
from datetime import timedelta

import pytest

from kit.ids import new_code
from kit.keyset import Span
from kit.web import listing
from licences.people import legal
from materials import copies, shelf
from tests.browser_like import Browser
from tests.statements import counted
from tests.world import STAFF, TRAINER, World


@pytest.fixture
def staff(world: World) -> Browser:
    return world.browser(STAFF)


def take(world: World, edition_id: int, material_id: int | None = None) -> str:
    """Amara takes a copy, a minute after the one before; returns its code."""
    house, viewer = world.house, world.viewer(TRAINER)
    house.clock.move(minutes=1)  # type: ignore[attr-defined]
    with house.database.write() as session:
        legal.accept_terms_of_use(session, house.clock, viewer, 1)
        return shelf.take_copy(
            session, house.clock, viewer, material_id=material_id or world.manual, edition_id=edition_id,
            press=new_code(),
        )  # fmt: skip


def shown(page: str) -> list[str]:
    drawn = re.findall(r'sb-fours">(.+?)</span></span>', page)  # in fours, with nothing between that would be copied
    return [re.sub("<[^>]+>", "", code) for code in drawn]


def test_nothing_taken_says_so(staff: Browser) -> None:
    assert "No copy has been taken yet" in staff.get("/admin/copies").text


def test_each_filter_finds_what_it_says(world: World, staff: Browser) -> None:
    old, new = take(world, world.first_edition), take(world, world.current_edition)
    for query, expected in (
        ("", [new, old]),
        ("q=amara", [new, old]),
        ("q=LAKESHIRE+osei", [new, old]),
        ("q=hillside", []),
        (f"q={old[:8].lower()}", [old]),
        (f"q={old[:4]}+{old[4:8]}", [old]),
        (f"edition={world.first_edition}", [old]),
        (f"material={world.handouts}", []),
        ("organisation=lakeSHIRE", [new, old]),
        ("organisation=hillside", []),
        ("organisation=nobody", []),
        ("since=14+11+2026", [new, old]),
        ("since=15+11+2026", []),
        ("until=13+11+2026", []),
        ("until=14+11+2026&until=&until=", None),
        ("q=%25", []),
    ):
        response = staff.get(f"/admin/copies?{query}")
        if expected is None:
            assert response.status_code == 400
        else:
            assert shown(response.text) == expected, query


def test_until_is_not_included(world: World) -> None:
    take(world, world.current_edition)
    taken_at = world.house.clock.now()
    with world.house.database.read() as session:
        assert copies.copies(session, copies.CopyQuery(until=taken_at), Span(5)) == []
        assert len(copies.copies(session, copies.CopyQuery(since=taken_at), Span(5))) == 1


def test_copies_are_counted_as_far_as_anybody_reads(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    noon = world.house.clock.now()
    for _ in range(3):
        take(world, world.current_edition)
    for most, numbers in ((10, [3, 2]), (1, [2, 2])):
        monkeypatch.setattr(copies, "MOST_COUNTED", most)
        with world.house.database.read() as session:
            assert copies.count_copies(session, noon, noon + timedelta(minutes=2)) == numbers


def test_the_search_stays_on_the_page(staff: Browser) -> None:
    page = staff.get("/admin/copies?q=%3Cb%3Eosei").text
    assert 'value="&lt;b&gt;osei"' in page


def test_pages_lead_on_and_back_with_the_filters_kept(
    world: World, staff: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    codes = [take(world, world.current_edition) for _ in range(5)][::-1]
    page = staff.get("/admin/copies?q=osei").text
    seen = [shown(page)]
    while older := re.search(r'rel="next" href="([^"]+)"', page):
        assert "q=osei" in older[1]
        page = staff.get(older[1].replace("&amp;", "&")).text
        seen.append(shown(page))
    assert seen == [codes[:2], codes[2:4], codes[4:]]
    newer = re.search(r'rel="prev" href="([^"]+)"', page)
    assert newer is not None
    assert shown(staff.get(newer[1].replace("&amp;", "&")).text) == codes[2:4]


def test_the_spreadsheet_has_what_the_page_has(world: World, staff: Browser) -> None:
    old, new = take(world, world.first_edition), take(world, world.current_edition)
    response = staff.get("/admin/copies.csv")
    assert response.mimetype == "text/csv"
    lines = list(csv.reader(io.StringIO(response.data.decode("utf-8-sig"))))
    assert [line[-1] for line in lines[1:]] == [new, old]
    assert lines[1][1:5] == ["Amara Osei", "Lakeshire Council", "Trainer manual", "3.2"]
    only = staff.get(f"/admin/copies.csv?edition={world.first_edition}").data.decode("utf-8-sig")
    assert len(only.splitlines()) == 2
    assert staff.get("/admin/copies.csv?since=nonsense").status_code == 400


def test_statements_do_not_grow_with_copies(world: World, staff: Browser) -> None:
    take(world, world.current_edition)
    staff.get("/admin/copies")  # what is done once in five minutes (last seen) is done now
    with counted(world.house.database) as few:
        staff.get("/admin/copies")
    for _ in range(6):
        take(world, world.current_edition)
    staff.get("/admin/copies")
    with counted(world.house.database) as many:
        staff.get("/admin/copies")
    assert len(many) == len(few), (len(few), len(many))
