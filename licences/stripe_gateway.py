"""Stripe, as the one who collects: alone in importing its library, and turning its objects into our words.

A bill of ours is an invoice there. Calls repeat by themselves when the line breaks, under the same key.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache, partial
from typing import Any, TypeVar, cast

import stripe
from stripe import StripeClient
from stripe.params import InvoiceItemCreateParams, PriceCreateParams
from stripe.params.checkout import SessionCreateParams

from kit.clock import london
from licences.gateway import (
    Asked,
    Bill,
    BillLine,
    Came,
    CannotReach,
    Credited,
    Declined,
    Page,
    PageState,
    Payer,
    Told,
    Untrusted,
)
from licences.kinds import InvoiceState, PaymentKind

T = TypeVar("T")
SECONDS = (3, 12)  # to connect, and to answer: a person waits
RETRIES = 2
STALE_SECONDS = 300
KEY = "asked"  # the name under which our key stands on what we make
PO_NUMBER = "PO number"
STATES = {
    "open": InvoiceState.OPEN,
    "paid": InvoiceState.PAID,
    "void": InvoiceState.VOID,
    "uncollectible": InvoiceState.GIVEN_UP,
}
PAGES = {"open": PageState.OPEN, "complete": PageState.COMPLETE, "expired": PageState.CLOSED}
KINDS = {"card": PaymentKind.CARD, "bacs_debit": PaymentKind.DIRECT_DEBIT}
NOT_SIGNED = "This event is not signed with our secret."
WON = ("won", "warning_closed", "prevented")


class StripeGateway:
    """Speaks to Stripe with a secret key; `api_base` is another address than Stripe's own, for the stand-in."""

    def __init__(self, key: str, webhook_secret: str, api_base: str = "") -> None:
        logging.getLogger("stripe").setLevel(logging.WARNING)  # it tells of every call
        self._is_live = "_live_" in key
        self._webhook_secret = webhook_secret
        addresses: Any = {"api": api_base} if api_base else {}
        http = stripe.RequestsClient(timeout=SECONDS)
        made = StripeClient(key, base_addresses=addresses, http_client=http, max_network_retries=RETRIES)
        self._v1 = made.v1
        self._rate_id, self._rate_of = cache(self._find_rate), cache(self._fetch_rate)

    def payer(self, key: str, payer: Payer) -> str:
        with _asking():
            made = self._v1.customers.create(
                {"name": payer.name, "email": payer.email, "metadata": {KEY: key}}, {"idempotency_key": f"{key}:payer"}
            )
        return made.id

    def open_page(self, asked: Asked, payer_ref: str, *, back: str, away: str) -> Page:
        with _asking():
            line: Any = {"price": self._price(asked), "quantity": 1, "tax_rates": self._rates(asked)}
            on_bill: Any = {"metadata": _marks(asked)} | _with_po(asked)
            wanted: SessionCreateParams = {
                "mode": "payment",
                "customer": payer_ref,
                "line_items": [line],
                "allowed_payment_method_types": ["card", "bacs_debit"],
                "invoice_creation": {"enabled": True, "invoice_data": on_bill},
                "payment_intent_data": {"metadata": _marks(asked)},
                "metadata": _marks(asked),
                "success_url": back,
                "cancel_url": away,
                "locale": "en-GB",
            }
            return _page(self._v1.checkout.sessions.create(wanted, {"idempotency_key": f"{asked.key}:page"}))

    def page(self, ref: str) -> Page:
        with _asking():
            return _page(self._v1.checkout.sessions.retrieve(ref))

    def send_bill(self, asked: Asked, payer_ref: str, *, days: int) -> str:
        with _asking():
            wanted: Any = {
                "customer": payer_ref,
                "collection_method": "send_invoice",
                "days_until_due": days,
                "auto_advance": False,
                "pending_invoice_items_behavior": "exclude",
                "metadata": _marks(asked),
            }
            made = self._v1.invoices.create(wanted | _with_po(asked), {"idempotency_key": f"{asked.key}:bill"})
            line: InvoiceItemCreateParams = {
                "customer": payer_ref,
                "invoice": made.id,
                "pricing": {"price": self._price(asked)},
                "quantity": 1,
                "tax_rates": self._rates(asked),
            }
            self._v1.invoice_items.create(line, {"idempotency_key": f"{asked.key}:line"})
            final = {"idempotency_key": f"{asked.key}:final"}
            self._v1.invoices.finalize_invoice(made.id, {"auto_advance": False}, cast(stripe.RequestOptions, final))
        return made.id

    def bill(self, ref: str) -> Bill | None:
        with _asking():
            found = _unless_missing(partial(self._v1.invoices.retrieve, ref, {"expand": ["payments"]}))
            if found is None or found.status not in STATES or found.number is None:
                return None
            attempts = [self._attempt(one) for one in found.payments.data] if found.payments else []
            came = [one for attempt in attempts for one in attempt.came]
            return Bill(
                ref=found.id,
                key=_mark(found.metadata),
                number=found.number,
                po_number=_po_number(found),
                issued_on=_day(found.effective_at or found.created),
                due_on=_day(found.due_date or found.effective_at or found.created),
                state=STATES[found.status],
                lines=tuple(self._line(one) for one in found.lines.auto_paging_iter()),
                came=(*came, *_elsewhere(found)),
                credits=tuple(self._credits(found)),
                is_in_flight=any(attempt.is_in_flight for attempt in attempts),
                failed_on=min((one.failed_on for one in attempts if one.failed_on), default=None),
                disputed_on=min((one.disputed_on for one in attempts if one.disputed_on), default=None),
                given_up_on=_given_up(found),
                address=found.hosted_invoice_url or "",
            )

    def paid_elsewhere(self, ref: str) -> None:
        with _asking():
            if self._v1.invoices.retrieve(ref).status in ("open", "uncollectible"):
                self._v1.invoices.pay(ref, {"paid_out_of_band": True}, {"idempotency_key": f"{ref}:elsewhere"})

    def bill_of(self, told: Told) -> str | None:
        with _asking():
            return _unless_missing(partial(self._bill_of, told.kind, told.about))

    def believe(self, body: bytes, signature: str) -> Told:
        if not signature.isascii():  # the library compares ASCII alone
            raise Untrusted(NOT_SIGNED)
        try:
            text = body.decode()
            stripe.WebhookSignature.verify_header(text, signature, self._webhook_secret, STALE_SECONDS)
            event = json.loads(text)
        except stripe.SignatureVerificationError as error:
            raise Untrusted(_why_unsigned(str(error))) from None
        except (ValueError, RecursionError):
            raise Untrusted("This is no event: it cannot be read.") from None
        if not isinstance(event, dict) or event.get("object") != "event":
            raise Untrusted("This is no snapshot event. Thin events are not understood here.")
        if event.get("livemode") is not self._is_live:
            raise Untrusted("This event is of the other mode: live and test do not mix.")
        try:
            told = Told(event["id"], event["type"], event["data"]["object"].get("id") or "")
        except (KeyError, TypeError, AttributeError):
            raise Untrusted("This event does not say what it is about.") from None
        if not all(
            isinstance(word, str) and len(word) <= 120 and word.isprintable()
            for word in (told.id, told.kind, told.about)
        ):
            raise Untrusted("This event does not say what it is about.")
        return told

    def told_since(self, last: str | None) -> Iterator[Told]:
        with _asking():
            try:
                found = list(self._events(last))
            except stripe.InvalidRequestError:  # forgotten over there: events are kept for thirty days
                found = list(self._events(None))
        return iter(found)

    def bills(self) -> Iterator[str]:
        with _asking():
            for one in self._v1.invoices.list({"limit": 100}).auto_paging_iter():
                if _mark(one.metadata) is not None:
                    yield one.id

    # -- the parts ---------------------------------------------------------------------------------------------------

    def _price(self, asked: Asked) -> str:
        wanted: PriceCreateParams = {
            "currency": "gbp",
            "unit_amount": asked.net_pence,
            "product_data": {"name": asked.words},
        }
        return self._v1.prices.create(wanted, {"idempotency_key": f"{asked.key}:price"}).id

    def _rates(self, asked: Asked) -> list[str]:
        return [self._rate_id(asked.vat_basis_points)] if asked.vat_basis_points else []

    def _find_rate(self, basis_points: int) -> str:
        """The rate of VAT, on top of the price; made when nobody has yet."""
        for one in self._v1.tax_rates.list({"active": True, "inclusive": False, "limit": 100}).auto_paging_iter():
            if one.display_name == "VAT" and _basis_points(one) == basis_points:
                return one.id
        return self._v1.tax_rates.create(
            {"display_name": "VAT", "percentage": basis_points / 100, "inclusive": False},
            {"idempotency_key": f"vat:{basis_points}"},
        ).id

    def _fetch_rate(self, ref: str) -> int:
        return _basis_points(self._v1.tax_rates.retrieve(ref))

    def _line(self, line: stripe.InvoiceLineItem) -> BillLine:
        taxes = line.taxes or []
        rates = [self._rate_of(one.tax_rate_details.tax_rate) for one in taxes if one.tax_rate_details]
        return BillLine(line.description or "", line.amount, sum(rates), sum(one.amount for one in taxes))

    def _attempt(self, row: stripe.InvoicePayment) -> "_Attempt":
        """What became of one try to collect a bill: there is one for each final bill, before anybody has paid."""
        ref = row.payment.payment_intent
        if ref is None or row.status == "canceled":
            return _Attempt()
        intent = self._v1.payment_intents.retrieve(
            ref if isinstance(ref, str) else ref.id, {"expand": ["latest_charge", "payment_method"]}
        )
        if row.status == "paid":
            return self._paid(row, intent)
        if intent.status == "processing":
            return _Attempt(is_in_flight=True)
        failed = intent.status == "requires_payment_method" and intent.last_payment_error is not None
        return _Attempt(failed_on=self._first_failure(intent) if failed else None)

    def _paid(self, row: stripe.InvoicePayment, intent: stripe.PaymentIntent) -> "_Attempt":
        charge = intent.latest_charge if isinstance(intent.latest_charge, stripe.Charge) else None
        disputed_on = lost_on = None
        if charge is not None and charge.disputed:
            for one in self._v1.disputes.list({"charge": charge.id, "limit": 100}).data:
                if one.status == "lost":
                    lost_on = _day(one.created)
                elif one.status not in WON:
                    disputed_on = _day(one.created)
        method = intent.payment_method
        kind = KINDS.get(method.type if isinstance(method, stripe.PaymentMethod) else "", PaymentKind.TRANSFER)
        paid_on = _day(row.status_transitions.paid_at or row.created)
        refunded = charge.amount_refunded if charge is not None else 0
        came = (Came(intent.id, kind, row.amount_paid, paid_on, refunded, lost_on),) if row.amount_paid else ()
        return _Attempt(came=came, disputed_on=disputed_on)

    def _first_failure(self, intent: stripe.PaymentIntent) -> date:
        rows = self._v1.charges.list({"payment_intent": intent.id, "limit": 100}).auto_paging_iter()
        return _day(min((one.created for one in rows if one.status == "failed"), default=intent.created))

    def _credits(self, found: stripe.Invoice) -> Iterator[Credited]:
        """Those by which less is owed; what is given back of a paid bill is a refund."""
        if not found.pre_payment_credit_notes_amount:
            return
        for one in self._v1.credit_notes.list({"invoice": found.id, "limit": 100}).auto_paging_iter():
            if one.status == "issued" and one.pre_payment_amount:
                reason = one.memo or (one.reason or "credited").replace("_", " ")
                yield Credited(one.number, one.pre_payment_amount, _day(one.effective_at or one.created), reason)

    def _bill_of(self, kind: str, about: str) -> str | None:
        family = kind.rpartition(".")[0]
        if family == "invoice":
            return about
        if family == "checkout.session":
            return _id(self._v1.checkout.sessions.retrieve(about).invoice)
        if family == "credit_note":
            return _id(self._v1.credit_notes.retrieve(about).invoice)
        if family == "invoice_payment":
            return _id(self._v1.invoice_payments.retrieve(about).invoice)
        if family == "payment_intent":
            return self._bill_of_intent(about)
        if family == "charge":
            return self._bill_of_intent(_id(self._v1.charges.retrieve(about).payment_intent))
        if family == "charge.dispute":
            return self._bill_of_intent(_id(self._v1.disputes.retrieve(about).payment_intent))
        if family in ("refund", "charge.refund"):
            return self._bill_of_intent(_id(self._v1.refunds.retrieve(about).payment_intent))
        return None

    def _bill_of_intent(self, ref: str | None) -> str | None:
        if ref is None:
            return None
        rows = self._v1.invoice_payments.list({"payment": {"type": "payment_intent", "payment_intent": ref}}).data
        return _id(rows[0].invoice) if rows else None

    def _events(self, last: str | None) -> Iterator[Told]:
        """Oldest first: the list itself begins with the newest."""
        wanted: Any = {"limit": 100} | ({"ending_before": last} if last else {})
        found = list(self._v1.events.list(wanted).auto_paging_iter())
        for event in found if last else found[::-1]:
            yield Told(event.id, event.type, str(getattr(event.data.object, "id", "")))


