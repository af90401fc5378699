"""What the tests of the stand-in buy: a seat for a year at £120, VAT of a fifth on top, from a council or a trust."""

from typing import Any

import stripe

from tests.stripe_server import StandIn

SEAT = 12_000
DAY = 86_400


class Shop:
    """A stand-in, the real library in front of it, and short words for what many tests do."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.v1 = stand_in.client().v1
        self.price = self.new_price(SEAT)
        self.vat = self.v1.tax_rates.create({"display_name": "VAT", "percentage": 20, "inclusive": False}).id

    def new_price(self, pence: int) -> str:
        """A price for a seat and a year."""
        price = self.v1.prices.create(
            {
                "currency": "gbp",
                "unit_amount": pence,
                "product_data": {"name": "Seat"},
                "recurring": {"interval": "year"},
            }
        )
        return str(price.id)

    @property
    def now(self) -> int:
        """The stand-in's time."""
        return int(self.stand_in.state()["now"])

    def move(self, **seconds_or_step: object) -> None:
        """Moves the clock: `step="month"`, or `days=31`."""
        if "days" in seconds_or_step:
            self.stand_in.control("move", moment=self.now + int(str(seconds_or_step["days"])) * DAY)
        else:
            self.stand_in.control("move", **seconds_or_step)

    def customer(self, name: str, card: str | None = None) -> str:
        """A customer, with a test card as default when one is named."""
        customer = str(self.v1.customers.create({"name": name, "email": "finance@lakeshire.example"}).id)
        if card:
            self.give_card(customer, card)
        return customer

    def give_card(self, customer: str, card: str) -> None:
        """The customer pays with this test card from now on."""
        method = self.v1.payment_methods.attach(card, {"customer": customer})
        self.v1.customers.update(customer, {"invoice_settings": {"default_payment_method": method.id}})

    def council(self, seats: int = 5, **more: Any) -> stripe.Subscription:
        """A subscription that is invoiced, due in 30 days, with a PO number."""
        return self.v1.subscriptions.create(
            {
                "customer": self.customer("Lakeshire Council"),
                "items": [{"price": self.price, "quantity": seats}],
                "collection_method": "send_invoice",
                "days_until_due": 30,
                "default_tax_rates": [self.vat],
                "invoice_settings": {"custom_fields": [{"name": "PO number", "value": "PO-4711"}]},
                **more,
            }
        )

    def trust(self, card: str = "pm_card_visa", seats: int = 5, **more: Any) -> stripe.Subscription:
        """A subscription that a card pays."""
        return self.v1.subscriptions.create(
            {
                "customer": self.customer("Hillside Trust", card),
                "items": [{"price": self.price, "quantity": seats}],
                **more,
            }
        )

    def subscription(self, subscription: stripe.Subscription) -> stripe.Subscription:
        """The same, as it is now."""
        return self.v1.subscriptions.retrieve(subscription.id)

    def invoices(self, subscription: stripe.Subscription) -> list[stripe.Invoice]:
        """Its invoices, oldest first."""
        return list(self.v1.invoices.list({"subscription": subscription.id, "limit": 100}).data[::-1])

    def latest(self, subscription: stripe.Subscription) -> stripe.Invoice:
        """Its latest invoice with its payments."""
        found = self.v1.subscriptions.retrieve(subscription.id, {"expand": ["latest_invoice.payments"]})
        assert isinstance(found.latest_invoice, stripe.Invoice)
        return found.latest_invoice

    def events(self, identity: str) -> list[str]:
        """What was told of an object, oldest first."""
        found = self.v1.events.list({"limit": 100}).auto_paging_iter()
        return [event.type for event in found if event.data["object"]["id"] == identity][::-1]


def item_of(subscription: stripe.Subscription) -> str:
    """The identifier of its only item."""
    return str(subscription["items"]["data"][0]["id"])


def period_end(subscription: stripe.Subscription) -> int:
    """When the running period ends."""
    return int(subscription["items"]["data"][0]["current_period_end"])
