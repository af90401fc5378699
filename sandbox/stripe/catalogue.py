"""Customers, products, prices, tax rates and webhook endpoints."""

import copy
import secrets

from sandbox.stripe.account import Account, Object
from sandbox.stripe.contract import may_be_empty
from sandbox.stripe.refusals import bad_request, not_implemented
from sandbox.stripe.routes import answers, offers

ADDRESS = "address.*"
CUSTOMER = f"name email phone description metadata.* preferred_locales {ADDRESS} tax_exempt invoice_prefix"
CUSTOMER_INVOICES = "invoice_settings.custom_fields.* invoice_settings.footer"
PRODUCT = "name description active metadata.* unit_label tax_code"
PRICE = "nickname active metadata.* lookup_key tax_behavior"
TAX_RATE = "display_name description active metadata.* country jurisdiction tax_type"
NO_SETTINGS = {"custom_fields": None, "default_payment_method": None, "footer": None}

offers("customer", "/v1/customers/{customer}", "email", search=True)
offers(
    "product",
    "/v1/products/{id}",
    "active",
    search=True,
    ids=lambda _account, row, wanted: row["id"] in wanted,
)
offers(
    "price",
    "/v1/prices/{price}",
    "active product currency type",
    search=True,
    lookup_keys=lambda _account, row, wanted: row["lookup_key"] in wanted,
)
offers("tax_rate", "/v1/tax_rates/{tax_rate}", "active inclusive")
offers("webhook_endpoint", "/v1/webhook_endpoints/{webhook_endpoint}", dated=False)


def pounds_only(currency: str, param: str = "currency") -> str:
    """The currency, which is sterling: nothing else is sold here. Raises `Refusal`."""
    if currency.lower() != "gbp":
        raise not_implemented(f"{param}={currency}; the stand-in knows gbp only")
    return "gbp"


def with_metadata(row: Object, given: Object) -> Object:
    """The metadata after an update: an empty value takes its key away, an empty text all keys."""
    if given.get("metadata") == "":
        return {}
    whole = {**(row.get("metadata") or {}), **given.get("metadata", {})}
    return {key: value for key, value in whole.items() if value != ""}


def emptied(given: Object) -> Object:
    """The same with nothing where an empty text was."""
    return {key: (None if value == "" else value) for key, value in given.items()}


def amend(row: Object, given: Object) -> None:
    """Sets plain fields and metadata; an empty text empties a field. Raises `Refusal` for one that must be filled."""
    for key, value in given.items():
        if value == "" and not may_be_empty(row["object"], key):
            message = f"You passed an empty string for '{key}'. We assume empty values are an attempt to unset it."
            raise bad_request(message, "parameter_invalid_empty", key)
    row |= emptied({key: value for key, value in given.items() if key != "metadata"})
    if "metadata" in given:
        row["metadata"] = with_metadata(row, given)


@answers("POST /v1/customers", f"{CUSTOMER} {CUSTOMER_INVOICES}")
def create_customer(account: Account, given: Object) -> Object:
    """A customer; invoices of theirs are numbered from 1 behind a prefix of their own."""
    settings = NO_SETTINGS | given.pop("invoice_settings", {})
    row = account.new("customer", "cus", balance=0, delinquent=False, next_invoice_sequence=1, tax_exempt="none")
    row |= {"metadata": {}, "preferred_locales": [], "_next_fate": None}
    row |= {"invoice_prefix": f"P{account.facts['count']:06d}"}
    row["invoice_settings"] = {"rendering_options": None} | emptied(settings)
    amend(row, given)
    account.tell("customer.created", row)
    return row


def method_of(account: Account, customer: str, identity: str, param: str = "default_payment_method") -> str:
    """The payment method, which is the customer's. Raises `Refusal` for one that is not."""
    if account.get("payment_method", identity, param)["customer"] != customer:
        raise bad_request("The customer does not have a payment method with this ID.", "resource_missing", param)
    return identity


def in_bounds(number: int, least: int, most: int, param: str) -> int:
    """A number of days or a moment that makes sense. Raises `Refusal`."""
    if not least <= number <= most:
        raise bad_request(f"Invalid {param}: must be between {least} and {most}.", None, param)
    return number


@answers("POST /v1/customers/{customer}", f"{CUSTOMER} {CUSTOMER_INVOICES} invoice_settings.default_payment_method")
def update_customer(account: Account, given: Object, identity: str) -> Object:
    """Changes what is named and nothing else."""
    row = account.get("customer", identity)
    settings = given.pop("invoice_settings", {})
    if wanted := settings.get("default_payment_method"):
        method_of(account, identity, wanted, "invoice_settings[default_payment_method]")
    row["invoice_settings"] |= emptied(settings)
    amend(row, given)
    account.tell("customer.updated", row)
    return row


@answers("DELETE /v1/customers/{customer}")
def delete_customer(account: Account, _given: Object, identity: str) -> Object:
    """Deletes a customer who never bought. The real API would cancel subscriptions at once and leave invoices."""
    row = account.get("customer", identity)
    if account.where("subscription", customer=identity) or account.where("invoice", customer=identity):
        raise not_implemented("deleting a customer who has a subscription or an invoice")
    account.tell("customer.deleted", row)
    notes = {key: value for key, value in row.items() if key.startswith("_")}
    row.clear()
    row |= {"id": identity, "object": "customer", "deleted": True, **notes}
    return row


