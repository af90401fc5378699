"""Counts tries under a key, so that guessing gets slow. Kept in the database: every web process counts together.

Nobody can shut somebody else out by failing in their name: a browser in which that person has signed in before is
counted by itself, and the link by mail stays open to everybody.
"""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

import sqlalchemy as sa
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
# Guesses at one account from everywhere together, for who has many addresses.
SIGN_IN_BY_EMAIL = Limit("sign-in e-mail", 50, timedelta(hours=1))
SIGN_IN_BY_BROWSER = Limit("sign-in browser", 10, timedelta(minutes=15))
# Shorter than a link lives: while no more are sent, the newest one in the mailbox still works.
LINKS_BY_PLACE = Limit("links place", 60, timedelta(minutes=15))
LINKS_BY_EMAIL = Limit("links e-mail", 6, timedelta(minutes=15))
SURE_BY_PERSON = Limit("asked again", 10, timedelta(minutes=15))
LONGEST_WINDOW = timedelta(hours=1)
KEPT = timedelta(days=30)
IPV6_NETWORK = 64  # bits: what a provider gives to one household, all of whose addresses count as one


def place_of(address: str | None) -> str:
    """The key under which a network address counts: an IPv6 address by its network, since one person has them all."""
    try:
        known = ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return str(ip_network((known, IPV6_NETWORK), strict=False))
    return str(known.ipv4_mapped or known) if isinstance(known, IPv6Address) else str(known)


def forget_old(session: Session, clock: Clock) -> None:
    """Removes counts whose windows are long over."""
    session.execute(sa.delete(Attempt).where(Attempt.since < clock.now() - KEPT))


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
