"""`kill -9` before and after every call, and crowds: whoever presses again pays once, and has one invoice."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from signal import SIGKILL
from typing import Any

from kit.db import Database
from licences.kinds import InvoiceState, PaymentKind
from licences.payments import inbox, pages
from licences.payments.models import AskedRow, PayerRow
from licences.stripe_gateway import StripeGateway
from tests.faults.plan import SOAK
from tests.integration.licences.payments.council import TEAM, TOTAL, Paying
from tests.integration.licences.payments.test_histories import ours
from tests.stripe_server import KEY

EMAIL = "finance@lakeshire.example"
MOST_CALLS = 12


class DeadlyGateway:
    """The real one, in a process that ends without a word before or after its so-and-so-manieth call."""

    def __init__(self, real: StripeGateway, dies_at: int) -> None:
        self.real, self.dies_at, self.passed = real, dies_at, count()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.pass_by()
            answer = getattr(self.real, name)(*args, **kwargs)
            self.pass_by()
            return answer

        return call

    def pass_by(self) -> None:
        if next(self.passed) == self.dies_at:
            os.kill(os.getpid(), SIGKILL)


def died(paying: Paying, point: int, press: Callable[[Paying], object]) -> bool:
    """Whether a process that presses died at a point, or came to its end before."""
    url = paying.database.url.render_as_string(hide_password=False)
    child = os.fork()
    if child == 0:
        gateway = DeadlyGateway(StripeGateway(KEY, "", paying.stand_in.url), point)
        mortal = Paying.__new__(Paying)
        mortal.__dict__ = dict(paying.__dict__)
        database = Database(url)
        mortal.database, mortal.till = database, replace(paying.till, database=database, gateway=gateway)
        press(mortal)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == SIGKILL


def opens(order: int) -> Callable[[Paying], object]:
    return lambda paying: pages.open_page(paying.till, paying.janet, order, email=EMAIL)


def sends(order: int) -> Callable[[Paying], object]:
    return lambda paying: pages.send_bill(paying.till, TEAM, order, email=EMAIL)


def looks(order: int) -> Callable[[Paying], object]:
    return lambda paying: pages.look_again(paying.till, order)


def points(paying: Paying) -> list[int]:
    """Every point in the campaign; else one of the first, which changes from database to database."""
    return list(range(MOST_CALLS)) if SOAK else [3 if paying.database.is_sqlite else 1]


def test_a_page_is_one_page_wherever_the_process_dies(paying: Paying) -> None:
    for point in points(paying):
        order = paying.order(first=400 * point, po=f"PO {point}")
        if not died(paying, point, opens(order)):
            return
        paying.press(paying.open(order))
        died(paying, point, looks(order))
        paying.reconcile()
        assert [one.state for one in paying.invoices if one.order_id == order] == [InvoiceState.PAID]
        assert len([one for one in ours(paying) if (one.metadata or {})["order"] == str(order)]) == 1


def test_a_bill_is_one_bill_wherever_the_process_dies(paying: Paying) -> None:
    for point in points(paying):
        order = paying.order(first=400 * point, po=f"PO {point}")
        if not died(paying, point, sends(order)):
            return
        if not any(one.order_id == order for one in paying.invoices):
            paying.send(order)
        paying.reconcile()
        assert [one.state for one in paying.invoices if one.order_id == order] == [InvoiceState.OPEN]
        assert len([one for one in ours(paying) if (one.metadata or {})["order"] == str(order)]) == 1


def test_many_who_press_at_once_are_led_to_one_page(paying: Paying) -> None:
    order = paying.order()
    with ThreadPoolExecutor(8) as crowd:
        addresses = set(crowd.map(lambda _: opens(order)(paying), range(16)))
    assert len(addresses) == 1
    assert paying.count(AskedRow) == 1
    assert paying.count(PayerRow) == 1


def test_many_messages_about_one_bill_at_once_write_it_once(paying: Paying) -> None:
    order = paying.order()
    paying.press(paying.open(order), "bacs_debit")
    paying.move(days=12)
    told = [one for one in paying.till.gateway.told_since(None) if one.kind.startswith(("invoice", "payment_intent"))]
    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(lambda one: inbox.keep_and_handle(paying.till, one), told[-12:]))
    paying.look(order)
    assert [(one.amount_pence, one.kind) for one in paying.invoice.payments] == [(TOTAL, PaymentKind.DIRECT_DEBIT)]
    assert paying.invoice.state is InvoiceState.PAID
