"""Looking things up in the register: what is found, the obvious first, in few statements."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from kit.audit import SYSTEM
from kit.clock import SteppingClock
from kit.db import Database
from kit.refusals import NotThere
from licences.register import lookup, reading
from licences.register.lookup import Held
from licences.register.wording import words_of
from tests.factories.register_files import SAMPLE, many_establishments
from tests.statements import counted

FILES = ("edubasealldata.csv", "allgroupsdata.csv", "alllinksdata.csv", "links_edubasealldata.csv")


@pytest.fixture
def known(database: Database, clock: SteppingClock) -> Iterator[Session]:
    """A session on a register in which the sample stands."""
    for name in FILES:
        reading.read_file(database, clock, SYSTEM, SAMPLE / name)
    with database.read() as session:
        yield session


def test_the_obvious_comes_first(known: Session) -> None:
    wanted = {
        "lakeshire": "Lakeshire",
        "Lakeshire County Council": "Lakeshire",
        "kingsport city council": "Kingsport, City of",
        "971": "Lakeshire",
        "St. Brannock": "St. Brannock",
        "hillside": "HILLSIDE TRUST",
        "hill": "Hill Top Nursery and Family Learning School",  # a whole word, before Hillside
        "TR09044": "HILLSIDE TRUST",
        "9044": "HILLSIDE TRUST",
        "09990044": "HILLSIDE TRUST",
        "hillside prim": "Hillside Primary Academy",
        "HILLSIDE  primary,academy": "Hillside Primary Academy",
        "190008": "Hillside Primary Academy",
        "10090008": "Hillside Primary Academy",
        "971/2006": "Hillside Primary Academy",
        "saint nicholas": "Saint Nicholas' Primary School",
        "st. nicholas’": "Saint Nicholas' Primary School",
        "zoe bronte": "Zoë Brontë Primary School",
        "St Marys lakeford": "St Mary’s Church of England Primary School",
        "st marys cofe": "St Mary’s Church of England Primary School",
        "roman catholic": "St. Mary's R.C. Primary School",
        "ce lower": "Lower Lakeford C.E. Primary School",
        "kp22sn": "Saint Nicholas' Primary School",
        "quayside kp1 1qs": "Quayside Primary School",
    }
    found = {text: lookup.look_up(known, text).entries for text in wanted}
    assert {text: entries[0].name if entries else "" for text, entries in found.items()} == wanted
    for text in ("", " ,. ", "nowhere", "1900", "100", "lakeford quayside", "%", "_", "'", "\0", "x" * 5000):
        assert lookup.look_up(known, text).entries == (), text


def test_the_open_come_before_the_closed_and_say_what_they_became(known: Session) -> None:
    found = lookup.look_up(known, "LK6 3HN").entries
    assert [one.name for one in found] == [
        "HILLSIDE TRUST", "Hillside Primary Academy", "Hillside Infant School", "Hillside Junior School",
    ]  # fmt: skip
    infant, school = found[2], found[1]
    assert (infant.is_closed, infant.closed_on) == (True, date(2023, 8, 31))
    assert [one.urn for one in infant.became] == ["190008"]
    assert (school.group, school.la_name, school.numbers[0]) == ("HILLSIDE TRUST", "Lakeshire", ("URN", "190008"))
    assert school.became == ()


def test_an_organisation_of_ours_is_found_by_any_of_its_numbers(known: Session) -> None:
    def names(**numbers: str) -> list[str]:
        return [one.name for one in lookup.entries_of(known, Held(**numbers))]

    assert names(trust_uid="TR09044") == names(trust_uid="9044") == names(ukprn="10099044") == ["HILLSIDE TRUST"]
    assert names(urn="190004", la_code="971") == ["Westwater High School", "Lakeshire"]  # the closed one first
    assert names() == names(urn="999999") == []
    assert lookup.entry(known, "la971").name == "Lakeshire"
    with pytest.raises(NotThere):
        lookup.entry(known, "urn404")


def test_a_search_takes_as_many_statements_for_twenty_as_for_one(
    database: Database, clock: SteppingClock, tmp_path: Path
) -> None:
    many_establishments(tmp_path / "many.csv", 1_200)
    reading.read_file(database, clock, SYSTEM, tmp_path / "many.csv")
    counts = {}
    for text in ("100007", "primary", "school", "st michael and all angels primary"):
        with database.read() as session, counted(database) as sent:
            found = lookup.look_up(session, text)
        counts[text] = len([one for one in sent if not one.startswith("BEGIN")])
        assert found.entries
        assert len(found.entries) <= lookup.MOST_FOUND
        assert found.has_more or text == "100007"
    assert set(counts.values()) == {4}


def test_names_are_cut_into_words_as_people_say_them() -> None:
    assert words_of("St. Mary’s C.E. (V.A.) Primary") == ["st", "marys", "ce", "va", "primary"]
    assert words_of("Church of England & Saint Anne") == ["ce", "and", "st", "anne"]
    assert words_of("Stoke-on-Trent") == ["stoke", "on", "trent"]
