"""Invoices by themselves: drafts, numbers, void and paid, and what may still be changed when."""

from sandbox.stripe.account import Account, Object
from sandbox.stripe.arithmetic import DAY, HOUR
from sandbox.stripe.bills import add_up, belong, new_invoice, subscription_of
from sandbox.stripe.catalogue import amend, in_bounds, method_of, pounds_only
from sandbox.stripe.collecting import charge, expect_no_more, finalise, refuse_unpaid, restate, settle
from sandbox.stripe.items import take_in, waiting
from sandbox.stripe.refusals import bad_request
from sandbox.stripe.routes import answers, offers, page

WORDS = "description footer metadata.* custom_fields.name custom_fields.value custom_fields"
TERMS = "auto_advance collection_method days_until_due due_date default_tax_rates default_payment_method"
LONGEST_FIELD = {"name": 40, "value": 140}
MOST_FIELDS = 4
LONGEST_TERMS = 730

offers(
    "invoice",
    "/v1/invoices/{invoice}",
    "customer status collection_method",
    search=True,
    subscription=lambda _account, row, wanted: subscription_of(row) == wanted,
)


def check_custom_fields(fields: list[Object] | str | None, param: str = "custom_fields") -> None:
    """Up to four, each a name of 40 and a value of 140 characters. Raises `Refusal`."""
    if not isinstance(fields, list):
        return
    if len(fields) > MOST_FIELDS:
        raise bad_request(f"You can specify up to {MOST_FIELDS} custom fields.", None, param)
    for place, field in enumerate(fields):
        for part, longest in LONGEST_FIELD.items():
            if not 0 < len(field[part]) <= longest:
                raise bad_request(
                    f"Invalid string: must be 1 to {longest} characters", None, f"{param}[{place}][{part}]"
                )


@answers("POST /v1/invoices", f"customer subscription currency pending_invoice_items_behavior {WORDS} {TERMS}")
def create(account: Account, given: Object) -> Object:
    """A draft; unless told otherwise it leaves waiting items where they are, and waits to be finalised by hand."""
    pounds_only(given.pop("currency", "gbp"))
    customer = account.get("customer", given.pop("customer", None), "customer")
    method = given.pop("collection_method", "charge_automatically")
    include = given.pop("pending_invoice_items_behavior", "exclude") == "include"
    invoice = new_invoice(account, customer, "manual", method)
    invoice["auto_advance"] = False
    subscription = account.find("subscription", named) if (named := given.pop("subscription", None)) else None
    if subscription is not None:
        belong(invoice, subscription)
        invoice["billing_reason"] = "subscription_update"
    _set_terms(account, invoice, given)
    if include:
        rates = invoice["default_tax_rates"] or (subscription["default_tax_rates"] if subscription else [])
        take_in(account, invoice, waiting(account, customer["id"], named), rates)
    add_up(account, invoice)
    account.tell("invoice.created", invoice)
    return invoice


@answers("POST /v1/invoices/{invoice}", f"{WORDS} {TERMS}")
def update(account: Account, given: Object, identity: str) -> Object:
    """Changes a draft. Of a finalised invoice only metadata and automatic collection may change."""
    invoice = account.get("invoice", identity)
    if invoice["status"] != "draft" and set(given) - {"metadata", "auto_advance", "default_payment_method"}:
        raise bad_request("Finalized invoices can't be updated in this way", "invoice_not_editable")
    given.pop("collection_method", None) if given.get("collection_method") == invoice["collection_method"] else None
    _set_terms(account, invoice, given)
    account.tell("invoice.updated", invoice)
    return invoice


def _set_terms(account: Account, invoice: Object, given: Object) -> None:
    check_custom_fields(given.get("custom_fields"))
    if "days_until_due" in given or "due_date" in given:
        if invoice["collection_method"] != "send_invoice":
            raise bad_request("Only a sent invoice has a due date.", None, "days_until_due")
        invoice["_days"] = in_bounds(given.pop("days_until_due", 0), 0, LONGEST_TERMS, "days_until_due")
        in_bounds(given.get("due_date", account.now), account.now, account.now + LONGEST_TERMS * DAY, "due_date")
    if method := given.get("default_payment_method"):
        method_of(account, invoice["customer"], method)
    if "default_tax_rates" in given:
        rates = given.pop("default_tax_rates") or []
        invoice["default_tax_rates"] = [account.get("tax_rate", rate, "default_tax_rates") for rate in rates]
    amend(invoice, given)
    if invoice["status"] == "draft":
        invoice["automatically_finalizes_at"] = account.now + HOUR if invoice["auto_advance"] else None


