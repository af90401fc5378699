"""Places: who belongs to which organisation, in which role, until they leave. One person may have several.

Two managers may press at once: every verb that changes who is in an organisation locks its row first.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.db import lock_row
from kit.folding import folded
from kit.refusals import NotThere, Refused
from licences.people.kinds import OrganisationKind, Role
from licences.people.models import Membership, Merge, Organisation, Person, SignIn

STAFF_APART = "Staff belong to the programme team’s own organisation, and everybody in it is staff."
_BY_NAME = (folded(Person.name), Person.id)


@dataclass(frozen=True)
class Member:
    """A person in one organisation. `id` is the person's, `membership_id` that of their place there."""

    id: int
    name: str
    email: str
    role: Role
    organisation_id: int
    organisation_name: str
    has_password: bool
    membership_id: int
    ended_at: datetime | None = None

    @property
    def subject(self) -> Subject:
        return Subject("person", self.id, self.name, self.organisation_id)


def add_person(
    session: Session, clock: Clock, actor: Actor, organisation_id: int, *, name: str, email: str, role: Role
) -> Member:
    """Adds a person with an account in an organisation.

    Raises `NotThere` without the organisation, and `Refused` when the address is in use or the role does not fit.
    """
    place = place_to_join(session, organisation_id, role)
    email = email.strip().lower()
    if session.scalar(sa.select(Person.id).where(Person.email == email)) is not None:
        raise Refused("This e-mail address belongs to a person who is here already.", "email")
    person = Person(name=name, email=email, password_hash=None, created_at=clock.now())
    session.add(person)
    session.flush()
    row = _begin(session, clock, person, place, role)
    record(session, clock, actor, "person added", facts_of_member(row).subject, role=role.value)
    return facts_of_member(row)


def join(session: Session, clock: Clock, actor: Actor, organisation_id: int, person_id: int, role: Role) -> Member:
    """Gives somebody who is here already a place in one more organisation.

    The person's row is locked after the organisation's: who is being merged away gets no place that a merge would
    leave behind. Raises `NotThere` without the organisation or person, or for who was merged into another, and
    `Refused` when they have a place in it or the role does not fit.
    """
    place = place_to_join(session, organisation_id, role)
    person = lock_row(session, Person, person_id)
    if person is None or person.merged_into_id is not None:
        raise NotThere
    if session.scalar(_live(organisation_id).where(Membership.person_id == person_id)) is not None:
        raise Refused(f"{person.name} belongs to this organisation already.", "email")
    row = _begin(session, clock, person, place, role)
    record(session, clock, actor, "person joined", facts_of_member(row).subject, role=role.value)
    return facts_of_member(row)


def rename_person(session: Session, clock: Clock, actor: Actor, person_id: int, *, name: str) -> None:
    """Corrects a person's name. Copies taken before keep the name they were stamped with. Raises `NotThere`."""
    facts = first_place(session, person_id)
    if facts.name == name:
        return
    session.execute(sa.update(Person).where(Person.id == person_id).values(name=name))
    record(session, clock, actor, "person changed", facts.subject, name=name)


def change_role(session: Session, clock: Clock, actor: Actor, membership_id: int, role: Role) -> None:
    """Changes what a person is in one organisation.

    Raises `NotThere`, or `Refused` for a role that makes or unmakes staff and for the last licence manager's.
    Whoever may hold a seat is asked above: `licences.seats.change_role`.
    """
    row = _locked_member(session, membership_id)
    _refuse_unfit_role(row.organisation, role)
    if row.role is role:
        return
    _refuse_without_manager(session, row)
    before, row.role = row.role, role
    session.flush()
    subject = facts_of_member(row).subject
    record(session, clock, actor, "role changed", subject, before=before.value, role=role.value)


def leave(session: Session, clock: Clock, actor: Actor, membership_id: int) -> None:
    """Ends a place: its sessions end at once, its history stays.

    Raises `NotThere`, or `Refused` for the last licence manager or member of staff. Their seats are released above:
    `licences.seats.leave`.
    """
    row = _locked_member(session, membership_id)
    _refuse_without_manager(session, row)
    row.ended_at = clock.now()
    own = sa.update(SignIn).where(SignIn.membership_id == membership_id, SignIn.ended_at.is_(None))
    session.execute(own.values(ended_at=clock.now()))
    acting = sa.update(SignIn).where(SignIn.acting_for_id == membership_id)
    session.execute(acting.values(acting_for_id=None))
    session.flush()
    record(session, clock, actor, "person left", facts_of_member(row).subject, role=row.role.value)


def member(session: Session, membership_id: int) -> Member:
    """A place that is live. Raises `NotThere` when there is none."""
    row = session.scalar(_members().where(Membership.id == membership_id))
    if row is None:
        raise NotThere
    return facts_of_member(row)


def member_in(session: Session, organisation_id: int, person_id: int) -> Member:
    """A person's live place in one organisation. Raises `NotThere` when they have none there."""
    wanted = _members().where(Membership.organisation_id == organisation_id, Membership.person_id == person_id)
    row = session.scalar(wanted)
    if row is None:
        raise NotThere
    return facts_of_member(row)


