"""The post book: every mail that was asked for and what became of it; searched, filtered, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.keyset import Span, holds_words, within
from kit.mail.models import MailMessage, State
from kit.refusals import NotThere


@dataclass(frozen=True)
class MailQuery:
    """What to look for; nothing set means every mail. `since` is included, `until` is not."""

    words: str = ""
    to_address: str = ""
    state: State | None = None
    since: datetime | None = None
    until: datetime | None = None


def mails(session: Session, query: MailQuery, span: Span) -> list[MailMessage]:
    """A stretch of the mails that fit, in one statement."""
    wanted = sa.select(MailMessage).where(*_conditions(query))
    return list(session.scalars(within(wanted, MailMessage.queued_at, MailMessage.id, span)))


def every_mail(session: Session, query: MailQuery) -> Iterator[MailMessage]:
    """All mails that fit, newest first, read in pieces so that memory stays flat."""
    wanted = sa.select(MailMessage).where(*_conditions(query))
    newest = wanted.order_by(MailMessage.queued_at.desc(), MailMessage.id.desc())
    with session.scalars(newest.execution_options(yield_per=200)) as found:  # closed also when nobody reads to the end
        yield from found


def mail_with_id(session: Session, message: int) -> MailMessage:
    """Raises `NotThere` when there is none."""
    row = session.get(MailMessage, message)
    if row is None:
        raise NotThere
    return row


def _conditions(query: MailQuery) -> Iterator[sa.ColumnElement[bool]]:
    if query.words:
        yield holds_words(query.words, MailMessage.to_name, MailMessage.to_address, MailMessage.subject)
    if query.to_address:
        yield MailMessage.to_address == query.to_address
    if query.state is not None:
        yield MailMessage.state == query.state
    if query.since is not None:
        yield MailMessage.queued_at >= query.since
    if query.until is not None:
        yield MailMessage.queued_at < query.until
