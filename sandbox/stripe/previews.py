"""What an invoice would be: the change itself, lived through and taken back, so that its pennies are the same."""

import copy

from sandbox.stripe.account import Account, Object
from sandbox.stripe.catalogue import pounds_only
from sandbox.stripe.refusals import bad_request, not_implemented
from sandbox.stripe.renewing import renew
from sandbox.stripe.routes import answers
from sandbox.stripe.subscriptions import change, create

DETAILS = (
    "items.id items.price items.quantity items.deleted items.tax_rates proration_behavior proration_date "
    "default_tax_rates cancel_at_period_end metadata.* billing_mode.type billing_cycle_anchor.*"
)


@answers(
    "POST /v1/invoices/create_preview",
    "customer subscription currency " + " ".join(f"subscription_details.{name}" for name in DETAILS.split()),
)
def create_preview(account: Account, given: Object) -> Object:
    """The next invoice: of a new subscription, of a change that is invoiced at once, or of the next renewal."""
    pounds_only(given.get("currency", "gbp"))
    details = given.get("subscription_details", {})
    with account.rehearsal():
        if "subscription" in given:
            invoice = _of_subscription(account, given, details)
        else:
            invoice = _of_new(account, given, details)
        found = copy.deepcopy(invoice)
    found |= {"id": f"upcoming_{found['id']}", "created": account.now}
    for line in found["lines"]["data"]:
        line["invoice"] = found["id"]
    return found


def _of_new(account: Account, given: Object, details: Object) -> Object:
    details = dict(details)
    anchor = details.pop("billing_cycle_anchor", {"type": "now"})
    if anchor["type"] == "timestamp":
        details["billing_cycle_anchor"] = anchor.get("timestamp", 0)
    if "proration_date" in details or any({"id", "deleted"} & set(item) for item in details.get("items", [])):
        raise bad_request("That is for a subscription that is there: name it.", "parameter_missing", "subscription")
    subscription = create(
        account,
        details | {"customer": given.get("customer"), "collection_method": "send_invoice", "days_until_due": 30},
    )
    return account.get("invoice", subscription["latest_invoice"])


def _of_subscription(account: Account, given: Object, details: Object) -> Object:
    subscription = account.get("subscription", given["subscription"], "subscription")
    if given.get("customer", subscription["customer"]) != subscription["customer"]:
        raise bad_request("The subscription is not of this customer.", None, "customer")
    if details.get("billing_cycle_anchor", {}).get("type", "unchanged") != "unchanged":
        raise not_implemented("a preview that moves the billing cycle")
    invoice = change(account, subscription, details)
    if invoice is not None:
        return invoice
    if subscription["cancel_at_period_end"] or subscription["cancel_at"] or subscription["ended_at"]:
        message = "No upcoming invoices for customer: the subscription ends."
        raise bad_request(message, "invoice_upcoming_none")
    account.now = subscription["items"]["data"][0]["current_period_end"]
    return renew(account, subscription)
