"""Events that go out: signed as the library verifies, tried again, spoilt on purpose; and a stand-in started again."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.integration.sandbox.stripe.listener import Listener, listening
from tests.integration.sandbox.stripe.shop import Shop
from tests.mail_server import free_port
from tests.stripe_server import SECRET, running


@pytest.fixture(scope="module")
def heard() -> Iterator[tuple[Shop, Listener]]:
    """A stand-in that sends its events, and who listens."""
    with listening(SECRET) as listener:
        more = ("--webhook-url", listener.url, "--webhook-secret", SECRET, "--at", "2026-09-01T09:00:00")
        with running(*more) as stand_in:
            yield Shop(stand_in), listener


@pytest.fixture
def quiet(heard: tuple[Shop, Listener]) -> tuple[Shop, Listener]:
    """The same, with everything delivered and nothing spoilt."""
    shop, listener = heard
    shop.stand_in.control("chaos")
    shop.stand_in.control("deliver")
    wait_until(lambda: shop.stand_in.state()["undelivered"] == 0)
    listener.events.clear()
    return shop, listener


def wait_until(true: Callable[[], bool]) -> None:
    """Waits for another process, ten seconds at most."""
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_an_event_arrives_by_itself_and_the_library_believes_it(quiet: tuple[Shop, Listener]) -> None:
    shop, listener = quiet
    customer = shop.v1.customers.create({"name": "Heard"}, {"idempotency_key": "heard"})
    wait_until(lambda: bool(listener.events))
    (event,) = listener.events
    assert (event.type, event.api_version, event.livemode) == ("customer.created", stripe.api_version, False)
    assert event.data["object"]["id"] == customer.id
    assert event.request is not None
    assert event.request.idempotency_key == "heard"
    wait_until(lambda: shop.v1.events.retrieve(event.id).pending_webhooks == 0)


def test_an_update_says_what_it_was_before(quiet: tuple[Shop, Listener]) -> None:
    shop, listener = quiet
    customer = shop.customer("Before")
    shop.v1.customers.update(customer, {"name": "After"})
    shop.stand_in.control("deliver")
    wait_until(lambda: "customer.updated" in listener.names())
    before = listener.events[-1].data.previous_attributes
    assert before is not None
    assert before.to_dict() == {"name": "Before"}


def test_what_is_not_taken_is_sent_again_as_time_passes(quiet: tuple[Shop, Listener]) -> None:
    shop, listener = quiet
    listener.answers = 500
    shop.customer("Refused")
    wait_until(lambda: len(listener.events) == 1)
    wait_until(lambda: "500" in shop.stand_in.look())
    shop.stand_in.control("move", step="hour")
    shop.stand_in.control("deliver")
    assert len(listener.events) == 2
    listener.answers = 200
    shop.stand_in.control("move", step="day")
    shop.stand_in.control("deliver")
    wait_until(lambda: shop.stand_in.state()["undelivered"] == 0)
    assert len(set(listener.ids())) == 1


def test_chaos_loses_repeats_and_shuffles_by_its_seed(quiet: tuple[Shop, Listener]) -> None:
    shop, listener = quiet
    shop.stand_in.control("chaos", hold=1, shuffle=1, drop=20, duplicate=30, seed=7)
    made = [shop.customer(f"Chaos {number}") for number in range(60)]
    shop.stand_in.control("deliver")
    came = [str(event.data["object"]["id"]) for event in listener.events]
    lost, twice = set(made) - set(came), {one for one in came if came.count(one) == 2}
    assert 4 <= len(lost) <= 24
    assert 6 <= len(twice) <= 30
    assert came != sorted(came)
    assert len(shop.v1.events.list({"types": ["customer.created"], "limit": 100}).data) >= 60


def test_held_events_wait_until_they_are_let_go(quiet: tuple[Shop, Listener]) -> None:
    shop, listener = quiet
    shop.stand_in.control("chaos", hold=1)
    shop.council()
    time.sleep(0.4)
    assert listener.events == []
    shop.stand_in.control("deliver")
    assert listener.names()[0] == "customer.created"
    assert "customer.subscription.created" in listener.names()


def test_a_listener_by_the_api_hears_what_it_asked_for(quiet: tuple[Shop, Listener]) -> None:
    shop, _ = quiet
    with listening("") as other:
        hook = shop.v1.webhook_endpoints.create({"url": other.url, "enabled_events": ["product.created"]})
        assert hook.secret is not None
        other.secret = hook.secret
        shop.new_price(1)
        shop.stand_in.control("deliver")
        wait_until(lambda: other.names() == ["product.created"])
        assert not hasattr(shop.v1.webhook_endpoints.retrieve(hook.id), "secret") or hook.secret
        shop.v1.webhook_endpoints.delete(hook.id)


def test_a_stand_in_started_again_knows_what_it_knew(tmp_path: Path) -> None:
    port = free_port()
    with running(port=port, folder=tmp_path) as stand_in:
        shop = Shop(stand_in)
        council = shop.council(metadata={"order": "1"})
        shop.move(days=20)
        order: stripe.RequestOptions = {"idempotency_key": "order:1:customer"}
        once = shop.v1.customers.create({"name": "Once"}, order)
        stand_in.control("chaos", drop=10, seed=3)
        before = stand_in.state()
    with (tmp_path / "stripe.jsonl").open("a") as journal:
        journal.write('{"facts": {"now": 1}, "rows": {"cut off by a cra')
    with running(port=port, folder=tmp_path) as again:
        client = again.client().v1
        assert again.state() == before
        assert client.subscriptions.retrieve(council.id).metadata["order"] == "1"
        assert client.customers.create({"name": "Once"}, order).id == once.id
        assert client.customers.create({"name": "New"}).id not in (once.id, str(council.customer))
        again.control("move", step="year")
        assert client.invoices.list({"subscription": council.id}).data[0].billing_reason == "subscription_cycle"


def test_a_killed_stand_in_has_done_each_thing_once_or_not_at_all(tmp_path: Path) -> None:
    port, wanted = free_port(), [str(number) for number in range(150)]

    def buy(v1: Any, number: str) -> None:
        options = {"idempotency_key": f"order:{number}:customer", "max_network_retries": 0}
        v1.customers.create({"name": number, "metadata": {"order": number}}, options)

    with running(port=port, folder=tmp_path) as stand_in:
        v1 = stand_in.client().v1
        buy(v1, wanted[0])
        threading.Timer(0.4, stand_in.process.kill).start()
        with suppress(stripe.APIConnectionError):
            for number in wanted:
                buy(v1, number)
        stand_in.process.wait(10)
    with running(port=port, folder=tmp_path) as again:
        v1 = again.client().v1
        before = len(list(v1.customers.list({"limit": 100}).auto_paging_iter()))
        for number in wanted:
            buy(v1, number)
        made = [str(row.name) for row in v1.customers.list({"limit": 100}).auto_paging_iter()]
        assert 1 <= before <= len(wanted)
        assert sorted(made) == sorted(wanted)


def test_a_following_clock_goes_with_the_machine_and_ahead_of_it(tmp_path: Path) -> None:
    with running("--folder", str(tmp_path)) as stand_in:
        assert abs(stand_in.state()["now"] - time.time()) < 5
        stand_in.control("move", step="week")
        ahead = stand_in.state()["now"] - time.time()
        assert abs(ahead - 7 * 86_400) < 5
        assert abs(stand_in.state()["ahead"] - 7 * 86_400) < 5
    with running("--folder", str(tmp_path)) as again:
        assert abs(again.state()["now"] - time.time() - 7 * 86_400) < 8
