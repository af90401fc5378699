"""Years in the life of customers, lived through by the real library over HTTP."""

from datetime import UTC, datetime

import pytest
import stripe

from tests.integration.sandbox.stripe.shop import DAY, SEAT, Shop, item_of, period_end


def test_a_council_is_invoiced_pays_by_transfer_and_is_invoiced_again(shop: Shop) -> None:
    council = shop.council()
    draft = shop.latest(council)
    assert (council.status, draft.status, draft.number) == ("active", "draft", None)
    assert draft.custom_fields is not None
    assert draft.custom_fields[0].value == "PO-4711"

    shop.move(step="hour")
    sent = shop.latest(council)
    assert (sent.status, sent.subtotal, sent.total, sent.amount_due) == ("open", 5 * SEAT, 6 * SEAT, 6 * SEAT)
    assert sent.total_taxes is not None
    assert [tax.amount for tax in sent.total_taxes] == [SEAT]
    assert sent.payments is not None
    assert [(payment.status, payment.amount_paid) for payment in sent.payments.data] == [("open", None)]
    assert sent.due_date == sent.status_transitions.finalized_at + 30 * DAY  # type: ignore[operator]
    assert shop.events(sent.id) == ["invoice.created", "invoice.finalized", "invoice.sent"]

    shop.move(days=31)
    assert shop.subscription(council).status == "past_due"
    shop.v1.invoices.pay(sent.id, {"paid_out_of_band": True})
    assert shop.subscription(council).status == "active"
    assert shop.events(sent.id)[-2:] == ["invoice.overdue", "invoice.paid"]

    shop.move(moment=period_end(council))
    renewal = shop.latest(council)
    assert (renewal.status, renewal.billing_reason, renewal.total) == ("draft", "subscription_cycle", 6 * SEAT)
    assert period_end(shop.subscription(council)) == _years_later(period_end(council), 1)


def test_a_year_may_begin_on_the_first_of_september(shop: Shop) -> None:
    config = {"month": 9, "day_of_month": 1, "hour": 0, "minute": 0, "second": 0}
    council = shop.council(billing_cycle_anchor_config=config)
    end = datetime.fromtimestamp(period_end(council), UTC)
    assert (end.month, end.day, end.hour) == (9, 1, 0)
    year = period_end(council) - _years_later(period_end(council), -1)
    share = 5 * SEAT * (period_end(council) - council.created) / year
    assert shop.latest(council).subtotal == pytest.approx(share, abs=0.51)
    shop.move(moment=period_end(council))
    assert shop.latest(council).subtotal == 5 * SEAT


def test_a_trust_pays_by_card_now_and_at_the_renewal(shop: Shop) -> None:
    trust = shop.trust()
    paid = shop.latest(trust)
    assert (trust.status, paid.status, paid.amount_paid, paid.amount_remaining) == ("active", "paid", 5 * SEAT, 0)
    assert paid.payments is not None
    assert [payment.status for payment in paid.payments.data] == ["paid"]
    shop.move(moment=period_end(trust))
    assert shop.latest(trust).status == "draft"
    shop.move(step="hour")
    assert (shop.subscription(trust).status, shop.latest(trust).status) == ("active", "paid")


def test_seats_of_mid_year_cost_the_pennies_of_their_preview(shop: Shop) -> None:
    council = shop.council()
    shop.move(days=100)
    moment = shop.now
    change = {
        "items": [{"id": item_of(council), "quantity": 8}],
        "proration_behavior": "always_invoice",
        "proration_date": moment,
    }
    preview = shop.v1.invoices.create_preview({"subscription": council.id, "subscription_details": change})
    assert shop.subscription(council)["items"]["data"][0]["quantity"] == 5
    shop.move(days=9)
    shop.v1.subscriptions.update(council.id, change)
    accepted = shop.latest(council)
    assert (accepted.total, accepted.status) == (preview.total, "open")
    assert [line.amount for line in accepted.lines.data] == [line.amount for line in preview.lines.data]
    assert accepted.subtotal == pytest.approx(3 * SEAT * 265 / 365, abs=60)
    assert accepted.lines.data[0].parent.subscription_item_details.proration is True  # type: ignore[union-attr]


def test_fewer_seats_from_the_renewal_cost_nothing_until_then(shop: Shop) -> None:
    council = shop.council(seats=8)
    less = {"items": [{"id": item_of(council), "quantity": 3}], "proration_behavior": "none"}
    shop.v1.subscriptions.update(council.id, less)
    assert len(shop.invoices(council)) == 1
    shop.move(moment=period_end(council))
    assert shop.latest(council).subtotal == 3 * SEAT


def test_next_year_has_another_price(shop: Shop) -> None:
    council = shop.council()
    dearer = {"items": [{"id": item_of(council), "price": shop.new_price(15_000)}], "proration_behavior": "none"}
    shop.v1.subscriptions.update(council.id, dearer)
    upcoming = shop.v1.invoices.create_preview({"subscription": council.id})
    assert (upcoming.subtotal, upcoming.billing_reason) == (75_000, "subscription_cycle")
    shop.move(moment=period_end(council))
    assert shop.latest(council).subtotal == 75_000


def test_credit_of_given_back_seats_is_used_up_by_the_renewal(shop: Shop) -> None:
    council = shop.council()
    shop.move(step="hour")
    less = {"items": [{"id": item_of(council), "quantity": 4}], "proration_behavior": "always_invoice"}
    shop.v1.subscriptions.update(council.id, less)
    credit = shop.latest(council)
    assert (credit.amount_due, credit.status) == (0, "paid")
    assert credit.total < 0
    assert shop.v1.customers.retrieve(str(council.customer)).balance == credit.total
    shop.move(moment=period_end(council))
    shop.move(step="hour")
    renewal = shop.latest(council)
    assert renewal.amount_due == renewal.total + credit.total
    assert shop.v1.customers.retrieve(str(council.customer)).balance == 0


