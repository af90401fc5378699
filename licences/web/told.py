"""The door for messages of whoever collects: believed by their signature alone, kept, and answered at once."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from kit.web.house import house
from kit.web.transactions import writes, writing
from licences.gateway import Untrusted
from licences.guard import public
from licences.payments import inbox
from licences.web.paying import till

MOST_BYTES = 256 * 1024


def blueprint() -> Blueprint:
    """One address, which no browser uses: it carries a signature in place of a form's secret."""
    made = Blueprint("told", __name__)
    made.post("/webhooks/stripe")(take_post)
    return made


@public
@writes
def take_post() -> Response:
    """Keeps a message. What is not believed is answered with the reason, and leaves nothing behind."""
    gateway = till().gateway
    if (request.content_length or 0) > MOST_BYTES or len(request.get_data()) > MOST_BYTES:
        return _no("This is longer than an event may be.")
    body = request.get_data()
    try:
        told = gateway.believe(body, request.headers.get("Stripe-Signature", ""))
    except Untrusted as why:
        return _no(str(why))
    inbox.keep(writing(), house().clock, told, body)
    return Response("kept\n", mimetype="text/plain")


def _no(words: str) -> Response:
    return Response(f"{words}\n", 400, mimetype="text/plain")
