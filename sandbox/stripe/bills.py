"""An invoice as a piece of paper: its lines, its sums, its number. What follows from it is said elsewhere."""

import copy

from sandbox.stripe.account import Account, Object
from sandbox.stripe.arithmetic import tax_of
from sandbox.stripe.routes import listed

OPEN_ENDED = {"finalized_at": None, "marked_uncollectible_at": None, "paid_at": None, "voided_at": None}


def new_invoice(account: Account, customer: Object, reason: str, method: str, days: int | None = None) -> Object:
    """An empty draft for a customer; `days` after it is finalised a sent invoice is due."""
    row = account.new(
        "invoice", "in", customer=customer["id"], currency="gbp", status="draft", billing_reason=reason,
        collection_method=method, automatic_tax={"enabled": False}, issuer={"type": "self"}, payment_settings={},
        status_transitions=dict(OPEN_ENDED), period_start=account.now, period_end=account.now, auto_advance=True,
        metadata={}, account_name="Stripe stand-in", account_country="GB", default_tax_rates=[],
        lines=listed([], ""), customer_tax_ids=[], total_taxes=[], customer_tax_exempt=customer["tax_exempt"],
        custom_fields=copy.deepcopy(customer["invoice_settings"]["custom_fields"]),
        footer=customer["invoice_settings"]["footer"],
    )  # fmt: skip
    row |= {"_days": days, "_overdue": False, "_payment_intent": None, "_tries": 0}
    row["lines"]["url"] = f"/v1/invoices/{row['id']}/lines"
    name_customer(row, customer)
    return row


def name_customer(invoice: Object, customer: Object) -> None:
    """The customer's name and address as they are now; a finalised invoice keeps them."""
    for field in ("name", "email", "phone", "address", "shipping"):
        invoice[f"customer_{field}"] = copy.deepcopy(customer[field])


def belong(invoice: Object, subscription: Object) -> None:
    """Says of which subscription an invoice is; it takes that one's custom fields, such as the PO number."""
    invoice["parent"] = {
        "type": "subscription_details",
        "quote_details": None,
        "subscription_details": {
            "subscription": subscription["id"],
            "metadata": copy.deepcopy(subscription["metadata"]),
            "subscription_proration_date": None,
        },
    }
    settings = subscription["invoice_settings"]
    for field in ("custom_fields", "footer", "description"):
        if settings[field] is not None:
            invoice[field] = copy.deepcopy(settings[field])


def subscription_of(invoice: Object) -> str | None:
    """The subscription that an invoice is of."""
    parent = invoice["parent"]
    return str(parent["subscription_details"]["subscription"]) if parent else None


def add_line(account: Account, invoice: Object, amount: int, rates: list[Object], **more: object) -> Object:
    """One more line, with its tax; `rates` are the tax rates that it bears."""
    line = account.part(
        "line_item", "il", amount=amount, subtotal=amount, currency="gbp", invoice=invoice["id"], discount_amounts=[],
        pretax_credit_amounts=[], taxes=[line_tax(amount, rate) for rate in rates], **more,
    )  # fmt: skip
    invoice["lines"]["data"].append(line)
    add_up(account, invoice)
    return line


def line_tax(amount: int, rate: Object) -> Object:
    """The tax of one rate on a line's amount, rounded by itself."""
    return {
        "amount": tax_of(amount, rate["percentage"], rate["inclusive"]),
        "tax_behavior": "inclusive" if rate["inclusive"] else "exclusive",
        "tax_rate_details": {"tax_rate": rate["id"]},
        "taxability_reason": "not_available",
        "taxable_amount": amount - (tax_of(amount, rate["percentage"], True) if rate["inclusive"] else 0),
        "type": "tax_rate_details",
    }


def add_up(account: Account, invoice: Object) -> None:
    """Works out every sum of a draft from its lines and the customer's balance."""
    lines = invoice["lines"]["data"]
    taxes = [tax for line in lines for tax in line["taxes"]]
    on_top = sum(tax["amount"] for tax in taxes if tax["tax_behavior"] == "exclusive")
    within = sum(tax["amount"] for tax in taxes if tax["tax_behavior"] == "inclusive")
    subtotal = sum(line["amount"] for line in lines)
    invoice["total_taxes"] = by_rate(taxes)
    invoice["subtotal"], invoice["subtotal_excluding_tax"] = subtotal, subtotal - within
    invoice["total"], invoice["total_excluding_tax"] = subtotal + on_top, subtotal - within
    customer = account.get("customer", invoice["customer"])
    invoice["starting_balance"] = customer["balance"]
    # A total below nought becomes the customer's credit; a credit that is there is used up first.
    invoice["amount_due"] = max(0, invoice["total"] + customer["balance"]) if invoice["total"] > 0 else 0
    invoice["amount_remaining"] = invoice["amount_due"]


def by_rate(taxes: list[Object]) -> list[Object]:
    """The taxes of lines, added up by their rates."""
    sums: dict[str, Object] = {}
    for tax in taxes:
        rate = tax["tax_rate_details"]["tax_rate"]
        if rate not in sums:
            sums[rate] = copy.deepcopy(tax)
        else:
            sums[rate]["amount"] += tax["amount"]
            sums[rate]["taxable_amount"] += tax["taxable_amount"]
    return list(sums.values())


def number(account: Account, invoice: Object) -> None:
    """Makes a draft final: its number, its date, its addresses; the customer's balance takes or gives its share."""
    customer = account.get("customer", invoice["customer"])
    add_up(account, invoice)
    invoice["number"] = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    customer["next_invoice_sequence"] += 1
    customer["balance"] += invoice["total"] - invoice["amount_due"]
    invoice["ending_balance"] = customer["balance"]
    invoice |= {"status": "open", "effective_at": account.now, "automatically_finalizes_at": None}
    invoice["status_transitions"]["finalized_at"] = account.now
    invoice["hosted_invoice_url"] = f"{account.address}/i/{invoice['id']}"
    invoice["invoice_pdf"] = f"{account.address}/i/{invoice['id']}/pdf"
