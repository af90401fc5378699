"""The mail with which a person sets their password."""

import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import mail
from kit.audit import Actor, AuditEntry
from kit.clock import SteppingClock
from kit.links import PublicLinks
from kit.mail import MailMessage
from kit.refusals import NotThere, Refused
from licences.people import accounts, mailing, memberships, organisations
from licences.people.kinds import OrganisationKind, Role

TEAM = Actor(None, "Ruth Vaughan")
LETTERHEAD = mail.Letterhead("Secure Base", "help@securebase.example", PublicLinks("https://portal.example"))


@pytest.fixture
def person_id(session: Session, clock: SteppingClock) -> int:
    place = organisations.create_organisation(session, clock, TEAM, name="Trust & Co", kind=OrganisationKind.TRUST).id
    return memberships.add_person(
        session, clock, TEAM, place, name="Siân O’Hara", email="Sian@Trust.example", role=Role.TRAINER
    ).id


def sent(session: Session, clock: SteppingClock, person_id: int) -> MailMessage:
    message = mailing.send_welcome(session, clock, TEAM, LETTERHEAD, person_id)
    return session.get_one(MailMessage, message)


def secret_in(words: str) -> str:
    found = re.search(r"https://portal\.example/welcome/([\w-]+)", words)
    assert found, words
    return found[1]


def test_both_forms_of_the_mail_carry_one_working_link(session: Session, clock: SteppingClock, person_id: int) -> None:
    letter = sent(session, clock, person_id)
    secret = secret_in(letter.text)
    assert secret_in(letter.html) == secret
    person = accounts.person_of_link(session, clock, secret)
    assert person is not None
    assert person.id == person_id
    assert letter.to_address == "sian@trust.example"
    assert letter.secret
    assert (letter.about_kind, letter.about_id) == ("person", person_id)


def test_words_of_the_first_mail(session: Session, clock: SteppingClock, person_id: int) -> None:
    letter = sent(session, clock, person_id)
    assert letter.subject == "Your account at Secure Base"
    assert letter.text.replace(secret_in(letter.text), "SECRET") == (
        "Dear Siân O’Hara,\n\n"
        "Secure Base has opened an account for you, for your work at Trust & Co. You are there as trainer.\n\n"
        "Choose your password here:\n\n"
        "https://portal.example/welcome/SECRET\n\n"
        "The link works once, until 17 November 2026. After that, sign in with sian@trust.example and your password"
        " at https://portal.example/sign-in.\n\n"
        "If you did not expect this, you need do nothing.\n\n"
        "--\nSecure Base\nhttps://portal.example/\n"
        "Help: help@securebase.example. A person answers within one working day.\n"
    )
    assert "Trust &amp; Co" in letter.html


def test_a_second_mail_ends_the_first_link(session: Session, clock: SteppingClock, person_id: int) -> None:
    first = secret_in(sent(session, clock, person_id).text)
    second = secret_in(sent(session, clock, person_id).text)
    assert accounts.person_of_link(session, clock, first) is None
    assert accounts.person_of_link(session, clock, second) is not None


def test_somebody_with_a_password_reads_other_words(session: Session, clock: SteppingClock, person_id: int) -> None:
    accounts.set_password(session, clock, LETTERHEAD, secret_in(sent(session, clock, person_id).text), "a hash")
    again = sent(session, clock, person_id)
    assert again.subject == "Set a new password at Secure Base"
    assert "the old one works" in again.text
    assert "opened an account" not in again.text + again.html


def test_the_trail_knows_of_the_mail_but_not_its_secret(session: Session, clock: SteppingClock, person_id: int) -> None:
    secret = secret_in(sent(session, clock, person_id).text)
    session.flush()
    entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "password link sent")).all()
    assert [entry.detail for entry in entries] == [{"to": "sian@trust.example"}]
    assert secret not in str([(entry.detail, entry.subject_label) for entry in entries])


def test_nobody_is_there(session: Session, clock: SteppingClock) -> None:
    with pytest.raises(NotThere):
        mailing.send_welcome(session, clock, TEAM, LETTERHEAD, 404)


def test_a_corrected_address_ends_links_sent_to_the_old_one(
    session: Session, clock: SteppingClock, person_id: int
) -> None:
    secret = secret_in(sent(session, clock, person_id).text)
    accounts.change_email(session, clock, TEAM, person_id, email="sian@trust.example")
    assert accounts.person_of_link(session, clock, secret) is not None
    accounts.change_email(session, clock, TEAM, person_id, email=" New@Trust.example ")
    assert accounts.person_of_link(session, clock, secret) is None
    assert memberships.first_place(session, person_id).email == "new@trust.example"


def test_an_address_belongs_to_one_person(session: Session, clock: SteppingClock, person_id: int) -> None:
    place = memberships.first_place(session, person_id).organisation_id
    other = memberships.add_person(
        session, clock, TEAM, place, name="Tom", email="tom@trust.example", role=Role.MANAGER
    )
    with pytest.raises(Refused) as refused:
        accounts.change_email(session, clock, TEAM, other.id, email="SIAN@trust.example")
    assert refused.value.field == "email"
