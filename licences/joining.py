"""Joining an organisation by invitation: who accepts gets a place and, when one is kept for them and free, a seat."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import mail
from kit.audit import SYSTEM, Actor
from kit.clock import Clock
from kit.folding import folded
from kit.refusals import NotThere, Refused
from licences import seats
from licences.models import Licence, Programme, Seat
from licences.people import invitation_links, invitations, legal
from licences.people.invitations import Guest
from licences.people.kinds import Role
from licences.people.memberships import Member
from licences.people.models import Invitation, Membership, Person
from licences.people.viewer import Viewer

LATELY = timedelta(days=30)


@dataclass(frozen=True)
class Joined:
    """Somebody who accepted. `seat_missing`: a seat was asked for them and none was free.

    `may_enter`: the link set the password of a new account, so whoever followed it may go in. Somebody who had an
    account signs in as always: a mail that was passed on must not open it.
    """

    member: Member
    seat_given: bool
    seat_missing: bool
    may_enter: bool


@dataclass(frozen=True)
class WithoutSeat:
    """Somebody who accepted lately, for whom a seat was asked and none was free; they have none yet."""

    person_id: int
    name: str
    licence_id: int
    programme_name: str


def invite(
    session: Session,
    clock: Clock,
    actor: Actor,
    letterhead: mail.Letterhead,
    organisation_id: int,
    guests: Sequence[Guest],
    role: Role,
    licence_id: int | None,
) -> list[int]:
    """Invites people, who get a seat of the licence when they accept, if one is free then.

    Raises `NotThere` for another organisation's licence, and `Refused` for a seat that the role cannot use.
    """
    if licence_id is not None:
        licence = session.get(Licence, licence_id)
        if licence is None or licence.organisation_id != organisation_id:
            raise NotThere
        if role is Role.FINANCE:
            raise Refused("A finance contact cannot use a seat. Invite them without one.", "seat")
    return invitations.invite(session, clock, actor, letterhead, organisation_id, guests, role, licence_id)


def accept(
    session: Session,
    clock: Clock,
    secret: str,
    *,
    name: str = "",
    password_hash: str | None = None,
    terms_version: int | None = None,
) -> Joined:
    """Spends an invitation's link. `terms_version` is that of the terms of use that were accepted with it, if any.

    Raises `Refused` for a link that opens nothing any more, and when the terms have changed meanwhile.
    """
    accepted = invitation_links.accept(session, clock, secret, name=name, password_hash=password_hash)
    member = accepted.member
    if terms_version is not None:
        legal.accept_terms_of_use(session, clock, _as_viewer(member), terms_version)
    wanted = accepted.licence_id is not None
    given = wanted and _seated(session, clock, accepted.licence_id or 0, member)
    return Joined(
        member,
        seat_given=given,
        seat_missing=wanted and not given,
        may_enter=not accepted.signed_in_before and password_hash is not None,
    )


def without_seat(session: Session, clock: Clock, organisation_id: int) -> list[WithoutSeat]:
    """Who accepted within 30 days, should have had a seat, found none free, and has none yet."""
    seat = sa.select(Seat.id).where(
        Seat.licence_id == Invitation.licence_id, Seat.person_id == Invitation.accepted_by_id
    )
    place = sa.select(Membership.id).where(
        Membership.organisation_id == organisation_id,
        Membership.person_id == Invitation.accepted_by_id,
        Membership.ended_at.is_(None),
    )
    rows = session.execute(
        sa.select(Person.id, Person.name, Licence.id, Programme.name)
        .select_from(Invitation)
        .join(Person, Person.id == Invitation.accepted_by_id)
        .join(Licence, Licence.id == Invitation.licence_id)
        .join(Programme, Programme.id == Licence.programme_id)
        .where(
            Invitation.organisation_id == organisation_id,
            Invitation.accepted_at > clock.now() - LATELY,
            ~seat.exists(),
            place.exists(),
        )
        .group_by(Person.id, Person.name, Licence.id, Programme.name)
        .order_by(folded(Person.name), Person.id)
    )
    return [WithoutSeat(*row) for row in rows]


def _seated(session: Session, clock: Clock, licence_id: int, member: Member) -> bool:
    """Gives the seat, unless all are in use or the role was changed meanwhile; they join all the same."""
    if (licence_id, member.id) in seats.holders_in(session, [licence_id]):
        return True
    try:
        seats.give(session, clock, SYSTEM, licence_id, member.id)
    except Refused:
        return False
    return True


def _as_viewer(member: Member) -> Viewer:
    return Viewer(
        "", member.id, member.name, member.email, member.organisation_id, member.organisation_name, member.role
    )
