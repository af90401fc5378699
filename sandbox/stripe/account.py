"""The account: every object that there is, its clock, and its events, kept in memory and written to a journal.

Whatever happens does so inside `transaction()`, whole or not at all: a refusal takes back all that was changed. Keys
of an object that begin with `_` are the stand-in's own notes and never leave it.
"""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.stripe.contract import complete, has_field
from sandbox.stripe.journal import Journal
from sandbox.stripe.refusals import missing
from sandbox.stripe.spec import api_version

Object = dict[str, Any]
STANDING_STILL = "standing still"
FOLLOWING = "following the machine's clock"
# Shares of webhooks in per cent that are lost or sent twice; whether order is lost, and whether all are held back.
CALM = {"drop": 0, "duplicate": 0, "shuffle": False, "hold": False, "seed": 1}


class Account:
    """Objects by identifier. `now` is the account's own time, in seconds since 1970; pages are at `address`."""

    address = "http://127.0.0.1"

    def __init__(self, journal: Journal, at: int | None = None, name: str | None = None) -> None:
        self.journal = journal
        self.lock = threading.RLock()
        self.rows: dict[str, Object] = {}
        self.kinds: dict[str, dict[str, Object]] = {}
        self.touched: set[str] = set()
        self.undelivered: set[str] = set()
        self.request: dict[str, str | None] = {"id": None, "idempotency_key": None}
        self._committed: dict[str, str] = {}
        self._told: dict[str, Object] = {}
        self.facts: dict[str, Any] = {
            "now": at if at is not None else int(time.time()),
            "ahead": 0,
            "clock": STANDING_STILL if at is not None else FOLLOWING,
            "count": 0,
            "name": name or secrets.token_hex(4),
            "chaos": dict(CALM),
        }
        self._committed_facts = dict(self.facts)
        self._replay()

    @property
    def now(self) -> int:
        """The account's time."""
        return int(self.facts["now"])

    @now.setter
    def now(self, moment: int) -> None:
        self.facts["now"] = max(self.now, moment)

    def wall(self) -> int:
        """The time that the account should have reached by now."""
        return self.now if self.facts["clock"] == STANDING_STILL else int(time.time()) + int(self.facts["ahead"])

    # -- objects -----------------------------------------------------------------------------------------------------

    def new(self, kind: str, prefix: str, **given: Any) -> Object:
        """A new object of the API; what is not given is empty."""
        return self.keep(self.part(kind, prefix, **given) | {"_number": self.facts["count"]})

    def part(self, kind: str, prefix: str, **given: Any) -> Object:
        """A new object that lives inside another one, such as a line of an invoice."""
        own = {"id": self.identifier(prefix), "created": self.now, "livemode": False}
        return complete(kind, {key: value for key, value in own.items() if has_field(kind, key)} | given)

    def note(self, kind: str, identity: str, **given: Any) -> Object:
        """A row that is no object of the API, such as a used key."""
        return self.keep({"id": identity, "object": kind, **given})

    def keep(self, row: Object) -> Object:
        """Takes a row in under its identifier."""
        self.rows[row["id"]] = row
        self.kinds.setdefault(row["object"], {})[row["id"]] = row
        self.touched.add(row["id"])
        return row

    def identifier(self, prefix: str) -> str:
        """A new identifier; the account's name in it keeps two accounts apart."""
        self.facts["count"] += 1
        return f"{prefix}_{self.facts['name']}{self.facts['count']:06d}"

    def find(self, kind: str, identity: object) -> Object | None:
        """The row of that kind, or None."""
        row = self.kinds.get(kind, {}).get(str(identity))
        if row is not None:
            self.touched.add(row["id"])
        return row

    def get(self, kind: str, identity: object, param: str | None = None) -> Object:
        """The row of that kind. Raises `Refusal` when there is none, or when it was deleted."""
        row = self.find(kind, identity)
        if row is None or row.get("deleted"):
            raise missing(kind.replace("_", " "), identity, param)
        return row

    def where(self, kind: str, **equal: Any) -> list[Object]:
        """The rows of a kind with these values, oldest first; deleted ones are left out."""
        found = [
            row
            for row in self.kinds.get(kind, {}).values()
            if not row.get("deleted") and all(row.get(key) == value for key, value in equal.items())
        ]
        self.touched.update(row["id"] for row in found)
        return sorted(found, key=lambda row: int(row.get("_number", 0)))

    def forget(self, row: Object) -> None:
        """Takes a row out altogether."""
        self.touched.add(row["id"])
        del self.rows[row["id"]], self.kinds[row["object"]][row["id"]]

    # -- events ------------------------------------------------------------------------------------------------------

    def tell(self, kind: str, row: Object) -> None:
        """An event with the object as it is now; for `…updated` with what it was before."""
        data: Object = {"object": shown(row)}
        if kind.endswith(".updated"):
            before = self._told.get(row["id"]) or shown(json.loads(self._committed.get(row["id"], "{}")))
            changed = {key: before.get(key) for key, value in data["object"].items() if before.get(key) != value}
            if not changed:
                return
            data["previous_attributes"] = changed
        self._told[row["id"]] = data["object"]
        hooks = [hook for hook in self.where("webhook_endpoint", status="enabled") if _wants(hook, kind)]
        event = self.new(
            "event",
            "evt",
            type=kind,
            api_version=api_version(),
            data=data,
            pending_webhooks=len(hooks),
            request=dict(self.request),
            _deliveries=[{"to": hook["id"], "due": self.now, "state": "pending", "attempts": []} for hook in hooks],
        )
        if hooks:
            self.undelivered.add(event["id"])

    # -- whole or not at all -----------------------------------------------------------------------------------------

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """What happens inside is taken back, even the time that passed. Only before anything else was changed."""
        facts = dict(self.facts)
        try:
            yield
        finally:
            self.facts = facts | {"count": self.facts["count"]}
            self.take_back()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One thing at a time; what is changed inside is written at the end, or taken back when it raises."""
        with self.lock:
            try:
                yield
            except BaseException:
                self.facts = dict(self._committed_facts)
                self.take_back()
                raise
            self.commit()

    def commit(self) -> None:
        """Writes what was changed since the last time."""
        changed: dict[str, Object | None] = {}
        for identity in self.touched:
            row = self.rows.get(identity)
            text = json.dumps(row) if row is not None else None
            if text != self._committed.get(identity):
                changed[identity] = row
                self._committed[identity] = text or ""
                if text is None:
                    del self._committed[identity]
        if changed or self._steered(self.facts) != self._steered(self._committed_facts):
            self.journal.write(self.facts, changed)
        self._committed_facts = dict(self.facts)
        self.touched.clear()
        self._told.clear()

    @staticmethod
    def _steered(facts: dict[str, Any]) -> dict[str, Any]:
        """The facts that somebody set; time that passes by itself and used numbers are none."""
        passing = {"count"} if facts["clock"] == STANDING_STILL else {"count", "now"}
        return {name: value for name, value in facts.items() if name not in passing}

    def take_back(self) -> None:
        """Puts every row that was touched since the last commit back to what it was."""
        for identity in self.touched:
            row = self.rows.pop(identity, None)
            if row is not None:
                self.kinds[row["object"]].pop(identity)
            if identity in self._committed:
                self._put_back(json.loads(self._committed[identity]))
        self.touched.clear()
        self._told.clear()

    def _put_back(self, row: Object) -> None:
        self.rows[row["id"]] = row
        kind = self.kinds.setdefault(row["object"], {})
        kind[row["id"]] = row

    def _replay(self) -> None:
        for facts, changed in self.journal.read():
            self.facts |= facts
            for identity, row in changed.items():
                if row is not None:
                    self._put_back(row)
                elif (gone := self.rows.pop(identity, None)) is not None:
                    self.kinds[gone["object"]].pop(identity)
        events = self.kinds.get("event", {}).values()
        self.undelivered = {event["id"] for event in events if any_pending(event)}
        self._committed = {identity: json.dumps(row) for identity, row in self.rows.items()}
        self._committed_facts = dict(self.facts)
        self.journal.begin(self.facts, dict(self.rows))


def shown(value: Any) -> Any:
    """What leaves the stand-in: a copy without its own notes."""
    if isinstance(value, dict):
        return {key: shown(inner) for key, inner in value.items() if not key.startswith("_")}
    return [shown(one) for one in value] if isinstance(value, list) else value


def any_pending(event: Object) -> bool:
    """Whether an event has still to be delivered somewhere."""
    return any(delivery["state"] == "pending" for delivery in event["_deliveries"])


def _wants(hook: Object, kind: str) -> bool:
    return hook["enabled_events"] == ["*"] or kind in hook["enabled_events"]
