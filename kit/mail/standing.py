"""Does mail leave? Asked by staff's home page and by `portal check`."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.clock import Clock
from kit.mail.models import MailMessage, State

# Longer than the mail server's bad moment and the first few tries after it.
PATIENCE = timedelta(minutes=15)


def held_up(session: Session, clock: Clock) -> int:
    """How many mails wait, when the oldest has waited for long and none that was queued after it has left; else 0.

    One that a single mailbox keeps putting off does not count while later ones leave.
    """
    waiting = sa.select(sa.func.count().label("count"), sa.func.min(MailMessage.queued_at).label("oldest"))
    count, oldest = session.execute(waiting.where(MailMessage.state == State.QUEUED)).one()
    if oldest is None or clock.now() - oldest < PATIENCE:
        return 0
    passed = sa.exists().where(MailMessage.queued_at >= oldest, MailMessage.state == State.SENT)
    return 0 if session.scalar(sa.select(passed)) else int(count)
