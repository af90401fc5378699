"""The pages of the stand-in, gone through as a browser would: Checkout, 3-D Secure, Bacs, the Portal, an invoice."""

import io
import re
import urllib.request

import pypdf
import pytest
import stripe

from tests.integration.sandbox.stripe.shop import DAY, SEAT, Shop, period_end


def open_checkout(shop: Shop, **more: object) -> stripe.checkout.Session:
    """A page on which a new trust pays for three seats, by card or Bacs; success leads to the stand-in itself."""
    return shop.v1.checkout.sessions.create(
        {  # type: ignore[arg-type]
            "mode": "subscription",
            "customer": shop.customer("Hillside Trust"),
            "line_items": [{"price": shop.price, "quantity": 3}],
            "subscription_data": {"default_tax_rates": [shop.vat], "metadata": {"order": "7"}},
            "allowed_payment_method_types": ["card", "bacs_debit"],
            "client_reference_id": "order-7",
            "success_url": f"{shop.stand_in.url}/control/state?session={{CHECKOUT_SESSION_ID}}",
            "cancel_url": f"{shop.stand_in.url}/",
            **more,
        }
    )


def fails(shop: Shop, path: str, status: int, **form: object) -> str:
    """The page that follows a button which does not succeed."""
    code, page = shop.stand_in.refused(path, **form)
    assert code == status
    return page


def test_checkout_by_card(shop: Shop) -> None:
    session = open_checkout(shop)
    assert (session.amount_subtotal, session.amount_total, session.payment_status) == (36_000, 43_200, "unpaid")
    page = shop.stand_in.look(session.url or "")
    assert "3 × Seat" in page
    assert "£432.00" in page
    shop.stand_in.press(session.url or "", do="card")
    done = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "line_items"]})
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    assert isinstance(done.subscription, stripe.Subscription)
    assert (done.subscription.status, done.subscription.metadata["order"]) == ("active", "7")
    assert done.line_items is not None
    assert done.line_items.data[0].amount_total == 43_200
    assert shop.events(session.id) == ["checkout.session.completed"]
    fails(shop, f"/c/pay/{session.id}", 400, do="card")


def test_checkout_declined_leaves_nothing_and_may_be_tried_again(shop: Shop) -> None:
    session = open_checkout(shop)
    assert "declined" in fails(shop, f"/c/pay/{session.id}", 402, do="declined")
    assert shop.v1.subscriptions.list({"customer": str(session.customer), "status": "all"}).data == []
    assert "is it you?" in shop.stand_in.press(f"/c/pay/{session.id}", do="authentication")
    fails(shop, f"/c/pay/{session.id}", 402, do="unauthenticated")
    shop.stand_in.press(f"/c/pay/{session.id}", do="authenticated")
    assert shop.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


@pytest.mark.parametrize("clears", [True, False])
def test_bacs_is_neither_paid_nor_failed_for_some_days(shop: Shop, clears: bool) -> None:
    session = open_checkout(shop)
    shop.stand_in.press(f"/c/pay/{session.id}", do="bacs_debit")
    done = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription.latest_invoice"]})
    assert isinstance(done.subscription, stripe.Subscription)
    invoice = done.subscription.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert (done.status, done.payment_status, done.subscription.status) == ("complete", "unpaid", "active")
    assert (invoice.status, invoice.amount_paid) == ("open", 0)
    (intent,) = shop.v1.payment_intents.list({"customer": str(session.customer)}).data
    assert intent.status == "processing"
    if not clears:
        shop.stand_in.control("fate", intent=intent.id, fate="declines")
    shop.move(days=5)
    assert shop.v1.payment_intents.retrieve(intent.id).status == "processing"
    shop.move(days=5)
    later = shop.v1.checkout.sessions.retrieve(session.id)
    told = shop.events(session.id)[-1].rsplit("_", 1)[1]
    assert (later.payment_status, told) == (("paid", "succeeded") if clears else ("unpaid", "failed"))
    assert shop.latest(done.subscription).status == ("paid" if clears else "open")
    assert shop.subscription(done.subscription).status == ("active" if clears else "past_due")


def test_checkout_for_once_with_an_invoice(shop: Shop) -> None:
    once = shop.v1.prices.create({"currency": "gbp", "unit_amount": 2_500, "product_data": {"name": "Book"}})
    session = open_checkout(
        shop,
        mode="payment",
        line_items=[{"price": once.id, "quantity": 2, "tax_rates": [shop.vat]}],
        invoice_creation={"enabled": True},
        subscription_data={},
    )
    shop.stand_in.press(f"/c/pay/{session.id}", do="card")
    done = shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent", "invoice"]})
    assert isinstance(done.payment_intent, stripe.PaymentIntent)
    assert isinstance(done.invoice, stripe.Invoice)
    assert (done.payment_status, done.payment_intent.amount_received, done.invoice.total) == ("paid", 6_000, 6_000)


