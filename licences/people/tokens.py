"""One-use links: a random secret in the mail, its fingerprint here, good for one purpose, once, until it expires.

Looking at a link spends nothing, because mail scanners open links. Spending is one conditional UPDATE, so that of two
who press at once only one succeeds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.clock import Clock
from kit.ids import fingerprint, new_token
from kit.refusals import Refused
from licences.people.kinds import TokenPurpose
from licences.people.models import OneUseToken

LIVES = {
    TokenPurpose.SET_PASSWORD: timedelta(days=7),
    TokenPurpose.SIGN_IN: timedelta(minutes=30),
    TokenPurpose.INVITATION: timedelta(days=14),
    TokenPurpose.CONFIRM_EMAIL: timedelta(days=2),
    TokenPurpose.OBJECT_TO_EMAIL: timedelta(days=7),
}
USED_UP = "This link worked once and is used up, or it is too old. Ask for a new one."


@dataclass(frozen=True)
class Link:
    """Whom or which invitation a link is about, and what else was laid down with it."""

    person_id: int | None
    invitation_id: int | None
    detail: dict[str, Any]
    expires_at: datetime


def issue(
    session: Session,
    clock: Clock,
    purpose: TokenPurpose,
    *,
    person_id: int | None = None,
    invitation_id: int | None = None,
    detail: dict[str, Any] | None = None,
    keep_older: bool = False,
    life: timedelta | None = None,
) -> str:
    """A new secret. Older unused links of the same purpose about the same person or invitation stop working.

    It lives as long as its purpose says, or for a `life` of its own. A person's older ones are left when `keep_older`:
    where anybody may ask for links, nobody should end another's by it.
    """
    if person_id is not None and not keep_older:
        end(session, clock, person_id, purpose)
    if invitation_id is not None:
        end_of_invitation(session, clock, invitation_id)
    secret = new_token()
    session.add(
        OneUseToken(
            fingerprint=fingerprint(secret),
            purpose=purpose,
            person_id=person_id,
            invitation_id=invitation_id,
            detail=detail,
            expires_at=clock.now() + (life or LIVES[purpose]),
        )
    )
    session.flush()
    return secret


def look(session: Session, clock: Clock, purpose: TokenPurpose, secret: str) -> Link | None:
    """What a link is about while it works; None when it is used up, too old or for something else."""
    row = session.scalar(sa.select(OneUseToken).where(*_works(clock, purpose, secret)))
    return None if row is None else Link(row.person_id, row.invitation_id, row.detail or {}, row.expires_at)


def spend(session: Session, clock: Clock, purpose: TokenPurpose, secret: str) -> Link:
    """Uses a link up. Raises `Refused` when it is used up, too old or for something else."""
    spent = session.execute(
        sa.update(OneUseToken)
        .where(*_works(clock, purpose, secret))
        .values(used_at=clock.now())
        .returning(OneUseToken.person_id, OneUseToken.invitation_id, OneUseToken.detail, OneUseToken.expires_at)
    ).one_or_none()
    if spent is None:
        raise Refused(USED_UP)
    person_id, invitation_id, detail, expires_at = spent
    return Link(person_id, invitation_id, detail or {}, expires_at)


def end(session: Session, clock: Clock, person_id: int, *purposes: TokenPurpose) -> None:
    """Ends a person's unused links of some purposes; of every purpose when none is named."""
    unused = sa.update(OneUseToken).where(OneUseToken.person_id == person_id, OneUseToken.used_at.is_(None))
    if purposes:
        unused = unused.where(OneUseToken.purpose.in_(purposes))
    session.execute(unused.values(used_at=clock.now()))


def end_of_invitation(session: Session, clock: Clock, invitation_id: int) -> None:
    """Ends the unused links of one invitation."""
    unused = sa.update(OneUseToken).where(OneUseToken.invitation_id == invitation_id, OneUseToken.used_at.is_(None))
    session.execute(unused.values(used_at=clock.now()))


def _works(clock: Clock, purpose: TokenPurpose, secret: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        OneUseToken.fingerprint == fingerprint(secret),
        OneUseToken.purpose == purpose,
        OneUseToken.used_at.is_(None),
        OneUseToken.expires_at > clock.now(),
    )
