"""Time for the whole house: aware UTC moments inside, Europe/London for people."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class Clock(Protocol):
    """Tells the time. Services are given one, so that a year can be lived through in a test."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class SteppingClock:
    """A clock that stands still until it is moved: for demo data and for tests."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def move(self, **step: float) -> None:
        """Moves the clock by a `timedelta` given as keywords, for example `days=3`."""
        self.moment += timedelta(**step)


def london(moment: datetime) -> datetime:
    """The same moment on a British wall clock."""
    return moment.astimezone(LONDON)


def today(clock: Clock) -> date:
    """The calendar date in London: licences and accreditations begin and end with it."""
    return london(clock.now()).date()


def in_words(day: date) -> str:
    """A day as people write it: “5 May 2026”."""
    return f"{day.day} {day:%B %Y}"


def start_of(day: date) -> datetime:
    """The first moment of a British day, aware, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
