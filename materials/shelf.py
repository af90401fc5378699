"""The shelf: the only way to take a copy.

Every way in asks the entitlement anew: the page, the press on *Take a copy*, and each request for the copy's own
address, ranges included.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session, joinedload

from kit.audit import Subject, record
from kit.clock import Clock, in_words, london
from kit.ids import new_code
from kit.keyset import Span, key_of, within
from kit.mail import Letterhead
from kit.pdf.stamping import Patch, StampFacts, personal_bytes, size_of
from kit.refusals import NotThere, Refused
from kit.statements import Statement
from licences import reminders
from licences.entitlements import Entitlement, Refusal, entitlement, entitlements
from licences.people.viewer import Viewer
from licences.reminders import Reminding
from materials import readings
from materials.editions import Change, EditionFacts, current_of, editions_of, editions_of_many, parsed
from materials.kinds import EditionState
from materials.library import MaterialFacts, material, materials
from materials.models import Copy, Edition, Material, Reading


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
        """What must be read before the next delivery: of each edition that followed the one the person began with,
        back to the last whose changes they say they have read.
        """
        begun = min(self.held, key=lambda copy: copy.taken_at, default=None)
        known = {copy.edition_id for copy in self.held if copy.is_read or copy is begun}
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


@dataclass(frozen=True)
class CopyFacts:
    """One copy that was taken. `is_read`: the person says that they have read what changed in its edition."""

    id: int
    code: str
    edition_id: int
    edition_number: str
    material_id: int
    taken_at: datetime
    person_name: str
    organisation_name: str
    is_withdrawn: bool
    is_read: bool

    @property
    def key(self) -> str:
        """Its place in a list that is read page by page."""
        return key_of(self.taken_at, self.id)


@dataclass(frozen=True)
class OpenCopy:
    """A copy ready to be sent: the stored file, and the bytes that make it this person's."""

    code: str
    sha256: str
    size: int
    patches: tuple[Patch, ...]
    file_name: str


@dataclass(frozen=True)
class Wanted:
    """The edition that somebody asks a copy of, with what its stamp needs."""

    edition_id: int
    number: str
    state: EditionState
    withdrawn_reason: str | None
    material_id: int
    title: str
    programme_id: int
    sha256: str
    kept: str

    @property
    def label(self) -> str:
        return f"Edition {self.number}"


class NoCopy(Exception):
    """There is no copy just now. `refusal`, of the `answer`, says why, who can mend it, and what happens then."""

    def __init__(self, answer: Entitlement, refusal: Refusal, wanted: "Wanted") -> None:
        super().__init__(refusal.summary)
        self.answer = answer
        self.refusal = refusal
        self.wanted = wanted


def shelves(session: Session, clock: Clock, viewer: Viewer) -> list[OnShelf]:
    """Everything that has been published in the programmes the viewer's organisation has a licence for."""
    answers = _entitlements(session, clock, viewer)
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
    answer = _entitlement(session, clock, viewer, item.programme_id)
    return _on_shelf(item, editions_of(session, material_id), _copies_of(session, viewer), answer)


def take_copy(session: Session, clock: Clock, viewer: Viewer, *, material_id: int, edition_id: int, press: str) -> str:
    """Takes a copy of a published edition and returns its code.

    `press` is the random value of the button that was pressed: a double click is one copy. Raises `NotThere`,
    `Refused` for a withdrawn edition, `NoCopy` with the reason, and `NameNotDrawable`.
    """
    wanted = _wanted(_EDITION.first(session, edition=edition_id))
    if wanted.material_id != material_id:
        raise NotThere
    _demand(session, clock, viewer, wanted)
    facts = _stamp_facts(viewer.name, viewer.organisation_name, clock.now(), wanted, new_code())
    _stamped(wanted.kept, facts)  # a name that cannot be written is found out now, not when the file is asked for
    taken = _TAKE[session.get_bind().dialect.name].first(
        session,
        code=facts.copy_code,
        edition_id=edition_id,
        person_id=viewer.person_id,
        organisation_id=viewer.organisation_id,
        person_name=viewer.name,
        organisation_name=viewer.organisation_name,
        taken_at=clock.now(),
        press=press,
    )
    if taken is None:  # pressed before: that copy is the one
        return session.scalars(_PRESSED, {"person": viewer.person_id, "press": press}).one()
    subject = Subject("copy", taken.id, f"{wanted.title} {wanted.number}", viewer.organisation_id)
    record(session, clock, viewer.actor, "copy taken", subject, code=facts.copy_code)
    return facts.copy_code


