"""Mails about money: each once, for as long as it is true, to people who can do something about it.

What is due follows from the facts as they are, so that nothing is asked for a moment after it was paid. It is looked at
when staff record something, and hourly for every licence. They go to the licence managers, never to a mailbox that only
takes invoices; where there is no licence manager, to the programme team. The invoice itself goes to the finance
contacts, as a file with a link to pay it: that one mail and no reminder.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import mail
from kit.audit import SYSTEM, Actor, record
from kit.clock import Clock, london, today
from kit.db import Database
from kit.refusals import Refused
from licences import terms
from licences.billing import account, mail_words, offers, orders, pay_links, payee
from licences.billing.account import InvoiceFacts
from licences.billing.orders import locked_licence
from licences.billing.renewals import last_day
from licences.billing.years import ask_days
from licences.kinds import InvoiceState
from licences.ledger import Notice
from licences.models import Licence
from licences.people import limits
from licences.people.kinds import Role
from licences.people.memberships import people_with_roles
from licences.standing import DAY, OVERDUE_DAYS, Cause, Standing
from licences.terms import LicenceFacts

OVERDUE_AFTER = (7, 30, 53)
# A mail that nobody sent in time is not sent much later: who comes new is not asked what others were asked long ago.
LATE = timedelta(days=14)
# A mailbox of a finance office is not filled by somebody who presses a button.
SENT_AGAIN = limits.Limit("invoice sent again", 3, DAY)
# What the mail to whoever pays encloses, see `licences.billing.invoice_files`.
INVOICE = "invoice"


@dataclass(frozen=True)
class Due:
    """A mail that is due: its key says what it is about and when, its template how it is said."""

    key: str
    template: str
    words: dict[str, Any]


def catch_up(session: Session, clock: Clock, letterhead: mail.Letterhead, licence_id: int) -> int:
    """Sends what is due for one licence and was not sent, and returns how many kinds of mail that were.

    The licence's row is locked, so that of two at once only one sends. Raises `NotThere`.
    """
    locked_licence(session, licence_id)
    licence, due = _unsent(session, clock, licence_id)
    for one in due:
        _send(session, clock, letterhead, licence, one)
    return len(due)


def send_invoice(session: Session, clock: Clock, actor: Actor, letterhead: mail.Letterhead, invoice_id: int) -> str:
    """Sends an invoice to whoever pays once more, with a new link; returns the names of those it goes to.

    Raises `NotThere`, and `Refused` when nothing is owed for it, or after three times on a day.
    """
    invoice = account.invoice(session, invoice_id)
    locked_licence(session, invoice.licence_id)
    if not account.invoice(session, invoice_id).owed_pence:
        raise Refused("Nothing is owed for this invoice.")
    if limits.is_over(session, clock, SENT_AGAIN, str(invoice_id)):
        raise Refused("It was sent three times within a day. Make a link and hand it on, or try again tomorrow.")
    limits.count(session, clock, SENT_AGAIN, str(invoice_id))
    licence = terms.licence_facts(session, clock, invoice.licence_id)
    due = Due(f"invoice {invoice_id}", "invoice", {"invoice": invoice})
    names = _names(_send_to_payers(session, clock, letterhead, licence, due))
    record(session, clock, actor, "invoice sent again", licence.subject, invoice=invoice.number, to=names)
    return names


def count_as_told(session: Session, clock: Clock, licence_id: int) -> None:
    """Notes all that is due as told, and sends nothing: for what was brought from elsewhere, whose people know it."""
    _, due = _unsent(session, clock, licence_id)
    session.add_all(Notice(licence_id=licence_id, key=one.key, sent_at=clock.now()) for one in due)
    session.flush()


def catch_up_with_all(database: Database, clock: Clock, letterhead: mail.Letterhead) -> None:
    """For every licence, each in a transaction of its own; and lets the seats of orders count whose day has come.

    What is due is first looked for by reading alone: most licences have nothing, and nobody waits for them.
    """
    database.run(lambda session: orders.begin_due(session, clock))
    with database.read() as session:
        every = session.scalars(sa.select(Licence.id).order_by(Licence.id)).all()
        ids = [licence_id for licence_id in every if _unsent(session, clock, licence_id)[1]]
    for licence_id in ids:
        database.run(partial(catch_up, clock=clock, letterhead=letterhead, licence_id=licence_id))


def told(session: Session, licence_id: int) -> set[str]:
    """The keys of all that was sent about a licence, or counts as told."""
    return set(session.scalars(sa.select(Notice.key).where(Notice.licence_id == licence_id)))


def overdue_key(days: int, invoice_id: int) -> str:
    """What the reminder so many days after an invoice was due goes by."""
    return f"overdue {days} {invoice_id}"


def _unsent(session: Session, clock: Clock, licence_id: int) -> tuple[LicenceFacts, list[Due]]:
    licence = terms.licence_facts(session, clock, licence_id)
    sent = told(session, licence_id)
    return licence, [one for one in _due(session, clock, licence, sent) if one.key not in sent]


def _due(session: Session, clock: Clock, licence: LicenceFacts, sent: set[str]) -> Iterator[Due]:
    day = today(clock)
    for invoice in account.invoices_of(session, [licence.id]):
        yield from _about_invoice(invoice, day)
    yield from _about_standing(licence, sent)
    declined_at = session.scalar(sa.select(Licence.cancelled_at).where(Licence.id == licence.id))
    yield from _about_ending(session, licence, declined_at, sent, day)
    if declined_at is None:
        yield from _about_renewal(session, clock, licence)


def _about_invoice(invoice: InvoiceFacts, day: date) -> Iterator[Due]:
    words = {"invoice": invoice}
    if invoice.state is InvoiceState.PAID and invoice.paid_pence:
        yield Due(f"receipt {invoice.id}", "receipt", words)
    if invoice.state is not InvoiceState.OPEN or invoice.in_flight_on is not None:
        return  # whoever pays by Direct Debit must not be asked to pay once more
    overdue = (day - invoice.due_on).days
    reached = [days for days in OVERDUE_AFTER if days <= overdue]
    if not reached:
        yield Due(f"invoice {invoice.id}", "invoice", words)
    elif overdue < OVERDUE_DAYS:
        stops = invoice.due_on + timedelta(days=OVERDUE_DAYS)
        yield Due(overdue_key(reached[-1], invoice.id), "overdue", {**words, "days": overdue, "stops": stops})


def _about_standing(licence: LicenceFacts, sent: set[str]) -> Iterator[Due]:
    """Suspended for a debt, and open again: told in turns."""
    state = licence.standing
    stopped = [key for key in sent if key.startswith("suspended ")]
    if state.standing is Standing.SUSPENDED and state.cause is Cause.UNPAID:
        yield Due(f"suspended {licence.id} {state.since}", "suspended", {})
    for key in stopped:
        if state.gives_copies:
            yield Due(key.replace("suspended", "restored", 1), "restored", {})


def _about_ending(
    session: Session, licence: LicenceFacts, declined_at: datetime | None, sent: set[str], day: date
) -> Iterator[Due]:
    """That it is not renewed, once for each day on which that was said; and that this was taken back."""
    ends = last_day(session, licence.id)
    words = {"ends": ends, "path": f"/organisation/licences/{licence.id}/not-renewing"}
    if declined_at is not None:
        if ends is not None and ends >= day:
            yield Due(f"ending {licence.id} {london(declined_at).date()}", "ending", words)
        return
    for key in sent:
        if key.startswith("ending "):
            yield Due(key.replace("ending", "continuing", 1), "continuing", words)


def _about_renewal(session: Session, clock: Clock, licence: LicenceFacts) -> Iterator[Due]:
    """The next year's purchase order, until it is here; only for what can then be ordered."""
    found, day = offers.offer(session, clock, licence.id), today(clock)
    ended = last_day(session, licence.id)
    if found is None:
        return
    if found.order_id is not None:
        begins = found.starts_on
    elif ended is not None:
        begins = ended + DAY
    else:
        return
    asked = [(number, one) for number, one in enumerate(ask_days(begins), start=1) if one <= day]
    if asked and asked[-1][1] > day - LATE:
        yield Due(
            f"purchase order {licence.id} {begins} {asked[-1][0]}",
            "purchase_order",
            {"begins": begins, "ended": ended, "path": f"/organisation/licences/{licence.id}/renew"},
        )


