"""A mail server for the demo and the tests: it takes every mail, keeps it in a folder and shows it on a small page.

`python -m sandbox.smtp --smtp-port 2525 --page-port 8025 --folder var/mail`. It listens on this machine only.
"""

import argparse
import asyncio
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.smtp_mailbox import Mailbox
from sandbox.smtp_page import page_server

HERE = "127.0.0.1"
BIGGEST_MAIL = 20_000_000


class Sink:
    """What the SMTP library calls for each mail; the 250 is given once the mail is whole on the disk."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keeps one mail."""
        content = envelope.original_content or b""
        await asyncio.to_thread(self.mailbox.keep, content)
        return "250 Kept"


def serve(folder: Path, smtp_port: int, page_port: int) -> None:
    """Runs both servers until SIGINT or SIGTERM."""
    mailbox = Mailbox(folder)
    page = page_server(mailbox, HERE, page_port)
    threading.Thread(target=page.serve_forever, name="mail page", daemon=True).start()
    try:
        asyncio.run(_take_mails(Sink(mailbox), smtp_port))
    finally:
        page.shutdown()
        page.server_close()


async def _take_mails(sink: Sink, port: int) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopping.set)
    server = await loop.create_server(
        lambda: SMTP(sink, hostname="sandbox.localhost", data_size_limit=BIGGEST_MAIL, enable_SMTPUTF8=True, loop=loop),
        HERE,
        port,
    )
    async with server:
        await stopping.wait()


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smtp-port", type=int, default=2525)
    parser.add_argument("--page-port", type=int, default=8025)
    parser.add_argument("--folder", type=Path, required=True, help="where mails are kept, one file each")
    given = parser.parse_args(arguments)
    serve(given.folder, given.smtp_port, given.page_port)


if __name__ == "__main__":
    main()
