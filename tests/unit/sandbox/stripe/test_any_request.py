"""Any request that the library's types allow is answered or refused; none breaks the stand-in or its contract."""

import ast
import os
import random
from typing import Any

import pytest

from sandbox.stripe import api, contract, pages
from sandbox.stripe.account import Account, Object, shown
from sandbox.stripe.agenda import live_until
from sandbox.stripe.arithmetic import DAY
from sandbox.stripe.journal import Journal
from sandbox.stripe.refusals import Refusal
from sandbox.stripe.routes import ROUTES, answer
from sandbox.stripe.spec import Shape, operation, resource

SEEDS = 100 if os.environ.get("SOAK") else 4
REQUESTS = 250
NUMBERS = ("-1", "0", "1", "7", "4000", "1800000000", "99999999999999")
WORDS = ("", "PO-1", "gbp", "Lakeshire", "é" * 300, "a]b[c", "metadata['a']:'b'")


class Chance:
    """Makes requests up, from the library's types and the identifiers that are there."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.account = Account(Journal(None), at=1_790_000_000)
        self.done: dict[str, int] = {}

    def request(self) -> tuple[str, str, Object]:
        """A method with parameters of which it understands the names; any value that the types allow, and some more."""
        (verb, path), route = self.dice.choice(list(ROUTES.items()))
        known = operation(verb, path)
        assert known is not None
        names = {name.split(".")[0] for name in route.understood}
        raw = {}
        for name in sorted(names):
            if known.parameters is None or self.dice.random() < 0.4:
                continue
            inner = {rest for rest in (one.partition(".") for one in route.understood) if rest[0] == name}
            raw[name] = self.value(known.parameters, known.parameters.fields[name], {rest[2] for rest in inner})
        for step in [part for part in path.split("/") if part.startswith("{")]:
            path = path.replace(step, self.identity(step.strip("{}")))
        return verb, path, raw

    def identity(self, hint: str) -> str:
        """Mostly something that is there and of the kind that the name hints at."""
        kinds = [kind for kind in self.account.kinds if hint.split("_")[0] in kind.replace(".", "_") or hint == "id"]
        kind = self.dice.choice(kinds or list(self.account.kinds) or ["none"])
        return self.dice.choice(list(self.account.kinds.get(kind, {})) or ["none_1"])

    def value(self, shape: Shape, annotation: ast.expr, inner: set[str]) -> Any:
        """A value of an annotation, as a form has it."""
        outer, parts = contract._parts(self.dice.choice(contract._alternatives(annotation)))
        if outer == "Literal":
            return str(ast.literal_eval(self.dice.choice(parts)))
        if outer in ("List", "list"):
            return [self.value(shape, parts[0], inner) for _ in range(self.dice.randint(0, 2))]
        if outer in ("Dict", "UntypedStripeObject"):
            return self.dice.choice([{"a": "b"}, {"a": ""}, {}])
        if outer in ("int", "float", "Decimal"):
            return self.dice.choice(NUMBERS)
        if outer == "bool":
            return self.dice.choice(("true", "false"))
        if outer == "str":
            return self.dice.choice(WORDS) if self.dice.random() < 0.3 else self.identity("id")
        found = shape.named(outer)
        wanted = {name.split(".")[0] for name in inner} & set(found.fields) or set(found.fields) & {"type", "name"}
        return {
            name: self.value(found, found.fields[name], {rest.partition(".")[2] for rest in inner})
            for name in sorted(wanted)
            if self.dice.random() < 0.8
        }

    def ask(self) -> None:
        """One request; only a refusal of the stand-in's own making is a fault."""
        verb, path, raw = self.request()
        try:
            with self.account.transaction():
                answer(self.account, verb, path, raw)
            self.done[f"{verb} {path}"] = 1
        except Refusal as refusal:
            if refusal.status == 500:
                raise AssertionError(f"{verb} {path} {raw}: {refusal}") from refusal
        except Exception as broken:
            raise AssertionError(f"{verb} {path} {raw}") from broken


def _a_few_things(chance: Chance) -> None:
    """Something to point at: of most kinds one."""

    def make(path: str, **raw: object) -> Object:
        with chance.account.transaction():
            return answer(chance.account, "POST", path, dict(raw))

    customer = make("/v1/customers", name="Lakeshire")["id"]
    price = make("/v1/prices", currency="gbp", unit_amount="12000", product_data={"name": "Seat"}, recurring={
        "interval": "year"})["id"]  # fmt: skip
    make("/v1/tax_rates", display_name="VAT", percentage="20", inclusive="false")
    card = make("/v1/payment_methods/pm_card_visa/attach", customer=customer)["id"]
    items = [{"price": price, "quantity": "2"}]
    make("/v1/subscriptions", customer=customer, items=items, default_payment_method=card)
    make("/v1/subscriptions", customer=customer, items=items, collection_method="send_invoice", days_until_due="30")


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_request_breaks_it(seed: int) -> None:
    assert api.NOUNS
    chance = Chance(seed)
    _a_few_things(chance)
    for _ in range(REQUESTS):
        chance.ask()
    assert len(chance.done) > 15
    account = chance.account
    with account.transaction():
        live_until(account, account.now + 800 * DAY)
    rows = [row for row in account.rows.values() if resource(row["object"])]
    assert [fault for row in rows for fault in contract.faults(shown(row), row["id"])] == []
    for path in ("/", *_addresses(account)):
        assert pages.show(account, path)[0] in (200, 404)


def _addresses(account: Account) -> list[str]:
    """The pages of everything that has one."""
    prefixes = {"invoice": "/i/", "checkout.session": "/c/pay/", "billing_portal.session": "/p/session/"}
    return [prefix + identity for kind, prefix in prefixes.items() for identity in account.kinds.get(kind, {})]
