"""Lists of organisations and people: what is found, in which order, page by page, with how many statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from kit.audit import Actor
from kit.clock import SteppingClock, today
from licences import accreditations, directory, programmes, seats, terms
from licences.directory import NO_LICENCE, OrganisationsWanted, PeopleWanted, Turn
from licences.models import Licence, Period, Suspension
from licences.people import memberships, organisations
from licences.people.kinds import OrganisationKind, Role
from licences.standing import Standing

TEAM = Actor(None, "The test")
ALL = Turn(1000)
DAY = timedelta(days=1)


def an_organisation(
    session: Session, clock: SteppingClock, name: str, kind: OrganisationKind = OrganisationKind.TRUST
) -> int:
    return organisations.create_organisation(session, clock, TEAM, name=name, kind=kind).id


def a_programme(session: Session, clock: SteppingClock, name: str = "Mentoring") -> int:
    made = programmes.create_programme(session, clock, TEAM, name=name, days=3, trainer_days=5, audience="Schools")
    return made.id


def a_person(session: Session, clock: SteppingClock, place: int, name: str, role: Role = Role.TRAINER) -> int:
    email = f"p{abs(hash((place, name)))}@place.example"
    return memberships.add_person(session, clock, TEAM, place, name=name, email=email, role=role).id


def a_licence(
    session: Session, clock: SteppingClock, place: int, programme: int, spans: list[tuple[date, date]], stopped: bool
) -> int:
    """Rows as they are, without the services' rules: any combination that the tables allow."""
    now = clock.now()
    licence = Licence(organisation_id=place, programme_id=programme, seats_bought=2, created_at=now)
    session.add(licence)
    session.flush()
    for starts, ends in spans:
        session.add(Period(licence_id=licence.id, starts_on=starts, ends_on=ends, reason="x", created_at=now))
    if stopped:
        session.add(Suspension(licence_id=licence.id, since=now, reason="Not paid."))
    session.add(
        Suspension(licence_id=licence.id, since=now - DAY, reason="Old.", restored_at=now, restored_reason="Paid.")
    )
    session.flush()
    return licence.id


def named(found: list[directory.ListedOrganisation]) -> list[str]:
    return [one.organisation.name for one in found]


def test_filter_by_standing_gives_what_the_standing_itself_says(session: Session, clock: SteppingClock) -> None:
    programme, now = a_programme(session, clock), today(clock)
    edges = [-400, -2, -1, 0, 1, 2, 400]
    spans = [[]] + [[(now + a * DAY, now + b * DAY)] for a in edges for b in edges if a <= b]
    spans += [
        [(now - 9 * DAY, now - 5 * DAY), (now + 5 * DAY, now + 9 * DAY)],
        [(now - 9 * DAY, now), (now + DAY, now + 9 * DAY)],
    ]
    for number, periods in enumerate(spans):
        for stopped in (False, True):
            place = an_organisation(session, clock, f"Place {number:03} {stopped}")
            a_licence(session, clock, place, programme, periods, stopped)
    session.expire_all()
    everybody = directory.organisations(session, clock, OrganisationsWanted(), ALL)
    for standing in Standing:
        found = directory.organisations(session, clock, OrganisationsWanted(standing=standing), ALL)
        assert named(found) == [
            one.organisation.name for one in everybody if one.licences[0].standing.standing is standing
        ]
        assert found or standing is Standing.GRACE  # which takes money: see test_standing_facts


def test_without_licence_leaves_out_the_licensor(session: Session, clock: SteppingClock) -> None:
    an_organisation(session, clock, "The team", OrganisationKind.LICENSOR)
    an_organisation(session, clock, "Without")
    a_licence(session, clock, an_organisation(session, clock, "With"), a_programme(session, clock), [], stopped=False)
    assert named(directory.organisations(session, clock, OrganisationsWanted(standing=NO_LICENCE), ALL)) == ["Without"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["100% Trust", "Lakeshire Council", "Łódź Partnership", "Saint_Anne Trust"]),
        ("LAKE", ["Lakeshire Council"]),
        ("council lake", ["Lakeshire Council"]),
        ("lake trust", []),
        ("łódź", ["Łódź Partnership"]),
        ("lodz", ["Łódź Partnership"]),
        ("läke", ["Lakeshire Council"]),
        ("ŁÓDŹ", ["Łódź Partnership"]),
        ("%", ["100% Trust"]),
        ("_", ["Saint_Anne Trust"]),
        ("\\", []),
    ],
)
def test_search_by_name(session: Session, clock: SteppingClock, words: str, found: list[str]) -> None:
    for name in ("Lakeshire Council", "Saint_Anne Trust", "100% Trust", "Łódź Partnership"):
        an_organisation(session, clock, name)
    assert sorted(named(directory.organisations(session, clock, OrganisationsWanted(words=words), ALL))) == sorted(
        found
    )


