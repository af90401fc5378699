"""A bill over there, mirrored in an invoice of ours: fetched, then written under the licence's lock.

The invoice follows the bill in all it says: lines, payments, credit notes, and whether it failed, is on its way, was
given up, void or disputed. What it owes is worked out from these as for any other invoice.
"""

from dataclasses import asdict, replace
from datetime import date
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, record
from kit.clock import Clock, in_words, today
from kit.money import pounds
from kit.refusals import Refused
from licences import terms
from licences.billing import invoices, notices, orders
from licences.gateway import Bill, Came, CannotReach
from licences.kinds import InvoiceState
from licences.ledger import CreditNote, Invoice, Order, Payment
from licences.models import Licence
from licences.payments.models import AskedRow, BillRow, CollectedRow
from licences.payments.till import Till

COLLECTOR = Actor(None, "Card and Direct Debit")
APPLIED, AS_IT_WAS, NOT_OURS = "applied", "nothing had changed", "nothing of ours"
OUTCOMES = (APPLIED, AS_IT_WAS, NOT_OURS)
TRIES = 8


class _Overtaken(Exception):
    """Somebody else has written the bill since we asked for it: ours may be the older answer."""


def bring_up_to_date(till: Till, ref: str) -> str:
    """Fetches a bill and has its invoice say the same; returns what came of it, in words.

    Raises what a gateway raises, and `Refused` for money that came for an order that was taken back.
    """
    for _ in range(TRIES):
        reading = _reading(till, ref)
        bill = till.gateway.bill(ref)
        if bill is None or bill.key is None:
            return NOT_OURS
        try:
            return till.database.run(partial(_write, till=till, bill=bill, reading=reading))
        except _Overtaken:
            continue
    raise CannotReach("The bill changes faster than it can be written.")


def refuse_if_held(session: Session, invoice_id: int) -> None:
    """Raises `Refused` for an invoice that follows a bill over there: what is changed here would not last."""
    if session.scalar(sa.select(BillRow.ref).where(BillRow.invoice_id == invoice_id)) is not None:
        raise Refused("Stripe holds this invoice. Change it there: within a moment it is so here, too.")


def refuse_if_collected(session: Session, payment_id: int) -> None:
    """Raises `Refused` for a payment that came over there."""
    if session.scalar(sa.select(CollectedRow.ref).where(CollectedRow.payment_id == payment_id)) is not None:
        raise Refused("Stripe took this payment. Send it back there: it is noted here.")


def _reading(till: Till, ref: str) -> int:
    with till.database.read() as session:
        return session.scalar(sa.select(BillRow.reading).where(BillRow.ref == ref)) or 0


def _write(session: Session, till: Till, bill: Bill, reading: int) -> str:
    clock = till.clock
    asked = session.scalar(sa.select(AskedRow).where(AskedRow.key == bill.key))
    if asked is None:
        return NOT_OURS
    order = session.get_one(Order, asked.order_id)
    licence = orders.locked_licence(session, order.licence_id)
    known = session.get(BillRow, bill.ref, populate_existing=True)
    if (known.reading if known else 0) != reading:
        raise _Overtaken
    if known is None:
        known = _begin(session, clock, order, bill)
    known.reading, known.read_at, known.address = known.reading + 1, clock.now(), bill.address
    row = session.get_one(Invoice, known.invoice_id, with_for_update=True, populate_existing=True)
    before = None if reading == 0 else _facts(session, row)
    _follow(session, clock, row, licence, bill)
    after = _facts(session, row)
    if before == after:
        return AS_IT_WAS
    _record(session, clock, licence, row, bill)
    notices.catch_up(session, clock, till.letterhead, licence.id)
    return APPLIED


def _begin(session: Session, clock: Clock, order: Order, bill: Bill) -> BillRow:
    if order.withdrawn_at is not None:
        raise Refused(f"Order {order.id} was taken back, and bill {bill.number} came of it after all.")
    raised = invoices.Raised(
        _own_number(session, Invoice, bill.number, bill),
        bill.issued_on,
        max(bill.due_on, bill.issued_on),
        tuple(replace(line, words=line.words[:300]) for line in bill.lines),
        bill.po_number,
    )
    invoice = invoices.invoice_row(clock, COLLECTOR, order, raised)
    session.add(invoice)
    session.flush()
    row = BillRow(ref=bill.ref, invoice_id=invoice.id, address=bill.address, reading=0, read_at=clock.now())
    session.add(row)
    session.flush()
    return row


def _own_number(session: Session, table: type[Invoice] | type[CreditNote], number: str, bill: Bill) -> str:
    """The number over there; beside the bill's id where our own finance system took it first: money is always noted."""
    return _beside_id(number, bill) if invoices.is_known_number(session, table, number) else number


def _beside_id(number: str, bill: Bill) -> str:
    return f"{number} {bill.ref}"[:60]