class _Attempt:
    """What is known of one try to collect."""

    def __init__(
        self,
        *,
        came: tuple[Came, ...] = (),
        is_in_flight: bool = False,
        failed_on: date | None = None,
        disputed_on: date | None = None,
    ) -> None:
        self.came, self.is_in_flight = came, is_in_flight
        self.failed_on, self.disputed_on = failed_on, disputed_on


@contextmanager
def _asking() -> Iterator[None]:
    """Turns the library's errors into ours."""
    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
        raise CannotReach(str(error)) from error
    except stripe.StripeError as error:
        raise Declined(str(error)) from error


def _unless_missing(ask: Callable[[], T]) -> T | None:
    """What they answer; None when there is no such thing over there."""
    try:
        return ask()
    except stripe.InvalidRequestError as error:
        if error.code == "resource_missing":
            return None
        raise


def _why_unsigned(words: str) -> str:
    if "tolerance" in words:
        return "This event was signed too long ago."
    return NOT_SIGNED


def _marks(asked: Asked) -> dict[str, str]:
    return {KEY: asked.key, "order": str(asked.order_id)}


def _mark(metadata: Any) -> str | None:
    return str(metadata[KEY]) if metadata is not None and KEY in metadata else None


def _with_po(asked: Asked) -> dict[str, Any]:
    """The purchase order number on the paper: it must be there before the bill is final."""
    return {"custom_fields": [{"name": PO_NUMBER, "value": asked.po_number}]} if asked.po_number else {}