def test_a_page_that_nobody_paid_on_closes(shop: Shop) -> None:
    left, withdrawn = open_checkout(shop), open_checkout(shop)
    assert shop.v1.checkout.sessions.expire(withdrawn.id).status == "expired"
    shop.move(step="day")
    assert shop.v1.checkout.sessions.retrieve(left.id).status == "expired"
    fails(shop, f"/c/pay/{left.id}", 400, do="card")


def test_an_invoice_is_paid_on_its_page(shop: Shop) -> None:
    for do, status in (("card", "paid"), ("bacs_debit", "open")):
        council = shop.council()
        shop.move(step="hour")
        invoice = shop.latest(council)
        page = shop.stand_in.look(invoice.hosted_invoice_url or "")
        assert "PO-4711" in page
        assert "£720.00" in page
        assert "declined" in fails(shop, invoice.hosted_invoice_url or "", 402, do="declined")
        assert shop.stand_in.press(invoice.hosted_invoice_url or "", do=do).count("<form") == 0
        assert shop.latest(council).status == status


def test_three_d_secure_at_a_renewal_is_done_on_the_invoice(shop: Shop) -> None:
    trust = shop.trust()
    shop.give_card(str(trust.customer), "pm_card_authenticationRequired")
    shop.move(moment=period_end(trust))
    shop.move(step="hour")
    waiting = shop.latest(trust)
    assert (waiting.status, shop.subscription(trust).status) == ("open", "past_due")
    assert "invoice.payment_action_required" in shop.events(waiting.id)
    with pytest.raises(stripe.CardError) as refused:
        shop.v1.invoices.pay(waiting.id)
    assert refused.value.code == "invoice_payment_intent_requires_action"
    shop.stand_in.press(waiting.hosted_invoice_url or "", do="authenticated")
    assert (shop.latest(trust).status, shop.subscription(trust).status) == ("paid", "active")


def test_the_portal_changes_the_card_cancels_and_keeps(shop: Shop) -> None:
    trust, stranger = shop.trust(), shop.trust()
    session = shop.v1.billing_portal.sessions.create(
        {"customer": str(trust.customer), "return_url": "http://localhost:8000/organisation"}
    )
    page = shop.stand_in.look(session.url)
    assert 'href="http://localhost:8000/organisation"' in page
    assert "ending 4242" in page
    assert "ending 0341" in shop.stand_in.press(session.url, do="card declines")
    shop.stand_in.press(session.url, do="cancel", subscription=trust.id)
    assert shop.subscription(trust).cancel_at == period_end(trust)
    shop.stand_in.press(session.url, do="keep", subscription=trust.id)
    assert shop.subscription(trust).cancel_at is None
    fails(shop, session.url, 404, do="cancel", subscription=stranger.id)
    shop.move(days=2)
    assert shop.stand_in.refused(session.url)[0] == 404


def test_a_portal_for_one_thing_does_no_other_and_leads_back(shop: Shop) -> None:
    trust = shop.trust()
    back = {"type": "redirect", "redirect": {"return_url": f"{shop.stand_in.url}/control/state"}}
    cards = shop.v1.billing_portal.sessions.create(
        {
            "customer": str(trust.customer),
            "flow_data": {"type": "payment_method_update", "after_completion": back},  # type: ignore[typeddict-item]
        }
    )
    page = shop.stand_in.look(cards.url)
    assert "How you pay" in page
    assert "Subscriptions" not in page
    fails(shop, cards.url, 400, do="cancel", subscription=trust.id)
    assert "undelivered" in shop.stand_in.press(cards.url, do="card declines")
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
        shop.v1.billing_portal.sessions.create(
            {
                "customer": shop.customer("Stranger"),
                "flow_data": {"type": "subscription_cancel", "subscription_cancel": {"subscription": trust.id}},
            }
        )


def test_an_invoice_is_a_pdf_too(shop: Shop) -> None:
    council = shop.council()
    shop.move(step="hour")
    invoice = shop.latest(council)
    with urllib.request.urlopen(invoice.invoice_pdf or "") as answer:
        text = pypdf.PdfReader(io.BytesIO(answer.read())).pages[0].extract_text()
    assert "PO number: PO-4711" in text
    assert f"Total: £{6 * SEAT // 100}.00" in text


def test_the_control_page_tells_and_refuses_in_words(shop: Shop) -> None:
    council = shop.council()
    shop.move(step="hour")
    page = shop.stand_in.look()
    assert "Pretend payments" in page
    assert len(re.findall(r"<label", page)) >= 6
    before = shop.now
    assert "goes forward only" in fails(shop, "/control/move", 400, moment=before - DAY)
    assert "year-month-day" in fails(shop, "/control/move", 400, day="next week")
    assert "amount in pounds" in fails(shop, "/control/transfer", 400, invoice=shop.latest(council).id, pounds="lots")
    assert "between 0 and 100" in fails(shop, "/control/chaos", 400, drop=101)
    fails(shop, "/control/nothing", 400, do="it")
    assert shop.now == before
