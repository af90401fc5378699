"""Places in organisations: several each, one live in each, the last manager stays, leavers keep their history."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kit.audit import Actor
from kit.clock import SteppingClock
from kit.refusals import NotThere, Refused
from licences.people import memberships, organisations, sessions
from licences.people.kinds import OrganisationKind, Role
from licences.people.models import Membership, Person

TEAM = Actor(None, "Ruth Vaughan")


def place(session: Session, clock: SteppingClock, name: str) -> int:
    return organisations.create_organisation(session, clock, TEAM, name=name, kind=OrganisationKind.TRUST).id


def person(session: Session, clock: SteppingClock, where: int, name: str, role: Role) -> memberships.Member:
    email = f"{name.lower()}@trust.example"
    return memberships.add_person(session, clock, TEAM, where, name=name, email=email, role=role)


def test_one_person_in_two_organisations_has_a_role_in_each(session: Session, clock: SteppingClock) -> None:
    first, second = place(session, clock, "First"), place(session, clock, "Second")
    ann = person(session, clock, first, "Ann", Role.TRAINER)
    memberships.join(session, clock, TEAM, second, ann.id, Role.MANAGER)
    assert [(one.organisation_name, one.role) for one in memberships.places_of(session, ann.id)] == [
        ("First", Role.TRAINER),
        ("Second", Role.MANAGER),
    ]
    with pytest.raises(Refused, match="belongs to this organisation already"):
        memberships.join(session, clock, TEAM, second, ann.id, Role.TRAINER)


def test_the_last_manager_neither_leaves_nor_changes(session: Session, clock: SteppingClock) -> None:
    where = place(session, clock, "Trust")
    ann = person(session, clock, where, "Ann", Role.MANAGER)
    for verb in (memberships.leave, lambda *a: memberships.change_role(*a, Role.TRAINER)):
        with pytest.raises(Refused, match="last licence manager"):
            verb(session, clock, TEAM, ann.membership_id)
    ben = person(session, clock, where, "Ben", Role.MANAGER)
    memberships.leave(session, clock, TEAM, ann.membership_id)
    with pytest.raises(Refused, match="last licence manager"):
        memberships.leave(session, clock, TEAM, ben.membership_id)


def test_who_left_is_on_no_list_but_known_and_may_come_back(session: Session, clock: SteppingClock) -> None:
    where = place(session, clock, "Trust")
    ann = person(session, clock, where, "Ann", Role.TRAINER)
    secret = sessions.begin(session, clock, ann.membership_id, "a browser")
    memberships.leave(session, clock, TEAM, ann.membership_id)
    assert memberships.people_of(session, where) == []
    assert sessions.viewer_of(session, clock, secret) is None
    assert memberships.first_place(session, ann.id).ended_at == clock.now()
    with pytest.raises(NotThere):
        memberships.member(session, ann.membership_id)
    again = memberships.join(session, clock, TEAM, where, ann.id, Role.TRAINER)
    assert [one.id for one in memberships.people_of(session, where)] == [ann.id]
    assert again.membership_id != ann.membership_id


def test_the_database_holds_one_live_place_in_each_organisation(session: Session, clock: SteppingClock) -> None:
    ann = person(session, clock, place(session, clock, "Trust"), "Ann", Role.TRAINER)
    row = session.scalars(sa.select(Membership)).one()
    session.add(Membership(person_id=ann.id, organisation_id=row.organisation_id, role=row.role, since=row.since))
    with pytest.raises(IntegrityError):
        session.flush()


def test_names_stand_in_the_order_in_which_people_look_for_them(session: Session, clock: SteppingClock) -> None:
    where = place(session, clock, "Trust")
    for name in ("zoe", "Łukasz", "Élodie", "anna", "Maria"):
        person(session, clock, where, name, Role.TRAINER)
    ordered = ["anna", "Élodie", "Łukasz", "Maria", "zoe"]
    assert [one.name for one in memberships.people_of(session, where)] == ordered
    assert [one.name for one in memberships.people_with_roles(session, where, Role.TRAINER)] == ordered


def test_who_was_merged_away_joins_nothing(session: Session, clock: SteppingClock) -> None:
    where = place(session, clock, "Trust")
    ann, anne = (person(session, clock, where, name, Role.TRAINER) for name in ("Ann", "Anne"))
    session.get_one(Person, anne.id).merged_into_id = ann.id
    with pytest.raises(NotThere):
        memberships.join(session, clock, TEAM, place(session, clock, "Other"), anne.id, Role.TRAINER)
