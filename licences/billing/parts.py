"""An invoice in two parts: 7/12 and 5/12 of a licence year that begins in September, which two financial years pay for.

Schools that a Local Authority maintains account from April to March. The parts add up to the penny, with their VAT.
"""

from dataclasses import dataclass
from datetime import date

from kit.money import share, vat
from licences.billing.years import APRIL, DAY, SEPTEMBER, year_from

MONTHS, BEFORE_APRIL = 12, 7


@dataclass(frozen=True)
class Part:
    """One financial year's share of a licence year, in pence without VAT."""

    starts_on: date
    ends_on: date
    net_pence: int


def turn_of_year(starts_on: date, ends_on: date) -> date | None:
    """The first day of the second financial year; None but for a whole year from the first of September."""
    if (starts_on.month, starts_on.day) != (SEPTEMBER, 1) or ends_on != year_from(starts_on):
        return None
    return date(starts_on.year + 1, APRIL, 1)


def in_two(starts_on: date, ends_on: date, net_pence: int, vat_basis_points: int) -> tuple[Part, ...]:
    """The two parts of a licence year; a single one where `turn_of_year` finds none, or nothing can be shared.

    The first is seven twelfths to the penny, or so near it that the VAT of both is that of the whole.
    """
    turn = turn_of_year(starts_on, ends_on)
    seven = share(net_pence, BEFORE_APRIL, MONTHS)
    if turn is None or not 0 < seven < net_pence:
        return (Part(starts_on, ends_on, net_pence),)
    whole = vat(net_pence, vat_basis_points)

    def adds_up(first: int) -> bool:
        return vat(first, vat_basis_points) + vat(net_pence - first, vat_basis_points) == whole

    near = sorted(range(max(1, seven - MONTHS), min(net_pence, seven + MONTHS + 1)), key=lambda one: abs(one - seven))
    first = next(filter(adds_up, near), seven)
    return Part(starts_on, turn - DAY, first), Part(turn, ends_on, net_pence - first)
