"""Orders: what an organisation asked for, the purchase order that came for it, and when its seats begin to count."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import SYSTEM, Actor, record
from kit.clock import Clock, today
from kit.db import lock_row
from kit.money import CURRENCY, MOST_PENCE, pounds, vat
from kit.refusals import NotThere, Refused
from licences import terms
from licences.billing import releases
from licences.kinds import InvoiceState, OrderKind
from licences.ledger import Invoice, Order
from licences.models import Licence, Period
from licences.people.models import Organisation
from licences.terms import LicenceFacts


@dataclass(frozen=True)
class OrderFacts:
    """An order that was not withdrawn. Amounts are in pence; `is_invoiced`: an invoice that counts is recorded.

    `named` are ids and names of those whose seats are released when it begins; `in_two_parts`: see
    `licences.billing.parts`.
    """

    id: int
    licence_id: int
    kind: OrderKind
    starts_on: date
    ends_on: date
    seats: int
    net_pence: int
    vat_basis_points: int
    po_number: str | None
    po_waived: bool
    paid_on: date | None
    placed_on: date
    placed_by: str
    is_invoiced: bool
    in_two_parts: bool = False
    named: tuple[tuple[int, str], ...] = ()

    @property
    def releases(self) -> tuple[str, ...]:
        """The names of those whose seats are released."""
        return tuple(name for _, name in self.named)

    @property
    def is_year(self) -> bool:
        """Whether it is for a stretch of the licence, not for more seats within one."""
        return self.kind is OrderKind.LICENCE

    @property
    def vat_pence(self) -> int:
        return vat(self.net_pence, self.vat_basis_points)

    @property
    def awaits_po(self) -> bool:
        return self.po_number is None and not self.po_waived and self.paid_on is None


@dataclass(frozen=True)
class Wanted:
    """What is ordered: the days, how many seats, the amount without VAT, and how it is backed.

    For more seats within a year, `seats` are those added. Without `po_number` the order waits for one, unless
    `po_waived`: this organisation buys without. `releases` are the ids of people whose seats are released when it
    begins.
    """

    starts_on: date
    ends_on: date
    seats: int
    net_pence: int
    vat_basis_points: int = 0
    po_number: str | None = None
    po_waived: bool = False
    in_two_parts: bool = False
    releases: tuple[int, ...] = ()


def place(
    session: Session, clock: Clock, actor: Actor, *, organisation_id: int, programme_id: int, wanted: Wanted
) -> int:
    """Orders a stretch of the licence, the first of which makes it, and returns the order's id.

    Its seats count from its first day on, once its purchase order is here. Raises `NotThere`, and `Refused` for days
    that are ordered already, fewer seats than are in use, somebody to be released who has no seat, or a number that
    came with another order.
    """
    if wanted.ends_on < wanted.starts_on:
        raise Refused("The last day is before the first.", "ends_on")
    licence = terms.licence_for(session, clock, organisation_id, programme_id)
    if wanted.starts_on <= today(clock):
        terms.refuse_fewer_seats(session, licence, wanted.seats + len(set(wanted.releases)))
    if wanted.releases:
        releases.refuse_unnamed(session, licence.id, wanted.seats, wanted.releases)
    order = _add(session, clock, actor, licence, OrderKind.LICENCE, wanted)
    terms.add_period(session, clock, licence, wanted.starts_on, wanted.ends_on, f"Order {order.id}", order.id)
    licence.cancelled_at = None
    releases.plan(session, order.id, wanted.releases)
    begin_if_due(session, clock, order, licence)
    _record(session, clock, actor, "order placed", order)
    return order.id


def add_seats(session: Session, clock: Clock, actor: Actor, licence_id: int, wanted: Wanted) -> int:
    """Orders more seats for the rest of a period that runs, and returns the order's id.

    They count at once when the purchase order is here. Raises `NotThere`, and `Refused` as `place` does.
    """
    licence = locked_licence(session, licence_id)
    running = [period for period in licence.periods if period.starts_on <= wanted.starts_on <= period.ends_on]
    if not running or wanted.ends_on > max(period.ends_on for period in licence.periods):
        raise Refused("Seats are added to a licence that runs, and until its last day at the most.", "seats")
    twin = sa.select(Order.id).where(
        Order.licence_id == licence_id,
        Order.kind == OrderKind.SEATS,
        Order.starts_on == wanted.starts_on,
        Order.seats == wanted.seats,
        Order.po_number.is_(None),
        Order.withdrawn_at.is_(None),
    )
    if wanted.po_number is None and session.scalar(twin) is not None:  # pressed twice, or by two people
        raise Refused("The same seats were ordered today already, without a purchase order either.", "seats")
    order = _add(session, clock, actor, licence, OrderKind.SEATS, wanted)
    begin_if_due(session, clock, order, licence)
    _record(session, clock, actor, "seats ordered", order)
    return order.id


def note_po(session: Session, clock: Clock, actor: Actor, order_id: int, po_number: str) -> None:
    """Notes the purchase order that came for an order. Raises `NotThere`, and `Refused` when it has one."""
    order, licence = locked_order(session, order_id)
    if order.po_number is not None:
        raise Refused(f"This order has purchase order {order.po_number} already.", "po_number")
    refuse_used_po(session, licence.organisation_id, po_number)
    order.po_number = po_number
    session.flush()
    begin_if_due(session, clock, order, licence)
    _record(session, clock, actor, "purchase order noted", order)


def name_releases(session: Session, clock: Clock, actor: Actor, order_id: int, people: Collection[int]) -> None:
    """Names anew whose seats are released when a year that has not begun begins.

    Raises `NotThere`, and `Refused` once it has begun, for too few people, or somebody who has no seat.
    """
    order, licence = locked_order(session, order_id)
    if order.begun_at is not None or order.kind is not OrderKind.LICENCE:
        raise Refused("This year has begun. Release seats, or give them, under the people.")
    releases.refuse_unnamed(session, licence.id, order.seats, people)
    releases.plan(session, order_id, people)
    named = ", ".join(order_facts(session, order_id).releases)
    _record(session, clock, actor, "releases named", order, released=named or None)


def withdraw(session: Session, clock: Clock, actor: Actor, order_id: int, *, reason: str) -> None:
    """Takes an order back, with its period. Raises `NotThere`, and `Refused` once it is invoiced or its seats are used.

    An invoice is voided first: then it is plain what became of both.
    """
    order, licence = locked_order(session, order_id)
    counts = sa.select(Invoice.id).where(Invoice.order_id == order_id, Invoice.state != InvoiceState.VOID)
    if session.scalar(counts.limit(1)) is not None:
        raise Refused("This order is invoiced. Void its invoice first.")
    if order.kind is OrderKind.SEATS and order.begun_at is not None and order.ends_on >= today(clock):
        terms.set_seats(session, licence, licence.seats_bought - order.seats)
    session.execute(sa.delete(Period).where(Period.order_id == order_id))
    session.expire(licence)
    order.withdrawn_at, order.withdrawn_reason = clock.now(), reason
    session.flush()
    _record(session, clock, actor, "order withdrawn", order, reason=reason)


def begin_due(session: Session, clock: Clock) -> int:
    """Lets the seats of orders count whose first day has come, and returns how many. For a job, hourly."""
    due = sa.select(Order.id).where(
        Order.begun_at.is_(None),
        Order.withdrawn_at.is_(None),
        Order.starts_on <= today(clock),
        Order.ends_on >= today(clock),
    )
    begun = 0
    for order_id in session.scalars(due.order_by(Order.id)).all():
        order, licence = locked_order(session, order_id)
        begun += begin_if_due(session, clock, order, licence)
    return begun


def orders_of(session: Session, licence_ids: Iterable[int]) -> list[OrderFacts]:
    """The orders of some licences that stand, the latest first day first."""
    ids = list(licence_ids)
    named = releases.planned(session, Order.licence_id.in_(ids))
    rows = session.execute(_facts().where(Order.licence_id.in_(ids)).order_by(Order.starts_on.desc()))
    return [_as_facts(row, named) for row in rows]


def order_facts(session: Session, order_id: int) -> OrderFacts:
    """An order that stands. Raises `NotThere`."""
    row = session.execute(_facts().where(Order.id == order_id)).first()
    if row is None:
        raise NotThere
    return _as_facts(row, releases.planned(session, Order.id == order_id))


def _facts() -> sa.Select[Order, bool]:
    invoiced = sa.exists().where(Invoice.order_id == Order.id, Invoice.state != InvoiceState.VOID)
    return sa.select(Order, invoiced.label("is_invoiced")).where(Order.withdrawn_at.is_(None))


def _as_facts(row: sa.Row[Order, bool], named: dict[int, list[tuple[int, str]]]) -> OrderFacts:
    order = row[0]
    return OrderFacts(
        order.id,
        order.licence_id,
        order.kind,
        order.starts_on,
        order.ends_on,
        order.seats,
        order.net_pence,
        order.vat_basis_points,
        order.po_number,
        order.po_waived,
        order.paid_on,
        order.placed_at.date(),
        order.placed_by,
        row[1],
        order.in_two_parts,
        tuple(named.get(order.id, ())),
    )


def locked_licence(session: Session, licence_id: int) -> Licence:
    """The licence, locked after its organisation, as those do who change its seats. Raises `NotThere`."""
    lock_row(session, Organisation, organisation_of(session, licence_id))
    licence = lock_row(session, Licence, licence_id)
    assert licence is not None
    return licence


def organisation_of(session: Session, licence_id: int) -> int:
    """The id of a licence's organisation. Raises `NotThere`."""
    found = session.scalar(sa.select(Licence.organisation_id).where(Licence.id == licence_id))
    if found is None:
        raise NotThere
    return found


