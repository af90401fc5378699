"""Links to one invoice for whoever pays it, without an account: a random secret in the mail, its fingerprint here.

Looking spends nothing, since mail scanners open links and an invoice is looked at more than once. A link works for
ninety days, until it is withdrawn, and shows nothing but its invoice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, record
from kit.clock import Clock
from kit.ids import fingerprint, new_token
from kit.refusals import NotThere, Refused
from licences import terms
from licences.billing import account, invoices
from licences.payables import PayLink

LIFE = timedelta(days=90)


@dataclass(frozen=True)
class PayLinkFacts:
    """A link that works: who made it, and until when it does. Its secret is known only to who has it."""

    id: int
    made_at: datetime
    made_by: str
    expires_at: datetime


def make(session: Session, clock: Clock, actor: Actor, invoice_id: int) -> str:
    """A new link's secret. Raises `NotThere`, and `Refused` for an invoice that cannot be paid."""
    invoice, licence = invoices.locked_invoice(session, invoice_id)
    if not account.invoice(session, invoice_id).may_be_paid:
        raise Refused("This invoice is void: nothing is paid for it.")
    secret, now = new_token(), clock.now()
    session.add(
        PayLink(
            invoice_id=invoice_id,
            fingerprint=fingerprint(secret),
            made_at=now,
            made_by=actor.name,
            expires_at=now + LIFE,
        )
    )
    session.flush()
    subject = terms.licence_facts(session, clock, licence.id).subject
    record(session, clock, actor, "pay link made", subject, invoice=invoice.number)
    return secret


def path_of(secret: str) -> str:
    """Where the invoice is shown."""
    return f"/pay/{secret}"


def invoice_behind(session: Session, clock: Clock, secret: str) -> int:
    """The id of the invoice that a link shows. Raises `NotThere` alike for a wrong, an old and a withdrawn one."""
    wanted = sa.select(PayLink.invoice_id).where(PayLink.fingerprint == fingerprint(secret), *_works(clock))
    found = session.scalar(wanted)
    if found is None:
        raise NotThere
    return found


def working_links(session: Session, clock: Clock, invoice_id: int) -> list[PayLinkFacts]:
    """The links that show an invoice now, the newest first."""
    rows = session.scalars(
        sa.select(PayLink).where(PayLink.invoice_id == invoice_id, *_works(clock)).order_by(PayLink.id.desc())
    )
    return [PayLinkFacts(row.id, row.made_at, row.made_by, row.expires_at) for row in rows]


def withdraw(session: Session, clock: Clock, actor: Actor, invoice_id: int) -> int:
    """Has every link to an invoice show nothing from now on; returns how many did. Raises `NotThere`."""
    invoice, licence = invoices.locked_invoice(session, invoice_id)
    ended = session.scalars(
        sa.update(PayLink)
        .where(PayLink.invoice_id == invoice_id, *_works(clock))
        .values(withdrawn_at=clock.now(), withdrawn_by=actor.name)
        .returning(PayLink.id)
    ).all()
    if ended:
        subject = terms.licence_facts(session, clock, licence.id).subject
        record(session, clock, actor, "pay links withdrawn", subject, invoice=invoice.number, links=len(ended))
    return len(ended)


def _works(clock: Clock) -> tuple[sa.ColumnElement[bool], ...]:
    return PayLink.withdrawn_at.is_(None), PayLink.expires_at > clock.now()
