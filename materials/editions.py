"""Editions: draft → published → withdrawn. A published edition is never altered, only followed by another.

The current edition of a material is the one published last that has not been withdrawn.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.db import lock_row
from kit.ids import new_code
from kit.jobs import Job, enqueue
from kit.pdf.stamping import Prepared
from kit.ports import StoredObject
from kit.refusals import NotThere, Refused
from kit.store import record as record_file
from materials.kinds import EditionState, Preparation, Signature
from materials.models import ChangeNote, Edition, Material

PREPARE = Job("prepare an edition")


@dataclass(frozen=True)
class Change:
    """One line of a change note: where (“Pages 41–44”), what, and whether trainers must read it before delivering."""

    place: str
    text: str
    must_read: bool


@dataclass(frozen=True)
class EditionFacts:
    """An edition as pages and services see it. `superseded_at` is when a later one became current."""

    id: int
    material_id: int
    number: str
    code: str
    state: EditionState
    file_name: str
    original_sha256: str
    preparation: Preparation
    pages_done: int
    page_count: int | None
    refusal: str | None
    prepared_size: int | None
    published_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()
    signature: Signature | None = None
    is_current: bool = False
    superseded_at: datetime | None = None

    @property
    def label(self) -> str:
        return f"Edition {self.number}"

    @property
    def must_read(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.must_read)

    @property
    def change_lines(self) -> list[tuple[str, str, bool]]:
        """The change note as a list of changes draws it."""
        return [(change.place, change.text, change.must_read) for change in self.changes]

    @property
    def is_ready(self) -> bool:
        return self.preparation is Preparation.READY

    @property
    def asks_about_signature(self) -> bool:
        """Whether staff are to decide if copies may be made without the file's digital signature."""
        return self.preparation is Preparation.REFUSED and self.signature is Signature.ASKED


def draft(
    session: Session,
    clock: Clock,
    actor: Actor,
    *,
    material_id: int,
    number: str,
    file: StoredObject,
    file_name: str,
    changes: Sequence[Change] = (),
) -> int:
    """Begins an edition with a stored file, starts making it ready, and returns its id.

    Raises `Refused` when the number is taken or the material has a draft already.
    """
    material = _locked_material(session, material_id)
    taken = session.scalars(sa.select(Edition).where(Edition.material_id == material_id)).all()
    if any(row.number == number for row in taken):
        raise Refused(f"This material has an edition {number} already.", "number")
    waiting = next((row for row in taken if row.state is EditionState.DRAFT), None)
    if waiting:
        raise Refused(f"Edition {waiting.number} is a draft still. Publish it or put it aside first.", "number")
    record_file(session, clock, file)
    row = Edition(
        material_id=material_id,
        number=number,
        code=new_code(),
        state=EditionState.DRAFT,
        file_name=file_name,
        original_sha256=file.sha256,
        preparation=Preparation.WAITING,
        created_at=clock.now(),
        changes=_notes(changes),
    )
    session.add(row)
    session.flush()
    record(session, clock, actor, "edition drafted", _subject(material, row), file=file_name, sha256=file.sha256)
    enqueue(session, PREPARE, key=f"prepare-{row.code}", edition_id=row.id)
    return row.id


def replace_file(
    session: Session, clock: Clock, actor: Actor, edition_id: int, *, file: StoredObject, file_name: str
) -> None:
    """Gives a draft another file and starts making it ready. Raises `Refused` once it is published."""
    row, material = _locked_draft(session, edition_id)
    record_file(session, clock, file)
    row.original_sha256, row.file_name = file.sha256, file_name
    row.preparation, row.pages_done, row.page_count, row.refusal = Preparation.WAITING, 0, None, None
    row.prepared_sha256, row.prepared_size, row.prepared = None, None, None
    row.signature, row.notes = None, None
    session.flush()
    record(session, clock, actor, "edition file replaced", _subject(material, row), file=file_name, sha256=file.sha256)
    enqueue(session, PREPARE, edition_id=row.id)


