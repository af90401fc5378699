"""How money comes in: cards, Bacs Direct Debit, bank transfers, and what a customer paid elsewhere.

A card says yes, says no, or wants 3-D Secure; which of these is its fate, chosen on the pages of the stand-in. Bacs is
neither paid nor failed for six working days under a new mandate, and for three later. A final invoice expects a payment
from the start: its row is open, and says `paid` only when the money is there. A failed renewal is tried again after 3,
5 and 7 days and then left, and its subscription stays past due: settings of an account, named in
docs/stripe-stand-in.md.
"""

from typing import Any

from sandbox.stripe.account import Account, Object
from sandbox.stripe.arithmetic import DAY, HOUR, working_days_later
from sandbox.stripe.bills import number, subscription_of
from sandbox.stripe.refusals import bad_request, card_declined
from sandbox.stripe.routes import includes, listed, offers

TRY_AGAIN_DAYS = (3, 5, 7)
BACS_WORKING_DAYS, BACS_NEW_MANDATE_DAYS = 3, 6
EXPIRES_INCOMPLETE = 23 * HOUR
SUCCEEDS, DECLINES, AUTHENTICATES = "succeeds", "declines", "needs 3-D Secure"
ENDED = ("canceled", "incomplete_expired")

offers("payment_intent", "/v1/payment_intents/{intent}", "customer", search=True)
offers("charge", "/v1/charges/{charge}", "customer payment_intent", search=True)
offers(
    "invoice_payment",
    "/v1/invoice_payments/{invoice_payment}",
    "invoice status payment.type payment.payment_intent",
    payment=lambda _account, row, wanted: all(row["payment"][key] == value for key, value in wanted.items()),
)


@includes("invoice", "payments")
def payments_of(account: Account, invoice: Object) -> Object:
    """The payments of an invoice, newest first."""
    rows = account.where("invoice_payment", invoice=invoice["id"])
    return listed(rows[::-1], f"/v1/invoice_payments?invoice={invoice['id']}")


def finalise(account: Account, invoice: Object, then_collect: bool) -> None:
    """Makes a draft final and, when asked, sends it or charges it. Nothing due is paid at once."""
    number(account, invoice)
    if invoice["collection_method"] == "send_invoice" and invoice["due_date"] is None:
        invoice["due_date"] = account.now + (invoice["_days"] or 0) * DAY
    account.tell("invoice.finalized", invoice)
    if invoice["amount_due"] == 0:
        _mark_paid(account, invoice)
        return
    _expect_payment(account, invoice)
    if then_collect and invoice["collection_method"] == "send_invoice":
        account.tell("invoice.sent", invoice)
    elif then_collect:
        charge(account, invoice)


def charge(account: Account, invoice: Object, method: str | None = None, on_session: bool = False) -> Object | None:
    """Tries to collect what is left of an invoice; the payment's object, or None when there is nothing to pay with.

    On session a card that wants 3-D Secure only asks for it; off session that is a failure as well.
    """
    card = account.find("payment_method", method or default_method(account, invoice))
    invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + 1, "next_payment_attempt": None}
    if card is None:
        _fail(account, invoice)
        return None
    intent = _intent(account, invoice, card)
    fate = _fate(account, card)
    if card["type"] == "bacs_debit":
        days = BACS_WORKING_DAYS if card["_used"] else BACS_NEW_MANDATE_DAYS
        intent |= {"status": "processing", "_settles": working_days_later(account.now, days), "_fate": fate}
        card["_used"] = True
        account.tell("payment_intent.processing", intent)
        restate(account, invoice)
    elif fate == SUCCEEDS:
        succeed(account, intent)
    elif fate == AUTHENTICATES:
        _ask_for_authentication(account, invoice, intent, on_session)
    else:
        decline(account, intent, "generic_decline")
    return intent


def default_method(account: Account, invoice: Object) -> str | None:
    """What an invoice is charged to: its own method, its subscription's, its customer's."""
    subscription = account.find("subscription", subscription_of(invoice))
    customer = account.get("customer", invoice["customer"])
    own = invoice["default_payment_method"] or (subscription and subscription["default_payment_method"])
    found = own or customer["invoice_settings"]["default_payment_method"]
    return str(found) if found else None


def succeed(account: Account, intent: Object) -> None:
    """The money is there."""
    intent |= {"status": "succeeded", "amount_received": intent["amount"], "next_action": None, "_settles": None}
    taken = _charge_row(account, intent, "succeeded")
    account.tell("charge.succeeded", taken)
    account.tell("payment_intent.succeeded", intent)
    if (invoice := account.find("invoice", intent["_invoice"])) is not None:
        # Less may be owed by now than was asked for: what is beyond is the customer's credit, and none of the invoice.
        record_payment(account, invoice, intent, min(intent["amount"], invoice["amount_remaining"]))
        settle(account, invoice, intent["amount"])


