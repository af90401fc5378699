"""Pence and periods: proration by the second, tax by the line, and years that begin on the same day.

Every amount is in whole pence and rounded half away from nought, once, on its line: the line's whole amount (price
times quantity times the share of the period) is rounded, not each seat's. A share is of a whole period that ends when
the running one ends, so that a licence bought for part of a year costs that part of the year's price.

Only a real account can prove these pennies: whether Stripe rounds a seat before it multiplies, whether tax is rounded
by line or by invoice (an account's setting), and what it counts as the length of a first, shorter period.
"""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from fractions import Fraction

HOUR = 3600
DAY = 24 * HOUR


def round_half_up(amount: Fraction) -> int:
    """Whole pence; half a penny goes away from nought, for what is owed and for what is given back."""
    whole = int(abs(amount) + Fraction(1, 2))
    return whole if amount >= 0 else -whole


def share_of(amount: int, start: int, end: int, period: tuple[str, int]) -> int:
    """The pence for the seconds from `start` to `end`, of an amount for a whole period that ends at `end`."""
    whole = end - shifted(end, *period, times=-1)
    return round_half_up(Fraction(amount * (end - start), whole))


def tax_of(amount: int, percentage: float, inclusive: bool) -> int:
    """The tax on a line's amount, or the tax that is in it."""
    rate = Fraction(str(percentage))
    return round_half_up(Fraction(amount) * rate / ((100 + rate) if inclusive else 100))


def shifted(moment: int, interval: str, count: int, times: int = 1, day: int | None = None) -> int:
    """A moment some periods later or earlier, in UTC; `day` is the day of the month that a short month hid."""
    if interval in ("day", "week"):
        return moment + times * count * (DAY if interval == "day" else 7 * DAY)
    here = datetime.fromtimestamp(moment, UTC)
    months = here.year * 12 + here.month - 1 + times * count * (12 if interval == "year" else 1)
    year, month = divmod(months, 12)
    last = monthrange(year, month + 1)[1]
    return int(here.replace(year=year, month=month + 1, day=min(day or here.day, last)).timestamp())


def next_anchor(now: int, config: dict[str, int]) -> int:
    """The next moment that a `billing_cycle_anchor_config` means, in UTC; what it leaves out is as now.

    Only a real account can prove that hour, minute and second are as now when they are left out: name them.
    """
    here = datetime.fromtimestamp(now, UTC)
    wanted = {part: config[part] for part in ("hour", "minute", "second") if part in config}
    day = config["day_of_month"]
    months = range(here.year * 12 + here.month - 1, (here.year + 2) * 12 + 12)
    for year, month in (divmod(number, 12) for number in months):
        if config.get("month") not in (None, month + 1):
            continue
        last = monthrange(year, month + 1)[1]
        found = here.replace(year=year, month=month + 1, day=min(day, last), **wanted)  # type: ignore[arg-type]
        if found.timestamp() > now:
            return int(found.timestamp())
    raise AssertionError("unreachable")


def working_days_later(moment: int, days: int) -> int:
    """So many days later, not counting Saturdays and Sundays: the pace of Bacs, without its bank holidays."""
    here = datetime.fromtimestamp(moment, UTC)
    while days:
        here += timedelta(days=1)
        days -= here.weekday() < 5
    return int(here.timestamp())
