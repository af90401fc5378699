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
from kit.folding import folded
from kit.mail import MailMessage, State
from kit.refusals import NotThere, Refused
from licences.people import memberships, tokens
from licences.people.kinds import Role, TokenPurpose
from licences.people.models import Invitation, Membership, Organisation, Person

ABOUT = "invitation"  # the kind that audit entries and mails name
LIFE = tokens.LIVES[TokenPurpose.INVITATION]
DAY = timedelta(days=1)
# Enough for a mail that was lost or deleted, too few to fill somebody's mailbox.
MOST_MAILS_A_DAY = 4
# More than the biggest council trains in a term; a stolen account cannot write to the whole county.
MOST_INVITED_A_DAY = 600


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
        return Subject(ABOUT, self.id, self.label, self.organisation_id)

    @property
    def last_moment(self) -> datetime:
        """Until when its newest link works."""
        return self.written_at + LIFE


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
    if _invited_lately(session, clock, organisation_id) + len(guests) > MOST_INVITED_A_DAY:
        raise Refused(f"An organisation may invite {MOST_INVITED_A_DAY} people a day. Invite the others tomorrow.")
    rows = [_begun(clock, actor, place, guest, role, licence_id) for guest in guests]
    session.add_all(rows)
    session.flush()
    for row in rows:
        _write(session, clock, actor, letterhead, row, place)
    return [row.id for row in rows]


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
    order = folded(sa.func.coalesce(sa.func.nullif(Invitation.name, ""), Invitation.email))
    return [_facts(clock, *row) for row in session.execute(wanted.order_by(order, Invitation.id))]


def open_invitation(session: Session, clock: Clock, organisation_id: int, invitation_id: int) -> InvitationFacts:
    """One of an organisation's open invitations. Raises `NotThere`."""
    found = open_with_id(session, clock, invitation_id)
    if found is None or found.organisation_id != organisation_id:
        raise NotThere
    return found


def open_with_id(session: Session, clock: Clock, invitation_id: int) -> InvitationFacts | None:
    """An open invitation of whatever organisation: for whoever holds its link."""
    wanted = _with_mail().where(Invitation.id == invitation_id, *_is_open())
    row = session.execute(wanted.execution_options(populate_existing=True)).first()
    return None if row is None else _facts(clock, *row)


def send_again(
    session: Session,
    clock: Clock,
    actor: Actor,
    letterhead: mail.Letterhead,
    organisation_id: int,
    invitation_id: int,
) -> InvitationFacts:
    """Queues a new mail with a new link; the one before stops working. Raises `NotThere`, and `Refused` too often."""
    place = _locked(session, organisation_id)
    found = open_invitation(session, clock, organisation_id, invitation_id)
    _refuse_too_many(session, clock, found)
    _write(session, clock, actor, letterhead, session.get_one(Invitation, found.id), place)
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
    place = _locked(session, organisation_id)
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
    _refuse_too_many(session, clock, found)
    row.email = email
    session.flush()
    record(session, clock, actor, "invitation corrected", found.subject, before=found.email, email=email)
    _write(session, clock, actor, letterhead, row, place)
    return open_invitation(session, clock, organisation_id, invitation_id)


def withdraw(session: Session, clock: Clock, actor: Actor, organisation_id: int, invitation_id: int) -> InvitationFacts:
    """Takes an invitation back: its link stops working. Raises `NotThere`, also when it was accepted meanwhile."""
    _locked(session, organisation_id)
    found = open_invitation(session, clock, organisation_id, invitation_id)
    row = session.get_one(Invitation, invitation_id)
    row.withdrawn_at = clock.now()
    tokens.end_of_invitation(session, clock, invitation_id)
    session.flush()
    record(session, clock, actor, "invitation withdrawn", found.subject, to=found.email)
    return found


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


def _write(
    session: Session, clock: Clock, actor: Actor, letterhead: mail.Letterhead, row: Invitation, place: Organisation
) -> None:
    """Queues the mail with a new link. Whether the address is known here, it does not say."""
    secret = tokens.issue(session, clock, TokenPurpose.INVITATION, invitation_id=row.id)
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
        about=(ABOUT, row.id),
        secret=True,
    )
    session.flush()
    subject = Subject(ABOUT, row.id, row.name or row.email, row.organisation_id)
    record(session, clock, actor, "invitation sent", subject, to=row.email)


def _invited_lately(session: Session, clock: Clock, organisation_id: int) -> int:
    lately = sa.select(sa.func.count()).where(
        Invitation.organisation_id == organisation_id, Invitation.invited_at > clock.now() - DAY
    )
    return session.scalar(lately) or 0


def _refuse_too_many(session: Session, clock: Clock, found: InvitationFacts) -> None:
    lately = sa.select(sa.func.count()).where(
        MailMessage.about_kind == ABOUT, MailMessage.about_id == found.id, MailMessage.queued_at > clock.now() - DAY
    )
    if (session.scalar(lately) or 0) >= MOST_MAILS_A_DAY:
        raise Refused(f"{MOST_MAILS_A_DAY} mails about this invitation were sent within a day. Try again tomorrow.")


def _locked(session: Session, organisation_id: int) -> Organisation:
    place = lock_row(session, Organisation, organisation_id)
    if place is None:
        raise NotThere
    return place


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
