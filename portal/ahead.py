"""The demo’s time: as far ahead of the machine’s as the pretend payments are, so that a year goes by for both."""

import json
import time
import urllib.request
from datetime import datetime, timedelta

from kit.clock import SystemClock

ASKED_EVERY = 1.0
PATIENCE = 1.0


class ClockAhead:
    """The machine's clock, and what the stand-in's control page says it was moved by. For the demo only."""

    def __init__(self, address: str) -> None:
        """`address` is that of the stand-in."""
        self._state = f"{address.rstrip('/')}/control/state"
        self._machine = SystemClock()
        self._ahead = timedelta()
        self._asked_at = float("-inf")

    def now(self) -> datetime:
        """The present moment of the demo. While nobody answers, time goes on from where it was."""
        if time.monotonic() - self._asked_at > ASKED_EVERY:
            self._asked_at = time.monotonic()
            told = self._told()
            self._ahead = self._ahead if told is None else told
        return self._machine.now() + self._ahead

    def _told(self) -> timedelta | None:
        try:
            with urllib.request.urlopen(self._state, timeout=PATIENCE) as answer:  # noqa: S310 - an address of the demo's
                return timedelta(seconds=int(json.load(answer)["ahead"]))
        except (OSError, ValueError, KeyError):
            return None
