"""Invitations: an organisation asks an address to join it. Whoever reads that address's mail accepts, once.

Who changes an invitation locks the row of its organisation first, so that of two who press at once one waits and then
reads what the other did. The words are the same whether the address is known here or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import mail
from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.db import lock_row
from kit.ids import fingerprint
from kit.mail import MailMessage, State
from kit.refusals import NotThere, Refused
from licences.people import limits, memberships, tokens
from licences.people.kinds import Role, TokenPurpose
from licences.people.limits import Limit
from licences.people.memberships import Member
from licences.people.models import Invitation, Membership, OneUseToken, Organisation, Person

LIFE = tokens.LIVES[TokenPurpose.INVITATION]
# Enough for a mail that was lost or deleted, too few to fill somebody's mailbox.
SENT_AGAIN = Limit("invitation sent again", 3, timedelta(days=1))
# More than the biggest council trains in a term; a stolen account cannot write to the whole county.
SENT_A_DAY = Limit("invitations of an organisation", 600, timedelta(days=1))


@dataclass(frozen=True)
class Guest:
    """Whom to invite. The name may be empty: then the person writes it when they accept."""

    name: str
    email: str


class Arrival(StrEnum):
    """How far an invitation has come, as its sender reads it."""

    WAITING = "waiting to be sent"
    SENT = "sent"
    FAILED = "did not arrive"
    TOO_OLD = "link too old"


@dataclass(frozen=True)
class InvitationFacts:
    """An open invitation, with what became of its last mail."""

    id: int
    organisation_id: int
    organisation_name: str
    name: str
    email: str
    role: Role
    licence_id: int | None
    invited_at: datetime
    invited_by: str
    arrival: Arrival
    written_at: datetime
    error: str | None

    @property
    def label(self) -> str:
        """Their name, or the address as long as no name is known."""
        return self.name or self.email

    @property
    def subject(self) -> Subject:
        return Subject("invitation", self.id, self.label, self.organisation_id)

    @property
    def last_moment(self) -> datetime:
        """Until when its newest link works."""
        return self.written_at + LIFE


@dataclass(frozen=True)
class Door:
    """What a working link opens: the invitation, and who has the address here, if anybody."""

    invitation: InvitationFacts
    person_id: int | None
    person_name: str
    has_password: bool


class Closed(StrEnum):
    """Why a link opens nothing."""

    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    TOO_OLD = "too old"


@dataclass(frozen=True)
class Accepted:
    """Who joined by an invitation, and of which licence a seat was kept for them."""

    member: Member
    licence_id: int | None
    had_password: bool


def invite(
    session: Session,
    clock: Clock,
    actor: Actor,
    letterhead: mail.Letterhead,
    organisation_id: int,
    guests: Sequence[Guest],
    role: Role,
    licence_id: int | None = None,
) -> list[int]:
    """Invites everybody or nobody, and queues a mail to each. Returns the invitations' ids.

    Raises `NotThere` without the organisation, and `Refused` when somebody belongs to it or is invited already, when
    the role does not fit, or when the organisation has sent too many in a day.
    """
    place = memberships.place_to_join(session, organisation_id, role)
    taken = known_here(session, organisation_id, [guest.email for guest in guests])
    if taken:
        raise Refused(next(iter(taken.values())), "email")
    made = []
    for guest in guests:
        if limits.is_over(session, clock, SENT_A_DAY, str(organisation_id)):
            raise Refused(f"{place.name} has sent {SENT_A_DAY.most} invitations today. Send the others tomorrow.")
        limits.count(session, clock, SENT_A_DAY, str(organisation_id))
        row = _begun(clock, actor, place, guest, role, licence_id)
        session.add(row)
        session.flush()
        _write(session, clock, actor, letterhead, row.id)
        made.append(row.id)
    return made


def known_here(session: Session, organisation_id: int, emails: Sequence[str]) -> dict[str, str]:
    """Why some addresses cannot be invited: who belongs to the organisation or is invited already; by address."""
    wanted = [email.strip().lower() for email in emails]
    open_ones = sa.select(Invitation.email).where(
        Invitation.organisation_id == organisation_id, Invitation.email.in_(wanted), *_is_open()
    )
    told = {
        email: f"{email} has an open invitation. Send it again from the list." for email in session.scalars(open_ones)
    }
    here = (
        sa.select(Person.email, Person.name)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.organisation_id == organisation_id, Membership.ended_at.is_(None), Person.email.in_(wanted))
    )
    return told | {
        email: f"{name} ({email}) belongs to your organisation already." for email, name in session.execute(here)
    }


def open_invitations(session: Session, clock: Clock, organisation_id: int) -> list[InvitationFacts]:
    """Those that nobody has accepted yet, by name or address: one statement."""
    wanted = _with_mail().where(Invitation.organisation_id == organisation_id, *_is_open())
    order = sa.func.lower(sa.func.coalesce(sa.func.nullif(Invitation.name, ""), Invitation.email))
    return [_facts(clock, *row) for row in session.execute(wanted.order_by(order, Invitation.id))]


def open_invitation(session: Session, clock: Clock, organisation_id: int, invitation_id: int) -> InvitationFacts:
    """One of an organisation's open invitations. Raises `NotThere`."""
    wanted = _with_mail().where(
        Invitation.id == invitation_id, Invitation.organisation_id == organisation_id, *_is_open()
    )
    row = session.execute(wanted.execution_options(populate_existing=True)).first()
    if row is None:
        raise NotThere
    return _facts(clock, *row)


