"""One HTTP request to the API: its key, its version, its form, and that the same key never does a thing twice."""

import json
import re
import traceback
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from sandbox.stripe import (
    agenda,
    catalogue,
    checkout,
    collecting,
    credits,
    disputes,
    invoices,
    items,
    payment_methods,
    previews,
    subscriptions,
    webhooks,
)
from sandbox.stripe.account import Account
from sandbox.stripe.arithmetic import DAY
from sandbox.stripe.refusals import Refusal, bad_request
from sandbox.stripe.routes import answer
from sandbox.stripe.spec import api_version

# Whoever imports the API has every method of it: the modules of nouns register theirs.
NOUNS = (
    catalogue, checkout, collecting, credits, disputes, invoices, items, payment_methods, previews, subscriptions,
    webhooks,
)  # fmt: skip
Answer = tuple[int, dict[str, str], bytes]


def respond(account: Account, verb: str, path: str, query: str, body: str, headers: Message) -> Answer:
    """The answer to a request, whole or not at all; errors have the form of the real API's."""
    key = headers.get("Idempotency-Key") if verb == "POST" else None
    with account.lock:
        account.request = {"id": account.identifier("req"), "idempotency_key": key}
        more = {"Request-Id": str(account.request["id"]), "Stripe-Version": api_version()}
        try:
            _check_caller(headers)
            raw = read_form("&".join(part for part in (query, body) if part))
            replayed = _replayed(account, key, verb, path, raw)
            if replayed is not None:
                return replayed[0], more | {"Idempotent-Replayed": "true"}, replayed[1]
            status, content = _perform(account, key, verb, path, raw)
        except Refusal as refusal:
            status, content = refusal.status, _written(refusal.body)
        except Exception as fault:
            # A fault of the stand-in: whoever develops must see it, and the library must not try again.
            traceback.print_exc()
            broken = Refusal(500, f"The stand-in broke: {fault!r}", kind="api_error")
            status, content = broken.status, _written(broken.body)
        finally:
            account.request = {"id": None, "idempotency_key": None}
        if status >= 500:
            more["Stripe-Should-Retry"] = "false"
        return status, more, content


def read_form(text: str) -> dict[str, Any]:
    """A form with brackets: `items[0][price]=p` is `{"items": [{"price": "p"}]}`. Raises `Refusal` for nonsense."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        parts = re.findall(r"[^\[\]]+", name)
        if not parts:
            raise bad_request(f"Invalid parameter name: {name}", "parameter_unknown", name)
        here = root
        for part in parts[:-1]:
            here = here.setdefault(part, {})
            if not isinstance(here, dict):
                raise bad_request(f"Invalid object: {name}", None, name)
        # `expand[]=a&expand[]=b` counts up by itself.
        last = parts[-1]
        if name.endswith("[]"):
            here = here.setdefault(last, {})
            last = str(len(here))
        here[last] = value
    return {name: _lists(value) for name, value in root.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(one) for name, one in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def _check_caller(headers: Message) -> None:
    key = headers.get("Authorization", "").removeprefix("Bearer ")
    if not key.startswith(("sk_test_", "rk_test_")):
        raise Refusal(401, "The stand-in takes test keys only (sk_test_…), never a live one.")
    if headers.get("Stripe-Version") != api_version():
        raise bad_request(f"The stand-in speaks {api_version()} only, not {headers.get('Stripe-Version')}.")


def _replayed(account: Account, key: str | None, verb: str, path: str, raw: dict[str, Any]) -> tuple[int, bytes] | None:
    """The answer that was given to this key; keys are forgotten after a day, by the account's clock."""
    used = account.rows.get(f"key:{key}") if key else None
    if used is None or used["at"] < account.now - DAY:
        return None
    if used["asked"] != [verb, path, raw]:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request."
        )
        raise Refusal(400, message, kind="idempotency_error")
    return used["status"], used["body"].encode()


def _perform(account: Account, key: str | None, verb: str, path: str, raw: dict[str, Any]) -> tuple[int, bytes]:
    """Does it, and keeps the answer under its key with it. A refusal after the parameters were read is kept too."""
    try:
        with account.transaction():
            agenda.live_until(account, account.wall())
            content = _written(answer(account, verb, path, raw))
            _keep(account, key, [verb, path, raw], 200, content)
        return 200, content
    except Refusal as refusal:
        content = _written(refusal.body)
        if not str(refusal.body["error"].get("code", "")).startswith("parameter_") and refusal.status < 500:
            with account.transaction():
                _keep(account, key, [verb, path, raw], refusal.status, content)
        return refusal.status, content


def _keep(account: Account, key: str | None, asked: list[Any], status: int, content: bytes) -> None:
    if key:
        body = content.decode()
        account.note("_key", f"key:{key}", at=account.now, asked=asked, status=status, body=body)


def _written(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode()
