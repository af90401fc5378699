"""The answers that say no, in the form of the real API: type, code, parameter, message."""

from typing import Any


class Refusal(Exception):
    """A request refused; `status` is that of HTTP, `body` what the library turns into its exception."""

    def __init__(self, status: int, message: str, *, kind: str = "invalid_request_error", **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "message": message} | {k: v for k, v in more.items() if v is not None}}


def bad_request(message: str, code: str | None = None, param: str | None = None) -> Refusal:
    """A parameter that does not fit, or a state that does not allow what is asked."""
    return Refusal(400, message, code=code, param=param)


def missing(what: str, identity: object, param: str | None = None) -> Refusal:
    """An object that is not there. The real API says 404 for the address, 400 for a parameter."""
    return Refusal(400 if param else 404, f"No such {what}: '{identity}'", code="resource_missing", param=param or "id")


def not_implemented(what: str) -> Refusal:
    """What the real API can do and the stand-in cannot: never a guess. The library does not try again."""
    return Refusal(501, f"Not implemented in the stand-in: {what}.", kind="api_error", code="not_in_the_stand_in")


def card_declined(decline: str, payment_intent: dict[str, Any] | None = None) -> Refusal:
    """A card said no; 402, as the real API has it."""
    if decline == "authentication_required":
        message = "This payment requires additional user action before it can be completed successfully."
        code = "invoice_payment_intent_requires_action"
        return Refusal(402, message, kind="card_error", code=code, payment_intent=payment_intent)
    return Refusal(
        402,
        "Your card was declined.",
        kind="card_error",
        code="card_declined",
        decline_code=decline,
        payment_intent=payment_intent,
    )
