"""One-use links: each is good for its own purpose and for nothing else."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import mail
from kit.audit import Actor
from kit.clock import SteppingClock
from kit.links import PublicLinks
from kit.refusals import Refused
from licences.people import accounts, memberships, organisations, sessions, tokens
from licences.people.kinds import OrganisationKind, Role, TokenPurpose
from licences.people.models import OneUseToken

TEAM = Actor(None, "Ruth Vaughan")
LETTERHEAD = mail.Letterhead("Secure Base", "help@securebase.example", PublicLinks("https://portal.example"))


@pytest.fixture
def person_id(session: Session, clock: SteppingClock) -> int:
    place = organisations.create_organisation(session, clock, TEAM, name="Trust", kind=OrganisationKind.TRUST)
    return memberships.add_person(
        session, clock, TEAM, place.id, name="Ann Example", email="ann@trust.example", role=Role.TRAINER
    ).id


def test_a_link_sets_a_password_once(session: Session, clock: SteppingClock, person_id: int) -> None:
    secret = accounts.new_password_link(session, clock, person_id)
    assert accounts.set_password(session, clock, LETTERHEAD, secret, "a hash") == person_id
    with pytest.raises(Refused, match="used up"):
        accounts.set_password(session, clock, LETTERHEAD, secret, "another hash")


def test_a_link_ends_after_seven_days(session: Session, clock: SteppingClock, person_id: int) -> None:
    secret = accounts.new_password_link(session, clock, person_id)
    clock.moment += timedelta(days=7)
    with pytest.raises(Refused, match="too old"):
        accounts.set_password(session, clock, LETTERHEAD, secret, "a hash")


def test_a_link_for_something_else_sets_no_password(session: Session, clock: SteppingClock, person_id: int) -> None:
    """A link to sign in with must not open this door."""
    secret = tokens.issue(session, clock, TokenPurpose.SIGN_IN, person_id=person_id)
    with pytest.raises(Refused):
        accounts.set_password(session, clock, LETTERHEAD, secret, "a hash")
    assert session.scalar(sa.select(sa.func.count()).where(OneUseToken.used_at.is_not(None))) == 0


def test_the_address_of_somebody_who_signs_in_is_not_corrected_behind_their_back(
    session: Session, clock: SteppingClock, person_id: int
) -> None:
    accounts.make_demo_account(session, person_id, "a hash")
    with pytest.raises(Refused, match="Vouch for a new one"):
        accounts.change_email(session, clock, TEAM, person_id, email="new@trust.example")


def test_nor_that_of_somebody_who_only_ever_comes_in_by_a_link(
    session: Session, clock: SteppingClock, person_id: int
) -> None:
    sessions.begin(session, clock, memberships.first_place(session, person_id).membership_id, "", how="link")
    with pytest.raises(Refused, match="Vouch for a new one"):
        accounts.change_email(session, clock, TEAM, person_id, email="new@trust.example")
