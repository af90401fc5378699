"""Staff find an organisation in the register instead of typing it, and see what became of one that closed."""

import re
from html import unescape

from kit.audit import SYSTEM
from licences.register import reading
from tests.browser_like import Browser
from tests.factories.register_files import SAMPLE
from tests.statements import counted
from tests.world import STAFF, World

FILES = ("edubasealldata.csv", "allgroupsdata.csv", "alllinksdata.csv", "links_edubasealldata.csv")


def words_on(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.split("<main")[1])).split())


def value_of(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert found
    value = re.search(r'value="([^"]*)"', found[0])
    return unescape(value[1]) if value else ""


def statements(world: World, staff: Browser, address: str) -> int:
    with counted(world.house.database) as sent:
        assert staff.get(address).status_code == 200
    return len([one for one in sent if not one.startswith("BEGIN")])


def test_an_organisation_out_of_the_register(world: World) -> None:
    staff = world.browser(STAFF)
    empty = words_on(staff.get("/admin/organisations/look-up?q=hillside").text)
    assert "The register is empty here" in empty
    assert "Find it in the register" not in words_on(staff.get("/admin/organisations/new").text)
    for name in FILES:
        reading.read_file(world.house.database, world.house.clock, SYSTEM, SAMPLE / name)

    found = staff.get("/admin/organisations/look-up?q=hillside")
    told = words_on(found.text)
    assert told.index("HILLSIDE TRUST") < told.index("Hillside Primary Academy") < told.index("Hillside Infant School")
    assert "Closed on 31 August 2023 and became Hillside Primary Academy" in told
    assert "Open Government Licence v3.0" in told
    assert "Quillfeather" not in found.text

    form = staff.get("/admin/organisations/new?entry=uid9044").text
    assert [value_of(form, name) for name in ("name", "trust_uid", "ukprn", "urn")] == [
        "HILLSIDE TRUST", "TR09044", "10099044", "",
    ]  # fmt: skip
    assert re.search(r'value="multi-academy trust"[^>]* checked', form)
    assert "1 Upper Lane\nHillside\nLakeshire\nLK6 3HN" in form
    new = {"name": "Hillside Learning", "kind": "multi-academy trust", "trust_uid": "TR09044", "la_code": ""}
    made = staff.post("/admin/organisations/new?entry=uid9044", new).headers["Location"]
    assert "Trust UID TR09044" in words_on(staff.get(made).text)
    assert "Here already: Hillside Learning" in words_on(staff.get("/admin/organisations/look-up?q=TR09044").text)
    one, twenty = (statements(world, staff, f"/admin/organisations/look-up?q={text}") for text in ("190001", "primary"))
    assert one == twenty

    corrected = f"/admin/organisations/{world.lakeshire}/edit"
    page = staff.get(f"{corrected}?entry=la971").text
    assert (value_of(page, "name"), value_of(page, "la_code")) == ("Lakeshire Council", "971")
    assert f"{corrected}?entry=la971" in staff.get(f"/admin/organisations/look-up?q=971&for={world.lakeshire}").text
    wrong = staff.post(corrected, {"name": "Lakeshire Council", "kind": "local authority", "la_code": "97"})
    assert "Write it like 301, with three figures." in unescape(wrong.text)
    for strange in ("entry=urn404", "entry=%00", "entry=" + "x" * 5000):
        assert staff.get(f"/admin/organisations/new?{strange}").status_code == 200


def test_a_closed_school_says_what_it_became(world: World) -> None:
    staff = world.browser(STAFF)
    for name in FILES:
        reading.read_file(world.house.database, world.house.clock, SYSTEM, SAMPLE / name)
    school = {"name": "Westwater High", "kind": "multi-academy trust", "urn": "190004"}
    place = staff.post("/admin/organisations/new", school).headers["Location"]
    page = staff.get(place)
    assert "Westwater High School closed on 31 August 2024 and became Westwater Academy" in words_on(page.text)
    way = re.search(r'href="([^"]*/edit\?entry=urn190005)"', page.text)
    assert way
    form = staff.get(way[1]).text
    assert (value_of(form, "name"), value_of(form, "urn")) == ("Westwater High", "190005")
