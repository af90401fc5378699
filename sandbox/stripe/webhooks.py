"""Events go out: signed as the library verifies them, tried again as time passes, and spoilt on purpose when asked.

A delivery that is not answered with 2xx within ten seconds is tried again by the account's own clock, for three days.
Chaos is seeded and decided event by event, so that the same seed loses the same events: some are never sent, some are
sent twice, and those that wait together are sent in any order. The moment in the signature is the machine's, because
the library compares it with the machine's clock.
"""

import hashlib
import hmac
import json
import random
import threading
import time
import urllib.error
import urllib.request

from sandbox.stripe.account import Account, any_pending, shown
from sandbox.stripe.arithmetic import DAY, HOUR
from sandbox.stripe.routes import offers

TRIES_AFTER = (300, 1800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR)
LISTED_DAYS = 30
ANSWER_SECONDS = 10
LOOK_SECONDS = 0.1
GATHER_SECONDS = 0.4

offers(
    "event",
    "/v1/events/{id}",
    "type",
    types=lambda _account, row, wanted: row["type"] in wanted,
)


def sign(body: bytes, secret: str, moment: int) -> str:
    """The header `Stripe-Signature` of a body."""
    code = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={code}"


class Deliverer:
    """Sends what is due, from a thread of its own or when told to."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._round = threading.Lock()
        self._stopping = threading.Event()

    def run(self) -> None:
        """Sends events as they come, until stopped."""
        while not self._stopping.wait(LOOK_SECONDS):
            chaos = self.account.facts["chaos"]
            if self.account.undelivered and not chaos["hold"]:
                if chaos["shuffle"]:
                    self._stopping.wait(GATHER_SECONDS)
                self.deliver()

    def stop(self) -> None:
        """Ends `run`."""
        self._stopping.set()

    def deliver(self) -> int:
        """Sends everything that is due now, held back or not; how many requests were made."""
        with self._round:
            sent = 0
            while due := self._due():
                for event, place in due:
                    sent += self._send(event, place)
            return sent

    def _due(self) -> list[tuple[str, int]]:
        """Events and the places of their deliveries that are to be tried now; in any order when shuffled."""
        with self.account.lock:
            now = self.account.now
            rows = [self.account.rows[name] for name in self.account.undelivered if name in self.account.rows]
            rows.sort(key=lambda row: int(row["_number"]))
            due = [
                (row["id"], place)
                for row in rows
                for place, delivery in enumerate(row["_deliveries"])
                if delivery["state"] == "pending" and delivery["due"] <= now
            ]
            chaos = self.account.facts["chaos"]
            if chaos["shuffle"]:
                random.Random(f"{chaos['seed']}:{due}").shuffle(due)  # noqa: S311 - a seeded game
            return due

    def _send(self, event: str, place: int) -> int:
        with self.account.lock:
            row = self.account.rows[event]
            hook = self.account.rows.get(row["_deliveries"][place]["to"])
            body = json.dumps(shown(row)).encode()
            times = self._times(event, place, first=not row["_deliveries"][place]["attempts"])
        if hook is None:
            self._record(event, place, "the endpoint is gone", "gone")
            return 0
        if not times:
            self._record(event, place, "lost on purpose", "lost")
            return 0
        answers = [_post(hook["url"], body, hook["_secret"]) for _ in range(times)]
        for answer in answers[:-1]:
            self._record(event, place, answer, None)
        self._record(event, place, answers[-1], "delivered" if answers[-1].startswith("2") else "failed")
        return times

    def _times(self, event: str, place: int, first: bool) -> int:
        """How often chaos sends this: not at all, once or twice."""
        chaos = self.account.facts["chaos"]
        dice = random.Random(f"{chaos['seed']}:{event}:{place}")  # noqa: S311 - a seeded game
        if first and dice.random() * 100 < chaos["drop"]:
            return 0
        return 2 if dice.random() * 100 < chaos["duplicate"] else 1

    def _record(self, event: str, place: int, said: str, outcome: str | None) -> None:
        with self.account.transaction():
            row = self.account.get("event", event)
            delivery = row["_deliveries"][place]
            delivery["attempts"].append({"at": self.account.now, "said": said})
            tries = len(delivery["attempts"])
            if outcome == "failed" and tries <= len(TRIES_AFTER):
                delivery["due"] = self.account.now + TRIES_AFTER[tries - 1]
            elif outcome:
                delivery["state"] = outcome
                row["pending_webhooks"] = sum(one["state"] == "pending" for one in row["_deliveries"])
            if not any_pending(row):
                self.account.undelivered.discard(event)


def forget_old_events(account: Account) -> None:
    """The real API lists events of the last thirty days only."""
    for row in account.where("event"):
        if row["created"] < account.now - LISTED_DAYS * DAY and not any_pending(row):
            account.forget(row)


def _post(url: str, body: bytes, secret: str) -> str:
    """Sends one event; what came of it in words that begin with the status."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": sign(body, secret, int(time.time())),
        "User-Agent": "Stripe/1.0 (stand-in)",
    }
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - an address of the developer's
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            return str(answer.status)
    except urllib.error.HTTPError as refused:
        return str(refused.code)
    except OSError as failed:
        return f"no answer: {failed}"
