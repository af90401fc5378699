"""The Stripe stand-in as a process of its own, with the real library in front of it and its control page beside it."""

import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stripe import StripeClient

from tests.mail_server import ROOT, free_port, wait_until_open

KEY = "sk_test_stand_in"
SECRET = "whsec_of_a_test"


@dataclass(frozen=True)
class StandIn:
    """A running stand-in: its address, and what a person can do on its pages."""

    url: str
    process: subprocess.Popen[bytes]

    def client(self, key: str = KEY, **more: Any) -> StripeClient:
        """The real library, speaking to the stand-in."""
        return StripeClient(key, base_addresses={"api": self.url}, **more)

    def control(self, what: str, **form: object) -> str:
        """Presses a button of the control page; the page that follows. Raises `HTTPError`."""
        return self.press(f"/control/{what}", **form)

    def press(self, path: str, **form: object) -> str:
        """Sends a form to a page and follows where it leads."""
        body = urllib.parse.urlencode({name: str(value) for name, value in form.items()}).encode()
        with urllib.request.urlopen(self._address(path), body, timeout=30) as answer:
            return str(answer.read().decode())

    def look(self, path: str = "/") -> str:
        """A page."""
        with urllib.request.urlopen(self._address(path), timeout=30) as answer:
            return str(answer.read().decode())

    def refused(self, path: str, headers: dict[str, str] | None = None, **form: object) -> tuple[int, str]:
        """The status and the page of a form, or of a look when there is none, that is refused."""
        body = urllib.parse.urlencode({name: str(value) for name, value in form.items()}).encode() if form else None
        try:
            with urllib.request.urlopen(urllib.request.Request(self._address(path), body, headers or {})) as answer:
                raise AssertionError(f"{path} was not refused: {answer.status}")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def state(self) -> dict[str, Any]:
        """What the control page says to scripts."""
        found = json.loads(self.look("/control/state"))
        assert isinstance(found, dict)
        return found

    def _address(self, path: str) -> str:
        return path if path.startswith("http") else self.url + path


@contextmanager
def running(*arguments: str, port: int | None = None, folder: Path | None = None) -> Iterator[StandIn]:
    """Starts it on a free port, standing still on 1 September 2026 unless told otherwise, and stops it at the end."""
    port = port or free_port()
    command = [sys.executable, "-m", "sandbox.stripe", "--port", str(port)]
    command += ["--folder", str(folder)] if folder else []
    process = subprocess.Popen([*command, *(arguments or ("--at", "2026-09-01T09:00:00"))], cwd=ROOT)
    try:
        wait_until_open(port)
        yield StandIn(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait(10)
