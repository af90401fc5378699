"""Seats added within a licence year: what they cost to the penny, an offer that stands, and the order that takes it up.

They are for the rest of the year that runs, at that year's price, by the day. The year after is ordered with its own
number of seats.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, record
from kit.clock import Clock, in_words, today
from kit.db import lock_row
from kit.money import CURRENCY, MOST_PENCE, pounds, vat
from kit.refusals import NotThere, Refused
from licences import terms
from licences.billing import orders, prices
from licences.billing.orders import Wanted, locked_licence
from licences.billing.prices import PriceFacts
from licences.ledger import SeatsOffer
from licences.models import Period
from licences.standing_facts import backed
from licences.terms import LicenceFacts

STANDS = timedelta(days=30)
MOST_SEATS = 1_000
MOST_OPEN = 20  # offers of one licence at a time: enough to compare, too few to fill a table with


@dataclass(frozen=True)
class SeatsOfferFacts:
    """What so many seats more cost on these days, in pence; `order_id` once it was taken up."""

    id: int
    licence_id: int
    seats: int
    starts_on: date
    ends_on: date
    net_pence: int
    vat_basis_points: int
    stands_until: date
    made_by: str
    order_id: int | None

    @property
    def vat_pence(self) -> int:
        return vat(self.net_pence, self.vat_basis_points)

    @property
    def total_pence(self) -> int:
        return self.net_pence + self.vat_pence

    def stands_on(self, day: date) -> bool:
        return self.order_id is None and day <= self.stands_until


@dataclass(frozen=True)
class Rest:
    """What is left of the licence year that runs, and the price of its seats; None when none is announced."""

    starts_on: date
    ends_on: date
    price: PriceFacts | None


def rest_of_year(session: Session, clock: Clock, licence: LicenceFacts) -> Rest:
    """From today to the last day of the year that runs. Raises `Refused` while none does."""
    day = today(clock)
    running = sa.select(Period).where(
        Period.licence_id == licence.id, Period.starts_on <= day, Period.ends_on >= day, backed(Period)
    )
    year = session.scalar(running)
    if year is None:
        raise Refused(f"Seats are added to a licence that runs. {licence.standing.reason}", "seats")
    known = prices.all_prices(session)
    of_year = prices.price_on(known, licence.programme_id, year.starts_on)
    return Rest(day, year.ends_on, of_year or prices.price_on(known, licence.programme_id, day))


def worked_out(session: Session, clock: Clock, licence_id: int, seats: int) -> Wanted:
    """What so many seats more cost from today to the last day of the year that runs; nothing is kept.

    Raises `NotThere`, and `Refused` while copies are stopped, or without a price.
    """
    licence = terms.licence_facts(session, clock, licence_id)
    rest = rest_of_year(session, clock, licence)
    if not licence.standing.gives_copies:
        raise Refused(f"Seats are added to a licence that runs. {licence.standing.reason}", "seats")
    if rest.price is None:
        raise Refused("There is no price for seats of this year. Write to the programme team.", "seats")
    net_pence = rest.price.added_pence(seats, rest.starts_on, rest.ends_on)
    if net_pence > MOST_PENCE:
        raise Refused(f"That is more than one order can hold: {pounds(MOST_PENCE)}. Order fewer seats.", "seats")
    return Wanted(rest.starts_on, rest.ends_on, seats, net_pence, rest.price.vat_basis_points)


def make_offer(session: Session, clock: Clock, actor: Actor, licence_id: int, seats: int) -> int:
    """Keeps what so many seats more cost, with the day, and returns the offer's id; it stands for thirty days.

    The same asked for twice on a day is one offer. Raises as `worked_out` does, and `Refused` for too many at a time.
    """
    locked_licence(session, licence_id)
    wanted = worked_out(session, clock, licence_id, seats)
    open_ = open_offers(session, clock, licence_id)
    for one in open_:
        if (one.seats, one.starts_on, one.ends_on, one.net_pence) == (
            seats, wanted.starts_on, wanted.ends_on, wanted.net_pence,
        ):  # fmt: skip
            return one.id
    if len(open_) >= MOST_OPEN:
        raise Refused("So many prices for more seats stand already. Choose one of them.", "seats")
    row = SeatsOffer(
        licence_id=licence_id, seats=seats, starts_on=wanted.starts_on, ends_on=wanted.ends_on,
        net_pence=wanted.net_pence, vat_basis_points=wanted.vat_basis_points, currency=CURRENCY, made_at=clock.now(),
        made_by=actor.name, stands_until=min(wanted.starts_on + STANDS, wanted.ends_on),
    )  # fmt: skip
    session.add(row)
    session.flush()
    subject = terms.licence_facts(session, clock, licence_id).subject
    record(session, clock, actor, "seats priced", subject, seats=seats, net=pounds(row.net_pence))
    return row.id


def take_up(session: Session, clock: Clock, actor: Actor, offer_id: int, po_number: str | None) -> int:
    """Orders the seats at the pennies of the offer, from its day on, and returns the order's id.

    They count at once when a purchase order number comes with it, and otherwise when the number is here. Raises
    `NotThere`, and `Refused` after the offer's day, a second time, or as `orders.add_seats` does.
    """
    locked_licence(session, offer_facts(session, offer_id).licence_id)
    row = lock_row(session, SeatsOffer, offer_id)
    assert row is not None
    if row.order_id is not None:
        raise Refused("These seats are ordered already.")
    if row.stands_until < today(clock):
        raise Refused(f"This price stood until {in_words(row.stands_until)}. Look at today’s.")
    wanted = Wanted(row.starts_on, row.ends_on, row.seats, row.net_pence, row.vat_basis_points, po_number)
    row.order_id = orders.add_seats(session, clock, actor, row.licence_id, wanted)
    session.flush()
    return row.order_id


def offer_facts(session: Session, offer_id: int) -> SeatsOfferFacts:
    """One offer, whether it still stands or not. Raises `NotThere`."""
    row = session.get(SeatsOffer, offer_id)
    if row is None:
        raise NotThere
    return _facts(row)


def open_offers(session: Session, clock: Clock, licence_id: int) -> list[SeatsOfferFacts]:
    """The offers of a licence that stand today, the newest first."""
    rows = session.scalars(
        sa.select(SeatsOffer)
        .where(
            SeatsOffer.licence_id == licence_id,
            SeatsOffer.order_id.is_(None),
            SeatsOffer.stands_until >= today(clock),
        )
        .order_by(SeatsOffer.id.desc())
    )
    return [_facts(row) for row in rows]


def seats_of_next_year(session: Session, clock: Clock, licence_id: int) -> tuple[date, int] | None:
    """The first day and the seats of a year that is ordered and has not begun; None without one."""
    day = today(clock)
    coming = [one for one in orders.orders_of(session, [licence_id]) if one.is_year and one.starts_on > day]
    return min(((one.starts_on, one.seats) for one in coming), default=None)


def _facts(row: SeatsOffer) -> SeatsOfferFacts:
    return SeatsOfferFacts(
        row.id, row.licence_id, row.seats, row.starts_on, row.ends_on, row.net_pence, row.vat_basis_points,
        row.stands_until, row.made_by, row.order_id,
    )  # fmt: skip
