"""Mails that tell people what was changed about signing in to their account, and what to do if it was not them."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import mail
from kit.audit import Actor
from kit.clock import SteppingClock
from kit.links import PublicLinks
from kit.mail import MailMessage
from kit.sealing import Sealer
from licences.people import accounts, authenticators, memberships, notices, organisations, sessions
from licences.people.authenticators import RECOVERY_CODES
from licences.people.kinds import AuthenticatorKind, OrganisationKind, Role
from licences.people.memberships import Member
from licences.people.models import Authenticator
from licences.people.viewer import Viewer
from tests.factories.second_steps import App

TEAM = Actor(None, "Ruth Vaughan")
LETTERHEAD = mail.Letterhead("Secure Base", "help@securebase.example", PublicLinks("https://portal.example"))


@pytest.fixture
def sian(session: Session, clock: SteppingClock) -> Member:
    place = organisations.create_organisation(session, clock, TEAM, name="Trust", kind=OrganisationKind.TRUST).id
    return memberships.add_person(
        session, clock, TEAM, place, name="Siân O’Hara", email="sian@trust.example", role=Role.TRAINER
    )


def letters(session: Session) -> list[MailMessage]:
    return list(session.scalars(sa.select(MailMessage).order_by(MailMessage.id)))


def told(session: Session) -> list[tuple[str, str]]:
    """Subjects, and what happened."""
    return [
        (one.subject, one.text.partition("12:00 on 10 November: ")[2].partition(".\n")[0]) for one in letters(session)
    ]


def viewer_of(session: Session, clock: SteppingClock, member: Member) -> Viewer:
    found = sessions.viewer_of(session, clock, sessions.begin(session, clock, member.membership_id, ""))
    assert found
    return found[0]


def test_words(session: Session, clock: SteppingClock, sian: Member) -> None:
    happened = "the passkey “<b>Laptop” was added"
    notices.tell(session, clock, LETTERHEAD, sian.id, notices.Part.SECOND_STEP, happened=happened)
    (letter,) = letters(session)
    assert letter.subject == "Your second step was changed"
    assert (letter.to_address, letter.about_kind, letter.about_id) == ("sian@trust.example", "person", sian.id)
    assert not letter.secret
    assert letter.text == (
        "Dear Siân O’Hara,\n\n"
        "Your account at Secure Base was changed at 12:00 on 10 November: the passkey “<b>Laptop” was added.\n\n"
        "If that is right, you need do nothing.\n\n"
        "If it was neither you nor done for you, somebody else may be in your account. Do this now:\n\n"
        "1. Set a new password here: https://portal.example/sign-in/forgotten. Everybody who is signed in as you is"
        " signed out then.\n\n"
        "2. Sign in, open your account, and remove every app and passkey that you do not know.\n\n"
        "3. Write to help@securebase.example, also when you are asked for a code that you do not have.\n\n"
        "--\nSecure Base\nhttps://portal.example/\n"
        "Help: help@securebase.example. A person answers within one working day.\n"
    )
    assert "<b>" not in letter.html
    assert 'href="https://portal.example/sign-in/forgotten"' in letter.html


def test_a_password_that_takes_the_place_of_another_way_in_is_told(
    session: Session, clock: SteppingClock, sian: Member
) -> None:
    """Not the first one of somebody new: they have just read a mail about it."""
    secret = accounts.new_password_link(session, clock, sian.id)
    accounts.set_password(session, clock, LETTERHEAD, secret, "a hash")
    assert told(session) == []
    secret = accounts.new_password_link(session, clock, sian.id)
    accounts.set_password(session, clock, LETTERHEAD, secret, "another hash")
    accounts.change_password(session, clock, LETTERHEAD, viewer_of(session, clock, sian), "a third hash")
    assert told(session) == [("Your password was changed", "a new password was set")] * 2


def test_so_is_the_first_of_who_came_in_by_links(session: Session, clock: SteppingClock, sian: Member) -> None:
    sessions.begin(session, clock, sian.membership_id, "", how="link")
    secret = accounts.new_password_link(session, clock, sian.id)
    accounts.set_password(session, clock, LETTERHEAD, secret, "a hash")
    assert told(session) == [("Your password was changed", "a new password was set")]


def test_each_change_of_the_second_step_is_told(session: Session, clock: SteppingClock, sian: Member) -> None:
    sealer, own = Sealer("a key", clock), Actor(sian.id, sian.name, sian.organisation_id)
    made = authenticators.app_to_set_up(sealer, sian.id, sian.email, "Secure Base")
    code = App(made.secret, clock).code
    authenticators.add_app(session, clock, LETTERHEAD, sealer, own, sealed=made.sealed, name="My telephone", code=code)
    assert len(authenticators.new_recovery_codes(session, clock, LETTERHEAD, own)) == RECOVERY_CODES
    key = Authenticator(
        person_id=sian.id, kind=AuthenticatorKind.PASSKEY, name="Laptop", secret="x", credential="laptop"
    )
    authenticators.keep(session, clock, LETTERHEAD, own, key)
    authenticators.new_recovery_codes(session, clock, LETTERHEAD, own)
    authenticators.remove(session, clock, LETTERHEAD, own, key.id)
    authenticators.remove_lost(session, clock, LETTERHEAD, TEAM, sian.id)
    subjects, happened = zip(*told(session), strict=True)
    assert set(subjects) == {"Your second step was changed"}
    assert list(happened) == [
        "the authenticator app “My telephone” was added",
        "the passkey “Laptop” was added",
        "new recovery codes were made, and the old ones ended",
        "the passkey “Laptop” was removed",
        "Ruth Vaughan of the programme team removed every app and passkey, and signed you out everywhere",
    ]
    assert authenticators.proofs_of(session, sian.id) == []
