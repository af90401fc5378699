"""A transfer to our own bank for a bill that stands over there: it is told, so that nobody pays the bill once more."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.jobs import Hopeless, Job, enqueue
from licences.gateway import Declined
from licences.kinds import InvoiceState
from licences.ledger import Invoice
from licences.payments import mirror
from licences.payments.models import BillRow
from licences.payments.till import Till

TELL = Job("tell who collects that a bill was paid elsewhere")


def have_told(session: Session, invoice_id: int) -> bool:
    """Has it told once the caller's transaction is committed; False when there is nothing to tell.

    Only what is settled is told: a part cannot be, and the bill over there goes on to say the whole.
    """
    settled = sa.select(BillRow.ref).join(Invoice, Invoice.id == BillRow.invoice_id)
    ref = session.scalar(settled.where(Invoice.id == invoice_id, Invoice.state == InvoiceState.PAID))
    if ref is not None:
        enqueue(session, TELL, ref=ref)
    return ref is not None


def tell(till: Till, *, ref: str) -> None:
    """Tells it. Raises `CannotReach`, to be tried again; `Hopeless` when they will not hear of it."""
    try:
        till.gateway.paid_elsewhere(ref)
    except Declined as why:
        raise Hopeless(str(why)) from why
    mirror.bring_up_to_date(till, ref)
