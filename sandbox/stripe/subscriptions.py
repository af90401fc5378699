"""Subscriptions: begun, changed, ended; their renewals are lived through in `agenda`."""

from sandbox.stripe.account import Account, Object
from sandbox.stripe.arithmetic import HOUR, next_anchor, shifted
from sandbox.stripe.bills import belong, new_invoice, subscription_of
from sandbox.stripe.catalogue import emptied, in_bounds, method_of, pounds_only, with_metadata
from sandbox.stripe.collecting import ENDED, default_method, finalise, refuse_unpaid
from sandbox.stripe.invoices import LONGEST_TERMS, check_custom_fields
from sandbox.stripe.items import take_in, waiting
from sandbox.stripe.prorating import apply_changes, interval_of, items_list, new_subscription_item, prorate
from sandbox.stripe.refusals import bad_request, not_implemented
from sandbox.stripe.renewing import charge_periods
from sandbox.stripe.routes import answers, includes, listed, offers

RUNNING = "running"
ITEMS = "items.price items.quantity items.tax_rates items.metadata.*"
SETTINGS = "invoice_settings.custom_fields.* invoice_settings.custom_fields invoice_settings.footer"
COMMON = f"description metadata.* default_tax_rates default_payment_method days_until_due {SETTINGS}"
ANCHOR = "billing_cycle_anchor_config.* billing_cycle_anchor billing_mode.type proration_behavior currency"
PAYMENT = (
    "payment_behavior off_session payment_settings.payment_method_types payment_settings.save_default_payment_method"
)


def _has_status(_account: Account, row: Object, wanted: str) -> bool:
    if wanted in (RUNNING, "ended"):
        return (row["status"] in ENDED) == (wanted == "ended")
    return wanted in ("all", row["status"])


offers(
    "subscription",
    "/v1/subscriptions/{subscription_exposed_id}",
    "customer collection_method",
    search=True,
    usual={"status": RUNNING},
    status=_has_status,
    price=lambda _account, row, wanted: any(item["price"]["id"] == wanted for item in row["items"]["data"]),
)


@includes("customer", "subscriptions")
def of_customer(account: Account, customer: Object) -> Object:
    """The customer's subscriptions that have not ended, newest first."""
    rows = [row for row in account.where("subscription", customer=customer["id"]) if row["status"] not in ENDED]
    return listed(rows[::-1], f"/v1/customers/{customer['id']}/subscriptions")


@answers(
    "POST /v1/subscriptions", f"customer collection_method {ITEMS} {COMMON} cancel_at_period_end {ANCHOR} {PAYMENT}"
)
def create(account: Account, given: Object) -> Object:
    """A subscription that begins now; the first invoice is for the time to the anchor, or for a whole period."""
    customer = account.get("customer", given.get("customer"), "customer")
    subscription = _begin(account, customer, given)
    _set_common(account, subscription, given)
    invoice = _first_invoice(account, customer, subscription)
    subscription["latest_invoice"] = invoice["id"]
    account.tell("customer.subscription.created", subscription)
    account.tell("invoice.created", invoice)
    if subscription["collection_method"] == "charge_automatically":
        _collect_first(account, subscription, invoice, given.get("payment_behavior", "allow_incomplete"))
    return subscription


def _begin(account: Account, customer: Object, given: Object) -> Object:
    _check_beginning(given)
    sent = given.get("collection_method") == "send_invoice"
    if sent and "days_until_due" not in given:
        raise bad_request("days_until_due is required when collection_method is send_invoice.", None, "days_until_due")
    row = account.new(
        "subscription", "sub", customer=customer["id"], currency="gbp", status="active" if sent else "incomplete",
        collection_method="send_invoice" if sent else "charge_automatically", automatic_tax={"enabled": False},
        billing_mode={"type": "flexible", "flexible": {"proration_discounts": "included"}}, start_date=account.now,
        invoice_settings={"issuer": {"type": "self"}}, items=items_list([], ""), default_tax_rates=[], metadata={},
        billing_cycle_anchor=account.now, payment_settings=_payment_settings(given), discounts=[],
        cancellation_details={},
    )  # fmt: skip
    items = [new_subscription_item(account, row["id"], one, (account.now, account.now)) for one in given["items"]]
    if len({interval_of(item) for item in items}) > 1:
        raise bad_request("All prices of a subscription must have the same interval.", None, "items")
    anchor = _anchor(account, given, items[0])
    row["billing_cycle_anchor_config"] = given.get("billing_cycle_anchor_config")
    end = anchor or shifted(account.now, *interval_of(items[0]))
    row["billing_cycle_anchor"] = anchor or account.now
    row["items"] = items_list([item | {"current_period_end": end} for item in items], row["id"])
    return row


