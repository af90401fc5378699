"""What staff should look at: licences ending or suspended, orders without an invoice, people who cannot sign in, and
whom an edition reaches.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from kit.clock import Clock, london, today
from licences.kinds import InvoiceState, OrderKind
from licences.ledger import Invoice, Order
from licences.models import Licence, Period, Programme, Seat, Suspension
from licences.people.models import Membership, Organisation, Person
from licences.standing import OVERDUE_DAYS, Standing
from licences.standing_facts import AWAITS_PO, backed, days_after, stands
from licences.terms import LicenceFacts, licences_by_id

SOON = timedelta(days=60)
MOST_SHOWN = 12
MOST_TO_INVOICE = 50


@dataclass(frozen=True)
class Reach:
    """How many trainers hold a seat for a programme, and in how many organisations."""

    trainers: int
    organisations: int


@dataclass(frozen=True)
class Waiting:
    """Somebody who has not set a password yet."""

    person_id: int
    name: str
    organisation_name: str


@dataclass(frozen=True)
class LicencesToSee:
    """The licences that end within 60 days, soonest first, and the suspended ones, longest first: twelve at most of
    either, and whether there are more.
    """

    ending: tuple[LicenceFacts, ...]
    suspended: tuple[LicenceFacts, ...]
    more_ending: bool
    more_suspended: bool


@dataclass(frozen=True)
class OrderToInvoice:
    """An order that counts and has no invoice yet. `net_pence` is without VAT; `seats` are added unless `is_year`."""

    order_id: int
    licence_id: int
    organisation_name: str
    programme_name: str
    placed_on: date
    starts_on: date
    ends_on: date
    is_year: bool
    seats: int
    po_number: str | None
    net_pence: int


def reach(session: Session, programme_id: int) -> Reach:
    """Who sees a new edition of the programme's materials."""
    counted = (
        sa.select(sa.func.count(sa.distinct(Seat.person_id)), sa.func.count(sa.distinct(Licence.organisation_id)))
        .join(Licence, Licence.id == Seat.licence_id)
        .where(Licence.programme_id == programme_id, Seat.released_at.is_(None))
    )
    trainers, organisations = session.execute(counted).one()
    return Reach(trainers, organisations)


def licences_to_see(session: Session, clock: Clock) -> LicencesToSee:
    """The most urgent of either kind, found through indexes: it costs the same however many licences there are."""
    ending, suspended = _ending(session, today(clock)), _suspended(session, today(clock))
    shown = [*ending[:MOST_SHOWN], *suspended[:MOST_SHOWN]]
    facts = {one.id: one for one in licences_by_id(session, clock, shown)}
    return LicencesToSee(
        # One that ran on with its invoice unpaid may have stopped: then it is among the suspended.
        tuple(facts[licence_id] for licence_id in ending[:MOST_SHOWN] if facts[licence_id].standing.until),
        tuple(facts[licence_id] for licence_id in suspended[:MOST_SHOWN]),
        more_ending=len(ending) > MOST_SHOWN,
        more_suspended=len(suspended) > MOST_SHOWN,
    )


def orders_to_invoice(session: Session) -> list[OrderToInvoice]:
    """Those that wait for an invoice, the longest waiting first; fifty at most. Not those that still wait for their
    purchase order, nor those that were paid or cost nothing.
    """
    invoiced = sa.exists().where(Invoice.order_id == Order.id, Invoice.state != InvoiceState.VOID)
    rows = session.execute(
        sa.select(Order, Organisation.name, Programme.name)
        .join(Licence, Licence.id == Order.licence_id)
        .join(Organisation, Organisation.id == Licence.organisation_id)
        .join(Programme, Programme.id == Licence.programme_id)
        .where(Order.withdrawn_at.is_(None), Order.paid_on.is_(None), ~AWAITS_PO, Order.net_pence > 0, ~invoiced)
        .order_by(Order.placed_at, Order.id)
        .limit(MOST_TO_INVOICE)
    )
    return [
        OrderToInvoice(
            order.id,
            order.licence_id,
            organisation,
            programme,
            london(order.placed_at).date(),
            order.starts_on,
            order.ends_on,
            order.kind is OrderKind.LICENCE,
            order.seats,
            order.po_number,
            order.net_pence,
        )
        for order, organisation, programme in rows
    ]


def _ending(session: Session, day: date) -> list[int]:
    """Active licences by the day until which they run, as `licences.standing` says it: the end of the periods that
    hold this day and meet without a gap. That is the first end, from this day on, that no other period carries on.
    """
    after, running = aliased(Period), aliased(Period)
    carried_on = sa.exists().where(
        after.licence_id == Period.licence_id,
        backed(after),
        after.ends_on > Period.ends_on,
        after.starts_on <= days_after(Period.ends_on, sa.literal(1)),
    )
    runs = sa.exists().where(running.licence_id == Period.licence_id, running.starts_on <= day, running.ends_on >= day)
    wanted = (
        sa.select(Period.licence_id)
        .where(Period.ends_on.between(day, day + SOON), backed(Period), runs, ~carried_on, ~_stopped(Period.licence_id))
        .order_by(Period.ends_on, Period.id)
        .limit(4 * MOST_SHOWN)  # a licence with gaps comes more than once
    )
    return list(dict.fromkeys(session.scalars(wanted)))


def _suspended(session: Session, day: date) -> list[int]:
    """Those that staff stopped and those that owe too long, the longest first."""
    stops = sa.select(Suspension.licence_id, Suspension.since).where(Suspension.restored_at.is_(None))
    found = [
        (london(since).date(), licence_id)
        for licence_id, since in session.execute(stops.order_by(Suspension.since).limit(MOST_SHOWN + 1))
    ]
    owing = (
        sa.select(Licence.id, sa.func.min(Invoice.due_on, type_=sa.Date()).label("due"))
        .join(Invoice, Invoice.licence_id + 0 == Licence.id)  # from what is owed to its licences
        .where(Invoice.owed_pence > 0, stands(Standing.SUSPENDED, day), ~_stopped(Licence.id))
        .group_by(Licence.id)
        .order_by("due")
        .limit(MOST_SHOWN + 1)
    )
    found += [(due + timedelta(days=OVERDUE_DAYS), licence_id) for licence_id, due in session.execute(owing)]
    return [licence_id for _, licence_id in sorted(found)][: MOST_SHOWN + 1]


def _stopped(licence_id: InstrumentedAttribute[int]) -> sa.ColumnElement[bool]:
    return sa.exists().where(Suspension.licence_id == licence_id, Suspension.restored_at.is_(None))


def without_password(session: Session, limit: int = 5) -> tuple[int, list[Waiting]]:
    """How many people cannot sign in yet, and those added last."""
    nobody = Person.password_hash.is_(None)
    count = session.scalar(sa.select(sa.func.count()).select_from(Person).where(nobody)) or 0
    rows = session.execute(
        sa.select(Person.id, Person.name, Organisation.name)
        .join(Membership, Membership.person_id == Person.id + 0)  # from people to their places, not the other way
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(nobody, Membership.ended_at.is_(None))
        .order_by(Person.id.desc())
        .limit(limit)
    )
    return count, [Waiting(*row) for row in rows]
