"""The lines of a subscription for its period, and its renewal."""

import copy

from sandbox.stripe.account import Account, Object
from sandbox.stripe.arithmetic import HOUR, share_of, shifted
from sandbox.stripe.bills import add_line, add_up, belong, new_invoice
from sandbox.stripe.items import price_of, take_in, waiting
from sandbox.stripe.prorating import interval_of


def charge_periods(account: Account, invoice: Object, subscription: Object) -> None:
    """A line for each item: its price times how many, or the share of it when the period is a shorter one."""
    for item in subscription["items"]["data"]:
        start, end = item["current_period_start"], item["current_period_end"]
        whole = shifted(end, *interval_of(item), times=-1)
        product = account.get("product", item["price"]["product"])["name"]
        amount = item["price"]["unit_amount"] * item["quantity"]
        add_line(
            account, invoice, share_of(amount, start, end, interval_of(item)) if start > whole else amount,
            item["tax_rates"] or subscription["default_tax_rates"], description=f"{item['quantity']} × {product}",
            quantity=item["quantity"], period={"start": start, "end": end}, pricing=price_of(item["price"]),
            subscription=subscription["id"], discountable=True, metadata=copy.deepcopy(subscription["metadata"]),
            parent={"type": "subscription_item_details", "invoice_item_details": None, "subscription_item_details": {
                "invoice_item": None, "proration": False, "proration_details": {"credited_items": None},
                "subscription": subscription["id"], "subscription_item": item["id"]}},
        )  # fmt: skip


def renew(account: Account, subscription: Object) -> Object:
    """The next period begins: its draft, with what waited to be invoiced, is final after an hour."""
    for item in subscription["items"]["data"]:
        ended = item["current_period_end"]
        item |= {"current_period_start": ended, "current_period_end": shifted(ended, *interval_of(item))}
    customer = account.get("customer", subscription["customer"])
    method, days = subscription["collection_method"], subscription["days_until_due"]
    invoice = new_invoice(account, customer, "subscription_cycle", method, days)
    belong(invoice, subscription)
    take_in(account, invoice, waiting(account, customer["id"], subscription["id"]), subscription["default_tax_rates"])
    charge_periods(account, invoice, subscription)
    add_up(account, invoice)
    invoice["automatically_finalizes_at"] = account.now + HOUR
    subscription["latest_invoice"] = invoice["id"]
    account.tell("customer.subscription.updated", subscription)
    account.tell("invoice.created", invoice)
    return invoice
