"""What happened to a licence and to a person, in words."""

from datetime import date

from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import SteppingClock
from licences import history, programmes, seats, terms
from licences.people import memberships, organisations
from licences.people.kinds import OrganisationKind, Role

TEAM = Actor(None, "Ruth Vaughan")


def test_a_licence_tells_its_own_story_and_that_of_its_seats(session: Session, clock: SteppingClock) -> None:
    licences, person = {}, 0
    place = organisations.create_organisation(session, clock, TEAM, name="Trust", kind=OrganisationKind.TRUST).id
    person = memberships.add_person(
        session, clock, TEAM, place, name="Amara Osei", email="a@trust.example", role=Role.TRAINER
    ).id
    for name in ("One", "Two"):
        programme = programmes.create_programme(session, clock, TEAM, name=name, days=1, trainer_days=None, audience="")
        licences[name] = terms.grant(
            session, clock, TEAM, organisation_id=place, programme_id=programme.id,
            starts_on=date(2026, 9, 1), ends_on=date(2027, 8, 31), seats=3, reason="Order 7",
        )  # fmt: skip
        seats.give(session, clock, TEAM, licences[name], person)
    seats.release(session, clock, TEAM, licences["One"], person)
    session.flush()
    told = history.history_of_licence(session, place, licences["One"])
    assert [one.action for one in told] == ["seat released", "seat given", "licence granted"]
    assert told[0].about == "Amara Osei"
    assert told[0].details == ()
    assert told[2].actor_name == "Ruth Vaughan"
    assert ("Period", "1 September 2026 to 31 August 2027") in told[2].details
    assert ("Reason", "Order 7") in told[2].details


def test_signing_in_is_no_change_of_a_person(session: Session, clock: SteppingClock) -> None:
    subject = Subject("person", 7, "Amara Osei")
    for action in ("person added", "signed in", "signed out"):
        record(session, clock, TEAM, action, subject, day="2026-13-45")
    record(session, clock, TEAM, "person changed", Subject("person", 8, "Another"))
    record(session, clock, TEAM, "seat given", Subject("licence", 7, "Another kind"))
    session.flush()
    told = history.history_of(session, "person", 7)
    assert [one.action for one in told] == ["person added"]
    assert told[0].details == (("Day", "2026-13-45"),)
