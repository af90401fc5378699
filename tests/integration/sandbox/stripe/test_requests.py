"""How the stand-in is spoken to: keys of requests, lists, search, expansion, and what it says it cannot do."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from sandbox.stripe.spec import api_version
from tests.integration.sandbox.stripe.shop import Shop, item_of


def test_the_same_key_and_body_do_a_thing_once(shop: Shop) -> None:
    order: stripe.RequestOptions = {"idempotency_key": "order:1:customer"}
    first = shop.v1.customers.create({"name": "Once"}, order)
    again = shop.v1.customers.create({"name": "Once"}, order)
    assert again.id == first.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(shop.events(first.id)) == 1
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        shop.v1.customers.create({"name": "Twice"}, order)


def test_forty_at_once_with_one_key_make_one_customer(shop: Shop) -> None:
    def create(_: int) -> str:
        return str(shop.v1.customers.create({"name": "Crowd"}, {"idempotency_key": "order:2:customer"}).id)

    with ThreadPoolExecutor(40) as crowd:
        assert len(set(crowd.map(create, range(40)))) == 1


def test_a_refusal_is_kept_under_its_key_a_wrong_parameter_is_not(shop: Shop) -> None:
    missing: stripe.RequestOptions = {"idempotency_key": "order:3:step"}
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
            shop.v1.subscriptions.create({"customer": "cus_nobody", "items": [{"price": shop.price}]}, missing)
    wrong: stripe.RequestOptions = {"idempotency_key": "order:4:step"}
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        shop.v1.customers.create({"nome": "X"}, wrong)  # type: ignore[typeddict-unknown-key]
    assert shop.v1.customers.create({"name": "X"}, wrong).name == "X"


def test_a_key_is_forgotten_after_a_day(shop: Shop) -> None:
    order: stripe.RequestOptions = {"idempotency_key": "order:5:customer"}
    first = shop.v1.customers.create({"name": "Later"}, order)
    shop.move(days=2)
    assert shop.v1.customers.create({"name": "Later"}, order).id != first.id


def test_what_it_cannot_do_it_says_and_the_library_does_not_try_again(shop: Shop) -> None:
    with pytest.raises(stripe.APIError, match=r"Not implemented in the stand-in: POST /v1/coupons\.") as refused:
        shop.v1.coupons.create({"percent_off": 10})
    assert refused.value.http_status == 501
    with pytest.raises(stripe.APIError, match="the parameter trial_period_days of POST /v1/subscriptions"):
        shop.council(trial_period_days=7)
    with pytest.raises(stripe.APIError, match="gbp only"):
        shop.v1.prices.create({"currency": "eur", "unit_amount": 1, "product_data": {"name": "X"}})
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: current_period_end"):
        shop.council(current_period_end=1)


def test_live_keys_and_other_versions_are_turned_away(shop: Shop) -> None:
    with pytest.raises(stripe.AuthenticationError, match="never a live one"):
        shop.stand_in.client("sk_live_x").v1.customers.list()
    with pytest.raises(stripe.InvalidRequestError, match=api_version()):
        shop.stand_in.client(stripe_version="2024-06-20").v1.customers.list()


def test_a_page_of_somebody_else_presses_no_button(shop: Shop) -> None:
    before = shop.now
    foreign = {"Origin": "https://evil.example"}
    assert shop.stand_in.refused("/control/move", foreign, step="day") == (403, "")
    assert shop.now == before


def test_lists_come_in_pages_newest_first(shop: Shop) -> None:
    made = [shop.customer(f"Page {number}") for number in range(5)]
    first = shop.v1.customers.list({"limit": 2})
    assert ([row.id for row in first.data], first.has_more) == (made[:-3:-1], True)
    walked = [row.id for row in first.auto_paging_iter()]
    assert walked[:5] == made[::-1]
    before = shop.v1.customers.list({"limit": 2, "ending_before": made[1]})
    assert [row.id for row in before.data] == [made[3], made[2]]
    with pytest.raises(stripe.InvalidRequestError, match="between 1 and 100"):
        shop.v1.customers.list({"limit": 101})
    since = shop.v1.events.list({"types": ["customer.created"], "created": {"gte": shop.now}, "limit": 5})
    assert [event.data["object"]["id"] for event in since.data] == made[::-1]


def test_search_finds_by_metadata(shop: Shop) -> None:
    customer = shop.v1.customers.create({"name": "Found", "metadata": {"organisation": "41", "kind": "LA"}})
    query = "metadata['organisation']:'41' AND metadata[\"kind\"]:'LA'"
    assert [row.id for row in shop.v1.customers.search({"query": query}).data] == [customer.id]
    with pytest.raises(stripe.APIError, match="the search"):
        shop.v1.customers.search({"query": "created>5"})


def test_expansion_reaches_four_levels_and_no_field_that_is_none(shop: Shop) -> None:
    trust = shop.trust()
    path = "latest_invoice.payments.data.payment.payment_intent"
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        shop.v1.subscriptions.retrieve(trust.id, {"expand": [path]})
    invoice = shop.v1.invoices.retrieve(
        str(trust.latest_invoice), {"expand": ["payments.data.payment.payment_intent", "customer"]}
    )
    assert invoice.payments is not None
    intent = invoice.payments.data[0].payment.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert isinstance(invoice.customer, stripe.Customer)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        shop.v1.subscriptions.retrieve(trust.id, {"expand": ["status"]})
    assert not hasattr(shop.v1.invoices.retrieve(invoice.id), "payments")


def test_a_preview_of_what_is_not_bought_yet(shop: Shop) -> None:
    customer, anchor = shop.customer("Lakeshire"), shop.now + 100 * 86_400
    preview = shop.v1.invoices.create_preview(
        {
            "customer": customer,
            "subscription_details": {
                "items": [{"price": shop.price, "quantity": 7}],
                "billing_cycle_anchor": {"type": "timestamp", "timestamp": anchor},
                "default_tax_rates": [shop.vat],
            },
        }
    )
    assert preview.subtotal == pytest.approx(7 * 12_000 * 100 / 365, abs=1)
    assert preview.total == pytest.approx(preview.subtotal * 1.2, abs=1)
    assert shop.v1.subscriptions.list({"customer": customer, "status": "all"}).data == []
    assert shop.v1.invoices.list({"customer": customer}).data == []


def test_metadata_is_added_to_and_taken_away(shop: Shop) -> None:
    council = shop.council(metadata={"order": "1", "note": "x"})
    changed = shop.v1.subscriptions.update(council.id, {"metadata": {"note": "", "seats": "5"}})
    assert changed.metadata.to_dict() == {"order": "1", "seats": "5"}
    assert shop.v1.subscriptions.update(council.id, {"metadata": ""}).metadata.to_dict() == {}


def test_what_does_not_fit_is_refused_and_changes_nothing(shop: Shop) -> None:
    council = shop.council()
    other = shop.council()
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription item"):
        shop.v1.subscriptions.update(council.id, {"items": [{"id": item_of(other), "quantity": 9}]})
    with pytest.raises(stripe.InvalidRequestError, match="outside of current period"):
        shop.v1.subscriptions.update(
            council.id, {"items": [{"id": item_of(council), "quantity": 9}], "proration_date": shop.now - 9 * 86_400}
        )
    long = [{"name": "PO number", "value": "9" * 141}]
    with pytest.raises(stripe.InvalidRequestError, match="1 to 140 characters"):
        shop.v1.subscriptions.update(council.id, {"invoice_settings": {"custom_fields": long}})  # type: ignore[typeddict-item]
    with pytest.raises(stripe.InvalidRequestError, match="no attached payment source"):
        shop.v1.subscriptions.create({"customer": shop.customer("No card"), "items": [{"price": shop.price}]})
    now = shop.subscription(council)
    assert (now["items"]["data"][0]["quantity"], len(shop.invoices(council))) == (5, 1)
