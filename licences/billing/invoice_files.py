"""The file of an invoice: the one that the owner's own finance system printed, where staff added it, else our sheet.

The same file goes with the mail to whoever pays, and stands behind every link that says “as PDF”.
"""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import store
from kit.audit import Actor, record
from kit.clock import Clock
from kit.db import Database
from kit.mail import Enclosure, Letterhead
from kit.ports import Store, StoredObject
from licences import terms
from licences.billing import account, invoices, papers
from licences.billing.papers import Paper
from licences.payables import InvoiceFile


@dataclass(frozen=True)
class KeptFile:
    """A file in the store, by the SHA-256 of its content, and the name under which it is sent."""

    sha256: str
    file_name: str


def kept_file(session: Session, invoice_id: int) -> KeptFile | None:
    """What the finance system printed, if staff added it."""
    row = session.get(InvoiceFile, invoice_id)
    return None if row is None else KeptFile(row.sha256, row.file_name)


def keep(session: Session, clock: Clock, actor: Actor, invoice_id: int, stored: StoredObject, file_name: str) -> None:
    """Has a stored PDF stand for an invoice; one that was added before gives way to it. Raises `NotThere`."""
    invoice, licence = invoices.locked_invoice(session, invoice_id)
    store.record(session, clock, stored)
    session.execute(sa.delete(InvoiceFile).where(InvoiceFile.invoice_id == invoice_id))
    session.add(
        InvoiceFile(
            invoice_id=invoice_id,
            sha256=stored.sha256,
            file_name=file_name,
            added_at=clock.now(),
            added_by=actor.name,
        )
    )
    session.flush()
    subject = terms.licence_facts(session, clock, licence.id).subject
    record(session, clock, actor, "invoice file added", subject, invoice=invoice.number, file=file_name)


def our_sheet(session: Session, clock: Clock, letterhead: Letterhead, invoice_id: int) -> Paper:
    """The invoice on a sheet of ours. Raises `NotThere`."""
    invoice = account.invoice(session, invoice_id)
    to = papers.receiver(session, terms.licence_facts(session, clock, invoice.licence_id))
    return papers.invoice_paper(papers.sender(session, letterhead), invoice, to)


def file_of(session: Session, clock: Clock, letterhead: Letterhead, files: Store, invoice_id: int) -> Paper:
    """The PDF of an invoice. Raises `NotThere`, and what reading from the store raises."""
    kept = kept_file(session, invoice_id)
    if kept is None:
        return our_sheet(session, clock, letterhead, invoice_id)
    return Paper(kept.file_name, b"".join(map(bytes, files.chunks(kept.sha256))))


def encloser(database: Database, clock: Clock, letterhead: Letterhead, files: Store) -> Callable[[int], Enclosure]:
    """What puts the PDF of an invoice into a mail as it is sent."""

    def enclose(invoice_id: int) -> Enclosure:
        with database.read() as session:
            paper = file_of(session, clock, letterhead, files, invoice_id)
        return Enclosure(paper.file_name, "application/pdf", paper.data)

    return enclose
