"""Checkout sessions and Portal sessions: made by the API, gone through on the stand-in's pages."""

from typing import Any

from sandbox.stripe.account import Account, Object
from sandbox.stripe.arithmetic import DAY, tax_of
from sandbox.stripe.bills import add_line, add_up, new_invoice
from sandbox.stripe.catalogue import create_customer, in_bounds, pounds_only, with_metadata
from sandbox.stripe.collecting import SUCCEEDS, charge, finalise
from sandbox.stripe.items import price_of
from sandbox.stripe.payment_methods import make_default, make_method
from sandbox.stripe.refusals import bad_request, missing, not_implemented
from sandbox.stripe.routes import answers, includes, listed, offers
from sandbox.stripe.subscriptions import create as create_subscription

METHODS = ("card", "bacs_debit")
SUBSCRIPTION = (
    "metadata.* description default_tax_rates billing_cycle_anchor billing_cycle_anchor_config.* billing_mode.type "
    "invoice_settings.custom_fields.* proration_behavior"
)

offers(
    "checkout.session",
    "/v1/checkout/sessions/{session}",
    "customer subscription payment_intent status",
)


@answers(
    "POST /v1/checkout/sessions",
    "mode customer customer_email client_reference_id metadata.* success_url cancel_url currency locale ui_mode "
    "line_items.price line_items.quantity line_items.tax_rates allowed_payment_method_types expires_at "
    "payment_method_collection billing_address_collection payment_intent_data.metadata.* invoice_creation.enabled "
    "invoice_creation.invoice_data.metadata.* invoice_creation.invoice_data.custom_fields.* "
    + " ".join(f"subscription_data.{name}" for name in SUBSCRIPTION.split()),
)
def create(account: Account, given: Object) -> Object:
    """A page on which a customer pays for a subscription, or once. It is open for a day."""
    pounds_only(given.get("currency", "gbp"))
    _check(account, given)
    lines = _lines(account, given)
    expires = in_bounds(
        given.get("expires_at", account.now + DAY), account.now + DAY // 48, account.now + DAY, "expires_at"
    )
    row = account.new(
        "checkout.session", "cs_test", mode=given["mode"], payment_status="unpaid", status="open", currency="gbp",
        automatic_tax={"enabled": False}, custom_text={}, expires_at=expires, metadata=given.get("metadata") or {},
        payment_method_types=given.get("allowed_payment_method_types", ["card"]), ui_mode="hosted_page", _given=given,
        **{key: given.get(key) for key in ("customer", "customer_email", "client_reference_id", "success_url",
           "cancel_url", "locale", "allowed_payment_method_types", "billing_address_collection")},
    )  # fmt: skip
    row["url"] = f"{account.address}/c/pay/{row['id']}"
    tax = sum(line["amount_tax"] for line in lines)
    row |= {"amount_subtotal": sum(line["amount_subtotal"] for line in lines), "_lines": lines}
    row["amount_total"] = sum(line["amount_total"] for line in lines)
    row["total_details"] = {"amount_discount": 0, "amount_shipping": 0, "amount_tax": tax, "breakdown": None}
    return row


def _check(account: Account, given: Object) -> None:
    if given.get("mode") not in ("subscription", "payment"):
        raise not_implemented(f"mode={given.get('mode')} of Checkout")
    if given.get("ui_mode", "hosted_page") != "hosted_page":
        raise not_implemented(f"ui_mode={given['ui_mode']}")
    if not given.get("success_url") or not given.get("line_items"):
        raise bad_request("Missing required param: success_url or line_items.", "parameter_missing", "success_url")
    if unknown := set(given.get("allowed_payment_method_types", ["card"])) - set(METHODS):
        raise not_implemented(f"paying by {', '.join(sorted(unknown))}")
    if "customer" in given:
        account.get("customer", given["customer"], "customer")
    wanted = "recurring" if given["mode"] == "subscription" else "one_time"
    for line in given["line_items"]:
        if account.get("price", line.get("price"), "line_items[0][price]")["type"] != wanted:
            raise bad_request(f"Only {wanted} prices can be used here.", None, "line_items[0][price]")


