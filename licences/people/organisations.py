"""Organisations: who they are. Who belongs to them is in `memberships`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.refusals import NotThere, Refused
from kit.search import Searched
from licences.people.kinds import OrganisationKind
from licences.people.models import Organisation

MOST_LIKE = 50
NUMBERS = ("urn", "ukprn", "trust_uid", "la_code")
SEARCHED = Searched(Organisation.id, (Organisation.name,), few=500)


@dataclass(frozen=True)
class Particulars:
    """An organisation's postal address, and its numbers in the GIAS register (None where it has none)."""

    address: str = ""
    urn: str | None = None
    ukprn: str | None = None
    trust_uid: str | None = None
    la_code: str | None = None

    def shares_a_number(self, other: "Particulars") -> bool:
        """Whether both have the same number of one kind."""
        return any(
            number and number == getattr(other, name) for name, number in asdict(self).items() if name in NUMBERS
        )


@dataclass(frozen=True)
class OrganisationFacts:
    """An organisation as other packages see it."""

    id: int
    name: str
    kind: OrganisationKind
    particulars: Particulars = Particulars()

    @property
    def subject(self) -> Subject:
        return Subject("organisation", self.id, self.name, self.id)


def create_organisation(
    session: Session,
    clock: Clock,
    actor: Actor,
    *,
    name: str,
    kind: OrganisationKind,
    particulars: Particulars = Particulars(),
) -> OrganisationFacts:
    """Adds an organisation. Raises `Refused` when another has the name, whatever its capitals, or a register number."""
    _refuse_taken_name(session, name)
    _refuse_taken_numbers(session, particulars)
    row = Organisation(name=name, kind=kind, created_at=clock.now(), **asdict(particulars))
    session.add(row)
    session.flush()
    record(session, clock, actor, "organisation created", subject_of(row), kind=kind.value)
    return facts_of(row)


def rename_organisation(
    session: Session,
    clock: Clock,
    actor: Actor,
    organisation_id: int,
    *,
    name: str,
    kind: OrganisationKind,
    particulars: Particulars | None = None,
) -> None:
    """Changes an organisation's name, kind and particulars. Copies taken before keep the name on their stamp.

    Raises `NotThere`, or `Refused` when another has the name or a register number, or for a kind that makes or unmakes
    the licensor.
    """
    row = session.get(Organisation, organisation_id)
    if row is None:
        raise NotThere
    if (kind is OrganisationKind.LICENSOR) != (row.kind is OrganisationKind.LICENSOR):
        raise Refused("The programme team’s own organisation stays what it is, and no other becomes it.", "kind")
    _refuse_taken_name(session, name, but=organisation_id)
    before = row.name
    row.name, row.kind = name, kind
    if particulars is not None:
        _refuse_taken_numbers(session, particulars, but=organisation_id)
        for field, value in asdict(particulars).items():
            setattr(row, field, value)
    session.flush()
    record(session, clock, actor, "organisation changed", subject_of(row), before=before, kind=kind.value)


def _refuse_taken_name(session: Session, name: str, *, but: int | None = None) -> None:
    """The database folds both names, as its unique index does: SQLite leaves É as it is, where Python would not."""
    taken = sa.select(Organisation.id).where(sa.func.lower(Organisation.name) == sa.func.lower(name))
    if session.scalar(taken.where(Organisation.id.is_distinct_from(but))) is not None:
        raise Refused("There is an organisation of this name already.", "name")


def _refuse_taken_numbers(session: Session, particulars: Particulars, *, but: int | None = None) -> None:
    for field, words in (("urn", "URN"), ("ukprn", "UKPRN"), ("trust_uid", "trust UID")):
        number = getattr(particulars, field)
        if number is None:
            continue
        taken = sa.select(Organisation.name).where(getattr(Organisation, field) == number)
        holder = session.scalar(taken.where(Organisation.id.is_distinct_from(but)))
        if holder is not None:
            raise Refused(f"{holder} has this {words} already.", field)


def facts_of(row: Organisation) -> OrganisationFacts:
    """An organisation's row as other packages see it."""
    particulars = Particulars(row.address, row.urn, row.ukprn, row.trust_uid, row.la_code)
    return OrganisationFacts(row.id, row.name, row.kind, particulars)


def subject_of(organisation: Organisation) -> Subject:
    """The organisation as the audit trail names it."""
    return Subject("organisation", organisation.id, organisation.name, organisation.id)


def organisation(session: Session, organisation_id: int) -> OrganisationFacts:
    """Raises `NotThere` when there is none."""
    row = session.get(Organisation, organisation_id)
    if row is None:
        raise NotThere
    return facts_of(row)


def organisation_named(session: Session, name: str) -> OrganisationFacts | None:
    """The organisation of this name, whatever its capitals, unless it was merged into another."""
    wanted = sa.select(Organisation).where(
        sa.func.lower(Organisation.name) == sa.func.lower(name), Organisation.merged_into_id.is_(None)
    )
    row = session.scalar(wanted)
    return None if row is None else facts_of(row)


def with_numbers_of(session: Session, several: Sequence[Particulars]) -> list[OrganisationFacts]:
    """The organisations that share a register number with one of several, by name; merged ones left out."""
    same = [getattr(Organisation, name).in_({getattr(one, name) for one in several} - {None}) for name in NUMBERS]
    wanted = sa.select(Organisation).where(sa.or_(*same), Organisation.merged_into_id.is_(None))
    return [facts_of(row) for row in session.scalars(wanted.order_by(Organisation.name))]


def organisations_like(session: Session, words: str) -> list[int]:
    """Ids of the organisations whose names hold the words, merged ones too: for a filter of another list.

    Raises `Refused` when they are so many that the other list would be searched in vain.
    """
    found = SEARCHED.narrowed(session, sa.select(Organisation.id).where(SEARCHED.holding(words)), words)
    ids = list(session.scalars(found.limit(MOST_LIKE + 1)))
    if len(ids) > MOST_LIKE:
        raise Refused(
            f"More than {MOST_LIKE} organisations have these words in their name. Write more of it.", "organisation"
        )
    return ids


def licensor(session: Session) -> OrganisationFacts | None:
    """The programme team's own organisation, or None in an empty portal."""
    row = session.scalar(sa.select(Organisation).where(Organisation.kind == OrganisationKind.LICENSOR))
    return None if row is None else facts_of(row)