def send_again(
    session: Session,
    clock: Clock,
    actor: Actor,
    letterhead: mail.Letterhead,
    organisation_id: int,
    invitation_id: int,
) -> InvitationFacts:
    """Queues a new mail with a new link; the one before stops working. Raises `NotThere`, and `Refused` too often."""
    _lock(session, organisation_id)
    found = open_invitation(session, clock, organisation_id, invitation_id)
    if limits.is_over(session, clock, SENT_AGAIN, str(invitation_id)):
        raise Refused(f"This invitation was sent {SENT_AGAIN.most} times within a day. Is the address right?")
    limits.count(session, clock, SENT_AGAIN, str(invitation_id))
    _write(session, clock, actor, letterhead, found.id)
    return open_invitation(session, clock, organisation_id, invitation_id)


def correct(
    session: Session,
    clock: Clock,
    actor: Actor,
    letterhead: mail.Letterhead,
    organisation_id: int,
    invitation_id: int,
    *,
    name: str,
    email: str,
) -> InvitationFacts:
    """Corrects name and address. A new address gets a mail, and the link at the old one stops working.

    Raises `NotThere`, and `Refused` when the new address belongs to the organisation or is invited already.
    """
    _lock(session, organisation_id)
    found = open_invitation(session, clock, organisation_id, invitation_id)
    email = email.strip().lower()
    row = session.get_one(Invitation, invitation_id)
    row.name = name
    if email == found.email:
        session.flush()
        return open_invitation(session, clock, organisation_id, invitation_id)
    taken = known_here(session, organisation_id, [email])
    if taken:
        raise Refused(taken[email], "email")
    row.email = email
    session.flush()
    record(session, clock, actor, "invitation corrected", found.subject, before=found.email, email=email)
    _write(session, clock, actor, letterhead, invitation_id)
    return open_invitation(session, clock, organisation_id, invitation_id)


def withdraw(session: Session, clock: Clock, actor: Actor, organisation_id: int, invitation_id: int) -> InvitationFacts:
    """Takes an invitation back: its link stops working. Raises `NotThere`, also when it was accepted meanwhile."""
    _lock(session, organisation_id)
    found = open_invitation(session, clock, organisation_id, invitation_id)
    row = session.get_one(Invitation, invitation_id)
    row.withdrawn_at = clock.now()
    tokens.end_of_invitation(session, clock, invitation_id)
    session.flush()
    record(session, clock, actor, "invitation withdrawn", found.subject, to=found.email)
    return found