def decline(account: Account, intent: Object, reason: str) -> None:
    """The bank said no."""
    refused = _charge_row(account, intent, "failed")
    refused |= {"failure_code": "card_declined", "failure_message": "Your card was declined."}
    error = {"type": "card_error", "code": "card_declined", "decline_code": reason, "charge": refused["id"]}
    intent |= {"status": "requires_payment_method", "last_payment_error": _whole_error(error), "next_action": None}
    intent["_settles"] = None
    account.tell("charge.failed", refused)
    account.tell("payment_intent.payment_failed", intent)
    if (invoice := account.find("invoice", intent["_invoice"])) is not None:
        _fail(account, invoice)


def settle(account: Account, invoice: Object, amount: int, elsewhere: bool = False) -> None:
    """Counts money towards an open invoice. What is too much becomes the customer's credit."""
    owed = invoice["amount_remaining"]
    invoice["amount_paid"] += min(amount, owed)
    invoice["amount_remaining"] = owed - min(amount, owed)
    if elsewhere and amount:
        invoice["amount_paid_off_stripe"] = (invoice["amount_paid_off_stripe"] or 0) + min(amount, owed)
    if amount > owed:
        invoice["amount_overpaid"] += amount - owed
        account.get("customer", invoice["customer"])["balance"] -= amount - owed
        account.tell("invoice.overpaid", invoice)
    if invoice["amount_remaining"]:
        account.tell("invoice.updated", invoice)
    else:
        _mark_paid(account, invoice, attempted=not elsewhere)
    expect_no_more(account, invoice)


def transfer(account: Account, invoice: Object, amount: int) -> None:
    """A bank transfer arrived for an invoice: in part, in full, or too much. Raises `Refusal` when it is not open."""
    if invoice["status"] not in ("open", "uncollectible") or amount <= 0:
        raise bad_request("Only an open invoice takes a transfer, and only of some pence.", "invoice_not_open")
    intent = account.new("payment_intent", "pi", amount=amount, currency="gbp", **_intent_facts(invoice))
    intent |= {"payment_method_types": ["customer_balance"], "status": "succeeded", "amount_received": amount}
    account.tell("payment_intent.succeeded", intent)
    record_payment(account, invoice, intent, min(amount, invoice["amount_remaining"]))
    settle(account, invoice, amount)


def record_payment(account: Account, invoice: Object, intent: Object, amount: int) -> None:
    """The row between an invoice and a payment of it says that the money is there."""
    row = _payment_row(account, invoice, intent)
    row |= {"amount_paid": amount, "status": "paid"}
    row["status_transitions"]["paid_at"] = account.now
    account.tell("invoice_payment.paid", row)


def expect_no_more(account: Account, invoice: Object) -> None:
    """The expected payment is of what is left; of an invoice that is done it is called off."""
    intent = account.find("payment_intent", invoice["_payment_intent"])
    if intent is None or intent["status"] in ("succeeded", "canceled"):
        return
    row = _payment_row(account, invoice, intent)
    if invoice["status"] in ("open", "uncollectible"):
        if intent["status"] != "processing":
            intent["amount"] = row["amount_requested"] = invoice["amount_remaining"]
        return
    row["status"] = "canceled"
    row["status_transitions"]["canceled_at"] = account.now
    reason = "void_invoice" if invoice["status"] == "void" else "automatic"
    intent |= {"status": "canceled", "canceled_at": account.now, "cancellation_reason": reason, "_settles": None}
    account.tell("payment_intent.canceled", intent)


def restate(account: Account, invoice: Object) -> None:
    """Works out the status of an invoice's subscription anew, from its latest invoice that is not void.

    So says Stripe's documentation; an older debt does not count, which is why the portal keeps its own standing.
    """
    subscription = account.find("subscription", subscription_of(invoice))
    if subscription is None or subscription["status"] in ENDED:
        return
    rows = account.where("invoice", customer=invoice["customer"])
    own = [row for row in rows if subscription_of(row) == subscription["id"]]
    latest = next((row for row in own[::-1] if row["status"] != "void"), None)
    status = _status_by(account, subscription, latest)
    if status != subscription["status"]:
        subscription["status"] = status
        account.tell("customer.subscription.updated", subscription)


def refuse_unpaid(intent: Object | None) -> None:
    """The error of a request that had to be paid and was not. Raises `Refusal` unless the payment is under way."""
    if intent is None:
        raise bad_request("There is no payment method to charge.", "resource_missing", "payment_method")
    if intent["status"] == "requires_action":
        raise card_declined("authentication_required", {"id": intent["id"], "status": intent["status"]})
    if intent["status"] == "requires_payment_method":
        raise card_declined("generic_decline", {"id": intent["id"], "status": intent["status"]})


# -- the parts -------------------------------------------------------------------------------------------------------


