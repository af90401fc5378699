"""The portal as people meet it: its own processes on free ports, over a copy of the demo's data."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.settings import Environment, Settings
from portal.wiring import make_house
from sandbox import demo_data
from sandbox.smtp_mailbox import KeptMail, Mailbox
from tests import databases

START_SECONDS = 60.0
MAIL_SECONDS = 30.0


@dataclass(frozen=True)
class Demo:
    """A portal that runs."""

    address: str
    log: Path
    mailbox: Mailbox

    def mail_to(self, address: str) -> KeptMail:
        """The last mail to somebody; waits until the worker has sent it."""
        deadline = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < deadline:
            found = [mail for mail in self.mailbox.mails() if address in mail.header("To")]
            if found:
                return found[-1]
            time.sleep(0.2)
        raise AssertionError(f"no mail to {address} within {MAIL_SECONDS:.0f} seconds; the log is {self.log}")


@contextmanager
def running(folder: Path, *, with_worker: bool) -> Iterator[Demo]:
    """The portal with the demo's people and materials, stopped at the end; the worker comes with a mail server."""
    port, smtp_port, page_port = _free_ports(3)
    log = folder / "processes.log"
    environment = _environment(folder, port, smtp_port)
    commands = [[sys.executable, "-m", "portal", "serve", "--port", str(port), "--processes", "1"]]
    if with_worker:
        ports = ["--smtp-port", str(smtp_port), "--page-port", str(page_port)]
        commands += [
            [sys.executable, "-m", "portal", "worker"],
            [sys.executable, "-m", "sandbox.smtp", *ports, "--folder", str(folder / "mail")],
        ]
    with log.open("wb") as output:
        started = [
            subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)
            for command in commands
        ]
    demo = Demo(f"http://localhost:{port}", log, Mailbox(folder / "mail"))
    try:
        _wait_until_ready(demo, started)
        yield demo
    finally:
        _stop(started)


def _environment(folder: Path, port: int, smtp_port: int) -> dict[str, str]:
    """The settings, over a fresh copy of the data and the files."""
    store = databases.kept_in_run("demo-store")
    url = databases.filled_database_url("sqlite", "demo", lambda url: _fill(url, store))
    shutil.copytree(store, folder / "store")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return {
        **kept,
        "PORTAL_ENVIRONMENT": Environment.DEMO.value,
        "PORTAL_DATABASE_URL": url,
        "PORTAL_STORE_URL": (folder / "store").as_uri(),
        "PORTAL_SECRET_KEY": "journeys" * 6,
        "PORTAL_PUBLIC_URL": f"http://localhost:{port}",
        "PORTAL_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
    }


def _fill(url: str, store: Path) -> None:
    """Loads the demo's data once in a run. Stamped addresses name no port: that is chosen later."""
    store.mkdir(exist_ok=True)
    settings = Settings(
        environment=Environment.DEMO,
        database_url=url,
        store_url=store.as_uri(),
        public_url="http://localhost",
    )
    house = make_house(settings)
    demo_data.load(house.database, house.store, house.links)
    house.database.close()


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now; held together, so that no two are the same."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _wait_until_ready(demo: Demo, started: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and all(process.poll() is None for process in started):
        try:
            with urllib.request.urlopen(f"{demo.address}/health/ready", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the portal did not start:\n{demo.log.read_text()[-4000:]}")


def _stop(started: list[subprocess.Popen[bytes]]) -> None:
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in started:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
