"""The outbox: every mail that was ever asked for, and what became of it."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base


class State(StrEnum):
    """Waiting (perhaps after failed tries), accepted by the mail server, or given up."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class MailMessage(Base):
    """One mail to one person, complete as it will be sent: a later change of template or name alters nothing."""

    __tablename__ = "kit_mail_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Fixed when the mail is queued: should it ever go out twice, the receiving side can tell.
    message_id: Mapped[str] = mapped_column(sa.String(200), unique=True)
    to_address: Mapped[str] = mapped_column(sa.String(254), index=True)
    to_name: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    template: Mapped[str] = mapped_column(index=True)
    # Holds a one-use link: the words are removed once the mail has left, so that no secret stays in the database.
    secret: Mapped[bool]
    state: Mapped[State] = mapped_column(sa.String(10), index=True)
    attempts: Mapped[int] = mapped_column(sa.Integer)
    last_error: Mapped[str | None]
    queued_at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    # Until then one worker has it in hand, and no other sends it.
    claimed_until: Mapped[datetime | None]
    about_kind: Mapped[str | None]
    about_id: Mapped[int | None]
    # What goes with it as a file, made when it is sent: the row says only what that is.
    enclosure_kind: Mapped[str | None] = mapped_column(sa.String(40))
    enclosure_id: Mapped[int | None]

    __table_args__ = (
        sa.Index(None, "about_kind", "about_id"),
        sa.CheckConstraint("state in ('queued', 'sent', 'failed')", name="state_is_known"),
        sa.CheckConstraint("(state = 'sent') = (sent_at is not null)", name="sent_has_its_moment"),
    )


class MailWording(Base):
    """Words that staff wrote for a kind of mail, in place of the template’s own; they name variables."""

    __tablename__ = "kit_mail_wording"

    template: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str] = mapped_column(sa.Text)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(sa.String(200))
