"""Paying an order by card or Direct Debit: the page at the order, and the way to the page of whoever collects.

Nothing is posted but the wish to pay: what is paid, for whom and how much stands in the order. Coming back proves
nothing; the page says what our own records know, and looks again when asked.
"""

from typing import cast

import structlog
from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kit.clock import today
from kit.refusals import NotThere, Refused
from kit.web.house import house
from kit.web.transactions import db, roll_back
from licences import terms
from licences.billing import account, orders
from licences.billing.orders import OrderFacts
from licences.gateway import CannotReach, Declined, Gateway
from licences.guard import allowed, viewer
from licences.payments import pages
from licences.payments.till import Till
from licences.policy import Action
from licences.terms import LicenceFacts

log = structlog.get_logger()

AWAY = "Card payments do not answer just now. Nothing was taken. Try again in a few minutes, or pay by bank transfer."
DECLINED = "Card payments refused this order. Nothing was taken. The programme team can see why."
_KEY = "gateway"


def furnish(app: Flask, gateway: Gateway | None) -> None:
    """Puts whoever collects on the app; None while nobody does."""
    app.extensions[_KEY] = gateway


def till() -> Till:
    """What collecting needs. Raises `NotThere` while nobody collects."""
    gateway = cast("Gateway | None", current_app.extensions[_KEY])
    if gateway is None:
        raise NotThere
    here = house()
    return Till(here.database, here.clock, here.links, here.letterhead, gateway)


def blueprint() -> Blueprint:
    """The page at an order, and its two buttons."""
    made = Blueprint("paying", __name__, url_prefix="/organisation/orders", template_folder="../templates")
    made.get("/<int:order_id>/payment")(payment)
    made.post("/<int:order_id>/payment")(look_again_post)
    made.post("/<int:order_id>/pay")(pay_post)
    return made


@allowed(Action.PAY)
def payment(order_id: int) -> str:
    """What is known of paying this order, and the button that leads to the payment page."""
    at_hand = till()
    order, licence = _order(order_id)
    known = pages.known(db(), order_id)
    is_gone_through = known.is_asked and "back" in request.args and _is_gone_through(at_hand, order_id)
    return render_template(
        "licences/payment.html",
        order=order,
        licence=licence,
        known=known,
        is_gone_through=is_gone_through,
        invoice=account.invoice(db(), known.invoice_id) if known.invoice_id else None,
        today=today(house().clock),
    )


@allowed(Action.PAY)
def pay_post(order_id: int) -> Response:
    """Leads to the page on which it is paid."""
    at_hand = till()
    _order(order_id)
    roll_back()  # nothing is held open while we wait for somebody outside
    try:
        address = pages.open_page(at_hand, viewer().actor, order_id, email=viewer().email)
    except Refused as refusal:
        return _back(order_id, refusal.message)
    except CannotReach:
        log.warning("card payments do not answer", order=order_id, exc_info=True)
        return _back(order_id, AWAY)
    except Declined:
        log.exception("a payment page was refused", order=order_id)
        return _back(order_id, DECLINED)
    return redirect(address or url_for(".payment", order_id=order_id), code=303)


@allowed(Action.PAY)
def look_again_post(order_id: int) -> Response:
    """Asks what became of it, for whoever does not want to wait."""
    at_hand = till()
    _order(order_id)
    roll_back()
    try:
        pages.look_again(at_hand, order_id)
    except (CannotReach, Declined, Refused):
        log.warning("a payment could not be looked at", order=order_id, exc_info=True)
        return _back(order_id, "We could not ask just now. What you have paid is not lost: this page will know soon.")
    return redirect(url_for(".payment", order_id=order_id), code=303)


def _is_gone_through(at_hand: Till, order_id: int) -> bool:
    roll_back()  # nothing is held open while we wait for somebody outside
    return pages.is_gone_through(at_hand, order_id)


def _back(order_id: int, words: str) -> Response:
    flash(words, "honey")
    return redirect(url_for(".payment", order_id=order_id), code=303)


def _order(order_id: int) -> tuple[OrderFacts, LicenceFacts]:
    """An order of the viewer's own organisation. Raises `NotThere` for any other."""
    order = orders.order_facts(db(), order_id)
    licence = terms.licence_facts(db(), house().clock, order.licence_id)
    if licence.organisation_id != viewer().organisation_id:
        raise NotThere
    return order, licence
