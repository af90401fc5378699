"""The shelf: the only way to take a copy, and what one has taken.

Every way in asks the entitlement anew: the page, the press on *Take a copy*, and each request for the copy's own
address, ranges included.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from kit.audit import Subject, record
from kit.clock import Clock, in_words, london
from kit.ids import new_code
from kit.keyset import Span, key_of, within
from kit.pdf.stamping import Patch, StampFacts, personal_bytes, size_of
from kit.refusals import NotThere, Refused
from kit.statements import Statement
from licences.entitlements import Entitlement, Refusal, answer_for, answers_for
from licences.people.viewer import Viewer
from materials.editions import parsed
from materials.kinds import EditionState
from materials.library import materials
from materials.models import Copy, Edition, Material


@dataclass(frozen=True)
class OwnCopy:
    """One copy that its reader took."""

    id: int
    code: str
    taken_at: datetime
    edition_number: str
    is_withdrawn: bool
    material_id: int
    title: str

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


def own_copies(session: Session, viewer: Viewer, span: Span) -> list[OwnCopy]:
    """A stretch of the viewer's copies, newest first."""
    copy: tuple[Any, ...] = (Copy.id, Copy.code, Copy.taken_at)
    edition = (Edition.number, Edition.state == EditionState.WITHDRAWN, Material.id, Material.title)
    mine: sa.Select[Any] = (
        sa.select(*copy, *edition)
        .join(Edition, Edition.id == Copy.edition_id)
        .join(Material, Material.id == Edition.material_id)
        .where(Copy.person_id == viewer.person_id, Copy.organisation_id == viewer.organisation_id)
    )
    return [OwnCopy(*row) for row in session.execute(within(mine, Copy.taken_at, Copy.id, span))]


def stopped(session: Session, clock: Clock, viewer: Viewer) -> dict[int, Entitlement]:
    """The materials, by id, of which the viewer may not open a copy just now, with the answer that says why.

    Terms that only wait to be accepted stop nothing here: opening a copy leads to them and back.
    """
    answers = answers_for(session, clock, viewer)
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
    answer = answer_for(session, clock, viewer, wanted.programme_id)
    if wanted.state is EditionState.WITHDRAWN:
        raise Refused(f"{wanted.label} of {wanted.title} was withdrawn. {wanted.withdrawn_reason}")
    if answer.refusal is not None:
        raise NoCopy(answer, answer.refusal, wanted)


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
