"""Cards and Bacs mandates: made on the stand-in's pages, or attached from the names of Stripe's test cards."""

from sandbox.stripe.account import Account, Object
from sandbox.stripe.catalogue import amend
from sandbox.stripe.collecting import AUTHENTICATES, DECLINES, SUCCEEDS
from sandbox.stripe.refusals import bad_request, card_declined, not_implemented
from sandbox.stripe.routes import answers, offers, page

TEST_CARDS = {
    "pm_card_visa": SUCCEEDS,
    "pm_card_chargeCustomerFail": DECLINES,
    "pm_card_authenticationRequired": AUTHENTICATES,
}
LAST4 = {SUCCEEDS: "4242", DECLINES: "0341", AUTHENTICATES: "3184"}

offers("payment_method", "/v1/payment_methods/{payment_method}", "customer type", dated=False)


def make_method(account: Account, customer: str, kind: str, fate: str) -> Object:
    """A card or a Bacs mandate of a customer, which always does what its fate says."""
    bacs = {"fingerprint": account.identifier("fp"), "last4": "2345", "sort_code": "108800"}
    card = {
        "brand": "visa",
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "GB",
        "exp_month": 12,
        "exp_year": 2040,
        "funding": "credit",
        "last4": LAST4[fate],
    }
    owner = account.get("customer", customer, "customer")
    row = account.new(
        "payment_method", "pm", type=kind, customer=customer, metadata={}, _fate=fate, _used=False,
        billing_details={"name": owner["name"], "email": owner["email"]},
        **({"bacs_debit": bacs} if kind == "bacs_debit" else {"card": card}),
    )  # fmt: skip
    account.tell("payment_method.attached", row)
    return row


def make_default(account: Account, row: Object) -> None:
    """The customer pays with this one from now on."""
    owner = account.get("customer", row["customer"])
    owner["invoice_settings"]["default_payment_method"] = row["id"]
    account.tell("customer.updated", owner)


@answers("POST /v1/payment_methods/{payment_method}/attach", "customer")
def attach(account: Account, given: Object, identity: str) -> Object:
    """A new card of the customer's, from the name of a test card."""
    if identity == "pm_card_chargeDeclined":
        raise card_declined("generic_decline")
    if identity not in TEST_CARDS:
        raise not_implemented(f"attaching {identity}; known are {', '.join(TEST_CARDS)}")
    return make_method(account, given["customer"], "card", TEST_CARDS[identity])


@answers("POST /v1/payment_methods/{payment_method}/detach")
def detach(account: Account, _given: Object, identity: str) -> Object:
    """The customer has it no longer."""
    row = account.get("payment_method", identity)
    if row["customer"] is None:
        raise bad_request("The payment method you provided is not attached to a customer.", None, "payment_method")
    owner = account.get("customer", row["customer"])
    if owner["invoice_settings"]["default_payment_method"] == identity:
        owner["invoice_settings"]["default_payment_method"] = None
    for kind in ("subscription", "invoice"):
        for user in account.where(kind, customer=owner["id"], default_payment_method=identity):
            user["default_payment_method"] = None
    row["customer"] = None
    account.tell("payment_method.detached", row)
    return row


@answers("POST /v1/payment_methods/{payment_method}", "metadata.*")
def update(account: Account, given: Object, identity: str) -> Object:
    """Changes its metadata."""
    row = account.get("payment_method", identity)
    amend(row, given)
    account.tell("payment_method.updated", row)
    return row


@answers("GET /v1/customers/{customer}/payment_methods", "limit starting_after ending_before type")
def list_of_customer(account: Account, given: Object, customer: str) -> Object:
    """The customer's methods."""
    account.get("customer", customer)
    rows = [row for row in account.where("payment_method", customer=customer)]
    rows = [row for row in rows if given.get("type") in (None, row["type"])]
    return page(rows, given, f"/v1/customers/{customer}/payment_methods")
