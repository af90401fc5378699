"""What renewing a licence means just now: the days, the seats and the price; and the purchase order that accepts it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from kit.audit import Actor
from kit.clock import Clock, today
from kit.money import vat
from kit.refusals import Refused
from licences import terms
from licences.billing import orders, parts, prices, releases
from licences.billing.orders import Wanted, locked_licence
from licences.billing.renewals import last_days_of
from licences.billing.years import lies_ahead, year_from
from licences.standing import DAY
from licences.terms import LicenceFacts

NO_NUMBER = "Write the purchase order number"


@dataclass(frozen=True)
class Offer:
    """The licence year that is next. `order_id` is that of an order that waits for its purchase order already.

    Otherwise `seats_included` cost nothing more than the licence, and each further one `seat_pence` a year.
    """

    licence: LicenceFacts
    starts_on: date
    ends_on: date
    seats: int
    net_pence: int
    vat_basis_points: int
    order_id: int | None = None
    seats_included: int = 0
    seat_pence: int = 0

    @property
    def vat_pence(self) -> int:
        return vat(self.net_pence, self.vat_basis_points)

    @property
    def total_pence(self) -> int:
        return self.net_pence + self.vat_pence

    @property
    def can_be_in_two_parts(self) -> bool:
        """Whether its invoice can be told by financial years; what is ordered already was told when it was ordered."""
        return self.order_id is None and parts.turn_of_year(self.starts_on, self.ends_on) is not None


@dataclass(frozen=True)
class Renewing:
    """How a renewal is ordered: its purchase order, None when it is to be paid first; with other `seats` than there
    are, and with fewer than are in use the ids of people whose seats are released when it begins; with its invoice by
    financial years.
    """

    po_number: str | None
    seats: int | None = None
    releases: tuple[int, ...] = ()
    in_two_parts: bool = False


def offer(session: Session, clock: Clock, licence_id: int, seats: int | None = None) -> Offer | None:
    """What can be ordered next; None when no price is announced for it, or the year after is ordered already.

    It is for as many seats as there are unless `seats` says another number, which an order that waits does not heed.
    A promised renewal begins where the last year ended, for copies went on; after a gap the new year begins today.
    Raises `NotThere`.
    """
    licence = terms.licence_facts(session, clock, licence_id)
    known = orders.orders_of(session, [licence_id])
    open_ = (one for one in known if one.awaits_po and one.ends_on >= today(clock))
    waiting = min(open_, key=lambda one: one.starts_on, default=None)
    if waiting:
        return Offer(
            licence,
            waiting.starts_on,
            waiting.ends_on,
            waiting.seats,
            waiting.net_pence,
            waiting.vat_basis_points,
            waiting.id,
        )
    last, promised = last_days_of(session, [licence_id]).get(licence_id, (None, None))
    starts_on = last + DAY if last else today(clock)
    if promised is None or promised < today(clock):
        starts_on = max(starts_on, today(clock))
    if lies_ahead(starts_on, today(clock)):
        return None
    price = prices.price_on(prices.all_prices(session), licence.programme_id, starts_on)
    if price is None:
        return None
    ends_on, seats = year_from(starts_on), seats or max(1, licence.seats_bought)
    net_pence = price.net_pence(seats, starts_on, ends_on)
    return Offer(
        licence, starts_on, ends_on, seats, net_pence, price.vat_basis_points, seats_included=price.seats_included,
        seat_pence=price.seat_pence,
    )  # fmt: skip


def accept(session: Session, clock: Clock, actor: Actor, licence_id: int, renewing: Renewing) -> int:
    """Orders what is on offer, with a purchase order or to be paid first, and returns the order's id.

    The licence is locked first, so that two who press at once order once. Raises `NotThere`, and `Refused` when nothing
    is on offer any more, when too few are named of those whose seats are released, or as `orders.place` does.
    """
    locked_licence(session, licence_id)
    found = offer(session, clock, licence_id, renewing.seats)
    if found is None:
        raise Refused("The next licence year is ordered already, or its price is not announced yet.")
    if found.order_id is not None:
        orders.note_po(session, clock, actor, found.order_id, _number(renewing))
        return found.order_id
    releases.refuse_unnamed(session, licence_id, found.seats, renewing.releases)
    return orders.place(
        session,
        clock,
        actor,
        organisation_id=found.licence.organisation_id,
        programme_id=found.licence.programme_id,
        wanted=Wanted(
            found.starts_on, found.ends_on, found.seats, found.net_pence, found.vat_basis_points, renewing.po_number,
            in_two_parts=renewing.in_two_parts and found.can_be_in_two_parts, releases=renewing.releases,
        ),
    )  # fmt: skip


def check(session: Session, clock: Clock, licence_id: int, renewing: Renewing) -> Offer | None:
    """What `accept` would order, and nothing done; None when nothing is on offer. Raises as `accept` does."""
    if renewing.po_number is not None:
        orders.refuse_used_po(session, orders.organisation_of(session, licence_id), renewing.po_number)
    found = offer(session, clock, licence_id, renewing.seats)
    if found is not None and found.order_id is not None:
        _number(renewing)
    if found is not None and found.order_id is None:
        releases.refuse_unnamed(session, licence_id, found.seats, renewing.releases)
    return found


def _number(renewing: Renewing) -> str:
    """The purchase order that an order waits for. Raises `Refused` without one."""
    if renewing.po_number is None:
        raise Refused(NO_NUMBER, "po_number")
    return renewing.po_number
