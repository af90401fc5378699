"""What we ask somebody to pay for an order, written before the first call: a crash or a second press repeats it.

Keys are forgotten over there after a day. A page closes in one, too: a stale one is left behind. A bill that was asked
for long ago and never answered may be there all the same, and is looked for before another is made.
"""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, record
from kit.clock import Clock, in_words
from kit.ids import new_code
from kit.refusals import Refused
from licences import terms
from licences.billing import orders
from licences.gateway import Asked, Payer
from licences.ledger import Order
from licences.models import Licence
from licences.payments.models import AskedRow, PayerRow
from licences.people.organisations import organisation

GOOD_FOR = timedelta(hours=22)
CALLED = {True: "payment page opened", False: "bill asked for"}


@dataclass(frozen=True)
class Intent:
    """What is asked for, as it was written. `payer_ref` and `ref` are None until a call has answered."""

    asked: Asked
    payer: Payer
    licence_id: int
    payer_ref: str | None
    ref: str | None


def intend(session: Session, clock: Clock, actor: Actor, order_id: int, *, is_page: bool, email: str) -> Intent:
    """Writes what is asked for, unless it is written already, and returns it.

    Raises `NotThere`, and `Refused` for an order that is invoiced or paid, that costs nothing, whose other asking is
    open, or a bill while its purchase order is missing: one that is out cannot take it.
    """
    order, licence = orders.locked_order(session, order_id)
    facts = orders.order_facts(session, order_id)
    if facts.is_invoiced:
        raise Refused("This order is invoiced already: pay its invoice.")
    if facts.paid_on is not None or not facts.net_pence:
        raise Refused("There is nothing to pay for this order.")
    if facts.awaits_po and not is_page:
        raise Refused("Without a purchase order number the bill would come back. Note it first.")
    row = _open(session, order_id)
    if row is not None and row.is_page != is_page:
        raise Refused("A page to pay this order by card is open. It closes by itself within a day.")
    if row is not None and row.ref is None and row.asked_at < clock.now() - GOOD_FOR:
        if not is_page:
            raise Refused("This bill was asked for long ago, and no answer came. Reconcile first: it may be there.")
        row.closed_at = clock.now()
        row = None
    row = row or _write(session, clock, actor, order, licence, is_page=is_page, email=email)
    asked = Asked(row.key, order_id, row.words, order.net_pence, order.vat_basis_points, row.po_number)
    return Intent(asked, Payer(row.payer_name, row.payer_email), licence.id, row.payer_ref, row.ref)


def answered(session: Session, key: str, ref: str, address: str, payer_ref: str) -> None:
    """Notes what the calls answered. Doing it again changes nothing."""
    row = session.scalars(sa.select(AskedRow).where(AskedRow.key == key)).one()
    if row.ref is None:
        row.ref, row.address = ref, address
    licence_id = session.scalars(sa.select(Order.licence_id).where(Order.id == row.order_id)).one()
    if session.get(PayerRow, licence_id) is None:
        session.add(PayerRow(licence_id=licence_id, ref=payer_ref))
    session.flush()


def refuse_while_open(session: Session, order_id: int) -> None:
    """For whoever has just locked an order to bill it otherwise, or to take it back.

    Raises `Refused` while there is a page on which it can be paid: the money would come for nothing, or twice.
    """
    row = _open(session, order_id)
    if row is not None:
        raise Refused(
            f"{row.asked_by} has opened a page to pay this order by card. It closes by itself within a day: "
            "look then whether it was paid."
        )


def close(session: Session, clock: Clock, key: str) -> None:
    """Notes that nothing comes of it any more."""
    row = session.scalars(sa.select(AskedRow).where(AskedRow.key == key)).one()
    row.closed_at = row.closed_at or clock.now()


def close_stale(session: Session, clock: Clock) -> None:
    """Leaves behind what was asked for long ago and not answered; for whoever has just looked through all bills."""
    stale = sa.update(AskedRow).where(
        AskedRow.ref.is_(None), AskedRow.closed_at.is_(None), AskedRow.asked_at < clock.now() - GOOD_FOR
    )
    session.execute(stale.values(closed_at=clock.now()))


def _open(session: Session, order_id: int) -> AskedRow | None:
    return session.scalar(sa.select(AskedRow).where(AskedRow.order_id == order_id, AskedRow.closed_at.is_(None)))


def _write(
    session: Session, clock: Clock, actor: Actor, order: Order, licence: Licence, *, is_page: bool, email: str
) -> AskedRow:
    about = terms.licence_facts(session, clock, licence.id)
    payer = session.get(PayerRow, licence.id)
    row = AskedRow(
        key=new_code(),
        order_id=order.id,
        is_page=is_page,
        words=_words(about.programme_name, order),
        po_number=order.po_number,
        payer_ref=payer.ref if payer else None,
        payer_name=organisation(session, licence.organisation_id).name,
        payer_email=email,
        asked_at=clock.now(),
        asked_by=actor.name,
    )
    session.add(row)
    session.flush()
    record(session, clock, actor, CALLED[is_page], about.subject, order=order.id)
    return row


def _words(programme: str, order: Order) -> str:
    """What is paid for, as it stands on the page and on the bill."""
    seats = f"{order.seats} {'seat' if order.seats == 1 else 'seats'}"
    return f"{programme}, {order.kind.value}, {seats}, {in_words(order.starts_on)} to {in_words(order.ends_on)}"[:250]