def open_copy(session: Session, clock: Clock, viewer: Viewer, code: str) -> OpenCopy:
    """The copy's bytes, for the person who took it, while they may. Raises `NotThere`, `Refused` or `NoCopy`."""
    row = _COPY.first(session, code=code, person=viewer.person_id, organisation=viewer.organisation_id)
    wanted = _wanted(row)
    _demand(session, clock, viewer, wanted)
    facts = _stamp_facts(row.person_name, row.organisation_name, row.taken_at, wanted, row.code)
    name = f"{wanted.title} {wanted.number} - {row.person_name}.pdf"
    patches = _stamped(wanted.kept, facts)
    return OpenCopy(code, wanted.sha256, size_of(parsed(wanted.kept), patches), patches, name)


def note_reading(session: Session, clock: Clock, viewer: Viewer, *, material_id: int, edition_id: int) -> str:
    """Keeps that the viewer has read what changed up to an edition of which they hold a copy, and returns its name.

    Raises `NotThere` as `shelf` does and for an edition of something else, and `Refused` without a copy.
    """
    found = shelf(session, clock, viewer, material_id)
    facts = next((one for one in found.editions if one.id == edition_id), None)
    if facts is None:
        raise NotThere
    name = f"{found.material.title} {facts.number}"
    if all(copy.edition_id != edition_id for copy in found.held):
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


def own_copies(session: Session, viewer: Viewer, span: Span) -> list[tuple[CopyFacts, str]]:
    """A stretch of the viewer's copies with the titles of their materials, newest first."""
    titles = {item.id: item.title for item in materials(session)}
    mine = within(_own(viewer), Copy.taken_at, Copy.id, span)
    return [(copy, titles[copy.material_id]) for copy in _facts_of_copies(session, mine)]


def stopped(session: Session, clock: Clock, viewer: Viewer) -> dict[int, Entitlement]:
    """The materials, by id, of which the viewer may not open a copy just now, with the answer that says why.

    Terms that only wait to be accepted stop nothing here: opening a copy leads to them and back.
    """
    answers = _entitlements(session, clock, viewer)
    found = {item.id: answers[item.programme_id] for item in materials(session)}
    return {key: answer for key, answer in found.items() if not (answer.allowed or answer.only_terms_missing)}


_EDITION_COLUMNS = (
    Edition.id.label("edition_id"),
    Edition.number,
    Edition.state,
    Edition.withdrawn_reason,
    Edition.prepared_sha256,
    Edition.prepared,
    Edition.material_id,
    Material.title,
    Material.programme_id,
)
_EDITION = Statement(
    sa.select(*_EDITION_COLUMNS)
    .join(Material, Material.id == Edition.material_id)
    .where(Edition.id == sa.bindparam("edition"))
)
_COPY = Statement(
    sa.select(Copy.code, Copy.person_name, Copy.organisation_name, Copy.taken_at, *_EDITION_COLUMNS)
    .join(Edition, Edition.id == Copy.edition_id)
    .join(Material, Material.id == Edition.material_id)
    .where(
        Copy.code == sa.bindparam("code"),
        Copy.person_id == sa.bindparam("person"),
        Copy.organisation_id == sa.bindparam("organisation"),
    )
)
_TAKEN = (
    "code",
    "edition_id",
    "person_id",
    "organisation_id",
    "person_name",
    "organisation_name",
    "taken_at",
    "press",
)
_TAKE = {
    dialect: Statement(
        insert(Copy).on_conflict_do_nothing(index_elements=["person_id", "press"]).returning(Copy.id), _TAKEN
    )
    for dialect, insert in (("postgresql", postgresql_insert), ("sqlite", sqlite_insert))
}
_PRESSED = sa.select(Copy.code).where(Copy.person_id == sa.bindparam("person"), Copy.press == sa.bindparam("press"))


