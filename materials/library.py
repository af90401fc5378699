"""Materials themselves: what there is in a programme's library, and what a trainer may do with each."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.refusals import NotThere, Refused
from licences.programmes import programme, programmes
from materials.kinds import MaterialKind
from materials.models import Material


@dataclass(frozen=True)
class Uses:
    """What a trainer may do with a material."""

    print: bool
    project: bool
    adapt: bool
    hand_out: bool


@dataclass(frozen=True)
class MaterialFacts:
    """A material as pages and services see it."""

    id: int
    programme_id: int
    programme_name: str
    title: str
    description: str
    kind: MaterialKind
    uses: Uses

    @property
    def subject(self) -> Subject:
        return Subject("material", self.id, self.title)


def create_material(
    session: Session,
    clock: Clock,
    actor: Actor,
    *,
    programme_id: int,
    title: str,
    description: str,
    kind: MaterialKind,
    uses: Uses,
) -> MaterialFacts:
    """Adds a material to a programme. Raises `Refused` when the programme has one of this title."""
    home = programme(session, programme_id)
    _refuse_taken_title(session, programme_id, title)
    row = Material(programme_id=programme_id, title=title, description=description, kind=kind, created_at=clock.now())
    _set_uses(row, uses)
    session.add(row)
    session.flush()
    facts = _facts(row, home.name)
    record(session, clock, actor, "material created", facts.subject, programme=home.name, kind=kind.value)
    return facts


def change_material(
    session: Session,
    clock: Clock,
    actor: Actor,
    material_id: int,
    *,
    title: str,
    description: str,
    kind: MaterialKind,
    uses: Uses,
) -> None:
    """Corrects a material's words and what may be done with it. Raises `NotThere` or `Refused`.

    Handing out decides the stamp, which is fixed when an edition's file is made ready: it counts from the next edition.
    """
    row = session.get(Material, material_id)
    if row is None:
        raise NotThere
    _refuse_taken_title(session, row.programme_id, title, but=material_id)
    row.title, row.description, row.kind = title, description, kind
    _set_uses(row, uses)
    session.flush()
    record(session, clock, actor, "material changed", Subject("material", row.id, title), kind=kind.value)


def material(session: Session, material_id: int) -> MaterialFacts:
    """Raises `NotThere` when there is none."""
    row = session.get(Material, material_id)
    if row is None:
        raise NotThere
    return _facts(row, programme(session, row.programme_id).name)


def materials(session: Session) -> list[MaterialFacts]:
    """All materials, by programme, then in the order in which they were made."""
    names = {home.id: home.name for home in programmes(session)}
    rows = session.scalars(sa.select(Material).order_by(Material.id)).all()
    return sorted((_facts(row, names[row.programme_id]) for row in rows), key=lambda facts: facts.programme_name)


def _refuse_taken_title(session: Session, programme_id: int, title: str, *, but: int | None = None) -> None:
    """The database folds both titles, as its unique index does."""
    taken = sa.select(Material.id).where(
        Material.programme_id == programme_id,
        sa.func.lower(Material.title) == sa.func.lower(title),
        Material.id.is_distinct_from(but),
    )
    if session.scalar(taken) is not None:
        raise Refused("This programme has a material of this title already.", "title")


def _set_uses(row: Material, uses: Uses) -> None:
    row.may_print, row.may_project = uses.print, uses.project
    row.may_adapt, row.may_hand_out = uses.adapt, uses.hand_out


def _facts(row: Material, programme_name: str) -> MaterialFacts:
    uses = Uses(row.may_print, row.may_project, row.may_adapt, row.may_hand_out)
    return MaterialFacts(row.id, row.programme_id, programme_name, row.title, row.description, row.kind, uses)
