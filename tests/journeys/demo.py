"""The portal as people meet it: its own processes on free ports, over a copy of the demo's data."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from portal.demo import stop, wait_until_ready
from portal.settings import Environment, Settings
from portal.wiring import make_house
from sandbox import demo_data
from sandbox.smtp_mailbox import KeptMail, Mailbox
from tests import databases

MAIL_SECONDS = 30.0


@dataclass(frozen=True)
class Demo:
    """A portal that runs."""

    address: str
    log: Path
    mailbox: Mailbox
    database_url: str
    kind: str

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
def running(folder: Path, *, with_worker: bool, kind: str = "sqlite", **settings: str) -> Iterator[Demo]:
    """The portal with the demo's people and materials, stopped at the end; the worker comes with a mail server.

    `kind` is that of the database; `settings` are further variables of the environment.
    """
    port, smtp_port, page_port = _free_ports(3)
    log = folder / "processes.log"
    database_url = _prepared_data(folder, kind)
    environment = {**_environment(folder, port, smtp_port), "PORTAL_DATABASE_URL": database_url, **settings}
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
    demo = Demo(f"http://localhost:{port}", log, Mailbox(folder / "mail"), database_url, kind)
    try:
        wait_until_ready(started, port)
        yield demo
    except click.ClickException as error:
        raise AssertionError(f"{error.message}\n{log.read_text()[-4000:]}") from error
    finally:
        stop(started)


def _prepared_data(folder: Path, kind: str) -> str:
    """A fresh copy of the demo's data and files. Returns the address of the database."""
    store = databases.kept_in_run(f"demo-store-{kind}")
    url = databases.filled_database_url(kind, "demo", lambda url: _fill(url, store))
    shutil.copytree(store, folder / "store")
    return url


def _environment(folder: Path, port: int, smtp_port: int) -> dict[str, str]:
    """The settings, without those of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return {
        **kept,
        "PORTAL_ENVIRONMENT": Environment.DEMO.value,
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