def _lines(account: Account, given: Object) -> list[Object]:
    """What the page lists. A shorter first period is shown at what the subscription's first invoice says."""
    if given["mode"] == "subscription":
        with account.rehearsal():
            invoice = _rehearsed(account, given)
            return [_line(account, row, row["amount"], row["taxes"]) for row in invoice["lines"]["data"]]
    lines = []
    for line in given["line_items"]:
        price, quantity = account.get("price", line["price"]), line.get("quantity", 1)
        amount = price["unit_amount"] * quantity
        words = account.get("product", price["product"])["name"]
        rates = [account.get("tax_rate", rate, "line_items[0][tax_rates]") for rate in line.get("tax_rates") or []]
        taxes = [
            {"amount": tax_of(amount, rate["percentage"], rate["inclusive"]), "inclusive": rate["inclusive"]}
            for rate in rates
        ]
        lines.append(_line(account, {"description": words, "quantity": quantity}, amount, taxes))
    return lines


def _line(account: Account, row: Object, amount: int, taxes: list[Object]) -> Object:
    on_top = sum(tax["amount"] for tax in taxes if not (tax.get("inclusive") or tax.get("tax_behavior") == "inclusive"))
    return account.part(
        "item", "li", amount_subtotal=amount, amount_tax=sum(tax["amount"] for tax in taxes), currency="gbp",
        amount_total=amount + on_top, description=row["description"], quantity=row["quantity"], metadata={},
    )  # fmt: skip


def _rehearsed(account: Account, given: Object) -> Object:
    customer = given.get("customer") or create_customer(account, {"email": given.get("customer_email")})["id"]
    wanted = _subscription(given, customer) | {"collection_method": "send_invoice", "days_until_due": 30}
    return account.get("invoice", create_subscription(account, wanted)["latest_invoice"])


def _subscription(given: Object, customer: str) -> dict[str, Any]:
    data = given.get("subscription_data", {})
    return {"customer": customer, "items": [dict(line) for line in given["line_items"]], **data}


def line_items_of(account: Account, session: Object) -> Object:
    """What the page lists."""
    rows = account.get("checkout.session", session["id"])["_lines"]
    return listed(rows, f"/v1/checkout/sessions/{session['id']}/line_items")


includes("checkout.session", "line_items")(line_items_of)


@answers("GET /v1/checkout/sessions/{session}/line_items", "limit")
def list_line_items(account: Account, _given: Object, identity: str) -> Object:
    """What the page lists."""
    account.get("checkout.session", identity)
    return line_items_of(account, {"id": identity})


@answers("POST /v1/checkout/sessions/{session}/expire")
def expire(account: Account, _given: Object, identity: str) -> Object:
    """Closes a page that nobody paid on."""
    row = account.get("checkout.session", identity)
    if row["status"] != "open":
        raise bad_request('Only Checkout Sessions with a status in ["open"] can be expired.', None, "session")
    expire_now(account, row)
    return row


def expire_now(account: Account, session: Object) -> None:
    """The page is closed."""
    session |= {"status": "expired", "url": None}
    account.tell("checkout.session.expired", session)


def finish(account: Account, session: Object, kind: str) -> Object:
    """The customer paid by card, or gave a Bacs mandate. Raises `Refusal` when the page is closed."""
    if session["status"] != "open" or kind not in session["payment_method_types"]:
        raise bad_request("This page takes no payment of that kind any more.")
    given = session["_given"]
    if session["customer"] is None:
        session["customer"] = create_customer(account, {"email": session["customer_email"]})["id"]
    method = make_method(account, session["customer"], kind, SUCCEEDS)
    if session["mode"] == "subscription":
        wanted = _subscription(given, session["customer"]) | {"default_payment_method": method["id"]}
        subscription = create_subscription(account, wanted)
        session |= {"subscription": subscription["id"], "invoice": subscription["latest_invoice"]}
        invoice = account.get("invoice", subscription["latest_invoice"])
    else:
        invoice = _bill_once(account, session, method)
    _complete(account, session, invoice)
    return session


