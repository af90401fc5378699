"""The directory: organisations and people as lists, searched, filtered and read page by page in alphabetical order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager

from kit.clock import Clock, today
from kit.folding import folded
from kit.keyset import likely
from kit.search import Searched
from licences.accreditations import AccreditationFacts, accreditations_of
from licences.models import Licence, Seat
from licences.people.kinds import OrganisationKind, Role
from licences.people.memberships import Member, facts_of_member
from licences.people.models import Membership, Organisation, Person
from licences.people.organisations import SEARCHED, OrganisationFacts, facts_of
from licences.seats import HeldSeat, seats_held
from licences.standing import Standing
from licences.standing_facts import stands
from licences.terms import LicenceFacts, licences_of_many

FIRST_BATCH, BATCH = 10, 500
NO_LICENCE = "none"
_PEOPLE = Searched(Person.id, (Person.name, Person.email), few=1_500)

Listed = TypeVar("Listed")


@dataclass(frozen=True)
class Turn:
    """Where in a list to read on: after or before the row of this id, at most `limit` rows.

    Before a row, the rows come backwards, nearest first.
    """

    limit: int
    after: int | None = None
    before: int | None = None


@dataclass(frozen=True)
class OrganisationsWanted:
    """Which organisations: words of their names, a kind, a standing of one of their licences (or `NO_LICENCE`)."""

    words: str = ""
    kind: OrganisationKind | None = None
    standing: Standing | str | None = None


@dataclass(frozen=True)
class PeopleWanted:
    """Which people: words of their names or e-mail addresses, the kind of their organisation, their role.

    `organisation_id` keeps to the people of one organisation, `has_seat` to those with or without a seat there.
    """

    words: str = ""
    kind: OrganisationKind | None = None
    role: Role | None = None
    organisation_id: int | None = None
    has_seat: bool | None = None


@dataclass(frozen=True)
class ListedOrganisation:
    """An organisation with its licences and the number of its people."""

    organisation: OrganisationFacts
    licences: tuple[LicenceFacts, ...]
    people: int

    @property
    def id(self) -> int:
        return self.organisation.id


@dataclass(frozen=True)
class ListedPerson:
    """A person in one organisation, with the seats they hold there and their accreditations."""

    person: Member
    seats: tuple[HeldSeat, ...]
    accreditations: tuple[AccreditationFacts, ...]

    @property
    def id(self) -> int:
        """That of the place: somebody who belongs to two organisations is listed twice."""
        return self.person.membership_id


def organisations(session: Session, clock: Clock, wanted: OrganisationsWanted, turn: Turn) -> list[ListedOrganisation]:
    """Organisations by name, with a constant number of statements whatever their number."""
    query = SEARCHED.narrowed(
        session, sa.select(Organisation).where(*_organisation_conditions(wanted, today(clock))), wanted.words
    )
    places = session.scalars(
        _turned(session, query, folded(Organisation.name), Organisation.id, turn, sa.select(folded(Organisation.name)))
    ).all()
    ids = [place.id for place in places]
    licences = licences_of_many(session, clock, ids)
    counted = sa.select(Membership.organisation_id, sa.func.count()).where(
        Membership.organisation_id.in_(ids), Membership.ended_at.is_(None)
    )
    people = dict(session.execute(counted.group_by(Membership.organisation_id)).all())
    return [
        ListedOrganisation(
            facts_of(place),
            tuple(licence for licence in licences if licence.organisation_id == place.id),
            people.get(place.id, 0),
        )
        for place in places
    ]


def people(session: Session, wanted: PeopleWanted, turn: Turn) -> list[ListedPerson]:
    """People by name, with a constant number of statements whatever their number."""
    query = (
        sa.select(Membership)
        .join(Person, Membership.person_id == _led_by(Person.id, wanted))
        .join(Membership.organisation)
        .options(contains_eager(Membership.person), contains_eager(Membership.organisation))
        .where(*_person_conditions(wanted))
    )
    order: sa.ColumnElement[str] = folded(Person.name)
    if wanted.organisation_id is None:
        query = _PEOPLE.narrowed(session, query, wanted.words)
    else:  # its people are few: not the index that has everybody in this order
        order = order.concat("")
    members = session.scalars(_turned(session, query, order, Membership.id, turn, _NAME_OF_MEMBER))
    return with_rights(session, [facts_of_member(member) for member in members])


def count_people(session: Session, organisation_id: int) -> int:
    """How many people belong to an organisation."""
    live = sa.select(sa.func.count()).where(
        Membership.organisation_id == organisation_id, Membership.ended_at.is_(None)
    )
    return session.scalar(live) or 0


def with_rights(session: Session, found: Sequence[Member]) -> list[ListedPerson]:
    """The same people with their seats and accreditations."""
    ids = [person.id for person in found]
    held = seats_held(session, ids)
    accredited = accreditations_of(session, ids)
    return [
        ListedPerson(
            person,
            tuple(
                seat for seat in held if (seat.person_id, seat.organisation_id) == (person.id, person.organisation_id)
            ),
            tuple(fact for fact in accredited if fact.person_id == person.id),
        )
        for person in found
    ]


def all_organisations(session: Session, clock: Clock, wanted: OrganisationsWanted) -> Iterator[ListedOrganisation]:
    """Every organisation wanted, fetched in batches: for a download. The first is small, so that it begins at once."""
    turn = Turn(FIRST_BATCH)
    while batch := organisations(session, clock, wanted, turn):
        yield from batch
        turn = Turn(BATCH, after=batch[-1].id)


def all_people(session: Session, wanted: PeopleWanted) -> Iterator[ListedPerson]:
    """Every person wanted, fetched in batches: for a download. The first is small, so that it begins at once."""
    turn = Turn(FIRST_BATCH)
    while batch := people(session, wanted, turn):
        yield from batch
        turn = Turn(BATCH, after=batch[-1].id)


_NAME_OF_MEMBER = sa.select(folded(Person.name)).join(Membership, Membership.person_id == Person.id)


def _organisation_conditions(wanted: OrganisationsWanted, day: date) -> Iterator[sa.ColumnElement[bool]]:
    yield likely(Organisation.merged_into_id.is_(None))
    yield SEARCHED.holding(wanted.words)
    if wanted.kind:
        yield Organisation.kind == wanted.kind
    licences = sa.select(Licence.id).where(Licence.organisation_id == Organisation.id)
    if wanted.standing == NO_LICENCE:
        yield Organisation.kind != OrganisationKind.LICENSOR
        yield ~licences.exists()
    elif wanted.standing:
        yield licences.where(stands(Standing(wanted.standing), day)).exists()


def _person_conditions(wanted: PeopleWanted) -> Iterator[sa.ColumnElement[bool]]:
    yield Membership.ended_at.is_(None)
    yield _PEOPLE.holding(wanted.words)
    if wanted.kind:
        yield _of_kind(wanted.kind)
    if wanted.role:
        yield likely(Membership.role == wanted.role)
    if wanted.role is Role.STAFF:  # they are few, and all in one place
        yield _of_kind(OrganisationKind.LICENSOR)
    if wanted.organisation_id is not None:
        yield Membership.organisation_id == wanted.organisation_id
    if wanted.has_seat is not None:
        seat = sa.exists().where(
            Seat.person_id == Membership.person_id,
            Seat.released_at.is_(None),
            Seat.licence_id == Licence.id,
            Licence.organisation_id == Membership.organisation_id,
        )
        yield seat if wanted.has_seat else ~seat


def _led_by(person_id: InstrumentedAttribute[int], wanted: PeopleWanted) -> sa.ColumnElement[int]:
    """The key of people, so written that places are looked up for people in their order, and not people for places.

    SQLite would choose by chance: it has no statistics in an installation. Where few places are asked for, they lead.
    """
    few = wanted.organisation_id is not None or wanted.role is Role.STAFF or wanted.kind is OrganisationKind.LICENSOR
    return person_id.expression if few else person_id + 0


def _of_kind(kind: OrganisationKind) -> sa.ColumnElement[bool]:
    """Of every other kind there are many; there is one licensor."""
    if kind is not OrganisationKind.LICENSOR:
        return likely(Organisation.kind == kind)
    licensor = sa.select(Organisation.id).where(Organisation.kind == kind).scalar_subquery()
    return Membership.organisation_id == licensor


def _turned(
    session: Session, query: sa.Select[Listed], order: Any, key: Any, turn: Turn, names: sa.Select[str]
) -> sa.Select[Listed]:
    """Orders by folded name and id, and begins after or before the row named; an unknown row means the beginning."""
    backwards = turn.before is not None
    anchor = turn.before if backwards else turn.after
    start = None if anchor is None else session.scalar(names.where(key == anchor))
    if start is not None:
        # The bound on the name stands by itself, so that an index leads straight to the place.
        beyond = sa.and_(order <= start, sa.or_(order < start, key < anchor))
        onward = sa.and_(order >= start, sa.or_(order > start, key > anchor))
        query = query.where(beyond if backwards else onward)
    sequence = (order.desc(), key.desc()) if backwards else (order, key)
    return query.order_by(*sequence).limit(turn.limit)
