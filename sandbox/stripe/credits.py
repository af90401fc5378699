"""What is given back: credit notes against invoices, and refunds of payments."""

from fractions import Fraction
from typing import Any

from sandbox.stripe.account import Account, Object
from sandbox.stripe.arithmetic import round_half_up
from sandbox.stripe.bills import by_rate, line_tax
from sandbox.stripe.catalogue import amend
from sandbox.stripe.collecting import expect_no_more, settle
from sandbox.stripe.refusals import bad_request, missing, not_implemented
from sandbox.stripe.routes import answers, listed, offers

NOTE = (
    "invoice amount memo reason metadata.* refund_amount credit_amount out_of_band_amount "
    "lines.type lines.invoice_line_item lines.amount lines.quantity lines.description lines.unit_amount lines.tax_rates"
)

offers("credit_note", "/v1/credit_notes/{id}", "invoice customer")
offers("refund", "/v1/refunds/{refund}", "payment_intent charge")


@answers("POST /v1/credit_notes", NOTE)
def create(account: Account, given: Object) -> Object:
    """A credit note. Of an open invoice it lowers what is owed; of a paid one it says how the money goes back."""
    invoice = account.get("invoice", given["invoice"], "invoice")
    if invoice["status"] not in ("open", "paid", "uncollectible"):
        raise bad_request(f"You cannot credit a {invoice['status']} invoice.", None, "invoice")
    note = _note(account, invoice, given)
    if invoice["status"] == "paid":
        _give_back(account, invoice, note, given)
    else:
        _lower(account, invoice, note)
    account.tell("credit_note.created", note)
    return note


@answers("GET /v1/credit_notes/preview", NOTE)
def preview(account: Account, given: Object) -> Object:
    """The same credit note without issuing it."""
    with account.rehearsal():
        return create(account, given)


@answers("POST /v1/credit_notes/{id}/void")
def void(account: Account, _given: Object, identity: str) -> Object:
    """Takes a credit note of an open invoice back."""
    note = account.get("credit_note", identity)
    invoice = account.get("invoice", note["invoice"])
    if invoice["status"] != "open" or note["status"] != "issued":
        raise bad_request("You can only void credit notes of open invoices.", None, "id")
    note |= {"status": "void", "voided_at": account.now}
    for field in ("amount_due", "amount_remaining"):
        invoice[field] += note["total"]
    invoice["pre_payment_credit_notes_amount"] -= note["total"]
    expect_no_more(account, invoice)
    account.tell("credit_note.voided", note)
    account.tell("invoice.updated", invoice)
    return note


def _note(account: Account, invoice: Object, given: Object) -> Object:
    if ("lines" in given) == ("amount" in given):
        raise bad_request("Exactly one of amount and lines is needed.", "parameter_missing", "lines")
    if "lines" in given:
        lines = [_line(account, invoice, one) for one in given["lines"]]
    else:
        lines = [_custom_line(account, given["amount"], {})]
    on_top = sum(tax["amount"] for line in lines for tax in line["taxes"] if tax["tax_behavior"] == "exclusive")
    within = sum(tax["amount"] for line in lines for tax in line["taxes"] if tax["tax_behavior"] == "inclusive")
    subtotal = sum(line["amount"] for line in lines)
    issued = [row for row in account.where("credit_note", invoice=invoice["id"]) if row["status"] == "issued"]
    if subtotal <= 0 or subtotal + on_top + sum(row["total"] for row in issued) > invoice["total"]:
        raise bad_request("The credit is more than what the invoice was for, or nothing.", None, "amount")
    note = account.new(
        "credit_note", "cn", invoice=invoice["id"], customer=invoice["customer"], currency="gbp", status="issued",
        number=f"{invoice['number']}-CN-{len(account.where('credit_note', invoice=invoice['id'])) + 1:02d}",
        pdf=f"{account.address}/i/{invoice['id']}/pdf", type="pre_payment", metadata={},
        subtotal=subtotal, total=subtotal + on_top, amount=subtotal + on_top, subtotal_excluding_tax=subtotal - within,
        total_excluding_tax=subtotal - within, total_taxes=by_rate([tax for line in lines for tax in line["taxes"]]),
        effective_at=account.now, memo=given.get("memo"), reason=given.get("reason"), lines=listed(lines, ""),
    )  # fmt: skip
    note["lines"]["url"] = f"/v1/credit_notes/{note['id']}/lines"
    amend(note, {"metadata": given.get("metadata", {})})
    return note


