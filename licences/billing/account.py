"""What an organisation was invoiced, what it paid and what is left: for pages, in a constant number of statements."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.refusals import NotThere
from licences.billing.invoices import Line
from licences.kinds import InvoiceState, PaymentKind
from licences.ledger import CreditNote, Invoice, Payment


@dataclass(frozen=True)
class PaymentFacts:
    """Money that came; `taken_back` says why it does not count, and is empty when it does."""

    id: int
    kind: PaymentKind
    amount_pence: int
    paid_on: date
    reference: str
    taken_back: str


@dataclass(frozen=True)
class CreditFacts:
    """A credit note."""

    number: str
    amount_pence: int
    issued_on: date
    reason: str


@dataclass(frozen=True)
class InvoiceFacts:
    """An invoice with its lines and all that came for it. Amounts are in pence, VAT included unless they say net."""

    id: int
    licence_id: int
    order_id: int | None
    number: str
    po_number: str | None
    issued_on: date
    due_on: date
    state: InvoiceState
    net_pence: int
    vat_pence: int
    owed_pence: int
    closed_reason: str
    in_flight_on: date | None
    lines: tuple[Line, ...]
    payments: tuple[PaymentFacts, ...]
    credits: tuple[CreditFacts, ...]

    @property
    def total_pence(self) -> int:
        return self.net_pence + self.vat_pence

    @property
    def paid_pence(self) -> int:
        return sum(one.amount_pence for one in self.payments if not one.taken_back)

    @property
    def credited_pence(self) -> int:
        return sum(one.amount_pence for one in self.credits)

    @property
    def too_much_pence(self) -> int:
        """What came beyond what was to be paid: to be sent back, or credited to another invoice."""
        due = 0 if self.state is InvoiceState.VOID else self.total_pence - self.credited_pence
        return max(0, self.paid_pence - due)

    @property
    def may_be_paid(self) -> bool:
        return self.state is not InvoiceState.VOID

    def is_late(self, today: date) -> bool:
        return self.owed_pence > 0 and self.due_on < today

    def state_on(self, today: date) -> str:
        """How it stands, in words for people."""
        if self.is_late(today) and self.state is InvoiceState.OPEN:
            return "overdue"
        if self.owed_pence and (self.paid_pence or self.credited_pence):
            return "paid in part"
        if self.state is InvoiceState.PAID and not self.paid_pence:
            return "credited"
        return self.state.value


def invoices_of(session: Session, licence_ids: Iterable[int]) -> list[InvoiceFacts]:
    """Every invoice of some licences, the newest first."""
    return _read(session, Invoice.licence_id.in_(list(licence_ids)))


def invoice(session: Session, invoice_id: int) -> InvoiceFacts:
    """Raises `NotThere` when there is none."""
    found = _read(session, Invoice.id == invoice_id)
    if not found:
        raise NotThere
    return found[0]


def invoice_of_payment(session: Session, payment_id: int) -> int:
    """The id of the invoice that a payment was recorded for. Raises `NotThere`."""
    found = session.scalar(sa.select(Payment.invoice_id).where(Payment.id == payment_id))
    if found is None:
        raise NotThere
    return found


def _read(session: Session, wanted: sa.ColumnElement[bool]) -> list[InvoiceFacts]:
    rows = session.scalars(sa.select(Invoice).where(wanted).order_by(Invoice.issued_on.desc(), Invoice.id.desc())).all()
    if not rows:
        return []
    ids = [row.id for row in rows]
    payments: defaultdict[int, list[PaymentFacts]] = defaultdict(list)
    for one in session.scalars(sa.select(Payment).where(Payment.invoice_id.in_(ids)).order_by(Payment.id)):
        taken_back = one.taken_back_reason or ""
        payments[one.invoice_id].append(
            PaymentFacts(one.id, one.kind, one.amount_pence, one.paid_on, one.reference, taken_back)
        )
    credits_: defaultdict[int, list[CreditFacts]] = defaultdict(list)
    for note in session.scalars(sa.select(CreditNote).where(CreditNote.invoice_id.in_(ids)).order_by(CreditNote.id)):
        credits_[note.invoice_id].append(CreditFacts(note.number, note.amount_pence, note.issued_on, note.reason))
    return [_as_facts(row, tuple(payments[row.id]), tuple(credits_[row.id])) for row in rows]


def _as_facts(row: Invoice, payments: tuple[PaymentFacts, ...], notes: tuple[CreditFacts, ...]) -> InvoiceFacts:
    return InvoiceFacts(
        row.id,
        row.licence_id,
        row.order_id,
        row.number,
        row.po_number,
        row.issued_on,
        row.due_on,
        row.state,
        row.net_pence,
        row.vat_pence,
        row.owed_pence,
        row.closed_reason or "",
        row.in_flight_on,
        tuple(Line(line.words, line.net_pence, line.vat_basis_points) for line in row.lines),
        payments,
        notes,
    )
