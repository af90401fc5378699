"""The shelf: the only way to take a copy.

Every way in asks the entitlement anew: the page, the press on *Take a copy*, and each request for the copy's own
address, ranges included.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from kit.audit import Subject, record
from kit.clock import Clock, london
from kit.ids import new_code
from kit.pdf.stamping import Patch, Prepared, StampFacts, personal_bytes
from kit.refusals import NotThere, Refused
from licences.entitlements import Entitlement, Refusal, entitlement, entitlements
from licences.people.viewer import Viewer
from materials.editions import Change, EditionFacts, current_of, edition, editions_of, editions_of_many, prepared_file
from materials.library import MaterialFacts, material, materials
from materials.models import Copy, EditionState


@dataclass(frozen=True)
class OnShelf:
    """A material as one person finds it: what is current, what they hold, and whether they may take it now."""

    material: MaterialFacts
    editions: tuple[EditionFacts, ...]
    held: tuple["CopyFacts", ...]
    entitlement: Entitlement

    @property
    def current(self) -> EditionFacts | None:
        return current_of(self.editions)

    @property
    def held_last(self) -> "CopyFacts | None":
        """The newest edition that the person took, by when the edition was published."""
        order = {facts.id: place for place, facts in enumerate(self.editions)}
        return min(self.held, key=lambda copy: order[copy.edition_id], default=None)

    @property
    def holds_current(self) -> bool:
        return self.current is not None and any(copy.edition_id == self.current.id for copy in self.held)

    @property
    def to_read(self) -> tuple[Change, ...]:
        """What must be read before the next delivery: of each edition newer than the one that is held."""
        newer: list[Change] = []
        for facts in self.editions:
            if self.held_last is None or facts.id == self.held_last.edition_id:
                break
            if facts.state is EditionState.PUBLISHED:
                newer.extend(facts.must_read)
        return tuple(newer)


@dataclass(frozen=True)
class CopyFacts:
    """One copy that was taken."""

    code: str
    edition_id: int
    edition_number: str
    material_id: int
    taken_at: datetime
    person_name: str
    organisation_name: str


@dataclass(frozen=True)
class OpenCopy:
    """A copy ready to be sent: the stored file, and the bytes that make it this person's."""

    code: str
    sha256: str
    size: int
    patches: tuple[Patch, ...]
    file_name: str


class NoCopy(Exception):
    """There is no copy just now. `refusal` says why, who can mend it, and what happens then."""

    def __init__(self, refusal: Refusal, material: MaterialFacts, edition: EditionFacts) -> None:
        super().__init__(refusal.summary)
        self.refusal = refusal
        self.material = material
        self.edition = edition


def shelves(session: Session, clock: Clock, viewer: Viewer) -> list[OnShelf]:
    """Everything that has been published in the programmes the viewer's organisation has a licence for."""
    answers = entitlements(
        session,
        clock,
        person_id=viewer.person_id,
        organisation_id=viewer.organisation_id,
        organisation_name=viewer.organisation_name,
    )
    there = [item for item in materials(session) if answers[item.programme_id].licence is not None]
    published = editions_of_many(session, [item.id for item in there])
    held = _copies_of(session, viewer)
    return [
        _on_shelf(item, published[item.id], held, answers[item.programme_id])
        for item in there
        if any(facts.state is not EditionState.DRAFT for facts in published.get(item.id, []))
    ]


def shelf(session: Session, clock: Clock, viewer: Viewer, material_id: int) -> OnShelf:
    """One material. Raises `NotThere` when the viewer's organisation has no licence for its programme."""
    item = material(session, material_id)
    answer = _entitlement(session, clock, viewer, item)
    return _on_shelf(item, editions_of(session, material_id), _copies_of(session, viewer), answer)


