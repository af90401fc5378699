"""What staff should look at: the database finds what `licences.standing` would, and the most urgent only."""

import random
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from kit.clock import SteppingClock, today
from licences import attention
from licences.standing import Standing
from licences.terms import licences_of_many
from tests.unit.licences.test_directory import a_licence, a_programme, an_organisation

DAY = timedelta(days=1)


def some_spans(luck: random.Random, day: date) -> list[tuple[date, date]]:
    """Short and long periods around a day, that meet, overlap or leave gaps."""
    spans = []
    begins = day + luck.randint(-90, 20) * DAY
    for _ in range(luck.randint(0, 4)):
        ends = begins + luck.choice((0, 10, 30, 60, 200)) * DAY
        spans.append((begins, ends))
        begins = ends + luck.choice((-20, 0, 1, 1, 2, 15)) * DAY
    return spans


@pytest.mark.parametrize("seed", range(4))
def test_the_database_agrees_with_the_standing(
    session: Session, clock: SteppingClock, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "MOST_SHOWN", 1000)
    luck, programme = random.Random(seed), a_programme(session, clock)
    places = [an_organisation(session, clock, f"Place {number}") for number in range(60)]
    for place in places:
        a_licence(session, clock, place, programme, some_spans(luck, today(clock)), luck.random() < 0.2)
    every = licences_of_many(session, clock, places)
    limit = today(clock) + attention.SOON
    found = attention.licences_to_see(session, clock)
    until = {one.id: one.standing.until for one in every if one.standing.until and one.standing.until <= limit}
    assert until
    assert {one.id: one.standing.until for one in found.ending} == until
    assert [one.standing.until for one in found.ending] == sorted(day for day in until.values() if day)
    assert {one.id for one in found.suspended} == {
        one.id for one in every if one.standing.standing is Standing.SUSPENDED
    }


def test_only_the_most_urgent_are_shown(session: Session, clock: SteppingClock) -> None:
    programme, day = a_programme(session, clock), today(clock)
    for number in range(attention.MOST_SHOWN + 1):
        place = an_organisation(session, clock, f"Place {number}")
        a_licence(session, clock, place, programme, [(day - DAY, day + (40 - number) * DAY)], stopped=False)
    found = attention.licences_to_see(session, clock)
    assert (len(found.ending), found.more_ending, found.more_suspended) == (attention.MOST_SHOWN, True, False)
    assert found.ending[0].organisation_name == f"Place {attention.MOST_SHOWN}"
