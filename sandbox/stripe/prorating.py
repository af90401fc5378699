"""The items of a subscription, and what a change of them in mid-period costs: prorations to the second."""

import copy
from dataclasses import dataclass

from sandbox.stripe.account import Account, Object
from sandbox.stripe.arithmetic import share_of
from sandbox.stripe.bills import subscription_of
from sandbox.stripe.items import new_item, price_of
from sandbox.stripe.refusals import bad_request, missing, not_implemented
from sandbox.stripe.routes import listed


@dataclass(frozen=True)
class Change:
    """One item before and after: its price and how many; nothing before for a new one, none after for a removed."""

    item: Object
    old_price: Object | None
    old_quantity: int
    quantity: int

    @property
    def is_real(self) -> bool:
        """Whether anything that costs money differs."""
        return (self.old_price or {}).get("id") != self.item["price"]["id"] or self.old_quantity != self.quantity


def new_subscription_item(account: Account, subscription: str, given: Object, period: tuple[int, int]) -> Object:
    """An item from `{price, quantity, tax_rates}`. Raises `Refusal` for a price that is not of a year's kind."""
    if "price" not in given:
        raise bad_request("Missing required param: items[0][price].", "parameter_missing", "items[0][price]")
    price = account.get("price", given["price"], "items[0][price]")
    if not price["active"] or price["recurring"] is None:
        raise bad_request("The price specified is inactive or not recurring.", "price_not_usable", "items[0][price]")
    return account.part(
        "subscription_item", "si", subscription=subscription, price=copy.deepcopy(price), plan=_plan(price),
        quantity=_quantity(given.get("quantity", 1)), current_period_start=period[0], current_period_end=period[1],
        tax_rates=[account.get("tax_rate", rate, "items[0][tax_rates]") for rate in given.get("tax_rates") or []],
        metadata=given.get("metadata") or {},
    )  # fmt: skip


def items_list(rows: list[Object], subscription: str) -> Object:
    """The list of items inside a subscription."""
    return listed(rows, f"/v1/subscription_items?subscription={subscription}")


def interval_of(item: Object) -> tuple[str, int]:
    """How long a period of an item is."""
    recurring = item["price"]["recurring"]
    return recurring["interval"], recurring["interval_count"]


def apply_changes(account: Account, subscription: Object, wanted: list[Object]) -> list[Change]:
    """Changes, adds and removes items as an update names them. Raises `Refusal` when one is not there."""
    return [_apply(account, subscription, one) for one in wanted]


def prorate(account: Account, subscription: Object, changes: list[Change], at: int) -> list[Object]:
    """Waiting items that give back what is unused and charge what remains, from `at` to the end of the period."""
    made = []
    for change in (change for change in changes if change.is_real):
        start, end = change.item["current_period_start"], change.item["current_period_end"]
        if not start <= at <= end:
            raise bad_request("Cannot specify proration_date outside of current period.", None, "proration_date")
        if change.old_price is not None and change.old_quantity:
            made.append(_proration(account, subscription, change, change.old_price, -change.old_quantity, at, end))
        if change.quantity:
            made.append(_proration(account, subscription, change, change.item["price"], change.quantity, at, end))
    return made


def _proration(
    account: Account, subscription: Object, change: Change, price: Object, quantity: int, at: int, end: int
) -> Object:
    product = account.get("product", price["product"])["name"]
    words = "Remaining time on" if quantity > 0 else "Unused time on"
    return new_item(
        account, subscription["customer"], share_of(price["unit_amount"] * quantity, at, end, interval_of(change.item)),
        description=f"{words} {abs(quantity)} × {product}", quantity=abs(quantity), pricing=price_of(price),
        period={"start": at, "end": end}, proration=True,
        parent={"type": "subscription_details", "subscription_details": {
            "subscription": subscription["id"], "subscription_item": change.item["id"]}},
        tax_rates=copy.deepcopy(change.item["tax_rates"] or subscription["default_tax_rates"]),
        _subscription=subscription["id"], _item=change.item["id"],
        _credited=_credited(account, subscription, change.item) if quantity < 0 else None,
    )  # fmt: skip


def _credited(account: Account, subscription: Object, item: Object) -> Object | None:
    """The line that is given back: the last one that charged this item."""
    for invoice in account.where("invoice", customer=subscription["customer"])[::-1]:
        for line in invoice["lines"]["data"] if subscription_of(invoice) == subscription["id"] else ():
            details = (line["parent"] or {}).get("subscription_item_details")
            if details and details["subscription_item"] == item["id"] and line["amount"] > 0:
                return {"invoice": invoice["id"], "invoice_line_items": [line["id"]]}
    return None


def _apply(account: Account, subscription: Object, wanted: Object) -> Change:
    rows = subscription["items"]["data"]
    if "id" not in wanted:
        period = (rows[0]["current_period_start"], rows[0]["current_period_end"])
        item = new_subscription_item(account, subscription["id"], wanted, period)
        _same_interval(rows[0], item)
        rows.append(item)
        return Change(item, None, 0, item["quantity"])
    found = [row for row in rows if row["id"] == wanted["id"]]
    if not found:
        raise missing("subscription item", wanted["id"], "items[0][id]")
    item = found[0]
    old_price, old_quantity = item["price"], item["quantity"]
    if wanted.get("deleted"):
        if rows == [item]:
            raise bad_request("A subscription must have at least one active plan.", None, "items")
        rows.remove(item)
        return Change(item, old_price, old_quantity, 0)
    _set(account, item, wanted)
    return Change(item, old_price, old_quantity, item["quantity"])


def _set(account: Account, item: Object, wanted: Object) -> None:
    if "price" in wanted:
        fresh = new_subscription_item(account, item["subscription"], {"price": wanted["price"]}, (0, 0))
        _same_interval(item, fresh)
        item |= {"price": fresh["price"], "plan": fresh["plan"]}
    if "quantity" in wanted:
        item["quantity"] = _quantity(wanted["quantity"])
    if "tax_rates" in wanted:
        item["tax_rates"] = [account.get("tax_rate", rate, "items[0][tax_rates]") for rate in wanted["tax_rates"] or []]
    if "metadata" in wanted:
        item["metadata"] |= wanted["metadata"]


def _same_interval(one: Object, other: Object) -> None:
    if interval_of(one) != interval_of(other):
        raise not_implemented("changing a subscription to a price of another interval")


def _quantity(quantity: int) -> int:
    if quantity < 0:
        raise bad_request("Invalid non-negative integer", "parameter_invalid_integer", "items[0][quantity]")
    return quantity


def _plan(price: Object) -> Object:
    recurring = price["recurring"]
    same = ("id", "active", "billing_scheme", "created", "currency", "livemode", "nickname", "product")
    return {
        "object": "plan",
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "usage_type": recurring["usage_type"],
        "metadata": dict(price["metadata"]),
        **dict.fromkeys(("meter", "tiers_mode", "transform_usage", "trial_period_days")),
        **{key: price[key] for key in same},
    }
