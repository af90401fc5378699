"""Organisations and the people in them."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.db import lock_row
from kit.refusals import NotThere, Refused
from licences.people.kinds import OrganisationKind, Role
from licences.people.models import Membership, Organisation, Person


@dataclass(frozen=True)
class OrganisationFacts:
    """An organisation as other packages see it."""

    id: int
    name: str
    kind: OrganisationKind


@dataclass(frozen=True)
class PersonFacts:
    """A person in an organisation."""

    id: int
    name: str
    email: str
    role: Role
    organisation_id: int
    organisation_name: str
    has_password: bool

    @property
    def subject(self) -> Subject:
        return Subject("person", self.id, self.name, self.organisation_id)


def create_organisation(
    session: Session, clock: Clock, actor: Actor, *, name: str, kind: OrganisationKind
) -> OrganisationFacts:
    """Adds an organisation. Raises `Refused` when the name is taken, whatever its capitals."""
    _refuse_taken_name(session, name)
    row = Organisation(name=name, kind=kind, created_at=clock.now())
    session.add(row)
    session.flush()
    record(session, clock, actor, "organisation created", subject_of(row), kind=kind.value)
    return OrganisationFacts(row.id, row.name, row.kind)


def rename_organisation(
    session: Session, clock: Clock, actor: Actor, organisation_id: int, *, name: str, kind: OrganisationKind
) -> None:
    """Changes an organisation's name and kind. Copies taken before keep the name they were stamped with.

    Raises `NotThere`, or `Refused` when another has the name, or for a kind that makes or unmakes the licensor.
    """
    row = session.get(Organisation, organisation_id)
    if row is None:
        raise NotThere
    if (kind is OrganisationKind.LICENSOR) != (row.kind is OrganisationKind.LICENSOR):
        raise Refused("The programme team’s own organisation stays what it is, and no other becomes it.", "kind")
    _refuse_taken_name(session, name, but=organisation_id)
    before = row.name
    row.name, row.kind = name, kind
    session.flush()
    record(session, clock, actor, "organisation changed", subject_of(row), before=before, kind=kind.value)


def _refuse_taken_name(session: Session, name: str, *, but: int | None = None) -> None:
    """The database folds both names, as its unique index does: SQLite leaves É as it is, where Python would not."""
    taken = sa.select(Organisation.id).where(sa.func.lower(Organisation.name) == sa.func.lower(name))
    if session.scalar(taken.where(Organisation.id.is_distinct_from(but))) is not None:
        raise Refused("There is an organisation of this name already.", "name")


def subject_of(organisation: Organisation) -> Subject:
    """The organisation as the audit trail names it."""
    return Subject("organisation", organisation.id, organisation.name, organisation.id)


def organisation(session: Session, organisation_id: int) -> OrganisationFacts:
    """Raises `NotThere` when there is none."""
    row = session.get(Organisation, organisation_id)
    if row is None:
        raise NotThere
    return OrganisationFacts(row.id, row.name, row.kind)


def every_organisation(session: Session) -> list[OrganisationFacts]:
    """All organisations, by name: for a list to choose from."""
    rows = session.scalars(sa.select(Organisation).order_by(Organisation.name))
    return [OrganisationFacts(row.id, row.name, row.kind) for row in rows]


def add_person(
    session: Session, clock: Clock, actor: Actor, organisation_id: int, *, name: str, email: str, role: Role
) -> PersonFacts:
    """Adds a person with an account in an organisation.

    Raises `NotThere` without the organisation, and `Refused` when the address is in use or the role does not fit.
    """
    place = lock_row(session, Organisation, organisation_id)
    if place is None:
        raise NotThere
    if (role is Role.STAFF) != (place.kind is OrganisationKind.LICENSOR):
        raise Refused("Staff belong to the programme team’s own organisation, and everybody in it is staff.", "role")
    email = email.strip().lower()
    if session.scalar(sa.select(Person.id).where(Person.email == email)) is not None:
        raise Refused("This e-mail address belongs to a person who is here already.", "email")
    person = Person(name=name, email=email, password_hash=None, created_at=clock.now())
    session.add(person)
    session.flush()
    session.add(Membership(person_id=person.id, organisation_id=place.id, role=role, since=clock.now()))
    session.flush()
    facts = PersonFacts(person.id, name, email, role, place.id, place.name, has_password=False)
    record(session, clock, actor, "person added", facts.subject, role=role.value)
    return facts


def rename_person(session: Session, clock: Clock, actor: Actor, person_id: int, *, name: str, role: Role) -> None:
    """Corrects a person's name and role. Copies taken before keep the name they were stamped with.

    Raises `NotThere`, or `Refused` for a role that makes or unmakes staff.
    """
    facts = person_facts(session, person_id)
    if (role is Role.STAFF) != (facts.role is Role.STAFF):
        raise Refused("Staff belong to the programme team’s own organisation, and everybody in it is staff.", "role")
    session.execute(sa.update(Person).where(Person.id == person_id).values(name=name))
    session.execute(sa.update(Membership).where(Membership.person_id == person_id).values(role=role))
    record(session, clock, actor, "person changed", facts.subject, name=name, role=role.value)


def person_facts(session: Session, person_id: int) -> PersonFacts:
    """Raises `NotThere` when there is none."""
    row = session.scalar(_members().where(Membership.person_id == person_id))
    if row is None:
        raise NotThere
    return facts_of_member(row)


def licensor(session: Session) -> OrganisationFacts | None:
    """The programme team's own organisation, or None in an empty portal."""
    row = session.scalar(sa.select(Organisation).where(Organisation.kind == OrganisationKind.LICENSOR))
    return None if row is None else OrganisationFacts(row.id, row.name, row.kind)


def person_with_email(session: Session, email: str) -> PersonFacts | None:
    """The person whose address this is, whatever its capitals."""
    row = session.scalar(_members().where(Person.email == email.strip().lower()))
    return None if row is None else facts_of_member(row)


def people_of(session: Session, organisation_id: int) -> list[PersonFacts]:
    """Everybody in an organisation, by name."""
    rows = session.scalars(_members().where(Membership.organisation_id == organisation_id).order_by(Person.name))
    return [facts_of_member(row) for row in rows]


def people_with_roles(session: Session, organisation_id: int, *roles: Role) -> list[PersonFacts]:
    """Those with one of the roles in an organisation, by name."""
    wanted = _members().where(Membership.organisation_id == organisation_id, Membership.role.in_(roles))
    return [facts_of_member(row) for row in session.scalars(wanted.order_by(Person.name))]


def _members() -> sa.Select[Membership]:
    return (
        sa.select(Membership)
        .join(Membership.person)
        .options(joinedload(Membership.person), joinedload(Membership.organisation))
    )


def facts_of_member(row: Membership) -> PersonFacts:
    """A membership, with its person and organisation loaded, as other packages see it."""
    person, place = row.person, row.organisation
    return PersonFacts(
        person.id, person.name, person.email, row.role, place.id, place.name, person.password_hash is not None
    )
