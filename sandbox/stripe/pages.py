"""The pages that people see: Checkout, the Portal, an invoice, and the control page. All work without a script."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from sandbox.stripe import agenda, control
from sandbox.stripe.account import Account, Object, shown
from sandbox.stripe.arithmetic import DAY
from sandbox.stripe.checkout import change_method, finish
from sandbox.stripe.collecting import ENDED, SUCCEEDS, charge, succeed
from sandbox.stripe.paper import invoice_pdf
from sandbox.stripe.payment_methods import make_method
from sandbox.stripe.refusals import Refusal
from sandbox.stripe.subscriptions import update as update_subscription
from sandbox.stripe.webhooks import Deliverer

Answer = tuple[int, dict[str, str], bytes]
SHOWN_EVENTS = 40
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
DECLINED = "The card was declined. Nothing was paid."


def show(account: Account, path: str, said: str = "") -> Answer:
    """The page at a path."""
    parts = path.strip("/").split("/")
    with account.transaction():
        agenda.live_until(account, account.wall())
        try:
            match parts:
                case [""]:
                    return _html("control.html", **_control(account), said=said)
                case ["pages.css"]:
                    return HTTPStatus.OK, {"Content-Type": "text/css; charset=utf-8"}, _STYLE.read_bytes()
                case ["control", "state"]:
                    return _json(control.state(account))
                case ["events", identity]:
                    event = account.get("event", identity)
                    return _html("event.html", event=event, text=json.dumps(shown(event), indent=2))
                case ["c", "pay", identity]:
                    return _checkout(account, identity)
                case ["i", identity]:
                    return _invoice(account, identity)
                case ["i", identity, "pdf"]:
                    return _pdf(account.get("invoice", identity))
                case ["p", "session", identity]:
                    return _portal(account, identity, said)
        except Refusal:
            pass
        return _html("none.html", HTTPStatus.NOT_FOUND)


def submit(account: Account, deliverer: Deliverer, path: str, form: Mapping[str, str]) -> Answer:
    """What pressing a button on a page does: it leads on, or says what is wrong."""
    parts = path.strip("/").split("/")
    try:
        if parts[0] == "control" and len(parts) == 2:
            return _to("/?said=" + quote(control.act(account, deliverer, parts[1], form)))
        with account.transaction():
            agenda.live_until(account, account.wall())
            match parts:
                case ["c", "pay", identity]:
                    return _pay_checkout(account, identity, form.get("do", ""))
                case ["i", identity]:
                    return _pay_invoice(account, identity, form.get("do", ""))
                case ["p", "session", identity]:
                    return _use_portal(account, identity, form)
    except Refusal as refusal:
        return _html("none.html", refusal.status, wrong=str(refusal))
    return _html("none.html", HTTPStatus.NOT_FOUND)


# -- the control page ------------------------------------------------------------------------------------------------


def _control(account: Account) -> dict[str, Any]:
    events = sorted(account.kinds.get("event", {}).values(), key=lambda row: int(row["_number"]), reverse=True)
    return {
        "now": account.now,
        "clock": account.facts["clock"],
        "next_due": agenda.next_due(account),
        "chaos": account.facts["chaos"],
        "undelivered": len(account.undelivered),
        "open": account.where("invoice", status="open"),
        "customers": account.where("customer"),
        "processing": account.where("payment_intent", status="processing"),
        "disputes": account.where("dispute"),
        "charges": account.where("charge", status="succeeded", disputed=False),
        "hooks": account.where("webhook_endpoint"),
        "events": events[:SHOWN_EVENTS],
    }


# -- Checkout --------------------------------------------------------------------------------------------------------


def _checkout(account: Account, identity: str, wrong: str = "") -> Answer:
    session = account.get("checkout.session", identity)
    lines = [(line["description"], line["amount_subtotal"]) for line in session["_lines"]]
    status = HTTPStatus.PAYMENT_REQUIRED if wrong else HTTPStatus.OK
    return _html("checkout.html", status, session=session, lines=lines, wrong=wrong)


def _pay_checkout(account: Account, identity: str, do: str) -> Answer:
    session = account.get("checkout.session", identity)
    if do == "authentication":
        return _html("authenticate.html", back=f"/c/pay/{identity}")
    if do in ("declined", "unauthenticated"):
        return _checkout(account, identity, DECLINED)
    finish(account, session, "bacs_debit" if do == "bacs_debit" else "card")
    return _to(session["success_url"].replace("{CHECKOUT_SESSION_ID}", identity))


# -- an invoice ------------------------------------------------------------------------------------------------------


def _invoice(account: Account, identity: str, wrong: str = "") -> Answer:
    invoice = account.get("invoice", identity)
    if invoice["number"] is None:
        return _html("none.html", HTTPStatus.NOT_FOUND)
    intent = account.find("payment_intent", invoice["_payment_intent"])
    return _html(
        "invoice.html",
        HTTPStatus.PAYMENT_REQUIRED if wrong else HTTPStatus.OK,
        invoice=invoice,
        lines=[(line["description"], line["amount"]) for line in invoice["lines"]["data"]],
        processing=intent is not None and intent["status"] == "processing",
        wrong=wrong,
    )


def _pay_invoice(account: Account, identity: str, do: str) -> Answer:
    invoice = account.get("invoice", identity)
    intent = account.find("payment_intent", invoice["_payment_intent"])
    if invoice["status"] != "open" or (intent is not None and intent["status"] == "processing"):
        return _invoice(account, identity, "This invoice takes no payment now.")
    if do == "authentication":
        return _html("authenticate.html", back=f"/i/{identity}")
    if do in ("declined", "unauthenticated"):
        return _invoice(account, identity, DECLINED)
    if do == "authenticated" and intent is not None and intent["status"] == "requires_action":
        succeed(account, intent)
    else:
        kind = "bacs_debit" if do == "bacs_debit" else "card"
        method = make_method(account, invoice["customer"], kind, SUCCEEDS)
        charge(account, invoice, method["id"], on_session=True)
    return _to(f"/i/{identity}")


def _pdf(invoice: Object) -> Answer:
    name = f"invoice-{invoice['number'] or 'draft'}.pdf"
    headers = {"Content-Type": "application/pdf", "Content-Disposition": f'inline; filename="{name}"'}
    return HTTPStatus.OK, headers, invoice_pdf(invoice)


# -- the Portal ------------------------------------------------------------------------------------------------------


def _portal(account: Account, identity: str, said: str) -> Answer:
    session = _open_portal(account, identity)
    customer = account.get("customer", session["customer"])
    flow = session["flow"]
    rows = account.where("subscription", customer=customer["id"])
    if flow and flow["subscription_cancel"]:
        rows = [row for row in rows if row["id"] == flow["subscription_cancel"]["subscription"]]
    subscriptions = [_row(account, row) for row in rows]
    invoices = [row for row in account.where("invoice", customer=customer["id"])[::-1] if row["number"]]
    method = account.find("payment_method", customer["invoice_settings"]["default_payment_method"])
    return _html(
        "portal.html",
        session=session,
        only=flow["type"] if flow else "",
        customer=customer,
        subscriptions=subscriptions,
        invoices=invoices,
        method=_named(method) if method else "",
        said=said,
    )


def _open_portal(account: Account, identity: str) -> Object:
    session = account.get("billing_portal.session", identity)
    if session["created"] < account.now - DAY:
        raise Refusal(404, "This page is closed.")
    return session


def _named(method: Object) -> str:
    if method["type"] == "bacs_debit":
        return f"Bacs Direct Debit from an account ending {method['bacs_debit']['last4']}"
    return f"A card ending {method['card']['last4']}; it {method['_fate']}"


def _row(account: Account, subscription: Object) -> dict[str, Any]:
    item = subscription["items"]["data"][0]
    return {
        "id": subscription["id"],
        "words": f"{item['quantity']} × {account.get('product', item['price']['product'])['name']}",
        "status": subscription["status"].replace("_", " "),
        "until": item["current_period_end"],
        "ends": bool(subscription["cancel_at"]),
        "running": subscription["status"] not in ENDED,
    }


def _use_portal(account: Account, identity: str, form: Mapping[str, str]) -> Answer:
    session, do = _open_portal(account, identity), form.get("do", "")
    _check_flow(session["flow"], do, form.get("subscription", ""))
    if do in ("cancel", "keep"):
        subscription = account.get("subscription", form.get("subscription"))
        if subscription["customer"] != session["customer"]:
            raise Refusal(404, "That subscription is another customer's.")
        update_subscription(account, {"cancel_at_period_end": do == "cancel"}, subscription["id"])
        said = "It ends at the end of the period." if do == "cancel" else "It goes on."
    else:
        kind, _, fate = do.partition(" ")
        if kind not in ("card", "bacs_debit") or fate not in control.FATES:
            raise Refusal(400, "That is no way to pay.")
        change_method(account, session["customer"], kind, fate)
        said = "Payments are taken from there from now on."
    after = (session["flow"] or {}).get("after_completion")
    if after and after["type"] == "redirect":
        return _to(after["redirect"]["return_url"])
    return _to(f"/p/session/{identity}?said={quote(said)}")


def _check_flow(flow: Object | None, do: str, subscription: str) -> None:
    """A page that is for one thing does no other. Raises `Refusal`."""
    if flow is None:
        return
    if flow["type"] == "subscription_cancel":
        allowed = do == "cancel" and subscription == flow["subscription_cancel"]["subscription"]
    else:
        allowed = do not in ("cancel", "keep")
    if not allowed:
        raise Refusal(400, "This page is for something else.")


# -- the parts -------------------------------------------------------------------------------------------------------


def _html(template: str, status: int = HTTPStatus.OK, **context: Any) -> Answer:
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
    return status, headers, _TEMPLATES.get_template(template).render(**context).encode()


def _json(value: dict[str, Any]) -> Answer:
    return HTTPStatus.OK, {"Content-Type": "application/json"}, json.dumps(value).encode()


def _to(address: str) -> Answer:
    return HTTPStatus.SEE_OTHER, {"Location": address}, b""


_FOLDER = Path(__file__).parent / "templates"
_STYLE = _FOLDER / "pages.css"
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)
_TEMPLATES.filters |= {"pounds": control.pounds, "moment": control.words}
_TEMPLATES.globals |= {"said": "", "wrong": ""}
