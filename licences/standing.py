"""The standing of a licence, worked out from its facts. Pure: no database, no clock, no guessing."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from kit.clock import in_words


class Standing(StrEnum):
    """How a licence stands. Only an active one gives copies."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


@dataclass(frozen=True)
class Span:
    """A paid or granted period, first and last day included."""

    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Stop:
    """A suspension that has not been lifted."""

    since: date
    reason: str


@dataclass(frozen=True)
class LicenceStanding:
    """The answer: the standing, the day it began, the last day it holds, and words for people."""

    standing: Standing
    since: date | None
    until: date | None
    reason: str
    next_step: str

    @property
    def is_active(self) -> bool:
        return self.standing is Standing.ACTIVE


def standing(spans: tuple[Span, ...], stop: Stop | None, today: date) -> LicenceStanding:
    """The standing on a day.

    A suspension comes first: it holds whatever has been paid. Periods that meet without a gap count as one.
    """
    if stop is not None:
        return LicenceStanding(
            Standing.SUSPENDED, stop.since, None, stop.reason, "The programme team restores it once this is settled."
        )
    current = _around(spans, today)
    if current:
        return _active(current, today)
    coming = sorted(span.starts_on for span in spans if span.starts_on > today)
    if coming:
        return LicenceStanding(
            Standing.PENDING, None, None, f"The licence begins on {in_words(coming[0])}.", "Copies open on that day."
        )
    if not spans:
        return LicenceStanding(
            Standing.PENDING,
            None,
            None,
            "No licence period has been granted yet.",
            "The programme team grants the first period.",
        )
    last = max(span.ends_on for span in spans)
    return LicenceStanding(
        Standing.ENDED,
        last + timedelta(days=1),
        None,
        f"The last licence period ended on {in_words(last)}.",
        "Renew with the programme team; seats, people and history are kept.",
    )


def _active(current: Span, today: date) -> LicenceStanding:
    left = (current.ends_on - today).days
    following = "The licence can be renewed at any time before it ends."
    if left <= 60:
        count = "1 day is" if left == 1 else f"{left} days are"
        following = f"{count} left: ask the programme team to renew." if left else "Today is its last day."
    return LicenceStanding(
        Standing.ACTIVE,
        current.starts_on,
        current.ends_on,
        f"It runs until {in_words(current.ends_on)}.",
        following,
    )


def _around(spans: tuple[Span, ...], today: date) -> Span | None:
    """The unbroken stretch of periods that holds this day."""
    stretch: Span | None = None
    for span in sorted(spans, key=lambda s: s.starts_on):
        if stretch and span.starts_on <= stretch.ends_on + timedelta(days=1):
            stretch = Span(stretch.starts_on, max(stretch.ends_on, span.ends_on))
        elif stretch and stretch.ends_on >= today:
            break
        else:
            stretch = span
    return stretch if stretch and stretch.starts_on <= today <= stretch.ends_on else None
