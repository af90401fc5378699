"""Pence and periods of the stand-in: rounded once, added up to the whole."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.stripe.arithmetic import next_anchor, round_half_up, share_of, shifted, tax_of, working_days_later

YEAR = ("year", 1)


def at(text: str) -> int:
    """A moment in seconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(("amount", "whole"), [("1/2", 1), ("-1/2", -1), ("3/2", 2), ("49/100", 0), ("-149/100", -1)])
def test_half_a_penny_goes_away_from_nought(amount: str, whole: int) -> None:
    assert round_half_up(Fraction(amount)) == whole


@given(st.integers(0, 10**7), st.integers(1, 400), st.integers(0, 364))
def test_what_is_used_and_what_remains_are_the_whole_to_a_penny(price: int, seats: int, day: int) -> None:
    start, end = at("2026-09-01"), at("2027-09-01")
    middle = start + day * 86_400
    parts = share_of(price * seats, start, middle, YEAR), share_of(price * seats, middle, end, YEAR)
    # The first part ends elsewhere, so its whole is a year that ends there, which is as long.
    assert abs(sum(parts) - price * seats) <= 1


@given(st.integers(-(10**8), 10**8), st.sampled_from([0.0, 5.0, 17.5, 20.0]))
def test_tax_given_back_is_tax_taken(amount: int, rate: float) -> None:
    for inclusive in (False, True):
        assert tax_of(-amount, rate, inclusive) == -tax_of(amount, rate, inclusive)
    assert tax_of(amount + tax_of(amount, rate, False), rate, True) == pytest.approx(tax_of(amount, rate, False), abs=1)


def test_years_and_months_keep_their_day_where_there_is_one() -> None:
    assert shifted(at("2028-02-29"), *YEAR) == at("2029-02-28")
    assert shifted(at("2027-01-31"), "month", 1) == at("2027-02-28")
    assert shifted(at("2027-02-28"), "month", 1, day=31) == at("2027-03-31")
    assert shifted(at("2027-09-01"), *YEAR, times=-1) == at("2026-09-01")
    assert shifted(at("2027-09-01"), "week", 2) == at("2027-09-15")


def test_a_licence_year_begins_on_its_next_first_of_september() -> None:
    september = {"month": 9, "day_of_month": 1, "hour": 0, "minute": 0, "second": 0}
    assert next_anchor(at("2026-11-22T10:00:00"), september) == at("2027-09-01")
    assert next_anchor(at("2026-08-31T23:59:59"), september) == at("2026-09-01")
    assert next_anchor(at("2026-09-01T00:00:00"), september) == at("2027-09-01")
    assert next_anchor(at("2027-02-10T08:30:00"), {"day_of_month": 31}) == at("2027-02-28T08:30:00")


def test_bacs_takes_working_days() -> None:
    assert working_days_later(at("2026-11-27T12:00:00"), 4) == at("2026-12-03T12:00:00")
