"""Licence years, what is left of one, and the days on which a purchase order is asked for."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.money import pounds, share, vat
from licences.billing.prices import PriceFacts
from licences.billing.years import LicenceYear, ask_days, days_in_year_to, stretch, year_from

PRICE = PriceFacts(1, date(2024, 1, 1), 115_000, 4, 9_000, 2000)
DAYS = st.dates(date(2024, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("year", "first", "last"),
    [
        (LicenceYear.SEPTEMBER, date(2027, 9, 1), date(2028, 8, 31)),
        (LicenceYear.APRIL, date(2027, 4, 1), date(2028, 3, 31)),
        (LicenceYear.TODAY_TO_AUGUST, date(2026, 11, 10), date(2027, 8, 31)),
        (LicenceYear.TODAY_TO_MARCH, date(2026, 11, 10), date(2027, 3, 31)),
    ],
)
def test_what_is_ordered_on_a_day_in_november(year: LicenceYear, first: date, last: date) -> None:
    assert stretch(year, date(2026, 11, 10)) == (first, last)


def test_on_its_first_day_a_year_begins_today() -> None:
    assert stretch(LicenceYear.SEPTEMBER, date(2026, 9, 1)) == (date(2026, 9, 1), date(2027, 8, 31))
    assert stretch(LicenceYear.TODAY_TO_AUGUST, date(2026, 9, 1)) == (date(2026, 9, 1), date(2027, 8, 31))


@pytest.mark.parametrize(
    ("begins", "asked"),
    [
        (date(2027, 9, 1), [date(2027, 5, 1), date(2027, 6, 1), date(2027, 7, 1), date(2027, 9, 6)]),
        (date(2026, 9, 1), [date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1), date(2026, 9, 7)]),
        (date(2027, 4, 1), [date(2027, 1, 5), date(2027, 2, 1), date(2027, 3, 1)]),
        (date(2027, 1, 20), [date(2026, 10, 22), date(2026, 11, 21), date(2026, 12, 21), date(2027, 1, 6)]),
        (date(2027, 9, 15), [date(2027, 6, 17), date(2027, 7, 17), date(2027, 9, 1)]),
    ],
)
def test_purchase_orders_are_asked_for_by_the_licence_year(begins: date, asked: list[date]) -> None:
    assert ask_days(begins) == asked


@given(DAYS)
def test_nobody_is_asked_in_august(begins: date) -> None:
    assert all(day.month != 8 for day in ask_days(begins))


@given(DAYS)
def test_a_year_ends_on_the_eve_of_its_day(begins: date) -> None:
    ends = year_from(begins)
    assert ends + timedelta(days=1) in (begins.replace(year=begins.year + 1) if (begins.month, begins.day) != (2, 29)
                                        else date(begins.year + 1, 3, 1),)  # fmt: skip
    assert days_in_year_to(ends) in (365, 366)


def test_a_year_costs_its_price_and_a_part_by_the_day() -> None:
    begins, ends = date(2027, 4, 1), date(2028, 3, 31)
    assert PRICE.net_pence(4, begins, ends) == 115_000
    assert PRICE.net_pence(3, begins, ends) == 115_000
    assert PRICE.net_pence(10, begins, ends) == 115_000 + 6 * 9_000
    # 142 of 366 days: the year to 31 March 2028 holds a 29 February.
    assert PRICE.net_pence(4, date(2027, 11, 11), ends) == share(115_000, 142, 366) == 44_617
    assert PRICE.added_pence(2, date(2027, 11, 11), ends) == share(18_000, 142, 366)


@given(DAYS, st.integers(1, 365))
def test_parts_never_cost_more_than_the_year(begins: date, days: int) -> None:
    ends = min(begins + timedelta(days=days - 1), year_from(begins))
    assert 0 < PRICE.net_pence(4, begins, ends) <= 115_000


@pytest.mark.parametrize(
    ("pence", "words"),
    [(0, "£0.00"), (5, "£0.05"), (145_000, "£1,450.00"), (-1, "−£0.01"), (123_456_789, "£1,234,567.89")],
)
def test_pence_are_written_as_pounds(pence: int, words: str) -> None:
    assert pounds(pence) == words


@pytest.mark.parametrize(("net", "tax"), [(100, 20), (2, 0), (3, 1), (12, 2), (13, 3), (115_000, 23_000)])
def test_tax_is_rounded_to_the_penny_a_half_upwards(net: int, tax: int) -> None:
    assert vat(net, 2000) == tax