def test_people_are_found_by_address_role_and_kind(session: Session, clock: SteppingClock) -> None:
    council = an_organisation(session, clock, "Council", OrganisationKind.LOCAL_AUTHORITY)
    trust = an_organisation(session, clock, "Trust")
    amara = a_person(session, clock, council, "Amara Osei")
    janet = a_person(session, clock, council, "Janet Whitlock", Role.MANAGER)
    tom = a_person(session, clock, trust, "Tom Barraclough")
    email = memberships.first_place(session, amara).email

    def ids(wanted: PeopleWanted) -> list[int]:
        return [one.person.id for one in directory.people(session, wanted, ALL)]

    assert ids(PeopleWanted()) == [amara, janet, tom]
    assert ids(PeopleWanted(words=email.upper())) == [amara]
    assert ids(PeopleWanted(role=Role.TRAINER)) == [amara, tom]
    assert ids(PeopleWanted(role=Role.TRAINER, kind=OrganisationKind.TRUST)) == [tom]
    team = an_organisation(session, clock, "The team", OrganisationKind.LICENSOR)
    ruth = a_person(session, clock, team, "Ruth Vaughan", Role.STAFF)
    assert ids(PeopleWanted(role=Role.STAFF)) == ids(PeopleWanted(kind=OrganisationKind.LICENSOR)) == [ruth]
    assert ids(PeopleWanted(organisation_id=council, words="osei")) == [amara]


def test_pages_meet_without_gap_or_repetition(session: Session, clock: SteppingClock) -> None:
    place = an_organisation(session, clock, "Place")
    names = ["Same Name", "same name", "SAME NAME", "Alpha", "beta", "Zed", "Ärna", "gamma"]
    for name in names:
        a_person(session, clock, place, name)
    everybody = directory.people(session, PeopleWanted(), ALL)
    assert [one.person.name for one in everybody[:3]] == ["Alpha", "Ärna", "beta"]  # as people look for them
    whole = [one.id for one in everybody]
    assert len(whole) == len(names)
    onward, after = [], None
    while batch := directory.people(session, PeopleWanted(), Turn(3, after=after)):
        onward += [one.id for one in batch]
        after = onward[-1]
    assert onward == whole
    backward = directory.people(session, PeopleWanted(), Turn(3, before=whole[5]))
    assert [one.id for one in backward] == [whole[4], whole[3], whole[2]]


def test_an_unknown_row_means_the_beginning(session: Session, clock: SteppingClock) -> None:
    an_organisation(session, clock, "Only")
    found = directory.organisations(session, clock, OrganisationsWanted(), Turn(5, after=987_654_321))
    assert named(found) == ["Only"]


def test_download_goes_through_all_batches(
    session: Session, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "BATCH", 2)
    place = an_organisation(session, clock, "A")
    for letter in "BCDE":
        an_organisation(session, clock, letter)
        a_person(session, clock, place, letter)
    assert named(list(directory.all_organisations(session, clock, OrganisationsWanted()))) == list("ABCDE")
    assert [one.person.name for one in directory.all_people(session, PeopleWanted())] == list("BCDE")


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """The statements sent meanwhile."""
    sent: list[str] = []
    engine = session.connection().engine

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_statements_do_not_grow_with_rows(session: Session, clock: SteppingClock) -> None:
    programme, counts = a_programme(session, clock), []
    for many in (2, 12):
        for number in range(many):
            place = an_organisation(session, clock, f"{many} {number}")
            person = a_person(session, clock, place, f"Person {many} {number}")
            day = today(clock)
            licence = terms.grant(
                session, clock, TEAM, organisation_id=place, programme_id=programme,
                starts_on=day, ends_on=day + 9 * DAY, seats=1, reason="x",
            )  # fmt: skip
            seats.give(session, clock, TEAM, licence, person)
            accreditations.record_accreditation(
                session, clock, TEAM, person_id=person, programme_id=programme, from_on=day, until_on=day, note=""
            )
        session.flush()
        session.expunge_all()
        with statements(session) as sent:
            places = directory.organisations(session, clock, OrganisationsWanted(standing=Standing.ACTIVE), ALL)
            people = directory.people(session, PeopleWanted(), ALL)
        counts.append(len(sent))
    assert len(places) == len(people) == 14
    assert all(one.seats and one.accreditations for one in people)
    assert counts[0] == counts[1]


def test_turn_is_for_one_direction_at_a_time(session: Session, clock: SteppingClock) -> None:
    ids = [an_organisation(session, clock, letter) for letter in "ABC"]
    turn = replace(ALL, before=ids[2])
    assert named(directory.organisations(session, clock, OrganisationsWanted(), turn)) == ["B", "A"]
