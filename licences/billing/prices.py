"""What a licence year of a programme costs. A new price is announced before the year that it is for."""

from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock, in_words, today
from kit.db import lock_row
from kit.money import CURRENCY, pounds, share, vat
from kit.refusals import NotThere, Refused
from licences.billing.years import days_in_year_to, year_from
from licences.ledger import Price
from licences.models import Programme

NOTICE = timedelta(days=90)


@dataclass(frozen=True)
class PriceFacts:
    """A price without VAT: of a licence with so many seats for a year, and of each seat more."""

    programme_id: int
    from_on: date
    licence_pence: int
    seats_included: int
    seat_pence: int
    vat_basis_points: int

    def net_pence(self, seats: int, starts_on: date, ends_on: date) -> int:
        """What a licence with so many seats costs on these days: a year in full, less than a year by the day."""
        return _by_the_day(self._year_pence(seats), starts_on, ends_on)

    def added_pence(self, seats: int, starts_on: date, ends_on: date) -> int:
        """What so many seats more cost on these days."""
        return _by_the_day(self.seat_pence * seats, starts_on, ends_on)

    def vat_pence(self, net_pence: int) -> int:
        return vat(net_pence, self.vat_basis_points)

    def _year_pence(self, seats: int) -> int:
        return self.licence_pence + self.seat_pence * max(0, seats - self.seats_included)


def announce(session: Session, clock: Clock, actor: Actor, price: PriceFacts) -> None:
    """Announces the price of the years that begin on its day or later.

    Raises `NotThere`, and `Refused` when there is a price from that day, or less notice than ninety days; the first
    price of a programme needs none.
    """
    programme = lock_row(session, Programme, price.programme_id)
    if programme is None:
        raise NotThere
    known = prices_of(session, price.programme_id)
    if any(one.from_on == price.from_on for one in known):
        raise Refused("There is a price from this day already.", "from_on")
    earliest = today(clock) + NOTICE
    if known and price.from_on < earliest:
        raise Refused(f"A new price takes 90 days’ notice: {in_words(earliest)} at the earliest.", "from_on")
    session.add(Price(**asdict(price), currency=CURRENCY, announced_at=clock.now(), announced_by=actor.name))
    session.flush()
    detail: dict[str, str | int] = {
        "from_on": price.from_on.isoformat(),
        "licence_year": pounds(price.licence_pence),
        "seats_included": price.seats_included,
        "further_seat": pounds(price.seat_pence),
    }
    record(session, clock, actor, "price announced", Subject("programme", programme.id, programme.name), **detail)


def prices_of(session: Session, programme_id: int) -> list[PriceFacts]:
    """The prices of a programme, the latest first."""
    return [one for one in all_prices(session) if one.programme_id == programme_id]


def all_prices(session: Session) -> list[PriceFacts]:
    """Every price, the latest first."""
    return [
        PriceFacts(*(getattr(row, field.name) for field in fields(PriceFacts)))
        for row in session.scalars(sa.select(Price).order_by(Price.from_on.desc()))
    ]


def price_on(prices: list[PriceFacts], programme_id: int, starts_on: date) -> PriceFacts | None:
    """The price for what begins on this day, among prices in the order of `all_prices`; None when there is none."""
    return next((one for one in prices if one.programme_id == programme_id and one.from_on <= starts_on), None)


def _by_the_day(year_pence: int, starts_on: date, ends_on: date) -> int:
    if ends_on >= year_from(starts_on):
        return year_pence
    return share(year_pence, (ends_on - starts_on).days + 1, days_in_year_to(ends_on))