def _status_by(account: Account, subscription: Object, latest: Object | None) -> str:
    status = str(subscription["status"])
    if latest is None or latest["status"] in ("paid", "uncollectible"):
        return "active"
    intent = account.find("payment_intent", latest["_payment_intent"])
    if status == "incomplete":
        return "active" if intent and intent["status"] == "processing" else status
    if latest["status"] == "open" and (latest["_overdue"] or latest["_tries"]):
        return "past_due"
    return status


def _expect_payment(account: Account, invoice: Object) -> None:
    intent = account.new(
        "payment_intent", "pi", amount=invoice["amount_remaining"], currency="gbp", **_intent_facts(invoice)
    )
    invoice["_payment_intent"] = intent["id"]
    account.tell("payment_intent.created", intent)
    _payment_row(account, invoice, intent)


def _payment_row(account: Account, invoice: Object, intent: Object) -> Object:
    """The row between an invoice and a payment, made when it is not there."""
    for row in account.where("invoice_payment", invoice=invoice["id"]):
        if row["payment"]["payment_intent"] == intent["id"]:
            return row
    row = account.new(
        "invoice_payment", "inpay", invoice=invoice["id"], amount_requested=intent["amount"], currency="gbp",
        is_default=intent["id"] == invoice["_payment_intent"], status="open", status_transitions={},
        payment={"type": "payment_intent", "payment_intent": intent["id"]},
    )  # fmt: skip
    for absent in ("charge", "payment_record"):
        row["payment"].pop(absent, None)
    return row


def _intent(account: Account, invoice: Object, card: Object) -> Object:
    """The payment of an invoice: one, however often it is tried."""
    intent = account.get("payment_intent", invoice["_payment_intent"])
    intent |= {"amount": invoice["amount_remaining"], "payment_method": card["id"]}
    intent["payment_method_types"] = [card["type"]]
    return intent


def _intent_facts(invoice: Object) -> dict[str, Any]:
    return {
        "capture_method": "automatic",
        "confirmation_method": "automatic",
        "status": "requires_payment_method",
        "customer": invoice["customer"],
        "metadata": {},
        "payment_method_types": ["card"],
        "_invoice": invoice["id"],
        "_settles": None,
    }


def _fate(account: Account, card: Object) -> str:
    """What becomes of a charge: what was chosen for the customer's next one, or else what the card always does."""
    customer = account.get("customer", card["customer"])
    chosen, customer["_next_fate"] = customer["_next_fate"], None
    return str(chosen or card["_fate"])


def _charge_row(account: Account, intent: Object, status: str) -> Object:
    card = account.find("payment_method", intent["payment_method"])
    row = account.new(
        "charge", "ch", amount=intent["amount"], currency="gbp", status=status, paid=status == "succeeded",
        captured=status == "succeeded", amount_captured=intent["amount"] if status == "succeeded" else 0,
        customer=intent["customer"], payment_intent=intent["id"], payment_method=intent["payment_method"],
        billing_details=card["billing_details"] if card else {}, metadata={},
    )  # fmt: skip
    intent["latest_charge"] = row["id"]
    return row


def _whole_error(error: Object) -> Object:
    nothing = dict.fromkeys(("advice_code", "doc_url", "message", "network_advice_code", "network_decline_code"))
    more = dict.fromkeys(
        (
            "param",
            "payment_intent",
            "payment_method",
            "payment_method_type",
            "request_log_url",
            "setup_intent",
            "source",
        )
    )
    return {**nothing, **more, **error}


def _ask_for_authentication(account: Account, invoice: Object, intent: Object, on_session: bool) -> None:
    page = invoice["hosted_invoice_url"]
    intent |= {"status": "requires_action"}
    intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {"url": page, "return_url": None}}
    account.tell("payment_intent.requires_action", intent)
    account.tell("invoice.payment_action_required", invoice)
    if not on_session:
        _fail(account, invoice)


def _fail(account: Account, invoice: Object) -> None:
    """A failed try: the next one is planned for a renewal, and the subscription falls past due."""
    tries = invoice["_tries"]
    invoice["_tries"] = tries + 1
    if invoice["auto_advance"] and invoice["billing_reason"] != "subscription_create" and tries < len(TRY_AGAIN_DAYS):
        invoice["next_payment_attempt"] = account.now + TRY_AGAIN_DAYS[tries] * DAY
    account.tell("invoice.payment_failed", invoice)
    account.tell("invoice.updated", invoice)
    restate(account, invoice)


def _mark_paid(account: Account, invoice: Object, attempted: bool = True) -> None:
    invoice |= {"status": "paid", "next_payment_attempt": None, "auto_advance": False}
    invoice["status_transitions"]["paid_at"] = account.now
    account.tell("invoice.paid", invoice)
    if attempted:
        account.tell("invoice.payment_succeeded", invoice)
    restate(account, invoice)