def _send(session: Session, clock: Clock, letterhead: mail.Letterhead, licence: LicenceFacts, due: Due) -> None:
    """Sends it; of an invoice, to those who have not the invoice itself in the same breath."""
    payers = _send_to_payers(session, clock, letterhead, licence, due) if due.template == "invoice" else []
    people = [to for to in _managers(session, letterhead, licence) if to not in payers]
    for to in people:
        _post(session, clock, letterhead, licence, due, to, due.template)
    session.add(Notice(licence_id=licence.id, key=due.key, sent_at=clock.now()))
    session.flush()
    told = _names([*payers, *people])
    record(session, clock, SYSTEM, "notice sent", licence.subject, about=due.key.split()[0], to=told)


def _send_to_payers(
    session: Session, clock: Clock, letterhead: mail.Letterhead, licence: LicenceFacts, due: Due
) -> list[mail.Address]:
    """The invoice itself, to the finance contacts; without one, to the licence managers."""
    payers = _with_role(session, licence, Role.FINANCE) or list(_managers(session, letterhead, licence))
    for to in payers:
        secret = pay_links.make(session, clock, SYSTEM, due.words["invoice"].id)
        _post(session, clock, letterhead, licence, due, to, "payables", pay_path=pay_links.path_of(secret))
    return payers


def _names(addresses: Sequence[mail.Address]) -> str:
    return ", ".join(to.name or to.email for to in addresses)


def _post(
    session: Session,
    clock: Clock,
    letterhead: mail.Letterhead,
    licence: LicenceFacts,
    due: Due,
    to: mail.Address,
    template: str,
    pay_path: str = "",
) -> None:
    """One mail. With a link to pay it encloses the invoice, and its words go once it has left: they hold a secret."""
    words = {"licence": licence, "path": "/organisation/invoices", **due.words}
    if pay_path:
        words |= {"pay_path": pay_path, "payee": payee.payee(session)}
    mail.queue(
        session,
        clock,
        template=f"licences/{template}",
        to=to,
        context=words,
        letterhead=letterhead,
        variables=mail_words.values(template, words, letterhead),
        about=("licence", licence.id),
        enclosed=(INVOICE, due.words["invoice"].id) if pay_path else None,
        secret=bool(pay_path),
    )


def _managers(session: Session, letterhead: mail.Letterhead, licence: LicenceFacts) -> Sequence[mail.Address]:
    found = _with_role(session, licence, Role.MANAGER)
    return found or [mail.Address(letterhead.help_email, letterhead.brand_name)]


def _with_role(session: Session, licence: LicenceFacts, role: Role) -> list[mail.Address]:
    people = people_with_roles(session, licence.organisation_id, role)
    return [mail.Address(one.email, one.name) for one in people]