@answers("POST /v1/products", f"id {PRODUCT}")
def create_product(account: Account, given: Object) -> Object:
    """A product, under an identifier of the caller's when one is given."""
    if account.find("product", given.get("id")):
        raise bad_request("Product already exists.", "resource_already_exists", "id")
    row = account.new("product", "prod", name=given["name"], type="service", active=True, updated=account.now)
    if wanted := given.pop("id", None):
        account.forget(row)
        account.keep(row | {"id": wanted})
        row = account.rows[wanted]
    amend(row, given)
    account.tell("product.created", row)
    return row


@answers("POST /v1/products/{id}", PRODUCT)
def update_product(account: Account, given: Object, identity: str) -> Object:
    """Changes what is named and nothing else."""
    row = account.get("product", identity)
    amend(row, given | {"updated": account.now})
    account.tell("product.updated", row)
    return row


@answers(
    "POST /v1/prices",
    f"{PRICE} currency unit_amount product product_data.name product_data.metadata.* "
    "recurring.interval recurring.interval_count recurring.usage_type billing_scheme transfer_lookup_key",
)
def create_price(account: Account, given: Object) -> Object:
    """A price per unit in whole pence, for once or for each period."""
    pounds_only(given.pop("currency"))
    if "unit_amount" not in given or given.get("billing_scheme", "per_unit") != "per_unit":
        raise not_implemented("a price without unit_amount")
    if (product := given.pop("product_data", None)) is not None:
        given["product"] = create_product(account, product)["id"]
    account.get("product", given.get("product"), "product")
    recurring = given.pop("recurring", None)
    _free_lookup_key(account, given)
    row = account.new(
        "price", "price", currency="gbp", product=given["product"], active=True, tax_behavior="unspecified",
        billing_scheme="per_unit", type="recurring" if recurring else "one_time",
        unit_amount_decimal=str(given["unit_amount"]),
        recurring={"interval_count": 1, "usage_type": "licensed"} | recurring if recurring else None,
    )  # fmt: skip
    if recurring and row["recurring"]["usage_type"] != "licensed":
        raise not_implemented("metered prices")
    amend(row, given)
    account.tell("price.created", row)
    return row


def _free_lookup_key(account: Account, given: Object) -> None:
    """A lookup key belongs to one price; it moves when the caller says so."""
    take = given.pop("transfer_lookup_key", False)
    for other in account.where("price", lookup_key=given["lookup_key"]) if given.get("lookup_key") else ():
        if not take:
            raise bad_request("A price already uses that lookup key.", "resource_already_exists", "lookup_key")
        other["lookup_key"] = None


@answers("POST /v1/prices/{price}", f"{PRICE} transfer_lookup_key")
def update_price(account: Account, given: Object, identity: str) -> Object:
    """Changes what is named; an amount never changes, as in the real API."""
    row = account.get("price", identity)
    if given.get("lookup_key") == row["lookup_key"]:
        given.pop("lookup_key", None)
    _free_lookup_key(account, given)
    amend(row, given)
    account.tell("price.updated", row)
    return row


@answers("POST /v1/tax_rates", f"{TAX_RATE} percentage inclusive")
def create_tax_rate(account: Account, given: Object) -> Object:
    """A rate in per cent, on top of the price or in it."""
    row = account.new(
        "tax_rate", "txr", active=True, metadata={}, rate_type="percentage",
        display_name=given.pop("display_name"), percentage=given.pop("percentage"), inclusive=given.pop("inclusive"),
    )  # fmt: skip
    amend(row, given)
    account.tell("tax_rate.created", row)
    return row


@answers("POST /v1/tax_rates/{tax_rate}", TAX_RATE)
def update_tax_rate(account: Account, given: Object, identity: str) -> Object:
    """Changes what is named; a percentage never changes, as in the real API."""
    row = account.get("tax_rate", identity)
    amend(row, given)
    account.tell("tax_rate.updated", row)
    return row


@answers("POST /v1/webhook_endpoints", "url enabled_events description metadata.* api_version")
def create_webhook_endpoint(account: Account, given: Object) -> Object:
    """An address for events; the answer alone tells the secret, as in the real API."""
    row = account.new("webhook_endpoint", "we", url=given["url"], enabled_events=given["enabled_events"])
    row |= {"status": "enabled", "_secret": f"whsec_{secrets.token_hex(16)}"}
    amend(row, {key: value for key, value in given.items() if key not in ("url", "enabled_events")})
    return copy.deepcopy(row) | {"secret": row["_secret"]}


@answers("DELETE /v1/webhook_endpoints/{webhook_endpoint}")
def delete_webhook_endpoint(account: Account, _given: Object, identity: str) -> Object:
    """No event goes there any more."""
    account.forget(account.get("webhook_endpoint", identity))
    return {"id": identity, "object": "webhook_endpoint", "deleted": True}
