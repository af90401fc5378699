"""Queueing mails in the transaction that causes them, and sending them after it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import jobs
from kit.clock import Clock
from kit.db import Database
from kit.jobs import Backoff, Job, NotYet
from kit.mail.models import MailMessage, State
from kit.mail.smtp import Enclosure, Letter, Mailer, MailRefused
from kit.mail.wording import compose, wording
from kit.mail.writing import Address, Letterhead, write
from kit.refusals import NotThere, Refused

SEND = Job("send mail")
# Three days: 2, 6, 18, 54 seconds and so on to an hour, then hourly. After that somebody has to look.
ATTEMPTS = 76
BACKOFF = Backoff(attempts=ATTEMPTS + 10, first=2.0, factor=3.0, longest=3600.0)
# Longer than a conversation with the mail server can take before its time-outs end it.
LEASE = timedelta(seconds=90)
REMOVED = "The words were removed when this mail had left: they held a link that works once.\n"
ERROR_LENGTH = 500
# What makes the file that a mail's row names, by kind; it gets the id of what the file shows.
Enclosures = Mapping[str, Callable[[int], Enclosure]]


class BeingSent(NotYet):
    """Another worker has this mail in hand, or died with it in hand a moment ago: look again later."""


def queue(
    session: Session,
    clock: Clock,
    *,
    template: str,
    to: Address,
    context: dict[str, Any],
    letterhead: Letterhead,
    variables: Mapping[str, str] | None = None,
    about: tuple[str, int] | None = None,
    enclosed: tuple[str, int] | None = None,
    secret: bool = False,
) -> int:
    """Writes a mail into the outbox and has it sent once the caller's transaction is committed; returns its id.

    `template` is `<package>/<name>`, see `kit.mail.writing.write`. With `variables` its words are those that staff may
    change, see `kit.mail.wording`, and `context` does not count. `about`: kind and id of what the mail is about.
    `enclosed`: kind and id of a file that goes with it, which is made when it is sent, outside any transaction.
    `secret`: the words hold a one-use link, and are removed when the mail has left.
    """
    if variables is None:
        written = write(template, letterhead, to, context)
    else:
        written = compose(wording(session, template), variables, letterhead, to)
    about_kind, about_id = about or (None, None)
    enclosure_kind, enclosure_id = enclosed or (None, None)
    message = MailMessage(
        message_id=letterhead.new_message_id(),
        to_address=to.email,
        to_name=to.name,
        subject=written.subject,
        text=written.text,
        html=written.html,
        template=template,
        secret=secret,
        state=State.QUEUED,
        attempts=0,
        queued_at=clock.now(),
        about_kind=about_kind,
        about_id=about_id,
        enclosure_kind=enclosure_kind,
        enclosure_id=enclosure_id,
    )
    session.add(message)
    session.flush()
    jobs.enqueue(session, SEND, key=message.message_id, message=message.id)
    return message.id


def send_again(session: Session, clock: Clock, letterhead: Letterhead, message: int) -> int:
    """Sends a mail once more and returns the id of the one that goes out now.

    One that was given up is queued anew. One that was sent goes out as a mail of its own, with the same words. Raises
    `NotThere` for an unknown mail, and `Refused` while it is still waiting, or when its words are gone.
    """
    row = session.get(MailMessage, message, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotThere
    if row.state == State.QUEUED:
        raise Refused("This mail is still waiting to be sent. It goes out by itself.")
    if row.secret:
        raise Refused("This mail held a link that works once, so its words were not kept. Send a new link instead.")
    if row.state == State.SENT:
        row = _copy_of(row, letterhead.new_message_id())
        session.add(row)
    row.state, row.attempts, row.queued_at, row.last_error = State.QUEUED, 0, clock.now(), None
    session.flush()
    jobs.enqueue(session, SEND, message=row.id)
    return row.id


def _copy_of(row: MailMessage, message_id: str) -> MailMessage:
    same = (
        "to_address", "to_name", "subject", "text", "html", "template", "secret", "about_kind", "about_id",
        "enclosure_kind", "enclosure_id",
    )  # fmt: skip
    return MailMessage(message_id=message_id, **{name: getattr(row, name) for name in same})


def sender(
    database: Database,
    clock: Clock,
    mailer: Mailer,
    *,
    enclosures: Enclosures = MappingProxyType({}),
    lease: timedelta = LEASE,
) -> Callable[[int], None]:
    """The handler of `SEND`: claims a mail, hands it to the mail server outside any transaction, notes the outcome.

    When it is not known what became of a try (a crash, a time-out), the mail goes out again with the same Message-ID:
    twice is better than never.
    """

    def send(message: int) -> None:
        claimed = database.run(lambda session: _claim(session, clock, message, lease))
        if claimed is None:
            return
        letter, enclosed = claimed
        try:
            mailer.send(letter if enclosed is None else replace(letter, enclosure=_made(enclosures, *enclosed)))
        except MailRefused as error:
            refusal = str(error)
            database.insist(lambda session: _note_failure(session, message, refusal, final=True))
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            if not database.insist(lambda session: _note_failure(session, message, told, final=False)):
                raise
        else:
            database.insist(lambda session: _note_sent(session, clock, message))

    return send


def register(
    handlers: jobs.Handlers,
    database: Database,
    clock: Clock,
    mailer: Mailer,
    enclosures: Enclosures = MappingProxyType({}),
) -> None:
    """Has the worker send mails, with the files that `enclosures` make."""
    handlers.add(SEND, sender(database, clock, mailer, enclosures=enclosures), backoff=BACKOFF)


def _made(enclosures: Enclosures, kind: str, id: int) -> Enclosure:
    """Raises `MailRefused` when what the file shows is not there any more: no try will bring it back."""
    try:
        return enclosures[kind](id)
    except NotThere:
        raise MailRefused(f"what it encloses ({kind} {id}) is not there") from None


def _claim(
    session: Session, clock: Clock, message: int, lease: timedelta
) -> tuple[Letter, tuple[str, int] | None] | None:
    """The mail, ours until the lease ends, and what it encloses; None without anything to do. Raises `BeingSent`."""
    now = clock.now()
    is_free = sa.or_(MailMessage.claimed_until.is_(None), MailMessage.claimed_until <= now)
    claim = (
        sa.update(MailMessage)
        .where(MailMessage.id == message, MailMessage.state == State.QUEUED, is_free)
        .values(claimed_until=now + lease, attempts=MailMessage.attempts + 1)
        .returning(MailMessage)
    )
    row = session.scalars(claim, execution_options={"populate_existing": True}).one_or_none()
    if row is not None:
        to = Address(row.to_address, row.to_name)
        letter = Letter(row.message_id, to, row.subject, row.text, row.html, row.queued_at)
        if row.enclosure_kind is None or row.enclosure_id is None:
            return letter, None
        return letter, (row.enclosure_kind, row.enclosure_id)
    if session.scalar(sa.select(MailMessage.state).where(MailMessage.id == message)) == State.QUEUED:
        raise BeingSent(f"mail {message}")
    return None


def _note_sent(session: Session, clock: Clock, message: int) -> None:
    row = session.get_one(MailMessage, message, with_for_update=True)
    row.state, row.sent_at, row.claimed_until, row.last_error = State.SENT, clock.now(), None, None
    if row.secret:
        row.text = row.html = REMOVED


def _note_failure(session: Session, message: int, error: str, *, final: bool) -> bool:
    """Keeps why a try failed; True when it was the last."""
    row = session.get_one(MailMessage, message, with_for_update=True)
    row.last_error, row.claimed_until = error[:ERROR_LENGTH], None
    if final or row.attempts >= ATTEMPTS:
        row.state = State.FAILED
        if row.secret:
            row.text = row.html = REMOVED
    return row.state == State.FAILED