def _line(account: Account, invoice: Object, given: Object) -> Object:
    if given["type"] == "custom_line_item":
        return _custom_line(account, given.get("unit_amount", 0) * given.get("quantity", 1), given)
    line = next((row for row in invoice["lines"]["data"] if row["id"] == given.get("invoice_line_item")), None)
    if line is None:
        raise missing("invoice line item", given.get("invoice_line_item"), "lines[0][invoice_line_item]")
    amount = given.get("amount")
    if amount is None:
        share = Fraction(given.get("quantity", line["quantity"]), line["quantity"] or 1)
        amount = round_half_up(line["amount"] * share)
    rates = [account.get("tax_rate", tax["tax_rate_details"]["tax_rate"]) for tax in line["taxes"]]
    return _row(account, amount, rates, line["description"], given, invoice_line_item=line["id"])


def _custom_line(account: Account, amount: int, given: Object) -> Object:
    rates = [account.get("tax_rate", rate, "lines[0][tax_rates]") for rate in given.get("tax_rates") or []]
    return _row(account, amount, rates, given.get("description"), given)


def _row(account: Account, amount: int, rates: list[Object], words: str | None, given: Object, **more: Any) -> Object:
    kind = "invoice_line_item" if "invoice_line_item" in more else "custom_line_item"
    return account.part(
        "credit_note_line_item", "cnli", amount=amount, description=words, quantity=given.get("quantity"), type=kind,
        unit_amount=given.get("unit_amount"), tax_rates=rates, metadata={},
        taxes=[line_tax(amount, rate) for rate in rates], **more,
    )  # fmt: skip


def _lower(account: Account, invoice: Object, note: Object) -> None:
    if note["total"] > invoice["amount_remaining"]:
        raise bad_request("The credit is more than what is still owed.", None, "amount")
    note["pre_payment_amount"] = note["total"]
    invoice["pre_payment_credit_notes_amount"] += note["total"]
    invoice["amount_due"] -= note["total"]
    invoice["amount_remaining"] -= note["total"]
    settle(account, invoice, 0, elsewhere=True)


def _give_back(account: Account, invoice: Object, note: Object, given: Object) -> None:
    ways = {way: given.get(way, 0) for way in ("refund_amount", "credit_amount", "out_of_band_amount")}
    if sum(ways.values()) != note["total"]:
        message = "The sum of credit amount, refund amount and out of band amount must equal the credit note amount."
        raise bad_request(message, None, "refund_amount")
    note |= {"type": "post_payment", "post_payment_amount": note["total"]}
    note["out_of_band_amount"] = ways["out_of_band_amount"] or None
    invoice["post_payment_credit_notes_amount"] += note["total"]
    account.get("customer", invoice["customer"])["balance"] -= ways["credit_amount"]
    if ways["refund_amount"]:
        paid = account.where("invoice_payment", invoice=invoice["id"], status="paid")
        if not paid:
            raise bad_request("Nothing was paid here that could be refunded.", None, "refund_amount")
        refund = refund_charge(
            account, _charge_of(account, paid[-1]["payment"]["payment_intent"]), ways["refund_amount"]
        )
        note["refunds"] = [{"amount_refunded": refund["amount"], "refund": refund["id"], "type": "refund",
                            "payment_record_refund": None}]  # fmt: skip
    account.tell("invoice.updated", invoice)


@answers("POST /v1/refunds", "payment_intent charge amount reason metadata.*")
def refund(account: Account, given: Object) -> Object:
    """Gives a payment back, whole or in part; the invoice stays paid."""
    charge = given.get("charge")
    if charge is None:
        charge = _charge_of(account, given.get("payment_intent"))
    return refund_charge(account, charge, given.get("amount"), given.get("reason"), given.get("metadata", {}))


def _charge_of(account: Account, intent: str | None) -> str | None:
    row = account.get("payment_intent", intent, "payment_intent")
    if row["payment_method_types"] == ["customer_balance"]:
        raise not_implemented("refunding a bank transfer")
    return row["latest_charge"] and str(row["latest_charge"])


def refund_charge(
    account: Account,
    identity: str | None,
    amount: int | None,
    reason: str | None = None,
    metadata: Object | None = None,
) -> Object:
    """The refund of a succeeded charge; it is with the customer at once. Raises `Refusal` for more than was paid."""
    charge = account.get("charge", identity, "charge")
    if charge["status"] != "succeeded":
        raise bad_request("This charge has not succeeded; there is nothing to refund.", None, "charge")
    left = charge["amount"] - charge["amount_refunded"]
    wanted = left if amount is None else amount
    if not 0 < wanted <= left:
        code = "charge_already_refunded" if not left else "amount_too_large"
        raise bad_request(f"Refund amount ({wanted}) is greater than what is left ({left}).", code, "amount")
    row = account.new(
        "refund", "re", amount=wanted, currency="gbp", charge=charge["id"], payment_intent=charge["payment_intent"],
        customer=charge["customer"], reason=reason, status="succeeded", metadata=metadata or {},
        payment_method=charge["payment_method"],
    )  # fmt: skip
    charge["amount_refunded"] += wanted
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    account.tell("refund.created", row)
    account.tell("charge.refunded", charge)
    return row
