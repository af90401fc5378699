"""Moving in what exists already: organisations, people, licences, accreditations and whole cohorts, row by row.

All or nothing: every row is tried, each behind a savepoint, so that all faults are told at once; the caller commits
only when there is none. What is here already and the same is left as it is, so a table may be handed in twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.mail import Letterhead
from kit.refusals import NotThere, Refused
from licences import accreditations, programmes, seats, terms
from licences.people import mailing, memberships, organisations
from licences.people.kinds import OrganisationKind, Role
from licences.people.models import Person
from licences.people.organisations import Particulars


@dataclass(frozen=True)
class OrganisationRow:
    """An organisation, and whom its invoices go to."""

    number: int
    name: str
    kind: OrganisationKind
    particulars: Particulars
    finance_name: str | None
    finance_email: str | None


@dataclass(frozen=True)
class PersonRow:
    """A person and their role in an organisation."""

    number: int
    name: str
    email: str
    organisation: str
    role: Role


@dataclass(frozen=True)
class LicenceRow:
    """One period of an organisation's licence, with the number of seats from now on."""

    number: int
    organisation: str
    programme_id: int
    starts_on: date
    ends_on: date
    seats: int
    reason: str


@dataclass(frozen=True)
class AccreditationRow:
    """What a person is accredited for, and until when."""

    number: int
    email: str
    programme_id: int
    from_on: date
    until_on: date
    note: str


@dataclass(frozen=True)
class CohortRow:
    """Somebody who has done the five days."""

    number: int
    name: str
    email: str
    organisation: str


@dataclass(frozen=True)
class Cohort:
    """What everybody of a five-day course gets."""

    programme_id: int
    from_on: date
    until_on: date
    note: str
    gives_seats: bool


@dataclass(frozen=True)
class Unfit:
    """Why a row cannot be taken: its number as a spreadsheet counts, the field, and what to do."""

    row: int
    field: str
    message: str


@dataclass
class Outcome:
    """How many rows are new, which were here already, and which are unfit."""

    new: int = 0
    same: list[int] = field(default_factory=list)
    unfit: list[Unfit] = field(default_factory=list)

    @property
    def is_fit(self) -> bool:
        return not self.unfit


@dataclass(frozen=True)
class Desk:
    """Who imports, with what. Without a letterhead nobody is written to: for a first look that is taken back."""

    session: Session
    clock: Clock
    actor: Actor
    letterhead: Letterhead | None

    def welcome(self, person_id: int) -> None:
        """Writes to somebody new, with a link to set a password."""
        if self.letterhead is not None:
            mailing.send_welcome(self.session, self.clock, self.actor, self.letterhead, person_id)


AnyRow = TypeVar("AnyRow", OrganisationRow, PersonRow, LicenceRow, AccreditationRow, CohortRow)


def import_organisations(desk: Desk, rows: Sequence[OrganisationRow]) -> Outcome:
    """Adds organisations, and their finance contacts as people, who are written to when they have no account yet."""

    def take(row: OrganisationRow) -> bool:
        found = organisations.organisation_named(desk.session, row.name)
        if found is None:
            place = organisations.create_organisation(
                desk.session, desk.clock, desk.actor, name=row.name, kind=row.kind, particulars=row.particulars
            ).id
        elif found.kind is not row.kind:
            raise Refused(f"It is here already, as {found.kind.value}. Change it there, or correct this row.", "kind")
        else:
            place = found.id
        is_new = _finance_contact(desk, place, row)
        return found is None or is_new

    return _each(desk, "organisations", rows, take)


def import_people(desk: Desk, rows: Sequence[PersonRow]) -> Outcome:
    """Adds people to organisations. Somebody known by their address gets a further place under the name they have."""

    def take(row: PersonRow) -> bool:
        place = _organisation(desk.session, row.organisation)
        return _person_in(desk, place, row.name, row.email, row.role)[1]

    return _each(desk, "people", rows, take)


def import_licences(desk: Desk, rows: Sequence[LicenceRow]) -> Outcome:
    """Grants periods. One that is here to the day is left as it is."""

    def take(row: LicenceRow) -> bool:
        place = _organisation(desk.session, row.organisation)
        for licence in terms.licences_of(desk.session, desk.clock, place):
            if licence.programme_id == row.programme_id and (row.starts_on, row.ends_on) in [
                (period.starts_on, period.ends_on) for period in terms.periods_of(desk.session, licence.id)
            ]:
                return False
        terms.grant(
            desk.session,
            desk.clock,
            desk.actor,
            organisation_id=place,
            programme_id=row.programme_id,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            seats=row.seats,
            reason=row.reason,
        )
        return True

    return _each(desk, "licences", rows, take)