def whom_they_became(session: Session, person: Person | None) -> Person | None:
    """Of somebody who was merged, the person whom they became; anybody else is themselves."""
    while person is not None and person.merged_into_id is not None:
        person = session.get(Person, person.merged_into_id)
    return person


def are_one_person(session: Session, one_id: int, other_id: int) -> bool:
    """Whether two accounts are one person's, or were once merged as if they were, even if that was undone since.

    It is asked where a second person has to agree. A decision keeps the account that made it then.
    """
    one, other = (whom_they_became(session, session.get(Person, person_id)) for person_id in (one_id, other_id))
    pair = (one_id, other_id)
    merged = sa.select(Merge.id).where(Merge.kind == "person", Merge.kept_id.in_(pair), Merge.gone_id.in_(pair))
    return one is other or session.scalar(merged.limit(1)) is not None


def places_of(session: Session, person_id: int) -> list[Member]:
    """Every place that a person has or had, live ones first, then by age. Raises `NotThere` for an unknown person."""
    every = _with_both().where(Membership.person_id == person_id)
    rows = session.scalars(every.order_by(Membership.ended_at.is_not(None), Membership.id)).all()
    if not rows:
        raise NotThere
    return [facts_of_member(row) for row in rows]


def live_places(session: Session, person_id: int) -> list[Member]:
    """Where somebody belongs now, by age."""
    rows = session.scalars(_members().where(Membership.person_id == person_id).order_by(Membership.id))
    return [facts_of_member(row) for row in rows]


def first_place(session: Session, person_id: int) -> Member:
    """The place by which a person is named where none is asked for. Raises `NotThere` for an unknown person."""
    return places_of(session, person_id)[0]


def person_with_email(session: Session, email: str) -> Member | None:
    """The person whose address this is, whatever its capitals, in their first place."""
    wanted = sa.select(Person.id).where(Person.email == email.strip().lower(), Person.merged_into_id.is_(None))
    found = session.scalar(wanted)
    return None if found is None else first_place(session, found)


def people_of(session: Session, organisation_id: int) -> list[Member]:
    """Everybody in an organisation, by name."""
    rows = session.scalars(_members().where(Membership.organisation_id == organisation_id).order_by(*_BY_NAME))
    return [facts_of_member(row) for row in rows]


def people_with_roles(session: Session, organisation_id: int, *roles: Role) -> list[Member]:
    """Those with one of the roles in an organisation, by name."""
    wanted = _members().where(Membership.organisation_id == organisation_id, Membership.role.in_(roles))
    return [facts_of_member(row) for row in session.scalars(wanted.order_by(*_BY_NAME))]


def facts_of_member(row: Membership) -> Member:
    """A membership, with its person and organisation loaded, as other packages see it."""
    person, place = row.person, row.organisation
    has_password = person.password_hash is not None
    return Member(
        person.id, person.name, person.email, row.role, place.id, place.name, has_password, row.id, row.ended_at
    )


def place_to_join(session: Session, organisation_id: int, role: Role) -> Organisation:
    """The organisation, locked, that somebody may join in this role.

    Raises `NotThere` without it, and `Refused` when the role does not fit.
    """
    place = _locked_place(session, organisation_id)
    _refuse_unfit_role(place, role)
    return place


def _begin(session: Session, clock: Clock, person: Person, place: Organisation, role: Role) -> Membership:
    row = Membership(person=person, organisation=place, role=role, since=clock.now())
    session.add(row)
    session.flush()
    return row


def _locked_place(session: Session, organisation_id: int) -> Organisation:
    place = lock_row(session, Organisation, organisation_id)
    if place is None or place.merged_into_id is not None:
        raise NotThere
    return place


def _locked_member(session: Session, membership_id: int) -> Membership:
    """The place, read again under the lock of its organisation."""
    organisation_id = session.scalar(sa.select(Membership.organisation_id).where(Membership.id == membership_id))
    if organisation_id is None:
        raise NotThere
    _locked_place(session, organisation_id)
    row = session.scalar(_members().where(Membership.id == membership_id).execution_options(populate_existing=True))
    if row is None:
        raise NotThere
    return row


def _refuse_unfit_role(place: Organisation, role: Role) -> None:
    if (role is Role.STAFF) != (place.kind is OrganisationKind.LICENSOR):
        raise Refused(STAFF_APART, "role")


def _refuse_without_manager(session: Session, row: Membership) -> None:
    """Somebody must stay who can give seats and invite; for the programme team, somebody who is staff."""
    if row.role not in (Role.MANAGER, Role.STAFF):
        return
    others = _live(row.organisation_id).where(Membership.role == row.role, Membership.id != row.id)
    if session.scalar(others.limit(1)) is None:
        who = "licence manager" if row.role is Role.MANAGER else "member of staff"
        raise Refused(f"{row.person.name} is the last {who} here. Make somebody else {who} first.", "role")


def _live(organisation_id: int) -> sa.Select[Membership]:
    return sa.select(Membership).where(Membership.organisation_id == organisation_id, Membership.ended_at.is_(None))


def _members() -> sa.Select[Membership]:
    return _with_both().where(Membership.ended_at.is_(None))


def _with_both() -> sa.Select[Membership]:
    return (
        sa.select(Membership)
        .join(Membership.person)
        .options(joinedload(Membership.person), joinedload(Membership.organisation))
    )