def _wanted(row: Any) -> Wanted:
    """The edition of a row; drafts and what is not ready are not there."""
    if row is None or row.state is EditionState.DRAFT or row.prepared is None:
        raise NotThere
    return Wanted(
        row.edition_id,
        row.number,
        row.state,
        row.withdrawn_reason,
        row.material_id,
        row.title,
        row.programme_id,
        row.prepared_sha256,
        row.prepared,
    )


def _demand(session: Session, clock: Clock, viewer: Viewer, wanted: Wanted) -> None:
    """Raises unless the viewer may take this edition now."""
    answer = _entitlement(session, clock, viewer, wanted.programme_id)
    if wanted.state is EditionState.WITHDRAWN:
        raise Refused(f"{wanted.label} of {wanted.title} was withdrawn. {wanted.withdrawn_reason}")
    if answer.refusal is not None:
        raise NoCopy(answer, answer.refusal, wanted)


def _entitlements(session: Session, clock: Clock, viewer: Viewer) -> dict[int, Entitlement]:
    """The answers by programme."""
    return entitlements(
        session,
        clock,
        person_id=viewer.person_id,
        organisation_id=viewer.organisation_id,
        organisation_name=viewer.organisation_name,
    )


def _entitlement(session: Session, clock: Clock, viewer: Viewer, programme_id: int) -> Entitlement:
    answer = entitlement(
        session,
        clock,
        person_id=viewer.person_id,
        organisation_id=viewer.organisation_id,
        organisation_name=viewer.organisation_name,
        programme_id=programme_id,
    )
    if answer is None or answer.licence is None:
        raise NotThere
    return answer


def _stamp_facts(name: str, organisation: str, taken_at: datetime, wanted: Wanted, code: str) -> StampFacts:
    return StampFacts(
        name=name,
        organisation=organisation,
        date_text=in_words(london(taken_at).date()),
        edition_label=wanted.label,
        copy_code=code,
    )


@lru_cache(maxsize=64)
def _stamped(kept: str, facts: StampFacts) -> tuple[Patch, ...]:
    """The stamp's bytes, from what is known of a prepared file. They follow from the words alone, and are wanted again
    at once: right after the press, and for every range that a reader of PDFs asks for."""
    return tuple(personal_bytes(parsed(kept), facts))


def _first_page(change: Change) -> int:
    """The first number in “Pages 41–44”; a section without one comes last."""
    found = re.search(r"\d+", change.place)
    return int(found[0]) if found else 10**6


def _on_shelf(item: MaterialFacts, editions: list[EditionFacts], held: list[CopyFacts], answer: Entitlement) -> OnShelf:
    shown = tuple(facts for facts in editions if facts.state is not EditionState.DRAFT)
    return OnShelf(item, shown, tuple(copy for copy in held if copy.material_id == item.id), answer)


def _copies_of(session: Session, viewer: Viewer) -> list[CopyFacts]:
    """All of the viewer's copies, newest first."""
    return _facts_of_copies(session, _own(viewer).order_by(Copy.taken_at.desc(), Copy.id.desc()))


def _own(viewer: Viewer) -> sa.Select[*tuple[Any, ...]]:
    read = sa.and_(Reading.person_id == Copy.person_id, Reading.edition_id == Copy.edition_id)
    return (
        sa.select(Copy, Reading.id.is_not(None))
        .outerjoin(Reading, read)
        .options(joinedload(Copy.edition))
        .where(Copy.person_id == viewer.person_id, Copy.organisation_id == viewer.organisation_id)
    )


def _facts_of_copies(session: Session, wanted: sa.Select[*tuple[Any, ...]]) -> list[CopyFacts]:
    return [
        CopyFacts(
            row.id,
            row.code,
            row.edition_id,
            row.edition.number,
            row.edition.material_id,
            row.taken_at,
            row.person_name,
            row.organisation_name,
            row.edition.state is EditionState.WITHDRAWN,
            is_read,
        )
        for row, is_read in session.execute(wanted)
    ]