def _po_number(found: stripe.Invoice) -> str | None:
    return next((one.value for one in found.custom_fields or [] if one.name == PO_NUMBER), None)


def _page(session: Any) -> Page:
    return Page(session.id, session.url or "", PAGES[session.status], _id(session.invoice))


def _elsewhere(found: stripe.Invoice) -> Iterator[Came]:
    """What was taken as paid outside, and what a credit of the payer's paid."""
    paid_on = _day(found.status_transitions.paid_at or found.created)
    outside = found.amount_paid_off_stripe or 0
    if outside:
        yield Came(f"{found.id}:elsewhere", PaymentKind.TRANSFER, outside, paid_on, is_elsewhere=True)
    used = found.total - found.pre_payment_credit_notes_amount - found.amount_due
    if used > 0:
        yield Came(f"{found.id}:credit", PaymentKind.TRANSFER, used, _day(found.effective_at or found.created))


def _given_up(found: stripe.Invoice) -> date | None:
    moment = found.status_transitions.marked_uncollectible_at
    return _day(moment or found.created) if found.status == "uncollectible" else None


def _basis_points(rate: stripe.TaxRate) -> int:
    return round(rate.percentage * 100)


def _id(found: Any) -> str | None:
    """The id of what is named by its id, or given whole."""
    return None if found is None else found if isinstance(found, str) else str(found.id)


def _day(moment: int) -> date:
    """The British day of a moment in seconds."""
    return london(datetime.fromtimestamp(moment, UTC)).date()