def locked_order(session: Session, order_id: int) -> tuple[Order, Licence]:
    """An order that stands, locked after its licence. Raises `NotThere`."""
    licence_id = session.scalar(sa.select(Order.licence_id).where(Order.id == order_id))
    if licence_id is None:
        raise NotThere
    licence = locked_licence(session, licence_id)
    order = lock_row(session, Order, order_id)
    if order is None or order.withdrawn_at is not None:
        raise NotThere
    return order, licence


def _add(session: Session, clock: Clock, actor: Actor, licence: Licence, kind: OrderKind, wanted: Wanted) -> Order:
    if wanted.net_pence > MOST_PENCE:
        raise Refused(f"That is more than one order can hold: {pounds(MOST_PENCE)}. Order fewer seats.", "seats")
    if wanted.po_number:
        refuse_used_po(session, licence.organisation_id, wanted.po_number)
    order = Order(
        licence_id=licence.id,
        kind=kind,
        starts_on=wanted.starts_on,
        ends_on=wanted.ends_on,
        seats=wanted.seats,
        net_pence=wanted.net_pence,
        vat_basis_points=wanted.vat_basis_points,
        currency=CURRENCY,
        po_number=wanted.po_number,
        po_waived=wanted.po_waived,
        in_two_parts=wanted.in_two_parts,
        placed_at=clock.now(),
        placed_by=actor.name,
    )
    session.add(order)
    session.flush()
    return order


