"""Licence years: when they begin and end, what part of one is left, and when the next purchase order is asked for."""

from datetime import date, timedelta
from enum import StrEnum

DAY = timedelta(days=1)
SEPTEMBER, APRIL, AUGUST = 9, 4, 8
# In the order in which they come, for years that begin then: day and month before it.
_ASKED = {SEPTEMBER: ((1, 5), (1, 6), (1, 7)), APRIL: ((5, 1), (1, 2), (1, 3))}
_OTHERWISE_DAYS = (90, 60, 30, 14)


class LicenceYear(StrEnum):
    """The stretch that is ordered: a whole year, or from today by the day."""

    SEPTEMBER = "1 September to 31 August"
    APRIL = "1 April to 31 March"
    TODAY_TO_AUGUST = "from today to 31 August, by the day"
    TODAY_TO_MARCH = "from today to 31 March, by the day"


def stretch(year: LicenceYear, today: date) -> tuple[date, date]:
    """First and last day of what is ordered on a day: the next year that begins then, or what is left of this one."""
    month = SEPTEMBER if year in (LicenceYear.SEPTEMBER, LicenceYear.TODAY_TO_AUGUST) else APRIL
    begins = next_first_of(month, today)
    if year in (LicenceYear.TODAY_TO_AUGUST, LicenceYear.TODAY_TO_MARCH):
        return today, (next_first_of(month, today + DAY)) - DAY
    return begins, year_from(begins)


def next_first_of(month: int, day: date) -> date:
    """The first of a month, on this day or after it."""
    this_year = date(day.year, month, 1)
    return this_year if day <= this_year else date(day.year + 1, month, 1)


def year_from(begins: date) -> date:
    """The last day of a year that begins on this day."""
    try:
        return begins.replace(year=begins.year + 1) - DAY
    except ValueError:  # begins on 29 February
        return date(begins.year + 1, 2, 28)


def lies_ahead(begins: date, today: date) -> bool:
    """Whether a year that begins on this day is too far off to be ordered: a whole one lies before it already."""
    return begins >= year_from(today)


def days_in_year_to(ends: date) -> int:
    """How many days the year that ends on this day has: 365 or 366."""
    after = ends + DAY
    try:
        return (after - after.replace(year=after.year - 1)).days
    except ValueError:  # ends on 28 February of a leap year
        return 366


def ask_days(begins: date) -> list[date]:
    """When the purchase order for a year that begins on this day is asked for: never in August, when nobody is there.

    A September year is asked for once more in the first school week, an April year not after it has begun.
    """
    known = _ASKED.get(begins.month) if begins.day == 1 else None
    if known is None:
        days = [begins - timedelta(days=days) for days in _OTHERWISE_DAYS]
        return [day for day in days if day.month != AUGUST]
    asked = [date(begins.year, month, day) for day, month in known]
    return [*asked, first_school_monday(begins.year)] if begins.month == SEPTEMBER else asked


def first_school_monday(year: int) -> date:
    """The first Monday of September: by then schools are back everywhere."""
    first = date(year, SEPTEMBER, 1)
    return first + timedelta(days=-first.weekday() % 7)
