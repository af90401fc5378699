"""Invoice items: what waits to be invoiced, among it the prorations of a subscription that changed."""

from typing import Any

from sandbox.stripe.account import Account, Object
from sandbox.stripe.bills import add_line, subscription_of
from sandbox.stripe.catalogue import amend, pounds_only
from sandbox.stripe.refusals import bad_request, not_implemented
from sandbox.stripe.routes import answers, offers

ITEM = "amount description metadata.* quantity tax_rates period.start period.end"

offers(
    "invoiceitem",
    "/v1/invoiceitems/{invoiceitem}",
    "customer invoice",
    pending=lambda _account, row, wanted: (row["invoice"] is None) == wanted,
)


def new_item(account: Account, customer: str, amount: int, **more: Any) -> Object:
    """Something to be invoiced to a customer; it waits for the next invoice."""
    quantity = more.pop("quantity", 1)
    row = account.new(
        "invoiceitem", "ii", customer=customer, amount=amount, currency="gbp", date=account.now, metadata={},
        quantity=quantity, quantity_decimal=str(quantity), net_amount=amount, discountable=True, discounts=[],
        period=more.pop("period", {"start": account.now, "end": account.now}), **more,
    )  # fmt: skip
    account.tell("invoiceitem.created", row)
    return row


def price_of(price: Object) -> Object:
    """How an item or a line says what its price is."""
    details = {"price": price["id"], "product": price["product"]}
    return {"type": "price_details", "price_details": details, "unit_amount_decimal": price["unit_amount_decimal"]}


def take_in(account: Account, invoice: Object, rows: list[Object], defaults: list[Object]) -> None:
    """Puts waiting items on a draft; one without tax rates of its own bears the defaults."""
    for row in rows:
        row["invoice"] = invoice["id"]
        subscription, item = row.get("_subscription"), row.get("_item")
        line = add_line(
            account, invoice, row["amount"], row["tax_rates"] or defaults, description=row["description"],
            quantity=row["quantity"], period=dict(row["period"]), metadata=dict(row["metadata"]),
            pricing=row["pricing"], subscription=subscription, parent=_line_parent(row, subscription, item),
            discountable=not row["proration"],
        )  # fmt: skip
        line["_item"] = row["id"]


def waiting(account: Account, customer: str, subscription: str | None) -> list[Object]:
    """The items that the next invoice takes: the customer's own and those of the subscription."""
    rows = account.where("invoiceitem", customer=customer, invoice=None)
    return [row for row in rows if row.get("_subscription") in (None, subscription)]


def _line_parent(row: Object, subscription: str | None, item: str | None) -> Object:
    credited = {"credited_items": row.get("_credited")}
    if subscription is None or item is None:
        details = {"invoice_item": row["id"], "proration": False, "proration_details": {"credited_items": None}}
        details["subscription"] = subscription
        return {"type": "invoice_item_details", "invoice_item_details": details, "subscription_item_details": None}
    details = {"invoice_item": row["id"], "proration": row["proration"], "proration_details": credited}
    details |= {"subscription": subscription, "subscription_item": item}
    return {"type": "subscription_item_details", "subscription_item_details": details, "invoice_item_details": None}


@answers("POST /v1/invoiceitems", f"{ITEM} customer currency invoice subscription pricing.price unit_amount_decimal")
def create(account: Account, given: Object) -> Object:
    """An item for the next invoice, or for the draft that is named."""
    pounds_only(given.pop("currency", "gbp"))
    customer = account.get("customer", given.get("customer"), "customer")["id"]
    more: dict[str, Any] = {"quantity": given.get("quantity", 1), "_subscription": given.get("subscription")}
    if named := given.get("subscription"):
        _of_customer(account, named, customer)
    if "unit_amount_decimal" in given:
        raise not_implemented("unit_amount_decimal")
    amount = given.get("amount")
    if (named := given.get("pricing", {}).get("price")) is not None:
        price = account.get("price", named, "pricing[price]")
        amount, more["pricing"] = price["unit_amount"] * more["quantity"], price_of(price)
        more["description"] = account.get("product", price["product"])["name"]
    if amount is None:
        raise bad_request("Missing required param: amount.", "parameter_missing", "amount")
    more["tax_rates"] = [account.get("tax_rate", rate, "tax_rates") for rate in given.get("tax_rates", [])]
    row = new_item(account, customer, amount, **more | _plain(given))
    if named := given.get("invoice"):
        _onto_draft(account, named, row)
    return row


def _of_customer(account: Account, subscription: str, customer: str) -> None:
    if account.get("subscription", subscription, "subscription")["customer"] != customer:
        raise bad_request("The subscription is not of this customer.", None, "subscription")


def _plain(given: Object) -> dict[str, Any]:
    return {key: given[key] for key in ("description", "metadata", "period") if given.get(key)}


def _onto_draft(account: Account, identity: str, row: Object) -> None:
    invoice = account.get("invoice", identity, "invoice")
    if invoice["status"] != "draft" or invoice["customer"] != row["customer"]:
        raise bad_request("The invoice is not a draft of this customer.", "invoice_not_editable", "invoice")
    subscription = account.find("subscription", subscription_of(invoice))
    rates = invoice["default_tax_rates"] or (subscription["default_tax_rates"] if subscription else [])
    take_in(account, invoice, [row], rates)
    account.tell("invoice.updated", invoice)


@answers("POST /v1/invoiceitems/{invoiceitem}", "description metadata.*")
def update(account: Account, given: Object, identity: str) -> Object:
    """Changes the words of an item that still waits."""
    row = _that_waits(account, identity)
    amend(row, given)
    return row


@answers("DELETE /v1/invoiceitems/{invoiceitem}")
def delete(account: Account, _given: Object, identity: str) -> Object:
    """Takes away an item that still waits."""
    row = _that_waits(account, identity)
    account.tell("invoiceitem.deleted", row)
    account.forget(row)
    return {"id": identity, "object": "invoiceitem", "deleted": True}


def _that_waits(account: Account, identity: str) -> Object:
    row = account.get("invoiceitem", identity)
    if row["invoice"] is not None:
        raise not_implemented("changing an item that is on an invoice; change the draft, or void the invoice")
    return row
