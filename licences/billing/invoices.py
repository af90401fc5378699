"""Invoices that the owner's own finance system raised, and what became of them: paid, in part, credited, void.

What an invoice owes is worked out anew from its payments and credit notes whenever one of them changes, under the
licence's lock; the moment it is settled, the licence's standing is that of a paid one.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock, today
from kit.db import lock_row
from kit.money import CURRENCY, pounds, vat
from kit.refusals import NotThere, Refused
from licences import terms
from licences.billing import orders
from licences.gateway import Credited
from licences.kinds import InvoiceState, OrderKind, PaymentKind
from licences.ledger import CreditNote, Invoice, InvoiceLine, Order, Payment
from licences.models import Licence


class LineSaid(Protocol):
    """A line as an invoice says it; its VAT is worked out by `Line`, or told by whoever raised it."""

    @property
    def words(self) -> str: ...
    @property
    def net_pence(self) -> int: ...
    @property
    def vat_basis_points(self) -> int: ...
    @property
    def vat_pence(self) -> int: ...


@dataclass(frozen=True)
class Line:
    """One line of an invoice: words, pence without VAT, and its own rate in basis points."""

    words: str
    net_pence: int
    vat_basis_points: int

    @property
    def vat_pence(self) -> int:
        return vat(self.net_pence, self.vat_basis_points)


@dataclass(frozen=True)
class Raised:
    """What an invoice says of itself. Without a purchase order of its own it carries that of its order."""

    number: str
    issued_on: date
    due_on: date
    lines: tuple[LineSaid, ...]
    po_number: str | None = None


def record_invoice(session: Session, clock: Clock, actor: Actor, order_id: int, raised: Raised) -> int:
    """Records the invoice of an order, and returns its id.

    Raises `NotThere`, and `Refused` for a number that is known, an order that waits for its purchase order (an invoice
    that is out cannot take one), one that is invoiced already, or a day of payment before the day of issue.
    """
    order, licence = orders.locked_order(session, order_id)
    facts = orders.order_facts(session, order_id)
    if raised.due_on < raised.issued_on:
        raise Refused("It is due before it was issued.", "due_on")
    if facts.is_invoiced:
        raise Refused("This order is invoiced already. Void that invoice first.", "number")
    if facts.awaits_po and not raised.po_number:
        raise Refused("Without a purchase order number it would come back. Write it first.", "po_number")
    if raised.po_number and order.po_number is None:
        orders.note_po(session, clock, actor, order_id, raised.po_number)
    _refuse_known_number(session, Invoice, raised.number)
    row = invoice_row(clock, actor, order, raised)
    session.add(row)
    session.flush()
    due = {"due_on": raised.due_on.isoformat(), "purchase_order": row.po_number}
    _record(session, clock, actor, "invoice recorded", row, licence, total=pounds(_total(row)), **due)
    return row.id


@dataclass(frozen=True)
class Paid:
    """Money that came: pence, the day the bank names, how it came and the words that came with it."""

    amount_pence: int
    paid_on: date
    kind: PaymentKind
    reference: str


def record_payment(session: Session, clock: Clock, actor: Actor, invoice_id: int, money: Paid) -> None:
    """Records money that came, in part, in full or more than was owed.

    Raises `NotThere`, and `Refused` for a void invoice, a day that has not come, or the same payment once more.
    """
    row, licence = locked_invoice(session, invoice_id)
    if row.state is InvoiceState.VOID:
        raise Refused("This invoice is void: nothing is paid for it.")
    if money.paid_on > today(clock):
        raise Refused("This day has not come yet.", "paid_on")
    _refuse_same_payment(session, invoice_id, money)
    session.add(Payment(invoice_id=invoice_id, **asdict(money), recorded_at=clock.now(), recorded_by=actor.name))
    settle(session, clock, row, licence)
    paid = {
        "amount": pounds(money.amount_pence),
        "paid_on": money.paid_on.isoformat(),
        "reference": money.reference or None,
    }
    _record(session, clock, actor, "payment recorded", row, licence, **paid, left=pounds(row.owed_pence))


def take_back(session: Session, clock: Clock, actor: Actor, payment_id: int, *, reason: str) -> int:
    """Takes back a payment that was recorded by mistake, or that the bank took back; returns the invoice's id.

    It stays to be seen. Raises `NotThere`, and `Refused` when it is taken back already.
    """
    invoice_id = session.scalar(sa.select(Payment.invoice_id).where(Payment.id == payment_id))
    if invoice_id is None:
        raise NotThere
    row, licence = locked_invoice(session, invoice_id)
    payment = lock_row(session, Payment, payment_id)
    if payment is None or payment.taken_back_at is not None:
        raise Refused("This payment is taken back already.")
    payment.taken_back_at, payment.taken_back_reason = clock.now(), reason
    settle(session, clock, row, licence)
    taken = {"amount": pounds(payment.amount_pence), "reason": reason}
    _record(session, clock, actor, "payment taken back", row, licence, **taken, left=pounds(row.owed_pence))
    return invoice_id


def credit(session: Session, clock: Clock, actor: Actor, invoice_id: int, note: Credited) -> None:
    """Records a credit note: a part of the invoice that is not to be paid.

    Raises `NotThere`, and `Refused` for a void invoice, a known number, or more than the invoice and its credit notes.
    """
    row, licence = locked_invoice(session, invoice_id)
    if row.state is InvoiceState.VOID:
        raise Refused("This invoice is void: nothing of it can be credited.")
    _refuse_known_number(session, CreditNote, note.number)
    left = _total(row) - _sum(session, CreditNote, invoice_id)
    if note.amount_pence > left:
        raise Refused(f"At most {pounds(left)} of this invoice can be credited.", "amount")
    session.add(CreditNote(invoice_id=invoice_id, **asdict(note), recorded_at=clock.now(), recorded_by=actor.name))
    settle(session, clock, row, licence)
    detail = {"amount": pounds(note.amount_pence), "reason": note.reason}
    _record(session, clock, actor, "credit recorded", row, licence, **detail)


def void(session: Session, clock: Clock, actor: Actor, invoice_id: int, *, reason: str) -> None:
    """Voids an invoice that was wrong; its order can be invoiced anew.

    Raises `NotThere`, and `Refused` when it is void already, or money has come for it.
    """
    row, licence = locked_invoice(session, invoice_id)
    if row.state is InvoiceState.VOID:
        raise Refused("This invoice is void already.")
    if _sum(session, Payment, invoice_id):
        raise Refused("Money has come for this invoice. Take the payment back first, or record a credit note.")
    row.state, row.owed_pence, row.closed_reason, row.uncollectible_on = InvoiceState.VOID, 0, reason, None
    session.flush()
    _record(session, clock, actor, "invoice voided", row, licence, reason=reason)


def give_up(session: Session, clock: Clock, actor: Actor, invoice_id: int, *, reason: str) -> None:
    """Gives an open invoice up as one that will not be paid: what it was for stops at once.

    Raises `NotThere`, and `Refused` unless it is open. A payment that comes after all settles it.
    """
    row, licence = locked_invoice(session, invoice_id)
    if row.state is not InvoiceState.OPEN:
        raise Refused("Only an open invoice can be given up.")
    row.state, row.closed_reason, row.uncollectible_on = InvoiceState.GIVEN_UP, reason, today(clock)
    session.flush()
    _record(session, clock, actor, "invoice given up", row, licence, reason=reason)


def settle(session: Session, clock: Clock, row: Invoice, licence: Licence) -> None:
    """Works out anew what a locked invoice owes, and whether its order is paid."""
    session.flush()
    came, credited = _sum(session, Payment, row.id), _sum(session, CreditNote, row.id)
    row.owed_pence = max(0, _total(row) - came - credited)
    if not row.owed_pence:
        row.state, row.uncollectible_on, row.in_flight_on = InvoiceState.PAID, None, None
    elif row.state is InvoiceState.PAID:
        row.state = InvoiceState.OPEN
    order = lock_row(session, Order, row.order_id) if row.order_id else None
    if order is not None:
        order.paid_on = _last_paid(session, row.id) if not row.owed_pence else None
        orders.begin_if_due(session, clock, order, licence)
    session.flush()


def locked_invoice(session: Session, invoice_id: int) -> tuple[Invoice, Licence]:
    """An invoice, locked after its licence. Raises `NotThere`."""
    licence_id = session.scalar(sa.select(Invoice.licence_id).where(Invoice.id == invoice_id))
    if licence_id is None:
        raise NotThere
    licence = orders.locked_licence(session, licence_id)
    row = lock_row(session, Invoice, invoice_id)
    assert row is not None
    return row, licence


def is_known_number(session: Session, table: type[Invoice] | type[CreditNote], number: str) -> bool:
    """Whether an invoice or a credit note with this number is here, in capitals or not."""
    known = sa.select(table.id).where(sa.func.lower(table.number) == sa.func.lower(number))
    return session.scalar(known) is not None


def invoice_row(clock: Clock, actor: Actor, order: Order, raised: Raised) -> Invoice:
    """A new invoice of an order, not yet in the session: all of it is owed."""
    net = sum(line.net_pence for line in raised.lines)
    added = sum(line.vat_pence for line in raised.lines)
    return Invoice(
        licence_id=order.licence_id,
        order_id=order.id,
        number=raised.number,
        po_number=raised.po_number or order.po_number,
        issued_on=raised.issued_on,
        due_on=raised.due_on,
        state=InvoiceState.OPEN,
        net_pence=net,
        vat_pence=added,
        owed_pence=net + added,
        currency=CURRENCY,
        adds_seats=order.seats if order.kind is OrderKind.SEATS else 0,
        recorded_at=clock.now(),
        recorded_by=actor.name,
        lines=_lines(raised.lines),
    )


def _lines(lines: Sequence[LineSaid]) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            position=position,
            words=line.words,
            net_pence=line.net_pence,
            vat_basis_points=line.vat_basis_points,
            vat_pence=line.vat_pence,
        )
        for position, line in enumerate(lines, start=1)
    ]


def _total(row: Invoice) -> int:
    return row.net_pence + row.vat_pence


def _sum(session: Session, table: type[Payment] | type[CreditNote], invoice_id: int) -> int:
    wanted = sa.select(sa.func.coalesce(sa.func.sum(table.amount_pence), 0)).where(table.invoice_id == invoice_id)
    if table is Payment:
        wanted = wanted.where(Payment.taken_back_at.is_(None))
    return int(session.scalar(wanted) or 0)


def _last_paid(session: Session, invoice_id: int) -> date | None:
    """The day of the last money; None when a credit note settled it and none came."""
    money = sa.select(sa.func.max(Payment.paid_on, type_=sa.Date())).where(
        Payment.invoice_id == invoice_id, Payment.taken_back_at.is_(None)
    )
    return session.scalar(money)


def _refuse_same_payment(session: Session, invoice_id: int, money: Paid) -> None:
    """Pressed twice, or by two people."""
    same = [getattr(Payment, name) == value for name, value in asdict(money).items() if name != "kind"]
    known = sa.select(Payment.id).where(Payment.invoice_id == invoice_id, Payment.taken_back_at.is_(None), *same)
    if session.scalar(known) is not None:
        raise Refused("This payment is recorded already. If it came twice, write another reference.", "reference")


def _refuse_known_number(session: Session, table: type[Invoice] | type[CreditNote], number: str) -> None:
    if is_known_number(session, table, number):
        raise Refused("This number is recorded already.", "number")


def _record(
    session: Session, clock: Clock, actor: Actor, action: str, row: Invoice, licence: Licence, **detail: str | None
) -> None:
    subject: Subject = terms.licence_facts(session, clock, licence.id).subject
    record(session, clock, actor, action, subject, invoice=row.number, **detail)
