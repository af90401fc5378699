"""What the link of an invitation opens: a place in the organisation, once. Looking spends nothing."""

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.db import lock_row
from kit.ids import fingerprint
from kit.refusals import NotThere, Refused
from licences.people import accounts, memberships, tokens
from licences.people.invitations import ABOUT, InvitationFacts, open_with_id
from licences.people.kinds import TokenPurpose
from licences.people.memberships import Member
from licences.people.models import Invitation, OneUseToken, Organisation, Person


@dataclass(frozen=True)
class Door:
    """What a working link opens: the invitation, and who has the address here, if anybody.

    Who `signs_in` already, be it by links alone, joins and no more: a mail that was passed on must not open an account.
    """

    invitation: InvitationFacts
    person_id: int | None
    person_name: str
    signs_in: bool


class Closed(StrEnum):
    """Why a link opens nothing."""

    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    TOO_OLD = "too old"


@dataclass(frozen=True)
class Accepted:
    """Who joined by an invitation, of which licence a seat was kept for them, and whether they signed in before."""

    member: Member
    licence_id: int | None
    signed_in_before: bool


def behind(session: Session, clock: Clock, secret: str) -> Door | None:
    """What a link opens while it works. Looking spends nothing."""
    link = tokens.look(session, clock, TokenPurpose.INVITATION, secret)
    if link is None:
        return None
    found = open_with_id(session, clock, link.invitation_id or 0)
    if found is None:
        return None
    person = _person_with(session, found.email)
    if person is None:
        return Door(found, None, "", signs_in=False)
    return Door(found, person.id, person.name, accounts.signs_in(session, person))


def why_closed(session: Session, secret: str) -> tuple[Closed, str]:
    """Why a link opens nothing, and the name of the organisation whose link it is or was ("" for an unknown one)."""
    row = session.execute(
        sa.select(Invitation, Organisation.name, OneUseToken.used_at)
        .join(OneUseToken, OneUseToken.invitation_id == Invitation.id)
        .join(Organisation, Organisation.id == Invitation.organisation_id)
        .where(OneUseToken.fingerprint == fingerprint(secret))
    ).first()
    if row is None:
        return Closed.UNKNOWN, ""
    invitation, place, used_at = row
    if invitation.accepted_at:
        return Closed.ACCEPTED, place
    if invitation.withdrawn_at:
        return Closed.WITHDRAWN, place
    return (Closed.REPLACED if used_at else Closed.TOO_OLD), place


def accept(
    session: Session, clock: Clock, secret: str, *, name: str = "", password_hash: str | None = None
) -> Accepted:
    """Spends the link and gives whoever has the address a place in the organisation.

    An account that somebody signs in to stays as it is. Raises `Refused` for a link that opens nothing any more.
    """
    link = tokens.look(session, clock, TokenPurpose.INVITATION, secret)
    row = session.get(Invitation, link.invitation_id) if link else None
    if row is None:
        raise Refused(tokens.USED_UP)
    lock_row(session, Organisation, row.organisation_id)
    tokens.spend(session, clock, TokenPurpose.INVITATION, secret)  # again under the lock: it may be used up by now
    session.refresh(row)
    if row.accepted_at or row.withdrawn_at:  # a merge of organisations closes one of two for the same address
        raise Refused(tokens.USED_UP)
    person = _person_with(session, row.email)
    signed_in_before = person is not None and accounts.signs_in(session, person)
    member = _joined(session, clock, row, person, row.name or name)
    if not signed_in_before:
        session.get_one(Person, member.id).password_hash = password_hash
    row.accepted_at, row.accepted_by_id = clock.now(), member.id
    session.flush()
    actor = Actor(member.id, member.name, row.organisation_id)
    record(
        session,
        clock,
        actor,
        "invitation accepted",
        Subject(ABOUT, row.id, member.name, row.organisation_id),
        email=row.email,
    )
    return Accepted(memberships.member(session, member.membership_id), row.licence_id, signed_in_before)


def _person_with(session: Session, email: str) -> Person | None:
    """Who has the address; of somebody who was merged, the person whom they became."""
    return memberships.whom_they_became(session, session.scalar(sa.select(Person).where(Person.email == email)))


def _joined(session: Session, clock: Clock, row: Invitation, person: Person | None, name: str) -> Member:
    if person is None:
        actor = Actor(None, name, row.organisation_id)
        return memberships.add_person(
            session, clock, actor, row.organisation_id, name=name, email=row.email, role=row.role
        )
    try:
        return memberships.member_in(session, row.organisation_id, person.id)  # staff were quicker
    except NotThere:
        actor = Actor(person.id, person.name, row.organisation_id)
        return memberships.join(session, clock, actor, row.organisation_id, person.id, row.role)
