"""What is given back: credit notes, refunds, disputes."""

import pytest
import stripe

from tests.integration.sandbox.stripe.shop import SEAT, Shop


def test_a_credit_note_lowers_what_is_owed(shop: Shop) -> None:
    council = shop.council()
    shop.move(step="hour")
    invoice = shop.latest(council)
    one_seat = {
        "invoice": invoice.id,
        "reason": "order_change",
        "lines": [{"type": "invoice_line_item", "invoice_line_item": invoice.lines.data[0].id, "quantity": 1}],
    }
    preview = shop.v1.credit_notes.preview(one_seat)  # type: ignore[arg-type]
    assert shop.latest(council).amount_remaining == 6 * SEAT
    note = shop.v1.credit_notes.create(one_seat)  # type: ignore[arg-type]
    assert (note.total, note.subtotal, note.type) == (SEAT * 6 // 5, SEAT, "pre_payment")
    assert (preview.total, note.number) == (note.total, f"{invoice.number}-CN-01")
    lowered = shop.latest(council)
    assert (lowered.amount_due, lowered.pre_payment_credit_notes_amount) == (57_600, 14_400)
    shop.v1.credit_notes.void_credit_note(note.id)
    assert shop.latest(council).amount_due == 72_000
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.credit_notes.create({"invoice": invoice.id, "amount": 72_001})
    shop.v1.credit_notes.create({"invoice": invoice.id, "amount": 72_000})
    assert shop.latest(council).status == "paid"


def test_a_credit_note_of_a_paid_invoice_says_how_the_money_goes_back(shop: Shop) -> None:
    trust = shop.trust(default_tax_rates=[shop.vat])
    paid = shop.latest(trust)
    with pytest.raises(stripe.InvalidRequestError, match="must equal"):
        shop.v1.credit_notes.create({"invoice": paid.id, "amount": 3_000, "refund_amount": 1_000})
    note = shop.v1.credit_notes.create(
        {"invoice": paid.id, "amount": 3_000, "refund_amount": 1_000, "credit_amount": 1_500, "out_of_band_amount": 500}
    )
    assert (note.type, note.post_payment_amount, note.refunds[0].amount_refunded) == ("post_payment", 3_000, 1_000)
    assert shop.v1.customers.retrieve(str(trust.customer)).balance == -1_500
    assert shop.latest(trust).status == "paid"


def test_a_refund_is_never_more_than_was_paid(shop: Shop) -> None:
    trust = shop.trust()
    (charge,) = shop.v1.charges.list({"customer": str(trust.customer)}).data
    part = shop.v1.refunds.create({"payment_intent": str(charge.payment_intent), "amount": 10_000})
    assert (part.status, shop.v1.charges.retrieve(charge.id).refunded) == ("succeeded", False)
    with pytest.raises(stripe.InvalidRequestError, match="greater than what is left"):
        shop.v1.refunds.create({"charge": charge.id, "amount": 5 * SEAT})
    shop.v1.refunds.create({"charge": charge.id, "reason": "requested_by_customer"})
    whole = shop.v1.charges.retrieve(charge.id)
    assert (whole.refunded, whole.amount_refunded) == (True, 5 * SEAT)
    assert shop.latest(trust).status == "paid"


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_dispute_takes_the_money_until_it_is_won(shop: Shop, outcome: str) -> None:
    trust = shop.trust()
    (charge,) = shop.v1.charges.list({"customer": str(trust.customer)}).data
    shop.stand_in.control("dispute", charge=charge.id)
    (dispute,) = shop.v1.disputes.list({"charge": charge.id}).data
    assert (dispute.status, dispute.amount) == ("needs_response", 5 * SEAT)
    shop.stand_in.control("dispute", dispute=dispute.id, outcome=outcome)
    assert shop.v1.disputes.retrieve(dispute.id).status == outcome
    told = [name.removeprefix("charge.dispute.") for name in shop.events(dispute.id)]
    assert told == ["created", "funds_withdrawn", "closed"] + (["funds_reinstated"] if outcome == "won" else [])
    assert shop.latest(trust).status == "paid"