def _check_beginning(given: Object) -> None:
    pounds_only(given.get("currency", "gbp"))
    if not given.get("items"):
        raise bad_request("Missing required param: items.", "parameter_missing", "items")
    if given.get("billing_mode", {}).get("type", "flexible") != "flexible":
        raise not_implemented("billing_mode[type]=classic")
    if given.get("proration_behavior", "create_prorations") != "create_prorations":
        raise not_implemented(f"proration_behavior={given['proration_behavior']} on a new subscription")
    if given.get("payment_behavior") == "pending_if_incomplete":
        raise bad_request("pending_if_incomplete is for updates only.", None, "payment_behavior")


def _anchor(account: Account, given: Object, item: Object) -> int | None:
    if config := given.get("billing_cycle_anchor_config"):
        return next_anchor(account.now, config)
    anchor = given.get("billing_cycle_anchor")
    if anchor is not None:
        latest = shifted(account.now, *interval_of(item))
        in_bounds(anchor, account.now + 1, latest, "billing_cycle_anchor")
    return anchor


def _payment_settings(given: Object) -> Object:
    settings = given.get("payment_settings", {})
    keep = settings.get("save_default_payment_method", "off")
    return {"payment_method_types": settings.get("payment_method_types"), "save_default_payment_method": keep}


def _set_common(account: Account, subscription: Object, given: Object) -> None:
    if "default_tax_rates" in given:
        rates = given["default_tax_rates"] or []
        subscription["default_tax_rates"] = [account.get("tax_rate", rate, "default_tax_rates") for rate in rates]
    if method := given.get("default_payment_method"):
        subscription["default_payment_method"] = method_of(account, subscription["customer"], method)
    if "metadata" in given:
        subscription["metadata"] = with_metadata(subscription, given)
    settings = given.get("invoice_settings", {})
    check_custom_fields(settings.get("custom_fields"), "invoice_settings[custom_fields]")
    subscription["invoice_settings"] |= emptied(settings)
    if "description" in given:
        subscription["description"] = given["description"] or None
    if "days_until_due" in given:
        if subscription["collection_method"] != "send_invoice":
            raise bad_request("days_until_due is for sent invoices.", None, "days_until_due")
        subscription["days_until_due"] = in_bounds(given["days_until_due"], 0, LONGEST_TERMS, "days_until_due")
    if "cancel_at_period_end" in given:
        _cancel_later(account, subscription, given["cancel_at_period_end"])


def _cancel_later(account: Account, subscription: Object, wanted: bool) -> None:
    if wanted:
        end = subscription["items"]["data"][0]["current_period_end"]
        subscription |= {"cancel_at_period_end": True, "cancel_at": end, "canceled_at": account.now}
        subscription["cancellation_details"]["reason"] = "cancellation_requested"
    else:
        subscription |= {"cancel_at_period_end": False, "cancel_at": None, "canceled_at": None}
        subscription["cancellation_details"]["reason"] = None


def _first_invoice(account: Account, customer: Object, subscription: Object) -> Object:
    invoice = _invoice_of(account, customer, subscription, "subscription_create")
    charge_periods(account, invoice, subscription)
    take_in(account, invoice, waiting(account, customer["id"], None), subscription["default_tax_rates"])
    if subscription["collection_method"] == "send_invoice":
        invoice["automatically_finalizes_at"] = account.now + HOUR
    else:
        invoice["auto_advance"] = False
    return invoice


def _invoice_of(account: Account, customer: Object, subscription: Object, reason: str) -> Object:
    days = subscription["days_until_due"]
    invoice = new_invoice(account, customer, reason, subscription["collection_method"], days)
    belong(invoice, subscription)
    return invoice


def _collect_first(account: Account, subscription: Object, invoice: Object, behaviour: str) -> None:
    """Charges the first invoice now. Raises `Refusal` when that fails and the caller wants all or nothing."""
    owed = bool(invoice["amount_due"])
    if owed and default_method(account, invoice) is None and behaviour != "default_incomplete":
        message = "This customer has no attached payment source or default payment method."
        raise bad_request(message, "resource_missing", "default_payment_method")
    finalise(account, invoice, then_collect=behaviour != "default_incomplete")
    if behaviour == "error_if_incomplete" and invoice["status"] != "paid":
        refuse_unpaid(account.find("payment_intent", invoice["_payment_intent"]))


