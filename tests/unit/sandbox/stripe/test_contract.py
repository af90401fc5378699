"""The contract goes red when either side breaks it: a request or an answer that the library does not know."""

import ast
import copy
from typing import Any

import pytest

from sandbox.stripe import api
from sandbox.stripe.account import Account, Object
from sandbox.stripe.contract import faults, has_field, read_parameters
from sandbox.stripe.journal import Journal
from sandbox.stripe.refusals import Refusal
from sandbox.stripe.routes import ROUTES, answer
from sandbox.stripe.spec import Shape, api_version, operation, operations

PINNED = "2026-10-28.endive"


def ask(account: Account, verb: str, path: str, **raw: Any) -> Object:
    """An answer without HTTP; values are text, as in a form."""
    with account.transaction():
        return answer(account, verb, path, raw)


@pytest.fixture(scope="module")
def whole() -> Object:
    """An answer with much in it: a subscription with its invoice inside."""
    assert api.NOUNS
    account = Account(Journal(None), at=1_790_000_000)
    customer = ask(account, "POST", "/v1/customers", name="Lakeshire")
    price = ask(
        account, "POST", "/v1/prices", currency="gbp", unit_amount="12000", product_data={"name": "Seat"},
        recurring={"interval": "year"},
    )  # fmt: skip
    return ask(
        account, "POST", "/v1/subscriptions", customer=customer["id"], items=[{"price": price["id"]}],
        collection_method="send_invoice", days_until_due="30", expand=["latest_invoice"],
    )  # fmt: skip


def test_the_library_speaks_the_version_that_was_built_for() -> None:
    assert api_version() == PINNED
    assert len(operations()) > 500


@pytest.mark.parametrize("method", ROUTES)
def test_every_implemented_method_is_one_of_the_library(method: tuple[str, str]) -> None:
    known = operation(*method)
    assert known is not None
    assert (known.verb, known.path) == method
    wrong = [name for name in ROUTES[method].understood if not _leads_somewhere(known.parameters, name.split("."))]
    assert not wrong


def _leads_somewhere(shape: Shape | None, steps: list[str]) -> bool:
    """Whether the library's parameters have such a name; what is inside is looked up by the names of their classes."""
    if steps == ["*"]:
        return True
    if shape is None or steps[0] not in shape.fields:
        return False
    if not steps[1:]:
        return True
    text = ast.unparse(shape.fields[steps[0]])
    named = [word for word in _words(text) if "Params" in word]
    return any(_leads_somewhere(shape.named(word), steps[1:]) for word in named) or (
        steps[1:] == ["*"] and ("Dict" in text or "Union" in text or "|" in text)
    )


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in text).split()


def test_a_whole_answer_has_no_fault(whole: Object) -> None:
    assert whole["latest_invoice"]["object"] == "invoice"
    assert faults(whole) == []


BREAKS = {
    "an unknown field": lambda it: it.update(current_period_end=1),
    "a missing field": lambda it: it.pop("status"),
    "a wrong type": lambda it: it.update(created="yesterday"),
    "nothing where something must be": lambda it: it.update(customer=None),
    "a word of tomorrow": lambda it: it.update(status="snoozed"),
    "an unknown field deep inside": lambda it: it["items"]["data"][0]["price"]["recurring"].update(phase="moon"),
    "a wrong type in a list": lambda it: it["latest_invoice"]["lines"]["data"][0].update(amount="12.00"),
    "another object than is said": lambda it: it.update(latest_invoice=it["items"]["data"][0]),
    "a decimal that is a number": lambda it: it["items"]["data"][0]["price"].update(unit_amount_decimal=12000),
    "a list without its address": lambda it: it["items"].pop("url"),
}


@pytest.mark.parametrize("what", BREAKS)
def test_an_answer_goes_red(whole: Object, what: str) -> None:
    broken = copy.deepcopy(whole)
    BREAKS[what](broken)
    assert faults(broken)


REFUSED: list[tuple[str, str, Object, str | None, str | None]] = [
    # What earlier versions of the API took, and this one does not.
    ("POST", "/v1/subscriptions", {"coupon": "x"}, "parameter_unknown", "coupon"),
    ("POST", "/v1/checkout/sessions", {"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
    ("POST", "/v1/checkout/sessions", {"ui_mode": "hosted"}, None, "ui_mode"),
    ("POST", "/v1/subscriptions/sub_1", {"billing_cycle_anchor": "now"}, "parameter_invalid_object", None),
    ("GET", "/v1/nonsense", {}, None, None),
    # What never fitted.
    ("POST", "/v1/subscriptions", {"items": [{"qty": "1"}]}, "parameter_unknown", "items[0][qty]"),
    ("POST", "/v1/subscriptions", {"items": [{"quantity": "many"}]}, "parameter_invalid_integer", "items[0][quantity]"),
    ("POST", "/v1/subscriptions", {"items": "price_1"}, "parameter_invalid_array", "items"),
    ("POST", "/v1/subscriptions", {"collection_method": "email"}, None, "collection_method"),
    ("POST", "/v1/invoices/in_1/pay", {"paid_out_of_band": "perhaps"}, "parameter_invalid_boolean", "paid_out_of_band"),
    ("POST", "/v1/prices", {"unit_amount": "1"}, "parameter_missing", "currency"),
    ("POST", "/v1/customers", {"metadata": "text"}, None, "metadata"),
    ("GET", "/v1/invoices/in_1", {"customer": "cus_1"}, "parameter_unknown", "customer"),
]


@pytest.mark.parametrize(("verb", "path", "raw", "code", "param"), REFUSED)
def test_a_request_goes_red(verb: str, path: str, raw: Object, code: str | None, param: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        read_parameters(verb, path, raw)
    error = refused.value.body["error"]
    assert refused.value.status == (404 if path == "/v1/nonsense" else 400)
    assert error.get("code") == code
    if param:
        assert error["param"] == param


def test_text_gets_the_types_of_the_library() -> None:
    raw = {"items": [{"price": "price_1", "quantity": "4"}], "cancel_at_period_end": "true", "metadata": {"a": "1"}}
    assert read_parameters("POST", "/v1/subscriptions", raw) == {
        "items": [{"price": "price_1", "quantity": 4}],
        "cancel_at_period_end": True,
        "metadata": {"a": "1"},
    }
    assert read_parameters("POST", "/v1/subscriptions/sub_1", {"cancel_at": ""}) == {"cancel_at": ""}
    assert read_parameters("POST", "/v1/subscriptions/sub_1", {"cancel_at": "1790"}) == {"cancel_at": 1790}
    assert read_parameters("GET", "/v1/events", {"created": {"gte": "5"}}) == {"created": {"gte": 5}}


def test_what_moved_in_the_api_stays_moved() -> None:
    gone = {
        "subscription": ("current_period_end", "current_period_start"),
        "invoice": ("subscription", "payment_intent", "charge", "paid", "tax"),
        "line_item": ("price", "proration"),
    }
    assert [(name, field) for name, fields in gone.items() for field in fields if has_field(name, field)] == []
    assert has_field("subscription_item", "current_period_end")


def test_brackets_of_a_form_become_lists_and_maps() -> None:
    form = "items[0][price]=a&items[1][price]=b&expand[]=x&expand[]=y&metadata[k]=v%26w&description="
    assert api.read_form(form) == {
        "items": [{"price": "a"}, {"price": "b"}],
        "expand": ["x", "y"],
        "metadata": {"k": "v&w"},
        "description": "",
    }
    for nonsense in ("a=1&a[b]=2", "[]=1"):
        with pytest.raises(Refusal):
            api.read_form(nonsense)
