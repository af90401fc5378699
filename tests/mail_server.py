"""The sandbox's mail server as a process of its own, and as a fixture's worth of things to ask of it."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.smtp_mailbox import Mailbox

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class MailServer:
    """A running server: where mails go, where the page is, and what arrived."""

    url: str
    page: str
    mailbox: Mailbox


@contextmanager
def running(folder: Path) -> Iterator[MailServer]:
    """Starts the server on two free ports and stops it at the end."""
    smtp_port, page_port = free_port(), free_port()
    command = [sys.executable, "-m", "sandbox.smtp", "--folder", str(folder)]
    command += ["--smtp-port", str(smtp_port), "--page-port", str(page_port)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        for port in (smtp_port, page_port):
            wait_until_open(port)
        yield MailServer(f"smtp://127.0.0.1:{smtp_port}", f"http://127.0.0.1:{page_port}", Mailbox(folder))
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_open(port: int, seconds: float = 15.0) -> None:
    """Until somebody listens on a port of this machine; raises what connecting raises after so many seconds."""
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
