"""Messages about money: `python -m tests.bench.webhooks [messages]`.

A message acknowledged, beside a bare view of the same app that commits one row: at most 1.5 times as long, the median
of pairs in changing order. Then how fast messages that wait are handled by a worker, each about one of two hundred
invoices of the stand-in.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from kit.clock import SystemClock
from kit.db import Database
from kit.jobs import Handlers, Worker
from kit.web.house import House
from kit.web.transactions import writes, writing
from licences.gateway import Told
from licences.guard import public
from licences.payments import inbox
from licences.payments.models import ToldRow
from portal import security
from portal.app import create_app
from portal.settings import Settings
from portal.wiring import make_till
from sandbox.stripe.webhooks import sign
from tests import databases, stripe_server
from tests.browser_like import BASE
from tests.world import house_on, settings

BAR = 1.5
PAIRS = 300
INVOICES = 200


def main(messages: int) -> None:
    """Measures on each database that is here."""
    databases.begin_run()
    try:
        for kind in databases.KINDS:
            if kind == "postgresql" and databases.postgresql_binaries() is None:
                print("PostgreSQL is not installed: its half of the bench is SKIPPED")
                continue
            with tempfile.TemporaryDirectory() as folder, stripe_server.running() as stand_in:
                _measure(kind, Path(folder), stand_in, messages)
    finally:
        databases.end_run()


def _measure(kind: str, folder: Path, stand_in: stripe_server.StandIn, messages: int) -> None:
    database = Database(databases.new_database_url(kind))
    made = settings(database, folder).model_copy(update={"stripe_api_base": stand_in.url})
    house = house_on(database, folder, SystemClock())
    _acknowledge(kind, _app(made, house))
    _apply(kind, made, house, stand_in, messages)
    database.close()


def _app(made: Settings, house: House) -> Flask:
    app, insert = create_app(made, house), sa.insert(ToldRow.__table__)

    def bare() -> str:
        """Commits one row, as plainly as a view can: past the mapper, with a statement that was made before."""
        writing().connection().execute(insert, _row(f"bare_{time.perf_counter_ns()}"))
        return ""

    view = public(writes(bare))
    app.post("/bench/bare")(view)
    security.csrf.exempt(f"{view.__module__}.bare")
    return app


def _row(id: str) -> dict[str, object]:
    now = SystemClock().now()
    return {"id": id, "kind": "a", "about": "b", "received_at": now, "handled_at": now, "outcome": "c", "attempts": 0}


def _acknowledge(kind: str, app: Flask) -> None:
    """Pairs of a bare commit and a message, in changing order."""
    client, secret = app.test_client(), "whsec_of_the_world"

    def message(number: int) -> None:
        body = json.dumps(
            {"id": f"evt_{number}", "object": "event", "type": "invoice.paid", "livemode": False,
             "data": {"object": {"id": "in_1", "lines": ["x" * 3_000]}}}
        ).encode()  # fmt: skip
        headers = {"Stripe-Signature": sign(body, secret, int(time.time())), "Content-Type": "application/json"}
        assert client.post("/webhooks/stripe", base_url=BASE, data=body, headers=headers).status_code == 200

    def bare(_number: int) -> None:
        assert client.post("/bench/bare", base_url=BASE).status_code == 200

    for number in range(20):
        bare(number)
        message(-number - 1)
    ratios, times = [], []
    for number in range(PAIRS):
        first, second = (bare, message) if number % 2 else (message, bare)
        took = {first: _timed(first, number), second: _timed(second, number)}
        ratios.append(took[message] / took[bare])
        times.append((took[bare], took[message]))
    ratio = statistics.median(ratios)
    plain, kept = (statistics.median(column) * 1000 for column in zip(*times, strict=True))
    over = "" if ratio <= BAR else "   over"
    print(f"{kind}: bare {plain:.2f} ms, message {kept:.2f} ms: {ratio:.2f} times (bar {BAR}){over}", flush=True)


def _timed(work: Callable[[int], None], number: int) -> float:
    start = time.perf_counter()
    work(number)
    return time.perf_counter() - start


def _apply(kind: str, made: Settings, house: House, stand_in: stripe_server.StandIn, messages: int) -> None:
    """Messages that wait in the queue, until none does."""
    v1 = stand_in.client().v1
    customer = v1.customers.create({"name": "Bench"}).id
    invoices = [v1.invoices.create({"customer": customer}).id for _ in range(INVOICES)]
    till = make_till(made, house)
    assert till is not None
    with house.database.write() as session:
        session.execute(sa.delete(ToldRow))
        for number in range(messages):
            told = Told(f"evt_waits_{number}", "invoice.paid", invoices[number % INVOICES])
            inbox.keep(session, house.clock, told, b"{}")
    house.database.run(inbox.hand_out)
    handlers = Handlers()
    handlers.add(inbox.HANDLE_BATCH, partial(inbox.handle_batch, till))
    start = time.perf_counter()
    Worker(house.database, handlers, clock=house.clock).drain(timeout=3600)
    took = time.perf_counter() - start
    with house.database.read() as session:
        assert inbox.messages(session, waiting=True, limit=1) == []
    print(f"{kind}: {messages:,} messages in {took:.0f} s: {messages / took:.0f} a second", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