def take_copy(session: Session, clock: Clock, viewer: Viewer, *, material_id: int, edition_id: int, press: str) -> str:
    """Takes a copy of a published edition and returns its code.

    `press` is the random value of the button that was pressed: a double click is one copy. Raises `NotThere`,
    `Refused` for a withdrawn edition, `NoCopy` with the reason, and `NameNotDrawable`.
    """
    item = material(session, material_id)
    wanted = edition(session, edition_id)
    if wanted.material_id != material_id:
        raise NotThere
    _demand(session, clock, viewer, item, wanted)
    pressed = sa.select(Copy.code).where(Copy.person_id == viewer.person_id, Copy.press == press)
    again = session.scalar(pressed)
    if again is not None:
        return again
    row = Copy(
        code=new_code(),
        edition_id=edition_id,
        person_id=viewer.person_id,
        organisation_id=viewer.organisation_id,
        person_name=viewer.name,
        organisation_name=viewer.organisation_name,
        taken_at=clock.now(),
        press=press,
    )
    _patches(
        row, wanted, prepared_file(session, wanted.id)[1]
    )  # a name that cannot be written is found out now, not when the file is asked for
    session.add(row)
    session.flush()
    subject = Subject("copy", row.id, f"{item.title} {wanted.number}", viewer.organisation_id)
    record(session, clock, viewer.actor, "copy taken", subject, code=row.code)
    return row.code


def open_copy(session: Session, clock: Clock, viewer: Viewer, code: str) -> OpenCopy:
    """The copy's bytes, for the person who took it, while they may. Raises `NotThere`, `Refused` or `NoCopy`."""
    row = session.scalar(
        sa.select(Copy).where(
            Copy.code == code,
            Copy.person_id == viewer.person_id,
            Copy.organisation_id == viewer.organisation_id,
        )
    )
    if row is None:
        raise NotThere
    wanted = edition(session, row.edition_id)
    item = material(session, wanted.material_id)
    _demand(session, clock, viewer, item, wanted)
    sha256, prepared = prepared_file(session, wanted.id)
    name = f"{item.title} {wanted.number} - {row.person_name}.pdf"
    return OpenCopy(row.code, sha256, prepared.size, tuple(_patches(row, wanted, prepared)), name)


def own_copies(session: Session, viewer: Viewer) -> list[tuple[CopyFacts, str]]:
    """The viewer's copies with the titles of their materials, newest first."""
    titles = {item.id: item.title for item in materials(session)}
    return [(copy, titles[copy.material_id]) for copy in _copies_of(session, viewer)]


def _demand(session: Session, clock: Clock, viewer: Viewer, item: MaterialFacts, wanted: EditionFacts) -> None:
    """Raises unless the viewer may take this edition now."""
    answer = _entitlement(session, clock, viewer, item)
    if wanted.state is EditionState.DRAFT:
        raise NotThere
    if wanted.state is EditionState.WITHDRAWN:
        raise Refused(f"{wanted.label} of {item.title} was withdrawn. {wanted.withdrawn_reason}")
    if answer.refusal is not None:
        raise NoCopy(answer.refusal, item, wanted)


def _entitlement(session: Session, clock: Clock, viewer: Viewer, item: MaterialFacts) -> Entitlement:
    answer = entitlement(
        session,
        clock,
        person_id=viewer.person_id,
        organisation_id=viewer.organisation_id,
        organisation_name=viewer.organisation_name,
        programme_id=item.programme_id,
    )
    if answer is None or answer.licence is None:
        raise NotThere
    return answer


def _patches(row: Copy, wanted: EditionFacts, prepared: Prepared) -> list[Patch]:
    day = london(row.taken_at)
    facts = StampFacts(
        name=row.person_name,
        organisation=row.organisation_name,
        date_text=f"{day.day} {day:%B %Y}",
        edition_label=wanted.label,
        copy_code=row.code,
    )
    return personal_bytes(prepared, facts)


def _on_shelf(item: MaterialFacts, editions: list[EditionFacts], held: list[CopyFacts], answer: Entitlement) -> OnShelf:
    shown = tuple(facts for facts in editions if facts.state is not EditionState.DRAFT)
    return OnShelf(item, shown, tuple(copy for copy in held if copy.material_id == item.id), answer)


def _copies_of(session: Session, viewer: Viewer) -> list[CopyFacts]:
    rows = session.scalars(
        sa.select(Copy)
        .options(joinedload(Copy.edition))
        .where(Copy.person_id == viewer.person_id, Copy.organisation_id == viewer.organisation_id)
        .order_by(Copy.id.desc())
    )
    return [
        CopyFacts(
            row.code,
            row.edition_id,
            row.edition.number,
            row.edition.material_id,
            row.taken_at,
            row.person_name,
            row.organisation_name,
        )
        for row in rows
    ]
