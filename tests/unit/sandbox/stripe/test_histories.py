"""Random histories: whatever is asked in whatever order, every row keeps the contract and the sums stay right."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.stripe import api
from sandbox.stripe.account import Account, Object, shown
from sandbox.stripe.agenda import live_until
from sandbox.stripe.arithmetic import DAY
from sandbox.stripe.collecting import transfer
from sandbox.stripe.contract import faults
from sandbox.stripe.disputes import open_dispute
from sandbox.stripe.journal import Journal
from sandbox.stripe.refusals import Refusal
from sandbox.stripe.routes import answer
from sandbox.stripe.spec import resource

HISTORIES = 200 if os.environ.get("SOAK") else 6
STEPS = 60
CARDS = ("pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired")


class Life:
    """An account to which random things happen."""

    def __init__(self, seed: int, folder: Path) -> None:
        assert api.NOUNS
        self.dice = random.Random(seed)
        self.folder = folder
        self.account = Account(Journal(folder), at=1_790_000_000)
        self.refused: list[str] = []
        self.prices = [
            self.ask("POST", "/v1/prices", currency="gbp", unit_amount=str(pence), product_data={"name": "Seat"},
                     recurring={"interval": "year"})["id"]
            for pence in (12_000, 9_999, 1)
        ]  # fmt: skip
        rates = [("20", "false"), ("17.5", "true")]
        self.rates = [
            self.ask("POST", "/v1/tax_rates", display_name="VAT", percentage=share, inclusive=inside)["id"]
            for share, inside in rates
        ]

    def ask(self, verb: str, path: str, **raw: object) -> Object:
        """A request of the API; a refusal is remembered and answered with nothing."""
        try:
            with self.account.transaction():
                return answer(self.account, verb, path, dict(raw))
        except Refusal as refusal:
            if refusal.status >= 500:
                raise
            self.refused.append(str(refusal))
            return {}

    def one(self, kind: str) -> str:
        """The identifier of any object of a kind."""
        return self.dice.choice([row["id"] for row in self.account.where(kind)] or ["none"])

    def pence(self) -> str:
        """Some amount, as a form has it."""
        return str(self.dice.randint(1, 20_000))

    def live(self) -> None:
        """One random thing."""
        self.dice.choice(self.ways())()

    def ways(self) -> list[Callable[[], object]]:
        """What may happen."""
        dice = self.dice
        return [
            self.buy,
            self.buy,
            self.change,
            lambda: self.move(dice.randint(1, 40)),
            lambda: self.move(dice.choice([1, 4, 31, 200, 366])),
            lambda: self.ask("POST", f"/v1/invoices/{self.one('invoice')}/pay", paid_out_of_band="true"),
            lambda: self.ask("POST", f"/v1/invoices/{self.one('invoice')}/pay"),
            lambda: self.ask("POST", f"/v1/invoices/{self.one('invoice')}/void"),
            lambda: self.ask("POST", f"/v1/invoices/{self.one('invoice')}/mark_uncollectible"),
            lambda: self.ask("POST", "/v1/credit_notes", invoice=self.one("invoice"), amount=self.pence()),
            lambda: self.ask("POST", "/v1/refunds", charge=self.one("charge"), amount=self.pence()),
            lambda: self.ask("DELETE", f"/v1/subscriptions/{self.one('subscription')}"),
            self.transfer,
            self.dispute,
        ]

    def buy(self) -> None:
        """A new customer buys, by invoice or by some card."""
        customer = self.ask("POST", "/v1/customers", name="Somebody")["id"]
        terms: Object = {"collection_method": "send_invoice", "days_until_due": "30"}
        if self.dice.random() < 0.5:
            card = self.ask("POST", f"/v1/payment_methods/{self.dice.choice(CARDS)}/attach", customer=customer)["id"]
            terms = {"default_payment_method": card}
        items = [{"price": self.dice.choice(self.prices), "quantity": str(self.dice.randint(1, 9))}]
        rates = self.dice.sample(self.rates, self.dice.randint(0, 2))
        if self.dice.random() < 0.5:
            terms |= {"billing_cycle_anchor_config": {"month": "9", "day_of_month": "1"}}
        self.ask("POST", "/v1/subscriptions", customer=customer, items=items, default_tax_rates=rates, **terms)

    def change(self) -> None:
        """Seats or the price change, and the preview of it says the same pennies."""
        subscription = self.account.find("subscription", self.one("subscription"))
        if subscription is None:
            return
        before = subscription["latest_invoice"]
        item = {"id": subscription["items"]["data"][0]["id"], "quantity": str(self.dice.randint(0, 9))}
        behaviour = self.dice.choice(["always_invoice", "create_prorations", "none"])
        change = {"items": [item], "proration_behavior": behaviour}
        if self.dice.random() < 0.3:
            change |= {"cancel_at_period_end": self.dice.choice(["true", "false"])}
        told = self.ask(
            "POST", "/v1/invoices/create_preview", subscription=subscription["id"], subscription_details=change
        )
        after = self.ask("POST", f"/v1/subscriptions/{subscription['id']}", **change)
        if behaviour == "always_invoice" and after and after["latest_invoice"] != before and told:
            assert self.account.get("invoice", after["latest_invoice"])["total"] == told["total"]

    def move(self, days: int) -> None:
        """Time passes."""
        with self.account.transaction():
            live_until(self.account, self.account.now + days * DAY)

    def transfer(self) -> None:
        """Some money arrives for some invoice."""
        try:
            with self.account.transaction():
                transfer(self.account, self.account.get("invoice", self.one("invoice")), self.dice.randint(1, 99_999))
        except Refusal as refusal:
            self.refused.append(str(refusal))

    def dispute(self) -> None:
        """A bank takes money back."""
        try:
            with self.account.transaction():
                open_dispute(self.account, self.one("charge"))
        except Refusal as refusal:
            self.refused.append(str(refusal))


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_every_history_keeps_the_contract_and_its_sums(seed: int, tmp_path: Path) -> None:
    life = Life(seed, tmp_path)
    for _ in range(STEPS):
        life.live()
    rows = life.account.rows
    assert [fault for row in rows.values() if resource(row["object"]) for fault in faults(shown(row), row["id"])] == []
    for invoice in life.account.where("invoice"):
        _check_sums(life.account, invoice)
    for customer in life.account.where("customer"):
        _check_balance(life.account, customer)
    again = Account(Journal(tmp_path))
    assert again.rows == rows
    assert again.now == life.account.now


def _check_sums(account: Account, invoice: Object) -> None:
    lines = invoice["lines"]["data"]
    on_top = sum(tax["amount"] for line in lines for tax in line["taxes"] if tax["tax_behavior"] == "exclusive")
    assert invoice["total"] == sum(line["amount"] for line in lines) + on_top
    assert invoice["amount_due"] == invoice["amount_paid"] + invoice["amount_remaining"]
    assert min(invoice["amount_due"], invoice["amount_paid"], invoice["amount_remaining"]) >= 0
    assert (invoice["number"] is None) == (invoice["status"] == "draft")
    if invoice["status"] == "paid":
        assert invoice["amount_remaining"] == 0
    by_rows = sum(row["amount_paid"] for row in account.where("invoice_payment", invoice=invoice["id"], status="paid"))
    expected = account.where("invoice_payment", invoice=invoice["id"], status="open")
    assert len(expected) == (invoice["status"] in ("open", "uncollectible"))
    assert by_rows + (invoice["amount_paid_off_stripe"] or 0) == invoice["amount_paid"]
    notes = [note for note in account.where("credit_note", invoice=invoice["id"]) if note["status"] == "issued"]
    assert sum(note["pre_payment_amount"] for note in notes) == invoice["pre_payment_credit_notes_amount"]


def _check_balance(account: Account, customer: Object) -> None:
    """What invoices gave to the balance and took from it is what is there."""
    balance = 0
    numbers = []
    for invoice in account.where("invoice", customer=customer["id"]):
        if invoice["number"] is not None:
            numbers.append(invoice["number"])
            balance += invoice["total"] - invoice["amount_due"] - invoice["pre_payment_credit_notes_amount"]
            balance -= invoice["amount_overpaid"]
    assert customer["balance"] == balance
    assert len(set(numbers)) == len(numbers) == customer["next_invoice_sequence"] - 1
