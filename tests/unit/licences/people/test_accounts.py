"""One-use links: each is good for its own purpose and for nothing else."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor
from kit.clock import SteppingClock
from kit.refusals import Refused
from licences.people import accounts, organisations
from licences.people.kinds import OrganisationKind, Role
from licences.people.models import OneUseToken

TEAM = Actor(None, "Ruth Vaughan")


@pytest.fixture
def person_id(session: Session, clock: SteppingClock) -> int:
    place = organisations.create_organisation(session, clock, TEAM, name="Trust", kind=OrganisationKind.TRUST)
    return organisations.add_person(
        session, clock, TEAM, place.id, name="Ann Example", email="ann@trust.example", role=Role.TRAINER
    ).id


def test_a_link_sets_a_password_once(session: Session, clock: SteppingClock, person_id: int) -> None:
    secret = accounts.new_password_link(session, clock, person_id)
    assert accounts.set_password(session, clock, secret, "a hash") == person_id
    with pytest.raises(Refused, match="used up"):
        accounts.set_password(session, clock, secret, "another hash")


def test_a_link_ends_after_seven_days(session: Session, clock: SteppingClock, person_id: int) -> None:
    secret = accounts.new_password_link(session, clock, person_id)
    clock.moment += timedelta(days=7)
    with pytest.raises(Refused, match="seven days"):
        accounts.set_password(session, clock, secret, "a hash")


def test_a_link_for_something_else_sets_no_password(session: Session, clock: SteppingClock, person_id: int) -> None:
    """There is one purpose so far; the next one must not open this door."""
    secret = accounts.new_password_link(session, clock, person_id)
    _make_it_for_something_else(session)
    with pytest.raises(Refused):
        accounts.set_password(session, clock, secret, "a hash")
    assert session.scalar(sa.select(sa.func.count()).where(OneUseToken.used_at.is_not(None))) == 0


def _make_it_for_something_else(session: Session) -> None:
    """Past the constraint, which knows the purposes of today."""
    changed = "UPDATE licences_one_use_token SET purpose = 'sign in'"
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        connection.exec_driver_sql(changed)
        connection.exec_driver_sql("PRAGMA ignore_check_constraints=OFF")
    else:
        connection.exec_driver_sql(
            "ALTER TABLE licences_one_use_token DROP CONSTRAINT ck_licences_one_use_token_tokenpurpose"
        )
        connection.exec_driver_sql(changed)