def behind(session: Session, clock: Clock, secret: str) -> Door | None:
    """What a link opens while it works. Looking spends nothing."""
    link = tokens.look(session, clock, TokenPurpose.INVITATION, secret)
    if link is None:
        return None
    row = session.execute(_with_mail().where(Invitation.id == link.invitation_id, *_is_open())).first()
    if row is None:
        return None
    found = _facts(clock, *row)
    person = session.scalar(sa.select(Person).where(Person.email == found.email))
    if person is None:
        return Door(found, None, "", has_password=False)
    return Door(found, person.id, person.name, person.password_hash is not None)


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

    An account that has a password keeps it. Raises `Refused` for a link that opens nothing any more.
    """
    link = tokens.look(session, clock, TokenPurpose.INVITATION, secret)
    row = session.get(Invitation, link.invitation_id) if link else None
    if row is None:
        raise Refused(tokens.USED_UP)
    _lock(session, row.organisation_id)
    tokens.spend(session, clock, TokenPurpose.INVITATION, secret)  # again under the lock: it may be used up by now
    session.refresh(row)
    person = session.scalar(sa.select(Person).where(Person.email == row.email))
    had_password = person is not None and person.password_hash is not None
    member = _joined(session, clock, row, person, row.name or name)
    newcomer = session.get_one(Person, member.id)
    newcomer.password_hash = newcomer.password_hash or password_hash
    row.accepted_at, row.accepted_by_id = clock.now(), member.id
    session.flush()
    actor = Actor(member.id, member.name, row.organisation_id)
    record(session, clock, actor, "invitation accepted", _subject(row, member.name), email=row.email)
    return Accepted(memberships.member(session, member.membership_id), row.licence_id, had_password)


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


def _begun(
    clock: Clock, actor: Actor, place: Organisation, guest: Guest, role: Role, licence_id: int | None
) -> Invitation:
    return Invitation(
        organisation_id=place.id,
        name=guest.name,
        email=guest.email.strip().lower(),
        role=role,
        licence_id=licence_id,
        invited_by_id=actor.person_id,
        invited_at=clock.now(),
    )


def _write(session: Session, clock: Clock, actor: Actor, letterhead: mail.Letterhead, invitation_id: int) -> None:
    """Queues the mail with a new link. Whose address it is here, it does not say."""
    row = session.get_one(Invitation, invitation_id)
    secret = tokens.issue(session, clock, TokenPurpose.INVITATION, invitation_id=invitation_id)
    place = session.get_one(Organisation, row.organisation_id)
    row.mail_id = mail.queue(
        session,
        clock,
        template="licences/invitation",
        to=mail.Address(row.email, row.name),
        context={
            "name": row.name,
            "role": row.role,
            "organisation": place.name,
            "inviter": actor.name,
            "path": f"/invitation/{secret}",
            "last_day": clock.now() + LIFE,
        },
        letterhead=letterhead,
        about=("invitation", invitation_id),
        secret=True,
    )
    session.flush()
    record(session, clock, actor, "invitation sent", _subject(row, row.name or row.email), to=row.email)


def _subject(row: Invitation, label: str) -> Subject:
    return Subject("invitation", row.id, label, row.organisation_id)


def _lock(session: Session, organisation_id: int) -> None:
    if lock_row(session, Organisation, organisation_id) is None:
        raise NotThere


def _is_open() -> tuple[sa.ColumnElement[bool], ...]:
    return (Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))


def _with_mail() -> sa.Select[Invitation, str, str | None, MailMessage | None]:
    return (
        sa.select(Invitation, Organisation.name, Person.name, MailMessage)
        .join(Organisation, Organisation.id == Invitation.organisation_id)
        .outerjoin(Person, Person.id == Invitation.invited_by_id)
        .outerjoin(MailMessage, MailMessage.id == Invitation.mail_id)
    )


def _facts(
    clock: Clock, row: Invitation, place: str, inviter: str | None, letter: MailMessage | None
) -> InvitationFacts:
    written_at = letter.queued_at if letter else row.invited_at
    return InvitationFacts(
        row.id,
        row.organisation_id,
        place,
        row.name,
        row.email,
        row.role,
        row.licence_id,
        row.invited_at,
        inviter or "The programme team",
        _arrival(clock, letter, written_at),
        written_at,
        letter.last_error if letter else None,
    )


def _arrival(clock: Clock, letter: MailMessage | None, written_at: datetime) -> Arrival:
    if letter is not None and letter.state == State.FAILED:
        return Arrival.FAILED
    if written_at + LIFE <= clock.now():
        return Arrival.TOO_OLD
    return Arrival.SENT if letter is not None and letter.state == State.SENT else Arrival.WAITING
