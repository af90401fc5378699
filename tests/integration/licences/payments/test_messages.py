"""The door for messages: what is believed, what is turned away, and what becomes of a message that was kept."""

import json
import time
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from kit.audit import Actor
from kit.jobs import Hopeless
from kit.refusals import NotThere, Refused
from licences.billing import orders
from licences.gateway import CannotReach, Told
from licences.payments import inbox
from licences.payments.models import ToldRow
from sandbox.stripe.webhooks import sign
from tests.browser_like import BASE
from tests.integration.licences.payments.council import TEAM, Paying
from tests.world import World

SECRET = "whsec_of_the_world"
EVENT: dict[str, Any] = {
    "id": "evt_1", "object": "event", "type": "invoice.paid", "livemode": False, "data": {"object": {"id": "in_1"}},
}  # fmt: skip


def send(world: World, body: bytes, signature: str | None = None, age: int = 0) -> TestResponse:
    signature = sign(body, SECRET, int(time.time()) - age) if signature is None else signature
    headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
    return world.app.test_client().post("/webhooks/stripe", base_url=BASE, data=body, headers=headers)


def event(**more: object) -> bytes:
    return json.dumps(EVENT | more).encode()


def test_only_what_is_signed_fresh_whole_and_of_our_mode_is_kept_and_once(world: World) -> None:
    thin = json.dumps({"object": "v2.core.event", "id": "evt_2", "type": "v1.invoice.paid", "livemode": False}).encode()
    refused = {
        "not signed with our secret": send(world, event(), ""),
        "not signed with  our secret": send(world, event(), sign(event(), "whsec_forged", int(time.time()))),
        "not signed with our  secret": send(world, event(id="evt_9"), sign(event(), SECRET, int(time.time()))),
        "not  signed with our secret": send(world, event(), "t=1,v1=\u00e9"),
        "too long ago": send(world, event(), age=400),
        "other mode": send(world, event(livemode=True)),
        "Thin events": send(world, thin),
        "cannot be read": send(world, b"\xff\xfe"),
        "cannot  be read": send(world, b"[" * 100_000),
        "longer than": send(world, event(pad="x" * 300_000)),
        "what it is about": send(world, event(data=None)),
        "what  it is about": send(world, event(id="e" * 200)),
        "what it is  about": send(world, event(id="evt\0")),
    }
    for words, answer in refused.items():
        assert answer.status_code == 400, words
        assert " ".join(words.split()) in answer.text, answer.text
    assert kept(world) == []
    assert [send(world, event()).status_code for _ in range(2)] == [200, 200]
    assert kept(world) == [("evt_1", event())]


def kept(world: World) -> list[tuple[str, bytes]]:
    with world.house.database.read() as session:
        return [(row.id, row.body or b"") for row in session.scalars(sa.select(ToldRow))]


def test_all_messages_about_a_payment_end_in_the_same_state_in_any_order(paying: Paying) -> None:
    order = paying.order()
    paying.press(paying.open(order))
    told = [one for one in paying.till.gateway.told_since(None)]
    for one in told[::-1]:
        inbox.keep_and_handle(paying.till, one)
    assert paying.invoice.owed_pence == 0
    assert not any(inbox.keep_and_handle(paying.till, one) for one in told)
    assert len(paying.invoices) == len(paying.invoice.payments) == 1
    with paying.database.read() as session:
        outcomes = {one.outcome for one in inbox.messages(session)}
        assert inbox.messages(session, waiting=True) == []
    assert outcomes <= {"applied", "nothing had changed", "nothing of ours"}
    assert "applied" in outcomes


def test_a_message_waits_with_its_error_while_nobody_answers(paying: Paying) -> None:
    with paying.database.write() as session:
        inbox.keep(session, paying.clock, Told("evt_waits", "invoice.paid", "in_nowhere"), b"{}")
    with pytest.raises(CannotReach):
        inbox.handle(paying.unreachable(), told_id="evt_waits")
    with paying.database.read() as session:
        (waiting,) = inbox.messages(session, waiting=True)
    assert (waiting.attempts, waiting.error.split(":")[0]) == (1, "CannotReach")
    with paying.database.write() as session:
        inbox.try_again(session, paying.clock, TEAM, "evt_waits")
    inbox.handle(paying.till, told_id="evt_waits")
    with paying.database.read() as session:
        assert inbox.messages(session)[0].outcome == "nothing of ours"
    with paying.database.write() as session, pytest.raises(Refused, match="handled already"):
        inbox.try_again(session, paying.clock, Actor(None, "x"), "evt_waits")
    with paying.database.write() as session, pytest.raises(NotThere):
        inbox.try_again(session, paying.clock, Actor(None, "x"), "evt_\0")


def test_messages_that_wait_are_handed_out_together_and_all_wait_while_nobody_answers(paying: Paying) -> None:
    order = paying.order()
    paying.press(paying.open(order))
    bill = paying.v1.invoices.list({"limit": 1}).data[0].id
    with paying.database.write() as session:
        for number in range(150):
            inbox.keep(session, paying.clock, Told(f"evt_{number}", "invoice.paid", bill), b"{}")
    assert inbox.is_waiting(paying.database)
    assert [paying.database.run(inbox.hand_out) for _ in range(2)] == [150, 0]
    with paying.database.read() as session:
        batches = session.scalars(sa.select(ToldRow.batch).distinct()).all()
    assert len(batches) == 2
    with pytest.raises(CannotReach):
        inbox.handle_batch(paying.unreachable(), batch=str(batches[0]))
    with paying.database.read() as session:
        assert sum(one.attempts for one in inbox.messages(session, waiting=True)) == 1
        assert {one.error.split(":")[0] for one in inbox.messages(session, waiting=True)} == {"CannotReach", ""}
    inbox.handle_batch(paying.till, batch=str(batches[0]))
    with paying.database.read() as session:
        assert inbox.messages(session, waiting=True) == []
    assert not inbox.is_waiting(paying.database)


def test_money_for_an_order_that_was_taken_back_waits_for_people(paying: Paying) -> None:
    order = paying.order()
    address = paying.open(order)
    with paying.database.write() as session:
        orders.withdraw(session, paying.clock, TEAM, order, reason="A mistake.")
    paying.press(address)
    (invoice,) = paying.v1.invoices.list({"limit": 1}).data
    told = Told(f"evt_{order}", "invoice.paid", invoice.id)
    with paying.database.write() as session:
        inbox.keep(session, paying.clock, told, None)
    with pytest.raises(Hopeless, match="taken back"):
        inbox.handle(paying.till, told_id=told.id)
    assert paying.invoices == []
    assert any("taken back" in words for words in paying.reconcile().wrong)


def test_reconciling_brings_what_no_message_told(paying: Paying) -> None:
    first, second = paying.order(), paying.order(first=400, po="PO 21")
    paying.press(paying.open(first))
    ref = paying.ref_of(paying.send(second).id)
    paying.stand_in.control("transfer", invoice=ref)
    made = paying.reconcile()
    assert made.changed >= 1
    assert [one.owed_pence for one in paying.invoices] == [0, 0]
    again = paying.reconcile()
    assert (again.changed, again.told) == (0, 0)
