"""Invitations through their services, on both databases: one open for each address, one acceptance."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import mail
from kit.audit import Actor, AuditEntry
from kit.clock import SteppingClock
from kit.links import PublicLinks
from kit.mail import MailMessage, State
from kit.refusals import NotThere, Refused
from licences import joining
from licences.people import invitation_links, invitations, memberships, organisations, sessions
from licences.people.invitation_links import Closed
from licences.people.invitations import Arrival, Guest, InvitationFacts
from licences.people.kinds import OrganisationKind, Role
from licences.people.models import Invitation, OneUseToken, Person

TEAM = Actor(None, "The test")
LETTERHEAD = mail.Letterhead("Secure Base", "help@securebase.example", PublicLinks("https://portal.example"))
SIAN = Guest("Siân O’Hara", "Sian@Trust.example")


class Trust:
    """An organisation with one manager."""

    def __init__(self, session: Session, clock: SteppingClock, name: str = "Trust & Co") -> None:
        self.session, self.clock = session, clock
        self.id = organisations.create_organisation(session, clock, TEAM, name=name, kind=OrganisationKind.TRUST).id
        email = f"manager{self.id}@trust.example"
        made = memberships.add_person(session, clock, TEAM, self.id, name="Priya Raman", email=email, role=Role.MANAGER)
        self.manager = Actor(made.id, made.name, self.id)

    def invite(self, *guests: Guest, role: Role = Role.TRAINER) -> InvitationFacts:
        """Invites, and returns the first."""
        made = invitations.invite(self.session, self.clock, self.manager, LETTERHEAD, self.id, guests or (SIAN,), role)
        return self.one(made[0])

    def one(self, invitation_id: int) -> InvitationFacts:
        return invitations.open_invitation(self.session, self.clock, self.id, invitation_id)

    def again(self, invitation_id: int) -> InvitationFacts:
        return invitations.send_again(self.session, self.clock, self.manager, LETTERHEAD, self.id, invitation_id)

    def correct(self, invitation_id: int, name: str, email: str) -> InvitationFacts:
        return invitations.correct(
            self.session, self.clock, self.manager, LETTERHEAD, self.id, invitation_id, name=name, email=email
        )


@pytest.fixture
def trust(session: Session, clock: SteppingClock) -> Trust:
    return Trust(session, clock)


def letters(session: Session) -> list[MailMessage]:
    return list(session.scalars(sa.select(MailMessage).order_by(MailMessage.id)))


def secret_in(letter: MailMessage) -> str:
    found = re.search(r"https://portal\.example/invitation/([\w-]+)", letter.text)
    assert found, letter.text
    assert found[1] in letter.html
    return found[1]


def newest(session: Session) -> str:
    return secret_in(letters(session)[-1])


def test_words_of_the_mail(session: Session, trust: Trust) -> None:
    trust.invite()
    letter = letters(session)[0]
    assert letter.subject == "Priya Raman invites you to Secure Base"
    assert (letter.to_address, letter.to_name, letter.secret) == ("sian@trust.example", "Siân O’Hara", True)
    assert letter.text.replace(secret_in(letter), "SECRET") == (
        "Dear Siân O’Hara,\n\n"
        "Priya Raman invites you to join Trust & Co at Secure Base, as trainer.\n\n"
        "Accept the invitation here:\n\n"
        "https://portal.example/invitation/SECRET\n\n"
        "The link works once, until 24 November 2026. If it has run out, ask Priya Raman to send it again.\n\n"
        "If you did not expect this, you need do nothing: nobody is added before they accept.\n\n"
        "--\nSecure Base\nhttps://portal.example/\n"
        "Help: help@securebase.example. A person answers within one working day.\n"
    )
    assert "Trust &amp; Co" in letter.html


def test_the_same_words_for_an_address_that_is_known(session: Session, clock: SteppingClock, trust: Trust) -> None:
    elsewhere = Trust(session, clock, "Elsewhere")
    memberships.add_person(
        session, clock, TEAM, elsewhere.id, name="Known", email="known@trust.example", role=Role.TRAINER
    )
    trust.invite(Guest("", "known@trust.example"), Guest("", "unknown@trust.example"))
    known, unknown = (letter.text.replace(secret_in(letter), "SECRET") for letter in letters(session))
    assert known == unknown


def test_one_open_invitation_for_each_address_and_organisation(
    session: Session, clock: SteppingClock, trust: Trust
) -> None:
    trust.invite()
    with pytest.raises(Refused, match="has an open invitation") as refused:
        trust.invite(Guest("Another", "SIAN@trust.example"))
    assert refused.value.field == "email"
    Trust(session, clock, "Elsewhere").invite()
    assert len(letters(session)) == 2


def test_all_or_nobody(session: Session, trust: Trust) -> None:
    with pytest.raises(Refused, match="belongs to your organisation already"):
        trust.invite(SIAN, Guest("Priya", f"MANAGER{trust.id}@trust.example"))
    assert letters(session) == []


def test_staff_are_not_invited_into_a_trust(trust: Trust) -> None:
    with pytest.raises(Refused):
        trust.invite(role=Role.STAFF)


def test_how_far_it_has_come(session: Session, clock: SteppingClock, trust: Trust) -> None:
    made = trust.invite()
    assert made.arrival is Arrival.WAITING
    letter = letters(session)[0]
    letter.state, letter.sent_at = State.SENT, clock.now()
    session.flush()
    assert trust.one(made.id).arrival is Arrival.SENT
    clock.move(days=14)
    assert trust.one(made.id).arrival is Arrival.TOO_OLD
    assert trust.again(made.id).arrival is Arrival.WAITING
    letter = letters(session)[1]
    letter.state, letter.last_error = State.FAILED, "550 no such mailbox"
    session.flush()
    assert trust.one(made.id).arrival is Arrival.FAILED
    assert trust.one(made.id).error == "550 no such mailbox"


def test_sending_again_ends_the_link_before_and_has_a_limit(
    session: Session, clock: SteppingClock, trust: Trust
) -> None:
    made = trust.invite()
    first = newest(session)
    trust.again(made.id)
    assert invitation_links.behind(session, clock, first) is None
    assert invitation_links.why_closed(session, first) == (Closed.REPLACED, "Trust & Co")
    assert invitation_links.behind(session, clock, newest(session)) is not None
    trust.again(made.id)
    trust.again(made.id)
    with pytest.raises(Refused, match="within a day"):
        trust.again(made.id)
    clock.move(days=1, minutes=1)
    trust.again(made.id)


def test_a_corrected_address_gets_the_mail_and_the_old_link_dies(
    session: Session, clock: SteppingClock, trust: Trust
) -> None:
    made = trust.invite()
    wrong = newest(session)
    corrected = trust.correct(made.id, "Siân O’Hara", "Sian.OHara@trust.example")
    assert corrected.email == "sian.ohara@trust.example"
    assert letters(session)[-1].to_address == "sian.ohara@trust.example"
    assert invitation_links.behind(session, clock, wrong) is None
    with pytest.raises(Refused):
        invitation_links.accept(session, clock, wrong, password_hash="hash")
    trust.correct(made.id, "Siân", "sian.ohara@trust.example")  # the name alone sends nothing
    assert len(letters(session)) == 2
    with pytest.raises(Refused):
        trust.correct(made.id, "Siân", f"manager{trust.id}@trust.example")


def test_a_withdrawn_invitation_is_over(session: Session, clock: SteppingClock, trust: Trust) -> None:
    made = trust.invite()
    invitations.withdraw(session, clock, trust.manager, trust.id, made.id)
    assert invitations.open_invitations(session, clock, trust.id) == []
    assert invitation_links.why_closed(session, newest(session)) == (Closed.WITHDRAWN, "Trust & Co")
    with pytest.raises(Refused):
        invitation_links.accept(session, clock, newest(session), password_hash="hash")
    with pytest.raises(NotThere):
        trust.again(made.id)
    assert trust.invite().id != made.id


def test_another_organisations_invitation_is_not_there(session: Session, clock: SteppingClock, trust: Trust) -> None:
    made = trust.invite()
    other = Trust(session, clock, "Elsewhere")
    for verb in (other.one, other.again, lambda number: other.correct(number, "X", "x@x.example")):
        with pytest.raises(NotThere):
            verb(made.id)
    with pytest.raises(NotThere):
        invitations.withdraw(session, clock, other.manager, other.id, made.id)
    assert invitations.open_invitations(session, clock, other.id) == []


def test_accepting_makes_an_account_once(session: Session, clock: SteppingClock, trust: Trust) -> None:
    trust.invite()
    secret = newest(session)
    door = invitation_links.behind(session, clock, secret)
    assert door is not None
    assert (door.person_id, door.signs_in) == (None, False)
    accepted = invitation_links.accept(session, clock, secret, password_hash="a hash")
    assert accepted.member.name == "Siân O’Hara"
    assert accepted.member.has_password
    assert not accepted.signed_in_before
    assert memberships.member_in(session, trust.id, accepted.member.id).role is Role.TRAINER
    with pytest.raises(Refused):
        invitation_links.accept(session, clock, secret, password_hash="another")
    assert invitation_links.why_closed(session, secret) == (Closed.ACCEPTED, "Trust & Co")
    assert invitations.open_invitations(session, clock, trust.id) == []


def test_who_has_an_account_keeps_their_password(session: Session, clock: SteppingClock, trust: Trust) -> None:
    elsewhere = Trust(session, clock, "Elsewhere")
    known = memberships.add_person(
        session, clock, TEAM, elsewhere.id, name="Rosa", email="rosa@trust.example", role=Role.TRAINER
    )
    session.get_one(Person, known.id).password_hash = "own hash"
    trust.invite(Guest("Rosie", "rosa@trust.example"))
    accepted = invitation_links.accept(session, clock, newest(session), password_hash="somebody else’s")
    assert accepted.signed_in_before
    assert accepted.member.id == known.id
    assert accepted.member.name == "Rosa"
    assert session.get_one(Person, known.id).password_hash == "own hash"
    assert len(memberships.places_of(session, known.id)) == 2


def test_an_account_that_is_signed_in_to_by_links_alone_gets_no_password(
    session: Session, clock: SteppingClock, trust: Trust
) -> None:
    """Else whoever an invitation was passed on to could open it."""
    elsewhere = Trust(session, clock, "Elsewhere")
    known = memberships.add_person(
        session, clock, TEAM, elsewhere.id, name="Rosa", email="rosa@trust.example", role=Role.TRAINER
    )
    sessions.begin(session, clock, known.membership_id, "", how="link")
    trust.invite(Guest("Rosie", "rosa@trust.example"))
    door = invitation_links.behind(session, clock, newest(session))
    assert door is not None
    assert door.signs_in
    joined = joining.accept(session, clock, newest(session), password_hash="somebody else’s")
    assert not joined.may_enter
    assert session.get_one(Person, known.id).password_hash is None


def test_staff_were_quicker(session: Session, clock: SteppingClock, trust: Trust) -> None:
    trust.invite()
    there = memberships.add_person(
        session, clock, TEAM, trust.id, name="Siân", email="sian@trust.example", role=Role.FINANCE
    )
    accepted = invitation_links.accept(session, clock, newest(session), password_hash="a hash")
    assert accepted.member.membership_id == there.membership_id
    assert accepted.member.role is Role.FINANCE


def test_somebody_who_was_merged_joins_as_who_they_became(session: Session, clock: SteppingClock, trust: Trust) -> None:
    elsewhere = Trust(session, clock, "Elsewhere")
    gone, kept = (
        memberships.add_person(
            session, clock, TEAM, elsewhere.id, name="Rosa", email=f"{name}@trust.example", role=Role.TRAINER
        )
        for name in ("gone", "kept")
    )
    session.get_one(Person, gone.id).merged_into_id = kept.id
    trust.invite(Guest("Rosa", "gone@trust.example"))
    door = invitation_links.behind(session, clock, newest(session))
    assert door is not None
    assert door.person_id == kept.id
    assert invitation_links.accept(session, clock, newest(session), password_hash="x").member.id == kept.id


def test_one_that_a_merge_closed_is_over(session: Session, clock: SteppingClock, trust: Trust) -> None:
    made = trust.invite()
    session.get_one(Invitation, made.id).withdrawn_at = clock.now()
    session.flush()
    with pytest.raises(Refused):
        invitation_links.accept(session, clock, newest(session), password_hash="x")


def test_a_link_that_is_too_old(session: Session, clock: SteppingClock, trust: Trust) -> None:
    trust.invite()
    clock.move(days=14, seconds=1)
    assert invitation_links.behind(session, clock, newest(session)) is None
    assert invitation_links.why_closed(session, newest(session)) == (Closed.TOO_OLD, "Trust & Co")
    assert invitation_links.why_closed(session, "never was") == (Closed.UNKNOWN, "")


def test_a_day_has_its_limit(session: Session, clock: SteppingClock, trust: Trust) -> None:
    limit = invitations.MOST_INVITED_A_DAY
    for hundred in range(limit // 100):
        trust.invite(*(Guest("", f"a{hundred}-{n}@trust.example") for n in range(100)))
    with pytest.raises(Refused, match="Invite the others tomorrow"):
        trust.invite()
    clock.moment += timedelta(days=1, minutes=1)
    trust.invite()


def test_the_trail_names_no_secret(session: Session, clock: SteppingClock, trust: Trust) -> None:
    made = trust.invite()
    secret = newest(session)
    trust.correct(made.id, "Siân", "s@trust.example")
    invitation_links.accept(session, clock, newest(session), password_hash="a hash")
    entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.subject_kind == "invitation")).all()
    assert [entry.action for entry in entries] == [
        "invitation sent", "invitation corrected", "invitation sent", "invitation accepted",
    ]  # fmt: skip
    assert secret not in str([entry.detail for entry in entries])
    assert session.scalar(sa.select(OneUseToken).where(OneUseToken.fingerprint == secret)) is None