def refuse_used_po(session: Session, organisation_id: int, po_number: str) -> None:
    """A purchase order is good for one order: raises `Refused` for one that came with another, whatever its capitals.

    Compared here: the databases disagree about the capitals of letters with accents.
    """
    used = (
        sa.select(Order.po_number)
        .join(Licence, Licence.id == Order.licence_id)
        .where(Licence.organisation_id == organisation_id, Order.po_number.is_not(None), Order.withdrawn_at.is_(None))
    )
    if po_number.casefold() in {known.casefold() for known in session.scalars(used) if known}:
        raise Refused("This number came with another order. Ask your finance office for a new one.", "po_number")


def begin_if_due(session: Session, clock: Clock, order: Order, licence: Licence) -> bool:
    """Lets an order's seats count when its first day and what backs it have come.

    Seats that were named with it are released, and those given since that there are no more of. Nobody else loses one:
    an order that named too few leaves as many as are in use.
    Seats that were added for days which reach into a year count in it beside its own. What backs an order may come
    after its last day; its seats were for those days, and never count in the year that runs by then.
    """
    backed = order.po_number is not None or order.po_waived or order.paid_on is not None
    if order.begun_at is not None or not backed or not order.starts_on <= today(clock) <= order.ends_on:
        return False
    before = licence.seats_bought
    if order.kind is OrderKind.SEATS:
        licence.seats_bought = before + order.seats
    else:
        bought = order.seats + _reaching_into(session, order)
        releases.carry_out(session, clock, order, bought)
        licence.seats_bought = max(bought, terms.seats_in_use(session, licence.id))
    order.begun_at = clock.now()
    session.flush()
    if before != licence.seats_bought:
        subject = _licence(session, clock, licence.id).subject
        record(session, clock, SYSTEM, "seats changed", subject, before=before, seats=licence.seats_bought)
    return True


def _reaching_into(session: Session, order: Order) -> int:
    """How many seats were added before an order's first day for days beyond it."""
    added = sa.select(sa.func.coalesce(sa.func.sum(Order.seats), 0)).where(
        Order.licence_id == order.licence_id,
        Order.kind == OrderKind.SEATS,
        Order.begun_at.is_not(None),
        Order.withdrawn_at.is_(None),
        Order.starts_on < order.starts_on,
        Order.ends_on >= order.starts_on,
    )
    return int(session.scalar(added) or 0)


def _record(session: Session, clock: Clock, actor: Actor, action: str, order: Order, **detail: str | None) -> None:
    days = f"{order.starts_on.isoformat()} to {order.ends_on.isoformat()}"
    record(
        session,
        clock,
        actor,
        action,
        _licence(session, clock, order.licence_id).subject,
        order=order.id,
        period=days,
        seats=order.seats,
        net=pounds(order.net_pence),
        purchase_order=order.po_number,
        **detail,
    )


def _licence(session: Session, clock: Clock, licence_id: int) -> LicenceFacts:
    return terms.licence_facts(session, clock, licence_id)