def give_up_signature(session: Session, clock: Clock, actor: Actor, edition_id: int) -> None:
    """Decides that copies are made without the digital signature of a draft's file, and starts making it ready.

    Pressing twice is deciding once. Raises `Refused` for a file without one, and once the edition is published.
    """
    row, material = _locked_draft(session, edition_id)
    if row.signature is Signature.GIVEN_UP:
        return
    if row.preparation is not Preparation.REFUSED or row.signature is not Signature.ASKED:
        raise Refused("This file has no signature to give up.")
    row.signature, row.preparation, row.refusal = Signature.GIVEN_UP, Preparation.WAITING, None
    session.flush()
    record(session, clock, actor, "signature given up", _subject(material, row), file=row.file_name)
    enqueue(session, PREPARE, edition_id=row.id)


def describe_changes(session: Session, clock: Clock, actor: Actor, edition_id: int, changes: Sequence[Change]) -> None:
    """Writes a draft's change note anew. Raises `Refused` once it is published."""
    row, material = _locked_draft(session, edition_id)
    row.changes = _notes(changes)
    session.flush()
    record(session, clock, actor, "change note written", _subject(material, row), lines=len(changes))


def put_aside(session: Session, clock: Clock, actor: Actor, edition_id: int) -> None:
    """Deletes a draft; nobody ever saw it. Its stored file stays, others may share it."""
    row, material = _locked_draft(session, edition_id)
    record(session, clock, actor, "draft put aside", _subject(material, row), file=row.file_name)
    session.delete(row)
    session.flush()


def publish(session: Session, clock: Clock, actor: Actor, edition_id: int) -> EditionFacts:
    """Makes a draft the current edition, for good. Pressing twice is publishing once.

    Raises `Refused` while its file is not ready.
    """
    row, material = _locked(session, edition_id)
    if row.state is EditionState.PUBLISHED:
        return edition(session, edition_id)
    if row.state is EditionState.WITHDRAWN:
        raise Refused("This edition was withdrawn. Draft another one.")
    if row.preparation is not Preparation.READY:
        raise Refused("The pages are not ready for stamping yet.")
    row.state, row.published_at = EditionState.PUBLISHED, clock.now()
    session.flush()
    record(session, clock, actor, "edition published", _subject(material, row), sha256=row.prepared_sha256)
    return edition(session, edition_id)


def withdraw(session: Session, clock: Clock, actor: Actor, edition_id: int, *, reason: str) -> None:
    """Stops copies of a published edition; it stays listed with the reason. Raises `Refused` for a draft."""
    row, material = _locked(session, edition_id)
    if row.state is not EditionState.PUBLISHED:
        raise Refused("Only a published edition can be withdrawn.")
    row.state, row.withdrawn_at, row.withdrawn_reason = EditionState.WITHDRAWN, clock.now(), reason
    session.flush()
    record(session, clock, actor, "edition withdrawn", _subject(material, row), reason=reason)


def edition(session: Session, edition_id: int) -> EditionFacts:
    """Raises `NotThere` when there is none."""
    material_id = session.scalar(sa.select(Edition.material_id).where(Edition.id == edition_id))
    found = None if material_id is None else _by_id(editions_of(session, material_id)).get(edition_id)
    if found is None:
        raise NotThere
    return found


def editions_of(session: Session, material_id: int) -> list[EditionFacts]:
    """All editions of a material: the draft first, then newest first."""
    return editions_of_many(session, [material_id]).get(material_id, [])


def editions_of_many(session: Session, material_ids: Iterable[int]) -> dict[int, list[EditionFacts]]:
    """The same for several materials, by material, with a constant number of statements."""
    rows = session.scalars(
        sa.select(Edition)
        .where(Edition.material_id.in_(list(material_ids)))
        .options(selectinload(Edition.changes))
        .order_by(Edition.material_id, Edition.published_at.is_(None).desc(), Edition.published_at.desc(), Edition.id)
    ).all()
    grouped: dict[int, list[Edition]] = {}
    for row in rows:
        grouped.setdefault(row.material_id, []).append(row)
    return {material_id: _in_turn(group) for material_id, group in grouped.items()}


