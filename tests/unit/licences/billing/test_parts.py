"""An invoice in two parts: seven and five twelfths, to the penny, with their VAT."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.money import vat
from licences.billing.parts import Part, in_two, turn_of_year

BEGINS, ENDS = date(2027, 9, 1), date(2028, 8, 31)


def test_a_september_year_is_shared_by_its_months() -> None:
    assert in_two(BEGINS, ENDS, 120_000, 2_000) == (
        Part(BEGINS, date(2028, 3, 31), 70_000), Part(date(2028, 4, 1), ENDS, 50_000),
    )  # fmt: skip


@given(st.integers(12, 100_000_000), st.sampled_from([0, 500, 2_000]))
def test_the_parts_add_up_with_their_vat(net: int, rate: int) -> None:
    first, second = in_two(BEGINS, ENDS, net, rate)
    assert first.net_pence + second.net_pence == net
    assert vat(first.net_pence, rate) + vat(second.net_pence, rate) == vat(net, rate)
    assert abs(first.net_pence - net * 7 / 12) <= 12


@pytest.mark.parametrize(
    ("begins", "ends"),
    [(date(2027, 4, 1), date(2028, 3, 31)), (BEGINS, date(2028, 7, 31)), (date(2027, 10, 1), date(2028, 9, 30))],
)
def test_other_years_are_one(begins: date, ends: date) -> None:
    assert turn_of_year(begins, ends) is None
    assert in_two(begins, ends, 120_000, 0) == (Part(begins, ends, 120_000),)
