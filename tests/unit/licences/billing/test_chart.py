"""The chart of the renewals: every part within its picture, as long as its money, and none on another."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licences.billing.renewals import Month, Renewal, Stage
from licences.web.renewals_chart import GROUND, TOP, WIDE, draw

STAGES = st.sampled_from(list(Stage))


def month(number: int, *amounts: tuple[Stage, int]) -> Month:
    first = date(2026 + number // 12, number % 12 + 1, 1)
    return Month(first, tuple(Renewal(1, 1, "A", "B", first, 1, pence, stage) for stage, pence in amounts))


@given(st.lists(st.lists(st.tuples(STAGES, st.integers(1, 100_000_000)), max_size=8), min_size=1, max_size=18))
def test_parts_stand_on_each_other_within_the_picture(amounts: list[list[tuple[Stage, int]]]) -> None:
    months = [month(number, *some) for number, some in enumerate(amounts)]
    chart = draw(months)
    assert 2 <= len(chart.lines) <= 12
    for column, bar, one in zip(chart.columns, chart.bars, months, strict=True):
        assert len(column.parts) == len(bar.parts) == len({stage for stage, _ in amounts[months.index(one)]})
        for lower, upper in zip(column.parts, column.parts[1:], strict=False):
            assert upper.at + upper.length < lower.at
        for left, right in zip(bar.parts, bar.parts[1:], strict=False):
            assert left.at + left.length < right.at
        assert all(TOP - 15 <= part.at <= GROUND for part in column.parts)
        assert all(part.at + part.length <= WIDE + 15 for part in bar.parts)


@pytest.mark.parametrize(
    ("pence", "lines"),
    [
        (395_000_0, ["£0", "£10k", "£20k", "£30k", "£40k"]),
        (115_000, ["£0", "£500", "£1k", "£1,500"]),
        (0, ["£0", "£1"]),
    ],
)
def test_the_scale_is_in_round_pounds(pence: int, lines: list[str]) -> None:
    assert [words for _, words in draw([month(0, (Stage.PAID, pence))]).lines] == lines


def test_a_month_says_what_it_brings_or_that_it_brings_nothing() -> None:
    chart = draw([month(0, (Stage.PAID, 145_000), (Stage.AT_RISK, 82_050)), month(6)])
    assert [(one.short, one.name, one.total) for one in chart.columns] == [
        ("Jan 26", "January 2026", "£2,270.50"), ("Jul 26", "July 2026", "none"),
    ]  # fmt: skip
    assert [part.kind for part in chart.columns[0].parts] == ["paid", "risk"]