def _follow(session: Session, clock: Clock, row: Invoice, licence: Licence, bill: Bill) -> None:
    """Has a locked invoice say what the bill says."""
    for came in bill.came:
        ours = _recorded_here(session, row) if came.is_elsewhere else 0
        if came.amount_pence > ours:
            _follow_payment(session, clock, row, replace(came, amount_pence=came.amount_pence - ours))
    _follow_credits(session, clock, row, bill)
    row.failed_on, row.disputed_on = bill.failed_on, bill.disputed_on
    row.in_flight_on = (row.in_flight_on or today(clock)) if bill.is_in_flight else None
    row.due_on = max([bill.due_on, row.issued_on, *(came.lost_on for came in bill.came if came.lost_on)])
    if bill.state is InvoiceState.VOID:
        row.state, row.owed_pence, row.uncollectible_on = InvoiceState.VOID, 0, None
        row.closed_reason = "Made void where it is collected."
        session.flush()
        return
    given_up_on = bill.given_up_on
    row.state = InvoiceState.GIVEN_UP if given_up_on else InvoiceState.OPEN
    row.uncollectible_on = given_up_on
    row.closed_reason = "Given up as one that will not be paid." if given_up_on else None
    row.owed_pence = row.owed_pence or row.net_pence + row.vat_pence  # until it is worked out, a line further down
    invoices.settle(session, clock, row, licence)


def _recorded_here(session: Session, row: Invoice) -> int:
    """What staff recorded for the invoice, also what they took back: of that the bill over there may still tell."""
    by_hand = sa.select(sa.func.coalesce(sa.func.sum(Payment.amount_pence), 0)).where(
        Payment.invoice_id == row.id, Payment.id.not_in(sa.select(CollectedRow.payment_id))
    )
    return int(session.scalar(by_hand) or 0)


def _follow_payment(session: Session, clock: Clock, row: Invoice, came: Came) -> None:
    known = session.get(CollectedRow, came.ref)
    if known is None:
        payment = Payment(
            invoice_id=row.id,
            kind=came.kind,
            amount_pence=came.amount_pence,
            paid_on=came.paid_on,
            reference=came.ref.partition(":")[0][:120],
            recorded_at=clock.now(),
            recorded_by=COLLECTOR.name,
        )
        session.add(payment)
        session.flush()
        known = CollectedRow(ref=came.ref, payment_id=payment.id, refunded_pence=0)
        session.add(known)
    known.refunded_pence = came.refunded_pence
    payment = session.get_one(Payment, known.payment_id)
    payment.amount_pence = came.amount_pence
    if came.lost_on and payment.taken_back_at is None:
        payment.taken_back_at = clock.now()
        payment.taken_back_reason = f"The payer’s bank took it back: disputed on {in_words(came.lost_on)}, and lost."
    elif came.lost_on is None and payment.taken_back_at is not None:
        payment.taken_back_at = payment.taken_back_reason = None
    session.flush()


def _follow_credits(session: Session, clock: Clock, row: Invoice, bill: Bill) -> None:
    """Credit notes come and go: one that was taken back over there is none."""
    known = {one.number: one for one in session.scalars(sa.select(CreditNote).where(CreditNote.invoice_id == row.id))}
    for credit in bill.credits:
        if not (known.pop(credit.number, None) or known.pop(_beside_id(credit.number, bill), None)):
            number = _own_number(session, CreditNote, credit.number, bill)
            said = asdict(replace(credit, number=number, reason=credit.reason[:500]))
            noted = {"recorded_at": clock.now(), "recorded_by": COLLECTOR.name}
            session.add(CreditNote(invoice_id=row.id, **said, **noted))
    for gone in known.values():
        if gone.recorded_by == COLLECTOR.name:
            session.delete(gone)
    session.flush()


def _facts(session: Session, row: Invoice) -> tuple[object, ...]:
    """All that may change, to see whether it did."""
    payments = session.execute(
        sa.select(Payment.id, Payment.amount_pence, Payment.taken_back_reason, CollectedRow.refunded_pence)
        .outerjoin(CollectedRow, CollectedRow.payment_id == Payment.id)
        .where(Payment.invoice_id == row.id)
        .order_by(Payment.id)
    )
    days: tuple[date | None, ...] = (row.failed_on, row.in_flight_on, row.uncollectible_on, row.disputed_on, row.due_on)
    return row.state, row.owed_pence, *days, *map(tuple, payments)


def _record(session: Session, clock: Clock, licence: Licence, row: Invoice, bill: Bill) -> None:
    subject = terms.licence_facts(session, clock, licence.id).subject
    state = "disputed" if row.disputed_on else "on its way" if row.in_flight_on else row.state.value
    if bill.failed_on and row.owed_pence:
        state = "failed"
    detail = {"invoice": row.number, "state": state, "left": pounds(row.owed_pence)}
    record(session, clock, COLLECTOR, "collection noted", subject, **detail)
