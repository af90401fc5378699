"""`python -m sandbox.stripe --port 8003 --folder var/demo/stripe`: the stand-in as a process of its own."""

import argparse
import signal
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sandbox.stripe.account import Account
from sandbox.stripe.agenda import live_until
from sandbox.stripe.journal import Journal
from sandbox.stripe.routes import ROUTES
from sandbox.stripe.server import server
from sandbox.stripe.webhooks import Deliverer


def serve(account: Account, port: int) -> None:
    """Runs the server and the deliveries until SIGINT or SIGTERM."""
    deliverer = Deliverer(account)
    http = server(account, deliverer, port)
    stopping = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())
    for work in (http.serve_forever, deliverer.run, lambda: _keep_time(account, stopping)):
        threading.Thread(target=work, daemon=True).start()
    stopping.wait()
    deliverer.stop()
    http.shutdown()
    http.server_close()


def _keep_time(account: Account, stopping: threading.Event) -> None:
    """A clock that goes with the machine's brings what is due without anybody asking."""
    while not stopping.wait(1):
        with account.transaction():
            live_until(account, account.wall())


def listen_at(account: Account, url: str, secret: str) -> None:
    """Sends all events there from now on, in place of whatever address was given before."""
    with account.transaction():
        for hook in account.where("webhook_endpoint", _from_command_line=True):
            account.forget(hook)
        account.new(
            "webhook_endpoint", "we", url=url, enabled_events=["*"], status="enabled", metadata={}, _secret=secret,
            _from_command_line=True,
        )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="sandbox.stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=8003)
    parser.add_argument("--folder", type=Path, help="where the journal is kept; without one nothing is kept")
    parser.add_argument("--webhook-url", help="where events are sent")
    parser.add_argument("--webhook-secret", default="whsec_sandbox")
    parser.add_argument("--at", type=datetime.fromisoformat, help="stand still at this moment (UTC) until moved")
    parser.add_argument("--name", help="what all identifiers contain; the same one makes a run repeatable")
    parser.add_argument("--list", action="store_true", help="print what is implemented, and end")
    given = parser.parse_args(arguments)
    if given.list:
        print("\n".join(f"{verb} {path}" for verb, path in sorted(ROUTES, key=lambda one: one[::-1])))
        return
    at = int(given.at.replace(tzinfo=UTC).timestamp()) if given.at else None
    account = Account(Journal(given.folder), at=at, name=given.name)
    if given.webhook_url:
        listen_at(account, given.webhook_url, given.webhook_secret)
    serve(account, given.port)


if __name__ == "__main__":
    main()