@answers("DELETE /v1/invoices/{invoice}")
def delete(account: Account, _given: Object, identity: str) -> Object:
    """Throws a draft away; the items on it go with it."""
    invoice = account.get("invoice", identity)
    if invoice["status"] != "draft" or subscription_of(invoice):
        raise bad_request("You can only delete draft invoices that are not of a subscription.", "invoice_not_editable")
    account.tell("invoice.deleted", invoice)
    for item in account.where("invoiceitem", invoice=identity):
        account.forget(item)
    account.forget(invoice)
    return {"id": identity, "object": "invoice", "deleted": True}


@answers("POST /v1/invoices/{invoice}/finalize", "auto_advance")
def finalise_now(account: Account, given: Object, identity: str) -> Object:
    """A draft becomes final. It is sent or charged only when it advances by itself."""
    invoice = account.get("invoice", identity)
    _must_be(invoice, "draft")
    if "auto_advance" in given:
        invoice["auto_advance"] = given["auto_advance"]
    _must_know_when_due(invoice)
    finalise(account, invoice, then_collect=invoice["auto_advance"])
    return invoice


@answers("POST /v1/invoices/{invoice}/send")
def send(account: Account, _given: Object, identity: str) -> Object:
    """Mails an invoice to its customer, finalising a draft first."""
    invoice = account.get("invoice", identity)
    if invoice["collection_method"] != "send_invoice":
        raise bad_request("You can only manually send an invoice if its collection method is 'send_invoice'.")
    _must_be(invoice, "draft", "open")
    if invoice["status"] == "draft":
        _must_know_when_due(invoice)
        finalise(account, invoice, then_collect=False)
    if invoice["status"] == "open":
        account.tell("invoice.sent", invoice)
    return invoice


@answers("POST /v1/invoices/{invoice}/pay", "paid_out_of_band payment_method off_session")
def pay(account: Account, given: Object, identity: str) -> Object:
    """Charges an open invoice now, or takes it as paid elsewhere."""
    invoice = account.get("invoice", identity)
    if invoice["status"] == "paid":
        raise bad_request("Invoice is already paid", "invoice_already_paid")
    if invoice["status"] == "draft":
        _must_know_when_due(invoice)
        finalise(account, invoice, then_collect=False)
    _must_be(invoice, "open", "uncollectible", "paid")
    if method := given.get("payment_method"):
        method_of(account, invoice["customer"], method, "payment_method")
    if given.get("paid_out_of_band"):
        settle(account, invoice, invoice["amount_remaining"], elsewhere=True)
    elif invoice["status"] != "paid":
        intent = charge(account, invoice, given.get("payment_method"), on_session=given.get("off_session") is False)
        # The failure stays recorded although the request is refused.
        account.commit()
        refuse_unpaid(intent)
    return invoice


@answers("POST /v1/invoices/{invoice}/void")
def void(account: Account, _given: Object, identity: str) -> Object:
    """An invoice that never was owed; its number stays taken."""
    invoice = account.get("invoice", identity)
    _must_be(invoice, "open", "uncollectible")
    void_invoice(account, invoice)
    return invoice


def void_invoice(account: Account, invoice: Object) -> None:
    """Makes an open invoice void, and whatever payment of it was begun."""
    invoice |= {"status": "void", "next_payment_attempt": None, "auto_advance": False}
    invoice["status_transitions"]["voided_at"] = account.now
    expect_no_more(account, invoice)
    account.tell("invoice.voided", invoice)
    restate(account, invoice)


@answers("POST /v1/invoices/{invoice}/mark_uncollectible")
def mark_uncollectible(account: Account, _given: Object, identity: str) -> Object:
    """A debt that is given up; it may still be paid."""
    invoice = account.get("invoice", identity)
    _must_be(invoice, "open")
    invoice |= {"status": "uncollectible", "next_payment_attempt": None}
    invoice["status_details"] = {"uncollectible": {"reason": "user_forgiven"}}
    invoice["status_transitions"]["marked_uncollectible_at"] = account.now
    account.tell("invoice.marked_uncollectible", invoice)
    restate(account, invoice)
    return invoice


@answers("GET /v1/invoices/{invoice}/lines", "limit starting_after ending_before")
def lines(account: Account, given: Object, identity: str) -> Object:
    """The lines, in pages."""
    whole = account.get("invoice", identity)["lines"]["data"]
    return page(
        [line | {"_number": -place} for place, line in enumerate(whole)], given, f"/v1/invoices/{identity}/lines"
    )


def _must_be(invoice: Object, *statuses: str) -> None:
    if invoice["status"] not in statuses:
        raise bad_request(
            f"This invoice is {invoice['status']}; it must be {' or '.join(statuses)}.", "invoice_not_editable"
        )


def _must_know_when_due(invoice: Object) -> None:
    if invoice["collection_method"] == "send_invoice" and invoice["_days"] is None and invoice["due_date"] is None:
        raise bad_request("A sent invoice needs days_until_due or due_date.", "parameter_missing", "days_until_due")
