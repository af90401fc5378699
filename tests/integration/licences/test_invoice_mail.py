"""The invoice as it reaches whoever pays: one mail, one PDF in it, ours or the one of the owner's finance system."""

import io
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa

from kit import mail
from kit.clock import SteppingClock
from kit.db import Database
from kit.mail import MailMessage, SmtpMailer, State
from kit.store import ObjectStore
from licences.billing import invoice_files, notices
from tests.mail_server import MailServer, running
from tests.unit.licences.billing.place import LETTERHEAD, Council

THEIRS = b"%PDF-1.7 as the finance system printed it"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with running(tmp_path / "mail") as made:
        yield made


def test_the_invoice_arrives_as_a_file(
    database: Database, clock: SteppingClock, server: MailServer, tmp_path: Path
) -> None:
    (tmp_path / "store").mkdir()
    store = ObjectStore((tmp_path / "store").as_uri())
    enclosing = invoice_files.encloser(database, clock, LETTERHEAD, store)
    send = mail.sender(database, clock, SmtpMailer(server.url, "Us <us@a.example>"), enclosures={"invoice": enclosing})
    stored = store.put(io.BytesIO(THEIRS), "application/pdf")
    with database.write() as session:
        council = Council(session, clock)
        number = council.invoice(council.order())
        council.tell()
        first = session.scalars(sa.select(MailMessage).where(MailMessage.template == "licences/payables")).one().id
    send(first)
    with database.write() as session:
        council.session = session
        invoice_files.keep(session, clock, council.ruth, number, stored, "Wrong.pdf")
        invoice_files.keep(session, clock, council.ruth, number, stored, "Invoice Ł 7.pdf")
        council.invoice(council.order(first=400, po="PO 2"), "SB-2")
        session.execute(sa.update(MailMessage).where(MailMessage.id == first).values(state=State.QUEUED, sent_at=None))
        council.tell()
        second = session.scalar(sa.select(sa.func.max(MailMessage.id)).where(MailMessage.enclosure_id != number)) or 0
    send(first)
    send(second)
    arrived = [one.message for one in server.mailbox.to("colin@lakeshire.example")]
    files = sorted((file.get_filename() or "", file.get_content()[:8]) for one in arrived for file in _files(one))
    assert files == [
        ("Invoice Ł 7.pdf", THEIRS[:8]),
        ("invoice-sb-1.pdf", b"%PDF-1.5"),
        ("invoice-sb-2.pdf", b"%PDF-1.5"),
    ]
    assert {file.get_content_type() for one in arrived for file in _files(one)} == {"application/pdf"}
    with database.read() as session:
        kept = session.get_one(MailMessage, second)
        assert (kept.state, "/pay/" in kept.text + kept.html) == (State.SENT, False), "its secret is kept nowhere"


def test_a_file_that_cannot_be_made_holds_its_mail_and_one_that_is_gone_gives_it_up(
    database: Database, clock: SteppingClock
) -> None:
    with database.write() as session:
        council = Council(session, clock)
        council.invoice(council.order())
        council.tell()
        id = session.scalars(sa.select(MailMessage.id).where(MailMessage.template == "licences/payables")).one()

    def without_store(invoice_id: int) -> mail.Enclosure:
        raise OSError("the store is away")

    mailer = SmtpMailer("smtp://127.0.0.1:1", "Us <us@a.example>")
    with pytest.raises(OSError, match="away"):
        mail.sender(database, clock, mailer, enclosures={notices.INVOICE: without_store})(id)
    with database.write() as session:
        assert session.get_one(MailMessage, id).state == State.QUEUED
        session.execute(sa.update(MailMessage).values(enclosure_id=404))
    store_less = invoice_files.encloser(database, clock, LETTERHEAD, None)  # type: ignore[arg-type]
    mail.sender(database, clock, mailer, enclosures={notices.INVOICE: store_less})(id)
    with database.read() as session:
        assert session.get_one(MailMessage, id).state == State.FAILED


def _files(message: EmailMessage) -> list[EmailMessage]:
    return list(message.iter_attachments())
