"""A page on which an order is paid by card or Direct Debit, or a bill that is sent for it.

One order has one page that is open: two presses, two people, or a crash between the call and our note of it lead to the
same one, for each call repeats under the key that was written first. Whoever comes back from it has proved nothing.
"""

from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor
from licences.billing import orders
from licences.gateway import CannotReach, Declined, Page, PageState
from licences.kinds import InvoiceState
from licences.ledger import Invoice
from licences.payments import asking, mirror
from licences.payments.asking import Intent
from licences.payments.models import AskedRow, BillRow
from licences.payments.till import Till

DAYS_TO_PAY = 30


@dataclass(frozen=True)
class Known:
    """What our own records say of paying an order.

    `may_pay`: a page can be opened; `is_asked`: one is. `invoice_id` is that of the invoice that is out, and `address`
    where it can be paid, empty when there is nothing to pay.
    """

    may_pay: bool
    is_asked: bool = False
    invoice_id: int | None = None
    address: str = ""


def known(session: Session, order_id: int) -> Known:
    """How far paying an order is. Raises `NotThere`."""
    order = orders.order_facts(session, order_id)
    bill = (
        sa.select(Invoice.id, Invoice.owed_pence, Invoice.in_flight_on, BillRow.address)
        .outerjoin(BillRow, BillRow.invoice_id == Invoice.id)
        .where(Invoice.order_id == order_id, Invoice.state != InvoiceState.VOID)
    )
    found = session.execute(bill.order_by(Invoice.id.desc()).limit(1)).first()
    if found is not None:
        to_pay = found.owed_pence and found.in_flight_on is None
        return Known(False, invoice_id=found.id, address=(found.address or "") if to_pay else "")
    is_open = sa.select(AskedRow.id).where(AskedRow.order_id == order_id, AskedRow.closed_at.is_(None))
    may_pay = order.paid_on is None and order.net_pence > 0
    return Known(may_pay, is_asked=session.scalar(is_open.limit(1)) is not None)


def address_of(session: Session, invoice_id: int) -> str:
    """Where an invoice can be paid by card or Direct Debit; empty when it cannot, or nothing is to be paid."""
    wanted = (
        sa.select(BillRow.address)
        .join(Invoice, Invoice.id == BillRow.invoice_id)
        .where(Invoice.id == invoice_id, Invoice.owed_pence > 0, Invoice.in_flight_on.is_(None))
    )
    return session.scalar(wanted) or ""


def open_page(till: Till, actor: Actor, order_id: int, *, email: str) -> str | None:
    """The address of the page on which the order is paid; None when it was gone through already.

    `email` is where receipts of whoever collects go. Raises what a gateway raises and what `asking.intend` raises.
    """
    for _ in range(2):
        work = partial(asking.intend, clock=till.clock, actor=actor, order_id=order_id, is_page=True, email=email)
        intent = till.database.run(work)
        page = _opened(till, intent) if intent.ref is None else till.gateway.page(intent.ref)
        if page.state is PageState.OPEN:
            return page.address
        if page.state is PageState.COMPLETE:
            _look_at(till, page)
            return None
        till.database.run(partial(asking.close, clock=till.clock, key=intent.asked.key))
    raise CannotReach("The page is closed as soon as it is opened.")


def send_bill(till: Till, actor: Actor, order_id: int, *, email: str) -> None:
    """Sends a bill for an order, to be paid within thirty days, and has it among our invoices.

    Raises what a gateway raises and what `asking.intend` raises; `Refused`, too, while its purchase order is missing.
    """
    work = partial(asking.intend, clock=till.clock, actor=actor, order_id=order_id, is_page=False, email=email)
    intent = till.database.run(work)
    payer_ref = intent.payer_ref or till.gateway.payer(intent.asked.key, intent.payer)
    ref = intent.ref or till.gateway.send_bill(intent.asked, payer_ref, days=DAYS_TO_PAY)
    mirror.bring_up_to_date(till, ref)
    note = partial(asking.answered, key=intent.asked.key, ref=ref, address="", payer_ref=payer_ref)
    till.database.run(note)
    till.database.run(partial(asking.close, clock=till.clock, key=intent.asked.key))


def is_gone_through(till: Till, order_id: int) -> bool:
    """Whether an order's page was gone through, as they say themselves, while no message of it has come yet.

    It only asks, and changes nothing; False when nobody answers.
    """
    with till.database.read() as session:
        wanted = sa.select(AskedRow.ref).where(AskedRow.order_id == order_id, AskedRow.closed_at.is_(None))
        ref = session.scalar(wanted.where(AskedRow.is_page, AskedRow.ref.is_not(None)))
    try:
        return ref is not None and till.gateway.page(ref).state is PageState.COMPLETE
    except (CannotReach, Declined):
        return False


def look_again(till: Till, order_id: int) -> None:
    """Fetches what became of an order's page or bill, for whoever does not wait for a message.

    Raises what a gateway raises.
    """
    with till.database.read() as session:
        wanted = sa.select(AskedRow).where(AskedRow.order_id == order_id, AskedRow.ref.is_not(None))
        rows = list(session.scalars(wanted))
    for row in rows:
        assert row.ref is not None
        if row.is_page:
            look_at_page(till, row.ref, row.key)
        else:
            mirror.bring_up_to_date(till, row.ref)


def look_at_page(till: Till, ref: str, key: str) -> str:
    """Fetches a page, with the bill that came of it; notes when it is over. Returns what came of it, in words."""
    page = till.gateway.page(ref)
    outcome = _look_at(till, page)
    if page.state is PageState.CLOSED or page.bill_ref is not None:
        till.database.run(partial(asking.close, clock=till.clock, key=key))
    return outcome


def _opened(till: Till, intent: Intent) -> Page:
    payer_ref = intent.payer_ref or till.gateway.payer(intent.asked.key, intent.payer)
    back = till.links.to(f"/organisation/orders/{intent.asked.order_id}/payment")
    page = till.gateway.open_page(intent.asked, payer_ref, back=f"{back}?back=1", away=back)
    note = partial(asking.answered, key=intent.asked.key, ref=page.ref, address=page.address, payer_ref=payer_ref)
    till.database.run(note)
    return page


def _look_at(till: Till, page: Page) -> str:
    return mirror.bring_up_to_date(till, page.bill_ref) if page.bill_ref else mirror.AS_IT_WAS
