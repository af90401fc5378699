"""What is ordered, invoiced and paid for a licence, and what happens next and when: for its manager and for staff."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from kit.clock import Clock, today
from kit.money import pounds
from licences.billing.account import InvoiceFacts, invoices_of
from licences.billing.orders import OrderFacts, orders_of
from licences.billing.renewals import last_days_of
from licences.billing.years import ask_days, lies_ahead
from licences.kinds import InvoiceState, OrderKind
from licences.standing import DAY, OVERDUE_DAYS, Cause, Overlay
from licences.terms import LicenceFacts

# What happens when nothing has come by the last day of what lets a licence run.
LET_RUN = {
    Cause.KEPT_OPEN: "Copies stop if nothing is settled by then",
    Cause.PROMISED: "Copies stop if the purchase order has not come by then",
}


@dataclass(frozen=True)
class Outlook:
    """The money of one licence on a `day`. `coming` are days with what happens on them, the next first.

    `ends_on` is the last day that is granted or backed by an order; `promised_until` when a renewal is promised.
    """

    day: date
    orders: tuple[OrderFacts, ...]
    invoices: tuple[InvoiceFacts, ...]
    coming: tuple[tuple[date, str], ...]
    ends_on: date | None
    promised_until: date | None

    @property
    def owed_pence(self) -> int:
        return sum(one.owed_pence for one in self.invoices)

    @property
    def next_is_ordered(self) -> bool:
        """Whether the next year is ordered already, and none after it can be."""
        return self.ends_on is not None and lies_ahead(self.ends_on + DAY, self.day)

    @property
    def awaits_po(self) -> OrderFacts | None:
        """The order that waits for its purchase order, the earliest first; not one whose days are over."""
        waiting = [one for one in self.orders if one.awaits_po and one.ends_on >= self.day]
        return min(waiting, key=lambda one: one.starts_on, default=None)


def outlooks(session: Session, clock: Clock, licences: Sequence[LicenceFacts]) -> dict[int, Outlook]:
    """For each licence, by its id; the number of statements is the same for one and for many."""
    ids = [licence.id for licence in licences]
    orders: defaultdict[int, list[OrderFacts]] = defaultdict(list)
    for order in orders_of(session, ids):
        orders[order.licence_id].append(order)
    invoices: defaultdict[int, list[InvoiceFacts]] = defaultdict(list)
    for invoice in invoices_of(session, ids):
        invoices[invoice.licence_id].append(invoice)
    ends = last_days_of(session, ids)
    made, day = {}, today(clock)
    for licence in licences:
        ends_on, until = ends.get(licence.id, (None, None))
        coming = sorted(_coming(licence, orders[licence.id], invoices[licence.id], ends_on, day))
        made[licence.id] = Outlook(
            day, tuple(orders[licence.id]), tuple(invoices[licence.id]), tuple(coming), ends_on, until
        )
    return made


def _coming(
    licence: LicenceFacts,
    orders: Sequence[OrderFacts],
    invoices: Sequence[InvoiceFacts],
    ends_on: date | None,
    day: date,
) -> Iterator[tuple[date, str]]:
    for invoice in invoices:
        yield from _of_invoice(invoice, day)
    if licence.standing.until and licence.standing.cause in LET_RUN:
        yield licence.standing.until + DAY, LET_RUN[licence.standing.cause]
    following = [order for order in orders if order.starts_on > day and order.kind is OrderKind.LICENCE]
    for order in following:
        needs = "; its purchase order is needed by then" if order.awaits_po else ""
        count = "1 seat" if order.seats == 1 else f"{order.seats} seats"
        released = f"; released: {', '.join(order.releases)}" if order.releases else ""
        yield order.starts_on, f"The new licence year begins with {count}{released}{needs}"
    if ends_on is None or ends_on < day or any(order.starts_on > ends_on for order in following):
        return
    if Overlay.CANCEL_SCHEDULED in licence.standing.overlays:
        yield ends_on, "The last day of the licence: it is not renewed"
        return
    asked = next((one for one in ask_days(ends_on + DAY) if day < one <= ends_on), None)
    if asked:
        yield asked, "Next year’s purchase order is asked for"
    yield ends_on + DAY, "The new licence year begins; the invoice follows the order"


def _of_invoice(invoice: InvoiceFacts, day: date) -> Iterator[tuple[date, str]]:
    words = f"nvoice {invoice.number} ({pounds(invoice.owed_pence)})"
    stops = invoice.due_on + timedelta(days=OVERDUE_DAYS)
    if invoice.state is not InvoiceState.OPEN or invoice.in_flight_on:
        return
    if invoice.due_on >= day:
        yield invoice.due_on, f"I{words} is to be paid"
    elif stops > day:
        yield stops, f"Copies stop if i{words} is not paid by then"
