"""What lies on the shelf for one person: the materials of their licences, what they hold of each, and what to read."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Subject
from kit.clock import Clock
from kit.mail import Letterhead
from kit.refusals import NotThere, Refused
from licences import reminders
from licences.entitlements import Entitlement, answer_for, answers_for
from licences.people.viewer import Viewer
from licences.reminders import Reminding
from materials import readings
from materials.editions import Change, EditionFacts, current_of, editions_of, editions_of_many
from materials.kinds import EditionState
from materials.library import MaterialFacts, material, materials
from materials.models import Copy, Edition, Reading


@dataclass(frozen=True)
class HeldEdition:
    """An edition of which a person took copies: the newest one's code and moment, and when they took the first.

    `is_read`: the person says that they have read what changed in it.
    """

    material_id: int
    edition_id: int
    edition_number: str
    code: str
    taken_at: datetime
    first_taken_at: datetime
    is_read: bool


@dataclass(frozen=True)
class OnShelf:
    """A material as one person finds it: what is current, what they hold, and whether they may take it now."""

    material: MaterialFacts
    editions: tuple[EditionFacts, ...]
    held: tuple[HeldEdition, ...]
    entitlement: Entitlement

    @property
    def current(self) -> EditionFacts | None:
        return current_of(self.editions)

    @property
    def held_last(self) -> HeldEdition | None:
        """The newest edition that the person took, by when the edition was published."""
        order = {facts.id: place for place, facts in enumerate(self.editions)}
        return min(self.held, key=lambda held: order[held.edition_id], default=None)

    @property
    def holds_current(self) -> bool:
        return self.current is not None and any(held.edition_id == self.current.id for held in self.held)

    @property
    def to_read(self) -> tuple[Change, ...]:
        """What must be read before the next delivery: of each edition that followed the one the person began with,
        back to the last whose changes they say they have read.
        """
        begun = min(self.held, key=lambda held: held.first_taken_at, default=None)
        known = {held.edition_id for held in self.held if held.is_read or held is begun}
        newer: list[Change] = []
        for facts in self.editions:
            if begun is None or facts.id in known:
                break
            if facts.state is EditionState.PUBLISHED:
                newer.extend(facts.must_read)
        return tuple(sorted(newer, key=_first_page))

    @property
    def to_read_lines(self) -> list[tuple[str, str, bool]]:
        """The same as a list of changes draws it; that they must be read is said above the list."""
        return [(change.place, change.text, False) for change in self.to_read]

    @property
    def holds_withdrawn(self) -> bool:
        """True when what the person holds must not be used any more."""
        held = self.held_last
        gone = {facts.id for facts in self.editions if facts.state is EditionState.WITHDRAWN}
        return held is not None and held.edition_id in gone


def all_on_shelf(session: Session, clock: Clock, viewer: Viewer) -> list[OnShelf]:
    """Everything that has been published in the programmes the viewer's organisation has a licence for."""
    answers = answers_for(session, clock, viewer)
    there = [item for item in materials(session) if answers[item.programme_id].licence is not None]
    published = editions_of_many(session, [item.id for item in there])
    held = _held(session, viewer, [item.id for item in there])
    return [
        _on_shelf(item, published[item.id], held, answers[item.programme_id])
        for item in there
        if any(facts.state is not EditionState.DRAFT for facts in published.get(item.id, []))
    ]


def on_shelf(session: Session, clock: Clock, viewer: Viewer, material_id: int) -> OnShelf:
    """One material. Raises `NotThere` when the viewer's organisation has no licence for its programme."""
    item = material(session, material_id)
    answer = answer_for(session, clock, viewer, item.programme_id)
    return _on_shelf(item, editions_of(session, material_id), _held(session, viewer, [material_id]), answer)


def note_reading(session: Session, clock: Clock, viewer: Viewer, *, material_id: int, edition_id: int) -> str:
    """Keeps that the viewer has read what changed up to an edition of which they hold a copy, and returns its name.

    Raises `NotThere` as `on_shelf` does and for an edition of something else, and `Refused` without a copy.
    """
    found = on_shelf(session, clock, viewer, material_id)
    facts = next((one for one in found.editions if one.id == edition_id), None)
    if facts is None:
        raise NotThere
    name = f"{found.material.title} {facts.number}"
    if all(held.edition_id != edition_id for held in found.held):
        raise Refused(f"Take a copy of {name} first: what changed is in it.")
    readings.note(
        session, clock, viewer.actor, viewer.person_id, Subject("edition", edition_id, name, viewer.organisation_id)
    )
    return name


def remind(
    session: Session, clock: Clock, viewer: Viewer, letterhead: Letterhead, *, programme_id: int, material_id: int
) -> Reminding:
    """Reminds whoever can mend the viewer's refusal, naming the material asked for, or none for a `material_id` of 0.

    Raises `NotThere`, and `Refused` as `licences.reminders.remind` does.
    """
    item = material(session, material_id) if material_id else None
    if item is not None and item.programme_id != programme_id:
        raise NotThere
    return reminders.remind(session, clock, viewer, letterhead, programme_id, wanted=item.title if item else "")


def _first_page(change: Change) -> int:
    """The first number in “Pages 41–44”; a section without one comes last."""
    found = re.search(r"\d+", change.place)
    return int(found[0]) if found else 10**6


def _on_shelf(
    item: MaterialFacts, editions: list[EditionFacts], held: list[HeldEdition], answer: Entitlement
) -> OnShelf:
    shown = tuple(facts for facts in editions if facts.state is not EditionState.DRAFT)
    return OnShelf(item, shown, tuple(one for one in held if one.material_id == item.id), answer)


def _held(session: Session, viewer: Viewer, material_ids: list[int]) -> list[HeldEdition]:
    """What the viewer holds of some materials, the newest copy first: a row for each edition, however many copies."""
    taken = (
        sa.select(sa.func.max(Copy.id).label("newest"), sa.func.min(Copy.taken_at).label("first"))
        .where(Copy.person_id == viewer.person_id, Copy.organisation_id == viewer.organisation_id)
        .group_by(Copy.edition_id)
        .subquery()
    )
    read = sa.and_(Reading.person_id == viewer.person_id, Reading.edition_id == Edition.id)
    columns: tuple[Any, ...] = (Edition.material_id, Edition.id, Edition.number, Copy.code, Copy.taken_at)
    wanted: sa.Select[Any] = (
        sa.select(*columns, taken.c.first, Reading.id.is_not(None))
        .join_from(taken, Copy, Copy.id == taken.c.newest)
        .join(Edition, Edition.id == Copy.edition_id)
        .outerjoin(Reading, read)
        .where(Edition.material_id.in_(material_ids))
        .order_by(Copy.taken_at.desc(), Copy.id.desc())
    )
    return [HeldEdition(*row) for row in session.execute(wanted)]