@answers(
    "POST /v1/subscriptions/{subscription_exposed_id}",
    f"{ITEMS} items.id items.deleted {COMMON} proration_behavior proration_date cancel_at "
    "cancel_at_period_end payment_behavior off_session "
    "cancellation_details.comment cancellation_details.feedback",
)
def update(account: Account, given: Object, identity: str) -> Object:
    """Changes what is named; seats in mid-period are prorated, at `proration_date` when one is given."""
    subscription = account.get("subscription", identity)
    if subscription["status"] in ENDED:
        raise bad_request("A canceled subscription can only update its cancellation_details.", None, "id")
    invoice = change(account, subscription, given)
    account.tell("customer.subscription.updated", subscription)
    if invoice is not None:
        account.tell("invoice.created", invoice)
        finalise(account, invoice, then_collect=True)
        if given.get("payment_behavior") == "error_if_incomplete" and invoice["status"] == "open":
            refuse_unpaid(account.find("payment_intent", invoice["_payment_intent"]))
    return subscription


def change(account: Account, subscription: Object, given: Object) -> Object | None:
    """An update without its events; the draft of what it costs now, when it is to be invoiced at once."""
    if given.get("payment_behavior") in ("default_incomplete", "pending_if_incomplete"):
        raise not_implemented(f"payment_behavior={given['payment_behavior']} on an update")
    behaviour = given.get("proration_behavior", "create_prorations")
    changes = apply_changes(account, subscription, given.get("items", []))
    prorations = []
    if behaviour != "none":
        prorations = prorate(account, subscription, changes, given.get("proration_date", account.now))
    _set_common(account, subscription, given)
    subscription["cancellation_details"] |= emptied(given.get("cancellation_details", {}))
    if "cancel_at" in given:
        _cancel_at(account, subscription, given["cancel_at"], behaviour)
    if not prorations or behaviour != "always_invoice":
        return None
    customer = account.get("customer", subscription["customer"])
    invoice = _invoice_of(account, customer, subscription, "subscription_update")
    invoice["parent"]["subscription_details"]["subscription_proration_date"] = given.get("proration_date", account.now)
    take_in(account, invoice, waiting(account, customer["id"], subscription["id"]), subscription["default_tax_rates"])
    subscription["latest_invoice"] = invoice["id"]
    return invoice


def _cancel_at(account: Account, subscription: Object, wanted: int | str, behaviour: str) -> None:
    end = subscription["items"]["data"][0]["current_period_end"]
    if wanted == "":
        _cancel_later(account, subscription, False)
    elif wanted in ("min_period_end", "max_period_end", end):
        _cancel_later(account, subscription, True)
        subscription["cancel_at_period_end"] = False
    elif isinstance(wanted, int) and account.now < wanted < end and behaviour == "none":
        subscription |= {"cancel_at": wanted, "cancel_at_period_end": False, "canceled_at": account.now}
    else:
        raise not_implemented("cancel_at other than the period's end, or earlier without prorations")


@answers(
    "DELETE /v1/subscriptions/{subscription_exposed_id}",
    "invoice_now prorate cancellation_details.comment cancellation_details.feedback",
)
def cancel(account: Account, given: Object, identity: str) -> Object:
    """Ends a subscription now. What is owed stays owed, and nobody tries to collect it."""
    subscription = account.get("subscription", identity)
    if given.get("prorate") or given.get("invoice_now"):
        raise not_implemented("prorate and invoice_now when a subscription is cancelled")
    if subscription["status"] in ENDED:
        raise bad_request(f"No such subscription: '{identity}'", "resource_missing", "id")
    subscription["cancellation_details"] |= emptied(given.get("cancellation_details", {}))
    end_now(account, subscription)
    return subscription


def end_now(account: Account, subscription: Object, status: str = "canceled") -> None:
    """The end; open invoices are left as they are, without further tries."""
    reason = subscription["cancellation_details"]["reason"] or "cancellation_requested"
    subscription["cancellation_details"]["reason"] = reason
    canceled_at = subscription["canceled_at"] or account.now
    subscription |= {"status": status, "ended_at": account.now, "canceled_at": canceled_at}
    for invoice in account.where("invoice", customer=subscription["customer"]):
        if subscription_of(invoice) == subscription["id"] and invoice["status"] in ("draft", "open"):
            invoice |= {"auto_advance": False, "next_payment_attempt": None, "automatically_finalizes_at": None}
    account.tell("customer.subscription.deleted", subscription)
