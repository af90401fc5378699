"""Counts tries under a key, so that guessing gets slow. Kept in the database: every web process counts together."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from kit.clock import Clock
from kit.ids import fingerprint
from licences.people.models import Attempt


@dataclass(frozen=True)
class Limit:
    """At most `most` tries within `window` under one key."""

    name: str
    most: int
    window: timedelta


# One address may serve a whole council behind one wall, so it gets more room than one account from one address.
SIGN_IN_BY_PLACE = Limit("sign-in place", 100, timedelta(minutes=15))
SIGN_IN_BY_ACCOUNT = Limit("sign-in account", 10, timedelta(minutes=15))


def is_over(session: Session, clock: Clock, limit: Limit, key: str) -> bool:
    """True when the key has used up its tries for now."""
    row = session.get(Attempt, _name(limit, key))
    return row is not None and row.since + limit.window > clock.now() and row.count >= limit.most


def count(session: Session, clock: Clock, limit: Limit, key: str) -> None:
    """Counts one try; the window begins with the first."""
    row = session.get(Attempt, _name(limit, key), with_for_update=True)
    if row is None:
        session.add(Attempt(key=_name(limit, key), since=clock.now(), count=1))
    elif row.since + limit.window <= clock.now():
        row.since, row.count = clock.now(), 1
    else:
        row.count += 1
    session.flush()


def forget(session: Session, limit: Limit, key: str) -> None:
    """Starts afresh, after a success."""
    row = session.get(Attempt, _name(limit, key))
    if row is not None:
        session.delete(row)


def _name(limit: Limit, key: str) -> str:
    return fingerprint(f"{limit.name}:{key}")
