"""Organisations: who they are. Who belongs to them is in `memberships`."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.refusals import NotThere, Refused
from licences.people.kinds import OrganisationKind
from licences.people.models import Organisation


@dataclass(frozen=True)
class OrganisationFacts:
    """An organisation as other packages see it."""

    id: int
    name: str
    kind: OrganisationKind


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
    rows = session.scalars(
        sa.select(Organisation).where(Organisation.merged_into_id.is_(None)).order_by(Organisation.name)
    )
    return [OrganisationFacts(row.id, row.name, row.kind) for row in rows]


def licensor(session: Session) -> OrganisationFacts | None:
    """The programme team's own organisation, or None in an empty portal."""
    row = session.scalar(sa.select(Organisation).where(Organisation.kind == OrganisationKind.LICENSOR))
    return None if row is None else OrganisationFacts(row.id, row.name, row.kind)
