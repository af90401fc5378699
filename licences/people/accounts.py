"""Accounts: passwords, and the one-use links that set one.

Hashing takes its time on purpose, so it never happens inside a writing transaction.
"""

from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.mail import Letterhead
from kit.refusals import NotThere, Refused
from licences.people import notices, sessions, tokens
from licences.people.kinds import TokenPurpose
from licences.people.memberships import first_place
from licences.people.models import Membership, OneUseToken, Person, SignIn
from licences.people.viewer import Viewer

# OWASP's first choice of argon2id parameters: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
NEW_PASSWORD = "a new password was set"  # noqa: S105 - words of a mail


@dataclass(frozen=True)
class Candidate:
    """The account behind an e-mail address, before its password has been checked."""

    person_id: int
    membership_id: int
    password_hash: str
    is_demo: bool


def hash_password(password: str) -> str:
    """An argon2id hash. Raises `Refused` for a password that is too short or too long."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(f"Use at least {SHORTEST_PASSWORD} characters. Three or four words work well.", "password")
    if len(password) > LONGEST_PASSWORD:
        raise Refused(f"Use at most {LONGEST_PASSWORD} characters.", "password")
    return _hasher.hash(password)


@cache
def _hash_of_nothing() -> str:
    return _hasher.hash("nobody has this password")


def candidate(session: Session, email: str) -> Candidate | None:
    """The account that signs in with this address, if there is one with a password and a place in an organisation."""
    known = session.execute(
        sa.select(Person.id, sessions.place_to_enter(Person.id.expression), Person.password_hash, Person.is_demo).where(
            Person.email == email.strip().lower()
        )
    ).first()
    if known is None:
        return None
    person_id, place, password_hash, is_demo = known
    return Candidate(person_id, place, password_hash, is_demo) if place and password_hash else None


def password_fits(account: Candidate | None, password: str) -> bool:
    """Checks a password. An unknown address takes as long as a known one."""
    try:
        return (
            _hasher.verify(account.password_hash if account else _hash_of_nothing(), password) and account is not None
        )
    except (VerificationError, InvalidHashError):
        return False


def count_demo_accounts(session: Session) -> int:
    """How many people have the password that everybody knows. Production refuses them, and should not have any."""
    return session.scalar(sa.select(sa.func.count()).select_from(Person).where(Person.is_demo)) or 0


def end_everybodys_access(session: Session, clock: Clock) -> None:
    """Ends every session and every open link: a database that came back from a backup holds some that were over since.

    Invitations stay open; an account that one has made since is gone too, and can be made again.
    """
    session.execute(sa.update(SignIn).where(SignIn.ended_at.is_(None)).values(ended_at=clock.now()))
    links = sa.update(OneUseToken).where(OneUseToken.used_at.is_(None), OneUseToken.invitation_id.is_(None))
    session.execute(links.values(used_at=clock.now()))


def new_password_link(session: Session, clock: Clock, person_id: int) -> str:
    """A one-use secret with which this person sets a password; older unused ones stop working."""
    return tokens.issue(session, clock, TokenPurpose.SET_PASSWORD, person_id=person_id)


def change_email(session: Session, clock: Clock, actor: Actor, person_id: int, *, email: str) -> None:
    """Corrects the address of somebody who never signed in; links sent to the old one stop working.

    Raises `Refused` when the address is in use, or when they sign in with the old one: then the new one has to be
    confirmed and the old one told (`emails.vouch`). Raises `NotThere` for an unknown person.
    """
    person = session.get(Person, person_id)
    if person is None:
        raise NotThere
    email = email.strip().lower()
    if email == person.email:
        return
    if session.scalar(sa.select(Person.id).where(Person.email == email)) is not None:
        raise Refused("This e-mail address belongs to a person who is here already.", "email")
    if signs_in(session, person):
        raise Refused("They sign in with their address. Vouch for a new one on their page: they confirm it.", "email")
    before, person.email = person.email, email
    tokens.end(session, clock, person_id)  # of every purpose: whoever reads the old address's mail has them
    session.flush()
    subject = first_place(session, person_id).subject
    record(session, clock, actor, "e-mail address changed", subject, before=before, email=email)


def signs_in(session: Session, person: Person) -> bool:
    """Whether somebody can sign in, or ever has: a link by mail or a passkey is enough."""
    if person.password_hash is not None:
        return True
    own = sa.select(SignIn.fingerprint).join(Membership, Membership.id == SignIn.membership_id)
    return session.scalar(own.where(Membership.person_id == person.id).limit(1)) is not None


def make_demo_account(session: Session, person_id: int, password_hash: str) -> None:
    """Gives a person a password that everybody knows. Such an account cannot sign in to production."""
    person = session.get_one(Person, person_id)
    person.password_hash, person.is_demo = password_hash, True


def person_of_link(session: Session, clock: Clock, secret: str) -> Person | None:
    """Whose link this is, when it still works. Looking spends nothing: mail scanners open links."""
    link = tokens.look(session, clock, TokenPurpose.SET_PASSWORD, secret)
    return None if link is None else session.get(Person, link.person_id)


def change_password(session: Session, clock: Clock, letterhead: Letterhead, viewer: Viewer, password_hash: str) -> None:
    """Sets the password of somebody signed in, and tells them by mail.

    Their other sessions end, and links to sign in or to set a password stop working.
    """
    person = session.get_one(Person, viewer.person_id)
    person.password_hash = password_hash
    tokens.end(session, clock, person.id, TokenPurpose.SET_PASSWORD, TokenPurpose.SIGN_IN)
    sessions.end_all_of(session, clock, person.id, but=viewer.secret)
    subject = Subject("person", person.id, person.name, viewer.organisation_id)
    record(session, clock, viewer.actor, "password changed", subject)
    notices.tell(session, clock, letterhead, person.id, notices.Part.PASSWORD, happened=NEW_PASSWORD)


def set_password(session: Session, clock: Clock, letterhead: Letterhead, secret: str, password_hash: str) -> int:
    """Spends the link, sets the password, ends every open session, and returns the person's id.

    Whoever had signed in before is told by mail. Raises `Refused` for a link that is used up, too old, or for
    something else.
    """
    link = tokens.spend(session, clock, TokenPurpose.SET_PASSWORD, secret)
    person = session.get_one(Person, link.person_id)
    if signs_in(session, person):
        notices.tell(session, clock, letterhead, person.id, notices.Part.PASSWORD, happened=NEW_PASSWORD)
    person.password_hash = password_hash
    tokens.end(session, clock, person.id, TokenPurpose.SET_PASSWORD)  # of two sent at one moment, both may be open
    sessions.end_all_of(session, clock, person.id)
    record(session, clock, Actor(person.id, person.name), "password set", Subject("person", person.id, person.name))
    return person.id