def import_accreditations(desk: Desk, rows: Sequence[AccreditationRow]) -> Outcome:
    """Records accreditations of people who are here."""

    def take(row: AccreditationRow) -> bool:
        person = _person(desk.session, row.email)
        if person is None:
            raise Refused("Nobody here has this address. Import the people first.", "email")
        return _accredited(desk, person, row.programme_id, row.from_on, row.until_on, row.note)

    return _each(desk, "accreditations", rows, take)


def import_cohort(desk: Desk, cohort: Cohort, rows: Sequence[CohortRow]) -> Outcome:
    """Takes in everybody of a five-day course: person, accreditation, seat if wanted, and the welcome mail."""

    def take(row: CohortRow) -> bool:
        place = _organisation(desk.session, row.organisation)
        person, is_new = _person_in(desk, place, row.name, row.email, Role.TRAINER)
        accredited = _accredited(desk, person, cohort.programme_id, cohort.from_on, cohort.until_on, cohort.note)
        seated = cohort.gives_seats and _seated(desk, place, cohort.programme_id, person)
        return is_new or accredited or seated

    return _each(desk, "cohort", rows, take)


def _each(desk: Desk, what: str, rows: Sequence[AnyRow], take: Callable[[AnyRow], bool]) -> Outcome:
    outcome = Outcome()
    for row in rows:
        try:
            with desk.session.begin_nested():
                is_new = take(row)
        except Refused as refusal:
            outcome.unfit.append(Unfit(row.number, refusal.field or "", str(refusal)))
        else:
            outcome.new += is_new
            outcome.same.extend([] if is_new else [row.number])
    if outcome.is_fit:
        detail = {"new": outcome.new, "already_here": len(outcome.same)}
        record(desk.session, desk.clock, desk.actor, f"{what} imported", Subject("import", None, what), **detail)
    return outcome


def _organisation(session: Session, name: str) -> int:
    found = organisations.organisation_named(session, name)
    if found is None:
        raise Refused(f"There is no organisation called {name}. Import it first, or correct its name.", "organisation")
    return found.id


def _person(session: Session, email: str) -> int | None:
    return session.scalar(sa.select(Person.id).where(Person.email == email, Person.merged_into_id.is_(None)))


def _person_in(desk: Desk, place: int, name: str, email: str, role: Role) -> tuple[int, bool]:
    """The person with this address in an organisation, and whether that is new. Writes to those without an account."""
    known = _person(desk.session, email)
    if known is None:
        try:
            made = memberships.add_person(
                desk.session, desk.clock, desk.actor, place, name=name, email=email, role=role
            )
        except Refused:
            known = _person(desk.session, email)  # another import may have added them while we waited for the lock
            if known is None:
                raise
        else:
            desk.welcome(made.id)
            return made.id, True
    try:
        there = memberships.member_in(desk.session, place, known)
    except NotThere:
        memberships.join(desk.session, desk.clock, desk.actor, place, known, role)
        return known, True
    if there.role is not role and role is not Role.TRAINER:
        raise Refused(f"{there.name} is {there.role.value} there already. Change the role on their page.", "role")
    return known, False


def _finance_contact(desk: Desk, place: int, row: OrganisationRow) -> bool:
    if row.finance_email is None:
        return False
    if row.finance_name is None:
        raise Refused("Write the finance contact’s name too.", "finance_name")
    known = _person(desk.session, row.finance_email)
    if known is not None and any(one.organisation_id == place for one in memberships.places_of(desk.session, known)):
        return False
    return _person_in(desk, place, row.finance_name, row.finance_email, Role.FINANCE)[1]


def _accredited(desk: Desk, person_id: int, programme_id: int, from_on: date, until_on: date, note: str) -> bool:
    """Records an accreditation, unless it is here to the day, or one that lasts longer."""
    for fact in accreditations.accreditations_of(desk.session, [person_id]):
        if fact.programme_id == programme_id and fact.until_on >= until_on and fact.from_on <= from_on:
            return False
    accreditations.record_accreditation(
        desk.session,
        desk.clock,
        desk.actor,
        person_id=person_id,
        programme_id=programme_id,
        from_on=from_on,
        until_on=until_on,
        note=note,
    )
    return True


def _seated(desk: Desk, place: int, programme_id: int, person_id: int) -> bool:
    there = [one for one in terms.licences_of(desk.session, desk.clock, place) if one.programme_id == programme_id]
    if not there:
        name = programmes.programme(desk.session, programme_id).name
        raise Refused(
            f"This organisation has no licence for {name}. Grant one first, or give no seats.", "organisation"
        )
    if (there[0].id, person_id) in seats.holders_in(desk.session, [there[0].id]):
        return False
    seats.give(desk.session, desk.clock, desk.actor, there[0].id, person_id)
    return True
