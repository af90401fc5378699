"""What docs/stripe-stand-in.md says only a real account can prove, asked of the stand-in and, with a key, of Stripe.

`PORTAL_TEST_STRIPE_KEY=sk_test_…` names a sandbox account of one's own; without it that half is skipped and says so. A
claim that holds for the stand-in only is a fault of the stand-in: mend it, and the portal with it.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import stripe

from sandbox.stripe.arithmetic import share_of, shifted, tax_of
from sandbox.stripe.contract import faults
from tests.integration.sandbox.stripe.shop import DAY, SEAT, Shop, item_of, period_end
from tests.stripe_server import running

KEY = os.environ.get("PORTAL_TEST_STRIPE_KEY", "")
YEAR = ("year", 1)
PATIENCE_SECONDS = 180


@dataclass(frozen=True)
class Account:
    """Stripe or the stand-in: the library in front of it, and its time."""

    v1: Any
    now: Callable[[], int]
    move: Callable[[int], None]
    clock: dict[str, str]

    def council(self, seats: int, **more: Any) -> stripe.Subscription:
        """A subscription that is invoiced, with VAT of 17.5 % so that pennies are rounded."""
        customer = self.v1.customers.create({"name": "Lakeshire", "email": "finance@lakeshire.example", **self.clock})
        price = self.v1.prices.create(
            {
                "currency": "gbp",
                "unit_amount": SEAT - 1,
                "product_data": {"name": "Seat"},
                "recurring": {"interval": "year"},
            }
        )
        vat = self.v1.tax_rates.create({"display_name": "VAT", "percentage": 17.5, "inclusive": False})
        found = self.v1.subscriptions.create(
            {
                "customer": customer.id,
                "items": [{"price": price.id, "quantity": seats}],
                "collection_method": "send_invoice",
                "days_until_due": 30,
                "default_tax_rates": [vat.id],
                **more,
            }
        )
        assert isinstance(found, stripe.Subscription)
        return found

    def invoice(self, subscription: stripe.Subscription) -> stripe.Invoice:
        """Its latest invoice."""
        found = self.v1.subscriptions.retrieve(subscription.id, {"expand": ["latest_invoice"]}).latest_invoice
        assert isinstance(found, stripe.Invoice)
        return found

    def status(self, subscription: stripe.Subscription) -> str:
        """What the subscription says of itself."""
        return str(self.v1.subscriptions.retrieve(subscription.id).status)


@pytest.fixture(scope="module", params=["stand-in", "Stripe"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    """The stand-in; then a real account, when a key is given."""
    if request.param == "stand-in":
        with running() as stand_in:
            shop = Shop(stand_in)
            yield Account(shop.v1, lambda: shop.now, lambda moment: shop.move(moment=moment), {})
    elif KEY:
        yield from _real_account()
    else:
        pytest.skip("PORTAL_TEST_STRIPE_KEY is not set: what only a real account can prove is NOT proven")


def _real_account() -> Iterator[Account]:
    assert KEY.startswith("sk_test_"), "never with a live key"
    v1 = stripe.StripeClient(KEY).v1
    clock = v1.test_helpers.test_clocks.create({"frozen_time": int(time.time())})

    def now() -> int:
        return int(v1.test_helpers.test_clocks.retrieve(clock.id).frozen_time)

    def move(moment: int) -> None:
        v1.test_helpers.test_clocks.advance(clock.id, {"frozen_time": moment})
        until = time.monotonic() + PATIENCE_SECONDS
        while v1.test_helpers.test_clocks.retrieve(clock.id).status != "ready":
            assert time.monotonic() < until
            time.sleep(2)

    yield Account(v1, now, move, {"test_clock": clock.id})
    v1.test_helpers.test_clocks.delete(clock.id)


def test_the_pennies_of_a_first_shorter_period(account: Account) -> None:
    config = {"month": 9, "day_of_month": 1, "hour": 0, "minute": 0, "second": 0}
    council = account.council(7, billing_cycle_anchor_config=config)
    (line,) = account.invoice(council).lines.data
    assert line.amount == share_of(7 * (SEAT - 1), line.period.start, line.period.end, YEAR)
    assert line.taxes is not None
    assert line.taxes[0].amount == tax_of(line.amount, 17.5, inclusive=False)


def test_the_pennies_of_seats_in_mid_year(account: Account) -> None:
    council = account.council(7)
    moment = account.now() + 41 * DAY + 12_345
    account.move(moment)
    change = {
        "items": [{"id": item_of(council), "quantity": 10}],
        "proration_behavior": "always_invoice",
        "proration_date": moment,
    }
    preview = account.v1.invoices.create_preview({"subscription": council.id, "subscription_details": change})
    account.v1.subscriptions.update(council.id, change)
    accepted = account.invoice(council)
    end = period_end(council)
    wanted = [share_of(seats * (SEAT - 1), moment, end, YEAR) for seats in (-7, 10)]
    assert [line.amount for line in preview.lines.data] == wanted
    assert [line.amount for line in accepted.lines.data] == wanted
    assert accepted.total == preview.total == sum(wanted) + sum(tax_of(one, 17.5, inclusive=False) for one in wanted)
    assert accepted.status == "open"


def test_an_invoice_paid_elsewhere(account: Account) -> None:
    council = account.council(1)
    draft = account.invoice(council)
    assert (council.status, draft.status) == ("active", "draft")
    account.v1.invoices.finalize_invoice(draft.id)
    paid = account.v1.invoices.pay(draft.id, {"paid_out_of_band": True})
    assert (paid.status, paid.amount_remaining) == ("paid", 0)
    assert (paid.amount_paid, paid.amount_paid_off_stripe) == (paid.total, paid.total)


def test_a_subscription_whose_overdue_invoice_is_voided_is_active_again(account: Account) -> None:
    council = account.council(1)
    account.move(account.now() + 2 * 3600)
    sent = account.invoice(council)
    assert sent.status == "open"
    account.move(int(sent.due_date or 0) + 3600)
    assert account.status(council) == "past_due"
    account.v1.invoices.void_invoice(sent.id)
    assert account.status(council) == "active"


def test_a_year_later_the_period_is_the_next_one(account: Account) -> None:
    council = account.council(2)
    account.move(period_end(council) + 2 * 3600)
    renewal = account.invoice(council)
    assert (renewal.billing_reason, renewal.status, renewal.subtotal) == ("subscription_cycle", "open", 2 * (SEAT - 1))
    now = account.v1.subscriptions.retrieve(council.id)
    assert period_end(now) == shifted(period_end(council), *YEAR)


def test_the_answers_keep_the_contract(account: Account) -> None:
    council = account.council(1)
    for found in (
        account.v1.subscriptions.retrieve(council.id, {"expand": ["latest_invoice", "customer"]}),
        account.v1.invoices.list({"subscription": council.id}),
        account.v1.events.list({"limit": 20}),
        account.v1.prices.list({"limit": 5}),
    ):
        assert faults(json.loads(found.last_response.body)) == []
