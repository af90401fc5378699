"""The standing of a licence: every state and every edge, as a table."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licences.standing import Span, Standing, Stop, standing

DAY = date(2026, 11, 10)
YEAR = Span(date(2026, 4, 1), date(2027, 3, 31))
UNPAID = Stop(date(2026, 11, 5), "Invoice 117 is unpaid.")


def around(first: int, last: int) -> Span:
    """A period from `first` to `last`, in days from the day."""
    return Span(DAY + timedelta(days=first), DAY + timedelta(days=last))


@pytest.mark.parametrize(
    ("spans", "stop", "expected"),
    [
        ((), None, Standing.PENDING),
        ((around(1, 30),), None, Standing.PENDING),
        ((around(0, 30),), None, Standing.ACTIVE),
        ((around(-30, 0),), None, Standing.ACTIVE),
        ((around(0, 0),), None, Standing.ACTIVE),
        ((around(-30, -1),), None, Standing.ENDED),
        ((around(-30, -1), around(1, 30)), None, Standing.PENDING),
        ((around(-30, -1), around(0, 30)), None, Standing.ACTIVE),
        ((around(-60, -31), around(-30, 5)), None, Standing.ACTIVE),
        ((YEAR,), UNPAID, Standing.SUSPENDED),
        ((around(-30, -1),), UNPAID, Standing.SUSPENDED),
        ((), UNPAID, Standing.SUSPENDED),
    ],
)
def test_each_state(spans: tuple[Span, ...], stop: Stop | None, expected: Standing) -> None:
    answer = standing(spans, stop, DAY)
    assert answer.standing is expected
    assert answer.gives_copies is (expected is Standing.ACTIVE)
    assert answer.reason
    assert answer.next_step


def test_a_suspension_says_its_reason_and_since_when() -> None:
    answer = standing((YEAR,), UNPAID, DAY)
    assert (answer.since, answer.reason) == (date(2026, 11, 5), "Invoice 117 is unpaid.")


def test_periods_that_meet_count_as_one() -> None:
    answer = standing((around(-10, -1), around(0, 10), around(11, 40)), None, DAY)
    assert (answer.since, answer.until) == (DAY - timedelta(days=10), DAY + timedelta(days=40))


def test_a_gap_ends_the_stretch() -> None:
    answer = standing((around(-10, 10), around(12, 40)), None, DAY)
    assert answer.until == DAY + timedelta(days=10)


@pytest.mark.parametrize(
    ("left", "words"),
    [(0, "Today is its last day."), (1, "1 day is left"), (60, "60 days are left"), (61, "can be renewed at any time")],
)
def test_the_next_step_gets_urgent_towards_the_end(left: int, words: str) -> None:
    assert words in standing((around(-100, left),), None, DAY).next_step


def test_an_ended_licence_says_when_and_what_is_kept() -> None:
    answer = standing((Span(date(2025, 4, 1), date(2026, 3, 31)),), None, DAY)
    assert answer.reason == "The last licence period ended on 31 March 2026."
    assert answer.since == date(2026, 4, 1)
    assert "kept" in answer.next_step


def test_a_leap_day_is_a_day_like_others() -> None:
    leap = Span(date(2028, 2, 29), date(2028, 2, 29))
    assert standing((leap,), None, date(2028, 2, 29)).gives_copies
    assert not standing((leap,), None, date(2028, 3, 1)).gives_copies


spans = st.builds(
    lambda first, length: around(first, first + length), st.integers(-800, 800), st.integers(0, 400)
)  # fmt: skip


@given(st.lists(spans, max_size=6), st.integers(-900, 900))
def test_active_is_exactly_a_day_within_some_period(periods: list[Span], offset: int) -> None:
    day = DAY + timedelta(days=offset)
    answer = standing(tuple(periods), None, day)
    assert answer.gives_copies is any(span.starts_on <= day <= span.ends_on for span in periods)


@given(st.lists(spans, max_size=6), st.integers(-900, 900), st.randoms())
def test_the_order_of_periods_does_not_matter(periods: list[Span], offset: int, chance) -> None:  # type: ignore[no-untyped-def]
    day = DAY + timedelta(days=offset)
    shuffled = list(periods)
    chance.shuffle(shuffled)
    assert standing(tuple(shuffled), None, day) == standing(tuple(periods), None, day)
