"""The post book: every mail that was asked for and what became of it; searched, filtered, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.keyset import Span, within
from kit.mail.models import MailMessage, State
from kit.refusals import NotThere
from kit.search import Searched

_SEARCHED = Searched(MailMessage.id, (MailMessage.to_name, MailMessage.to_address, MailMessage.subject))


@dataclass(frozen=True)
class MailQuery:
    """What to look for; nothing set means every mail. `since` is included, `until` is not."""

    words: str = ""
    to_address: str = ""
    state: State | None = None
    since: datetime | None = None
    until: datetime | None = None


def mails(session: Session, query: MailQuery, span: Span) -> list[MailMessage]:
    """A stretch of the mails that fit."""
    wanted = _SEARCHED.narrowed(session, sa.select(MailMessage).where(*_conditions(query)), query.words)
    return list(session.scalars(within(wanted, MailMessage.queued_at, MailMessage.id, span)))


def mail_with_id(session: Session, message: int) -> MailMessage:
    """Raises `NotThere` when there is none."""
    row = session.get(MailMessage, message)
    if row is None:
        raise NotThere
    return row


def _conditions(query: MailQuery) -> Iterator[sa.ColumnElement[bool]]:
    if query.words:
        yield _SEARCHED.holding(query.words)
    if query.to_address:
        yield MailMessage.to_address == query.to_address
    if query.state is not None:
        yield MailMessage.state == query.state
    if query.since is not None:
        yield MailMessage.queued_at >= query.since
    if query.until is not None:
        yield MailMessage.queued_at < query.until