def test_cancelling_at_the_end_ends_then_and_minds_may_change(shop: Shop) -> None:
    council, keeper = shop.council(), shop.council()
    for one in (council, keeper):
        cancelled = shop.v1.subscriptions.update(one.id, {"cancel_at_period_end": True})
        assert (cancelled.cancel_at, cancelled.status) == (period_end(one), "active")
    kept = shop.v1.subscriptions.update(keeper.id, {"cancel_at_period_end": False})
    assert (kept.cancel_at, kept.canceled_at) == (None, None)
    shop.move(moment=period_end(council))
    ended = shop.subscription(council)
    assert (ended.status, ended.ended_at) == ("canceled", period_end(council))
    assert shop.events(council.id)[-1] == "customer.subscription.deleted"
    assert period_end(shop.subscription(keeper)) == _years_later(period_end(keeper), 1)
    assert [row.id for row in shop.v1.subscriptions.list({"customer": str(council.customer)}).data] == []


def test_a_declined_renewal_is_tried_again_until_another_card_pays(shop: Shop) -> None:
    trust = shop.trust()
    shop.give_card(str(trust.customer), "pm_card_chargeCustomerFail")
    shop.move(moment=period_end(trust))
    shop.move(step="hour")
    failed = shop.latest(trust)
    assert (shop.subscription(trust).status, failed.status, failed.attempt_count) == ("past_due", "open", 1)
    for attempt, days in enumerate((3, 5, 7), 2):
        shop.move(days=days)
        assert shop.latest(trust).attempt_count == attempt
    assert shop.latest(trust).next_payment_attempt is None
    shop.give_card(str(trust.customer), "pm_card_visa")
    shop.v1.invoices.pay(failed.id)
    assert (shop.subscription(trust).status, shop.latest(trust).status) == ("active", "paid")


def test_one_declined_try_is_mended_by_the_next(shop: Shop) -> None:
    trust = shop.trust()
    shop.stand_in.control("fate", customer=trust.customer, fate="declines")
    shop.move(moment=period_end(trust))
    shop.move(step="hour")
    assert shop.subscription(trust).status == "past_due"
    shop.move(days=3)
    assert (shop.subscription(trust).status, shop.latest(trust).status) == ("active", "paid")


def test_a_first_card_that_fails_leaves_nothing_after_a_day(shop: Shop) -> None:
    trust = shop.trust(card="pm_card_chargeCustomerFail")
    assert (trust.status, shop.latest(trust).status) == ("incomplete", "open")
    shop.move(step="day")
    assert (shop.subscription(trust).status, shop.latest(trust).status) == ("incomplete_expired", "void")
    with pytest.raises(stripe.CardError, match="declined"):
        shop.trust(card="pm_card_chargeCustomerFail", payment_behavior="error_if_incomplete")


def test_an_invoice_is_voided_and_issued_again_with_a_late_po(shop: Shop) -> None:
    council = shop.council()
    shop.move(step="hour")
    first = shop.latest(council)
    with pytest.raises(stripe.InvalidRequestError, match="Finalized invoices can't be updated"):
        shop.v1.invoices.update(first.id, {"custom_fields": [{"name": "PO number", "value": "PO-9"}]})
    assert shop.v1.invoices.void_invoice(first.id).status == "void"
    again = shop.v1.invoices.create(
        {
            "customer": str(council.customer),
            "collection_method": "send_invoice",
            "days_until_due": 30,
            "custom_fields": [{"name": "PO number", "value": "PO-9"}],
            "default_tax_rates": [shop.vat],
        }
    )
    shop.v1.invoice_items.create(
        {
            "customer": str(council.customer),
            "invoice": again.id,
            "pricing": {"price": shop.price},
            "quantity": 5,
        }
    )
    sent = shop.v1.invoices.send_invoice(again.id)
    assert (sent.status, sent.total) == ("open", first.total)
    assert int(str(sent.number)[-4:]) == int(str(first.number)[-4:]) + 1


def test_a_transfer_arrives_in_part_and_then_too_much(shop: Shop) -> None:
    council = shop.council(seats=1)
    shop.move(step="hour")
    invoice = shop.latest(council)
    shop.stand_in.control("transfer", invoice=invoice.id, pounds="44.00")
    assert (shop.latest(council).status, shop.latest(council).amount_remaining) == ("open", 10_000)
    shop.stand_in.control("transfer", invoice=invoice.id, pounds="£110")
    paid = shop.latest(council)
    assert (paid.status, paid.amount_paid, paid.amount_overpaid) == ("paid", 14_400, 1_000)
    assert paid.payments is not None
    made = sorted((payment.status, payment.amount_paid) for payment in paid.payments.data if not payment.is_default)
    assert made == [("paid", 4_400), ("paid", 10_000)]
    assert [payment.status for payment in paid.payments.data if payment.is_default] == ["canceled"]
    assert shop.v1.customers.retrieve(str(council.customer)).balance == -1_000


def test_what_is_given_up_may_still_be_paid(shop: Shop) -> None:
    council = shop.council()
    shop.move(step="hour")
    invoice = shop.latest(council)
    assert shop.v1.invoices.mark_uncollectible(invoice.id).status == "uncollectible"
    assert shop.v1.invoices.pay(invoice.id, {"paid_out_of_band": True}).status == "paid"


def _years_later(moment: int, years: int) -> int:
    here = datetime.fromtimestamp(moment, UTC)
    return int(here.replace(year=here.year + years).timestamp())
