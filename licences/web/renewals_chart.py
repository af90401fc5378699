"""The chart of the renewals: places and lengths, worked out here, so that the page needs neither script nor style."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kit.money import pounds
from licences.billing.renewals import Month, Stage

# From the ground up, and from left to right.
STAGES = (Stage.PAID, Stage.INVOICED, Stage.ORDERED, Stage.ASKED, Stage.AT_RISK)
CLASSES = {Stage.PAID: "paid", Stage.INVOICED: "inv", Stage.ORDERED: "po", Stage.ASKED: "ask", Stage.AT_RISK: "risk"}
LEFT, RIGHT, TOP, GROUND = 64.0, 1000.0, 26.0, 290.0
WIDE, ROW, BAR = 340.0, 62.0, 20.0
GAP, LEAST = 2.0, 3.0
STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Part:
    """One stage of one month: its class, where it begins, and how long it is."""

    kind: str
    at: float
    length: float


@dataclass(frozen=True)
class Column:
    """One month: its name, short and in full, what it brings in words, its place, and its parts."""

    short: str
    name: str
    total: str
    middle: float
    top: float
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Chart:
    """Columns for a wide page, bars for a narrow one; lines of the scale as pairs of height and words."""

    columns: tuple[Column, ...]
    column_width: float
    bars: tuple[Column, ...]
    lines: tuple[tuple[float, str], ...]
    bars_height: float


def draw(months: Sequence[Month]) -> Chart:
    """The chart of some months, of which there is at least one."""
    most = max(1, *(month.pence() for month in months))
    step = _step(most)
    height = step * -(-most // step)
    between = (RIGHT - LEFT) / len(months)
    lines = [(_y(level, height), _short_pounds(level)) for level in range(0, height + 1, step)]
    columns = tuple(_column(month, LEFT + between * (place + 0.5), height) for place, month in enumerate(months))
    bars = tuple(_bar(month, place, most) for place, month in enumerate(months))
    return Chart(columns, round(min(74.0, between * 0.7), 1), bars, tuple(lines), ROW * len(months))


def _column(month: Month, middle: float, height: int) -> Column:
    """Parts stand on each other, with a little air between them."""
    parts, ground = [], GROUND - 1
    for stage, length in _lengths(month, (GROUND - TOP) / height):
        parts.append(Part(CLASSES[stage], round(ground - length, 1), round(length, 1)))
        ground -= length + GAP
    return Column(
        _short(month.first), _name(month), _total(month), round(middle, 1), round(ground - 7, 1), tuple(parts)
    )


def _bar(month: Month, place: int, most: int) -> Column:
    parts, left = [], 0.5
    for stage, length in _lengths(month, (WIDE - 2) / most):
        parts.append(Part(CLASSES[stage], round(left, 1), round(length, 1)))
        left += length + GAP
    return Column(_short(month.first), _name(month), _total(month), 0, ROW * place, tuple(parts))


def _lengths(month: Month, each: float) -> list[tuple[Stage, float]]:
    """How long a month's parts are, at `each` for a penny; what small ones need to be seen, the longest gives."""
    amounts = {stage: month.pence(stage) for stage in STAGES if month.pence(stage)}
    lengths = {stage: max(LEAST, pence * each - GAP) for stage, pence in amounts.items()}
    if lengths:
        beyond = sum(length + GAP for length in lengths.values()) - sum(amounts.values()) * each
        longest = max(lengths, key=lambda stage: lengths[stage])
        lengths[longest] = max(LEAST, lengths[longest] - max(0.0, beyond))
    return list(lengths.items())


def _step(most: int) -> int:
    """A round amount, so that three to six lines reach the highest column."""
    size = 100
    while True:
        for factor in STEPS:
            if most <= factor * size * 5:
                return factor * size
        size *= 10


def _y(pence: int, height: int) -> float:
    return round(GROUND - (GROUND - TOP) * pence / height, 1)


def _short_pounds(pence: int) -> str:
    whole = pence // 100
    return f"£{whole // 1000}k" if whole and whole % 1000 == 0 else f"£{whole:,}"


def _short(month: date) -> str:
    return f"{month:%b %y}"


def _name(month: Month) -> str:
    return f"{month.first:%B %Y}"


def _total(month: Month) -> str:
    return pounds(month.pence()).removesuffix(".00") if month.renewals else "none"
