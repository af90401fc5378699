"""What staff told somebody themselves, by telephone or by letter: the mail that would say it is then not sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from kit.audit import Actor, record
from kit.clock import Clock, in_words, today
from kit.refusals import Refused
from licences import terms
from licences.billing import account, notices
from licences.billing.orders import locked_licence
from licences.kinds import InvoiceState
from licences.ledger import Notice


@dataclass(frozen=True)
class Coming:
    """A reminder that will be sent unless it is settled before: its key, what it is about, and on which day."""

    key: str
    about: str
    on: date


def coming(session: Session, clock: Clock, licence_id: int) -> list[Coming]:
    """The reminders of a licence's open invoices that were neither sent nor told by hand, the next first."""
    told, day = notices.told(session, licence_id), today(clock)
    found = [one for one in _reminders(session, licence_id) if one.key not in told and one.on >= day]
    return sorted(found, key=lambda one: (one.on, one.key))


def tell(session: Session, clock: Clock, actor: Actor, licence_id: int, key: str, *, how: str) -> None:
    """Notes that somebody was told, and how: no mail says it again.

    Raises `NotThere` without the licence, and `Refused` for a reminder that is not coming any more.
    """
    locked_licence(session, licence_id)
    found = next((one for one in coming(session, clock, licence_id) if one.key == key), None)
    if found is None:
        raise Refused("This mail is not coming any more: it was sent, told by hand, or settled.", "key")
    session.add(Notice(licence_id=licence_id, key=key, sent_at=clock.now()))
    session.flush()
    subject = terms.licence_facts(session, clock, licence_id).subject
    record(session, clock, actor, "told by hand", subject, about=found.about, how=how)


def _reminders(session: Session, licence_id: int) -> Iterator[Coming]:
    for invoice in account.invoices_of(session, [licence_id]):
        if invoice.state is InvoiceState.OPEN:
            for days in notices.OVERDUE_AFTER:
                on = invoice.due_on + timedelta(days=days)
                about = f"Invoice {invoice.number}, {days} days after it was due, on {in_words(on)}"
                yield Coming(notices.overdue_key(days, invoice.id), about, on)
