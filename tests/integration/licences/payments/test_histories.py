"""Random histories of paying, failing, disputing and waiting, with a fifth of the messages lost and the rest shuffled.

Whatever was heard, after comparing our records equal Stripe's: each invoice against the raw objects over there, told
anew here in a few lines, and the standing against what these say. `make test` lives a few, `SOAK=1` a hundred.
"""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
import stripe

from kit.clock import london
from kit.jobs import Hopeless
from kit.refusals import Refused
from licences.gateway import Told
from licences.kinds import InvoiceState
from licences.ledger import Invoice, Payment
from licences.payments import inbox, pages
from licences.payments.models import BillRow, CollectedRow, ToldRow
from licences.standing import Claim, Standing
from tests.faults.plan import SOAK
from tests.integration.licences.payments.council import TEAM, TOTAL, Paying

STEPS = 14
SEEDS = range(100) if SOAK else range(2)
LOST, TWICE = 0.2, 0.3
WAYS = ("card", "bacs_debit", "bacs_debit", "declined")


class History:
    """One council's luck."""

    def __init__(self, paying: Paying, seed: int) -> None:
        self.paying, self.luck = paying, random.Random(seed)
        self.orders: list[int] = []
        self.first = 0
        newest = paying.v1.events.list({"limit": 1}).data
        self.heard = newest[0].id if newest else None
        self.lived: list[str] = []

    def live(self) -> None:
        """A number of things happen, one after the other; some are refused, as they would be to a person."""
        acts: Sequence[tuple[int, Callable[[], object]]] = (
            (3, self.order), (3, self.pay_on_page), (3, self.send), (3, self.transfer), (2, self.pay_bill),
            (2, self.bank_refuses), (1, self.void), (1, self.give_up), (1, self.pay_elsewhere), (1, self.credit),
            (2, self.dispute), (2, self.decide), (4, self.wait), (3, self.hear), (1, self.paying.reconcile),
        )  # fmt: skip
        self.order()
        self.pay_on_page()
        for _ in range(STEPS):
            (act,) = self.luck.choices([act for _, act in acts], [weight for weight, _ in acts])
            self.lived.append(act.__name__)
            try:
                act()
            except (Refused, stripe.InvalidRequestError, Hopeless):
                self.lived[-1] += " (refused)"

    def order(self) -> None:
        self.first += 1
        po = f"PO {self.first}" if self.luck.random() < 0.7 else None
        self.orders.append(self.paying.order(first=400 * (self.first - 1), po=po))

    def pay_on_page(self) -> None:
        order = self.luck.choice(self.orders)
        address = pages.open_page(self.paying.till, self.paying.janet, order, email="x@lakeshire.example")
        if address:
            self.paying.press(address, self.luck.choice(WAYS))

    def send(self) -> None:
        pages.send_bill(self.paying.till, TEAM, self.luck.choice(self.orders), email="x@lakeshire.example")

    def transfer(self) -> None:
        pence = self.luck.choice((1, 5_000, TOTAL // 2, TOTAL, TOTAL + 700))
        if bill := self.some("open", "uncollectible"):
            self.paying.stand_in.control("transfer", invoice=bill.id, pounds=f"{pence / 100:.2f}")

    def pay_bill(self) -> None:
        if bill := self.some("open"):
            self.paying.press(bill.hosted_invoice_url or "", self.luck.choice(("card", "bacs_debit", "declined")))

    def bank_refuses(self) -> None:
        for bill in self.bills("open"):
            for row in bill.payments.data if bill.payments else ():
                intent = self.paying.v1.payment_intents.retrieve(str(row.payment.payment_intent))
                if intent.status == "processing" and self.luck.random() < 0.7:
                    self.paying.stand_in.control("fate", intent=intent.id, fate="declines")

    def void(self) -> None:
        if bill := self.some("open"):
            self.paying.v1.invoices.void_invoice(bill.id)

    def give_up(self) -> None:
        if bill := self.some("open"):
            self.paying.v1.invoices.mark_uncollectible(bill.id)

    def pay_elsewhere(self) -> None:
        if bill := self.some("open", "uncollectible"):
            self.paying.v1.invoices.pay(bill.id, {"paid_out_of_band": True})

    def credit(self) -> None:
        if bill := self.some("open"):
            self.paying.v1.credit_notes.create({"invoice": bill.id, "amount": self.luck.choice((100, 20_000))})

    def dispute(self) -> None:
        if bill := self.some("paid"):
            for charge in charges(self.paying, bill):
                if not charge.disputed and charge.status == "succeeded":
                    self.paying.stand_in.control("dispute", charge=charge.id)

    def decide(self) -> None:
        for bill in self.bills("paid"):
            for one in disputes(self.paying, bill):
                if one.status == "needs_response":
                    outcome = self.luck.choice(("won", "lost"))
                    self.paying.stand_in.control("dispute", dispute=one.id, outcome=outcome)

    def wait(self) -> None:
        self.paying.move(days=self.luck.choice((1, 4, 9, 31)))

    def hear(self) -> None:
        """What was told since the last time arrives: a part of it, some twice, in any order."""
        told = list(self.paying.till.gateway.told_since(self.heard))
        self.heard = told[-1].id if told else self.heard
        came: list[Told] = [one for one in told if self.luck.random() > LOST]
        came += [one for one in came if self.luck.random() < TWICE]
        self.luck.shuffle(came)
        with self.paying.database.write() as session:
            for one in came:
                inbox.keep(session, self.paying.clock, one, b"{}")
        for one in came:
            if one.kind.startswith(("invoice", "checkout", "charge", "payment_intent.", "credit_note")):
                inbox.handle(self.paying.till, told_id=one.id)

    def some(self, *states: str) -> stripe.Invoice | None:
        found = self.bills(*states)
        return self.luck.choice(found) if found else None

    def bills(self, *states: str) -> list[stripe.Invoice]:
        return [one for one in ours(self.paying) if one.status in states]


def ours(paying: Paying) -> list[stripe.Invoice]:
    """Every final invoice over there of this history's council."""
    with paying.database.read() as session:
        orders = {str(order) for order in session.scalars(sa.text("SELECT key FROM licences_asked"))}
    rows = paying.v1.invoices.list({"limit": 100, "expand": ["data.payments"]}).auto_paging_iter()
    return [one for one in rows if one.metadata and one.metadata["asked"] in orders and one.status != "draft"]


def charges(paying: Paying, bill: stripe.Invoice) -> list[stripe.Charge]:
    intents = [str(row.payment.payment_intent) for row in (bill.payments.data if bill.payments else ())]
    return [one for intent in intents for one in paying.v1.charges.list({"payment_intent": intent}).data]


def disputes(paying: Paying, bill: stripe.Invoice) -> list[stripe.Dispute]:
    return [
        one
        for charge in charges(paying, bill)
        if charge.disputed
        for one in paying.v1.disputes.list({"charge": charge.id}).data
    ]


def day(moment: int | None) -> date:
    assert moment is not None
    return london(datetime.fromtimestamp(moment, UTC)).date()


def expected(paying: Paying, bill: stripe.Invoice) -> dict[str, Any]:
    """What our invoice has to say, from the raw objects."""
    lost = [one for one in disputes(paying, bill) if one.status == "lost"]
    back = sum(one.amount for one in lost)
    owed = min(bill.total, bill.amount_remaining + back) if bill.status != "void" else 0
    state = {"open": "open", "uncollectible": "given up", "void": "void", "paid": "open" if back else "paid"}
    intents = [
        paying.v1.payment_intents.retrieve(str(row.payment.payment_intent))
        for row in (bill.payments.data if bill.payments else ())
        if row.status == "open"
    ]
    return {
        "number": bill.number,
        "state": InvoiceState(state[str(bill.status)]),
        "owed": owed,
        "came": bill.amount_paid + max(0, bill.total - bill.pre_payment_credit_notes_amount - bill.amount_due) - back
        if bill.status != "void"
        else bill.amount_paid,
        "in flight": any(one.status == "processing" for one in intents),
        "failed": any(one.status == "requires_payment_method" and one.last_payment_error for one in intents),
        "disputed": any(one.status == "needs_response" for one in disputes(paying, bill)),
    }


def recorded(paying: Paying, ref: str) -> dict[str, Any]:
    """What it says."""
    with paying.database.read() as session:
        row = session.scalars(sa.select(Invoice).join(BillRow).where(BillRow.ref == ref)).one()
        money = sa.select(sa.func.coalesce(sa.func.sum(Payment.amount_pence), 0)).where(
            Payment.invoice_id == row.id, Payment.taken_back_at.is_(None)
        )
        return {
            "number": row.number,
            "state": row.state,
            "owed": row.owed_pence,
            "came": session.scalar(money),
            "in flight": row.in_flight_on is not None,
            "failed": row.failed_on is not None,
            "disputed": row.disputed_on is not None,
        }


@pytest.mark.parametrize("seed", SEEDS)
def test_after_comparing_our_records_equal_theirs(paying: Paying, seed: int) -> None:
    history = History(paying, seed)
    history.live()
    history.hear()
    made = paying.reconcile()
    assert made.wrong == ()
    bills = ours(paying)
    print(f"\nhistory {seed}: {', '.join(history.lived)}; {len(bills)} bills")
    for bill in bills:
        assert recorded(paying, bill.id) == expected(paying, bill), history.lived
    assert paying.count(BillRow) == len(bills)
    assert paying.count(Payment) == paying.count(CollectedRow)
    with paying.database.read() as session:
        assert session.scalars(sa.select(ToldRow.last_error).where(ToldRow.last_error.is_not(None))).all() == []
    if paying.stands.standing in (Standing.ACTIVE, Standing.GRACE, Standing.SUSPENDED):
        today = london(paying.clock.now()).date()
        assert (paying.stands.standing is Standing.SUSPENDED) == any(one.stops(today) for one in claims(paying))
    assert paying.reconcile().changed == 0


def claims(paying: Paying) -> list[Claim]:
    """What our invoices, which equal theirs by now, mean for the standing."""
    with paying.database.read() as session:
        return [
            Claim(one.number, one.due_on, one.owed_pence, 0, one.failed_on, one.in_flight_on, one.uncollectible_on)
            for one in session.scalars(sa.select(Invoice))
        ]
