"""Invitations of the demo: one accepted by somebody from elsewhere, some that are open, some that came back."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor
from kit.clock import SteppingClock
from kit.mail import Letterhead, MailMessage, State
from kit.ports import Links
from licences import joining
from licences.people import invitations, legal, memberships, tokens
from licences.people.invitations import Guest
from licences.people.kinds import LegalKind, Role, TokenPurpose


@dataclass(frozen=True)
class Asked:
    """Whom a manager invited, and how many days ago. `came_back`: what the mail server said."""

    manager: str
    guest: Guest
    days_ago: int
    came_back: str = ""


# Rosa belongs to Northmoor, and now to Lakeshire as well.
ACCEPTED = Asked("manager@lakeshire.example", Guest("Rosa Fernández", "rosa@northmoor.example"), 40)
OPEN = (
    Asked("manager@lakeshire.example", Guest("Delyth Morgan", "delyth@lakeshire.example"), 6),
    Asked("manager@lakeshire.example", Guest("Mei Tanaka", "mei@lakeshire.example"), 0),
    Asked(
        "manager@lakeshire.example",
        Guest("Kofi Boateng", "kofi@lakshire.example"),
        3,
        came_back="550 5.1.2 lakshire.example: no such domain",
    ),
    Asked(
        "manager@hillside.example",
        Guest("Owen Pritchard", "o.pritchard@hillside.example"),
        18,
        came_back="550 5.1.1 no such mailbox here",
    ),
)


def invite_people(session: Session, clock: SteppingClock, links: Links) -> None:
    """Sends the demo's invitations; the worker mails those that did not come back."""
    letterhead = Letterhead("Secure Base", "help@securebase.example", links)
    now = clock.moment
    for asked in (ACCEPTED, *OPEN):
        clock.moment = now - timedelta(days=asked.days_ago)
        invitation_id = _invite(session, clock, letterhead, asked)
        if asked is ACCEPTED:
            _accept(session, clock, invitation_id)
        if asked.came_back:
            _bring_back(session, invitation_id, asked.came_back)
    clock.moment = now


def _invite(session: Session, clock: SteppingClock, letterhead: Letterhead, asked: Asked) -> int:
    host = memberships.person_with_email(session, asked.manager)
    assert host is not None
    actor = Actor(host.id, host.name, host.organisation_id)
    return invitations.invite(session, clock, actor, letterhead, host.organisation_id, [asked.guest], Role.TRAINER)[0]


def _accept(session: Session, clock: SteppingClock, invitation_id: int) -> None:
    secret = tokens.issue(session, clock, TokenPurpose.INVITATION, invitation_id=invitation_id)
    text = legal.current(session, LegalKind.TERMS_OF_USE)
    joining.accept(session, clock, secret, terms_version=text.version if text else None)
    letter = _letter(session, invitation_id)
    letter.state, letter.sent_at = State.SENT, clock.now()
    letter.text = letter.html = "The words were removed when this mail had left.\n"
    session.flush()


def _bring_back(session: Session, invitation_id: int, words: str) -> None:
    letter = _letter(session, invitation_id)
    letter.state, letter.attempts, letter.last_error = State.FAILED, 1, words
    session.flush()


def _letter(session: Session, invitation_id: int) -> MailMessage:
    wanted = sa.select(MailMessage).where(
        MailMessage.about_kind == invitations.ABOUT, MailMessage.about_id == invitation_id
    )
    return session.scalars(wanted).one()