def edition_with_code(session: Session, code: str) -> tuple[EditionFacts, list[EditionFacts]] | None:
    """A published or withdrawn edition by its public code, with its siblings; drafts are not there."""
    wanted = sa.select(Edition.id, Edition.material_id).where(Edition.code == code, Edition.state != EditionState.DRAFT)
    found = session.execute(wanted).first()
    if found is None:
        return None
    siblings = editions_of(session, found.material_id)
    return _by_id(siblings)[found.id], siblings


def prepared_file(session: Session, edition_id: int) -> tuple[str, Prepared]:
    """The stored file that is ready for stamping, by its SHA-256, and what is known of it. Raises `NotThere`."""
    wanted = sa.select(Edition.prepared_sha256, Edition.prepared).where(Edition.id == edition_id)
    found = session.execute(wanted).first()
    if found is None or found.prepared_sha256 is None:
        raise NotThere
    return found.prepared_sha256, parsed(found.prepared)


@lru_cache(maxsize=64)
def parsed(kept: str) -> Prepared:
    """What is known of a prepared file. It never changes for a text, and the same few files are asked for all day."""
    return Prepared.from_json(json.loads(kept))


def current_of(editions: Iterable[EditionFacts]) -> EditionFacts | None:
    """The current one among the editions of a material."""
    return next((facts for facts in editions if facts.is_current), None)


def _in_turn(rows: list[Edition]) -> list[EditionFacts]:
    """Facts of one material's editions, newest first, each knowing which one followed it."""
    facts, follower, current_seen = [], None, False
    for row in rows:
        published = row.state is EditionState.PUBLISHED
        facts.append(_facts(row, is_current=published and not current_seen, superseded_at=follower))
        current_seen = current_seen or published
        if row.published_at is not None and row.state is not EditionState.WITHDRAWN:
            follower = row.published_at
    return facts


def _by_id(editions: Iterable[EditionFacts]) -> dict[int, EditionFacts]:
    return {facts.id: facts for facts in editions}


def _facts(row: Edition, *, is_current: bool, superseded_at: datetime | None) -> EditionFacts:
    return EditionFacts(
        id=row.id,
        material_id=row.material_id,
        number=row.number,
        code=row.code,
        state=row.state,
        file_name=row.file_name,
        original_sha256=row.original_sha256,
        preparation=row.preparation,
        pages_done=row.pages_done,
        page_count=row.page_count,
        refusal=row.refusal,
        prepared_size=row.prepared_size,
        published_at=row.published_at,
        withdrawn_at=row.withdrawn_at,
        withdrawn_reason=row.withdrawn_reason,
        notes=tuple((row.notes or "").splitlines()),
        signature=row.signature,
        changes=tuple(Change(note.place, note.text, note.must_read) for note in row.changes),
        is_current=is_current,
        superseded_at=superseded_at,
    )


def _notes(changes: Sequence[Change]) -> list[ChangeNote]:
    return [
        ChangeNote(position=position, place=change.place, text=change.text, must_read=change.must_read)
        for position, change in enumerate(changes)
    ]


def _locked(session: Session, edition_id: int) -> tuple[Edition, Material]:
    """The edition with its material locked: two who act on the same material wait for each other."""
    material_id = session.scalar(sa.select(Edition.material_id).where(Edition.id == edition_id))
    if material_id is None:
        raise NotThere
    material = _locked_material(session, material_id)
    row = session.get(Edition, edition_id, populate_existing=True)
    if row is None:  # put aside by somebody else while we waited for the lock
        raise NotThere
    return row, material


def _locked_draft(session: Session, edition_id: int) -> tuple[Edition, Material]:
    row, material = _locked(session, edition_id)
    if row.state is not EditionState.DRAFT:
        raise Refused("This edition is published and cannot be altered, only followed by another.")
    return row, material


def _locked_material(session: Session, material_id: int) -> Material:
    material = lock_row(session, Material, material_id)
    if material is None:
        raise NotThere
    return material


def _subject(material: Material, row: Edition) -> Subject:
    return Subject("edition", row.id, f"{material.title} {row.number}")