def _bill_once(account: Account, session: Object, method: Object) -> Object:
    """A payment for once. An invoice is behind it in any case; it is told of when the caller asked for one."""
    customer = account.get("customer", session["customer"])
    invoice = new_invoice(account, customer, "manual", "charge_automatically")
    invoice["default_payment_method"] = method["id"]
    for line in session["_given"]["line_items"]:
        price, quantity = account.get("price", line["price"]), line.get("quantity", 1)
        rates = [account.get("tax_rate", rate) for rate in line.get("tax_rates") or []]
        add_line(
            account, invoice, price["unit_amount"] * quantity, rates, quantity=quantity, pricing=price_of(price),
            description=account.get("product", price["product"])["name"],
            period={"start": account.now, "end": account.now},
        )  # fmt: skip
    add_up(account, invoice)
    _take_over(invoice, session["_given"].get("invoice_creation", {}).get("invoice_data", {}))
    finalise(account, invoice, then_collect=False)
    intent = charge(account, invoice) if invoice["status"] == "open" else None
    if intent is not None:
        intent["metadata"] = with_metadata(intent, session["_given"].get("payment_intent_data", {}))
        session["payment_intent"] = intent["id"]
    if session["_given"].get("invoice_creation", {}).get("enabled"):
        session["invoice"] = invoice["id"]
    return invoice


def _take_over(invoice: Object, data: Object) -> None:
    """What the caller wants on the invoice of a payment for once, which nobody tries to collect again by themselves."""
    invoice["auto_advance"] = False
    invoice["metadata"] = with_metadata(invoice, data)
    invoice["custom_fields"] = data.get("custom_fields") or invoice["custom_fields"]


def _complete(account: Account, session: Object, invoice: Object) -> None:
    customer = account.get("customer", session["customer"])
    session["customer_details"] = {
        **dict.fromkeys(("address", "business_name", "individual_name", "phone")),
        "email": customer["email"],
        "name": customer["name"],
        "tax_exempt": "none",
        "tax_ids": [],
    }
    session |= {
        "status": "complete",
        "url": None,
        "payment_status": "paid" if invoice["status"] == "paid" else "unpaid",
    }
    intent = account.find("payment_intent", invoice["_payment_intent"])
    if intent is not None and intent["status"] == "processing":
        intent["_session"] = session["id"]
    account.tell("checkout.session.completed", session)


def told_later(account: Account, intent: Object) -> None:
    """A payment that Checkout left under way was decided: its session says so."""
    session = account.find("checkout.session", intent.get("_session"))
    if session is None:
        return
    if intent["status"] == "succeeded":
        session["payment_status"] = "paid"
        account.tell("checkout.session.async_payment_succeeded", session)
    else:
        account.tell("checkout.session.async_payment_failed", session)


@answers(
    "POST /v1/billing_portal/sessions",
    "customer return_url locale flow_data.type flow_data.subscription_cancel.subscription "
    "flow_data.after_completion.type flow_data.after_completion.redirect.return_url",
)
def create_portal(account: Account, given: Object) -> Object:
    """A page on which a customer changes the card and cancels, or does only the one thing that a flow is for."""
    customer = account.get("customer", given.get("customer"), "customer")
    row = account.new(
        "billing_portal.session", "bps", customer=customer["id"], configuration=f"bpc_{account.facts['name']}",
        return_url=given.get("return_url"), locale=given.get("locale"), url="",
        flow=_flow(account, customer["id"], given["flow_data"]) if "flow_data" in given else None,
    )  # fmt: skip
    row["url"] = f"{account.address}/p/session/{row['id']}"
    return row


def _flow(account: Account, customer: str, given: Object) -> Object:
    if given["type"] not in ("payment_method_update", "subscription_cancel"):
        raise not_implemented(f"flow_data[type]={given['type']}")
    cancel = given.get("subscription_cancel")
    if (given["type"] == "subscription_cancel") != (cancel is not None):
        message = "subscription_cancel is needed for that flow, and for no other."
        raise bad_request(message, "parameter_missing", "flow_data[subscription_cancel]")
    if cancel and account.get("subscription", cancel["subscription"], "flow_data")["customer"] != customer:
        raise missing("subscription", cancel["subscription"], "flow_data[subscription_cancel][subscription]")
    after = given.get("after_completion", {"type": "portal_homepage"})
    if after["type"] == "hosted_confirmation" or (after["type"] == "redirect" and "redirect" not in after):
        raise not_implemented("that flow_data[after_completion]")
    return {"type": given["type"], "subscription_cancel": cancel, "after_completion": after}


def change_method(account: Account, customer: str, kind: str, fate: str) -> Object:
    """The customer pays with another card or mandate from now on, their subscriptions too."""
    row = make_method(account, customer, kind, fate)
    make_default(account, row)
    for subscription in account.where("subscription", customer=customer):
        if subscription["default_payment_method"] is not None:
            subscription["default_payment_method"] = row["id"]
            account.tell("customer.subscription.updated", subscription)
    return row
