"""Making an edition's file ready for stamping: the work of the job *prepare an edition*.

Each step has its own short transaction; the file work happens between them. Doing the whole thing again gives the
same result, so a job that was killed in the middle simply starts anew.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import SYSTEM, Subject, record
from kit.clock import Clock
from kit.db import Database
from kit.pdf.stamping import (
    CannotPrepare,
    Prepared,
    RefusalReason,
    StampFacts,
    StampStyle,
    personal_bytes,
    prepare,
    read_back,
    write_copy,
)
from kit.ports import Links, Store, StoredObject
from kit.store import record as record_file
from materials.kinds import EditionState, Preparation, Signature
from materials.models import Edition, Material

TELL_EVERY_PAGES = 10


def trial_facts(edition_label: str) -> StampFacts:
    """The words on the copy that is tried before publishing: nobody's."""
    return StampFacts("Name of the trainer", "Name of the organisation", "1 January 2026", edition_label, "0" * 26)


@dataclass(frozen=True)
class _Task:
    """What one run works on. Its results count only while the draft still has this very file."""

    edition_id: int
    original: str
    code: str
    number: str
    style: StampStyle
    title: str
    without_signature: bool

    @property
    def subject(self) -> Subject:
        return Subject("edition", self.edition_id, f"{self.title} {self.number}")


def prepare_edition(database: Database, clock: Clock, store: Store, links: Links, *, edition_id: int) -> None:
    """Prepares, tries and stores the file of a draft. A file that cannot be stamped leaves a reason for staff."""
    task = database.run(lambda session: _begin(session, edition_id))
    if task is None:
        return
    with tempfile.TemporaryDirectory(prefix="edition-") as folder:
        source, target = Path(folder, "original.pdf"), Path(folder, "prepared.pdf")
        store.fetch(task.original, source)
        try:
            made = _make(database, task, links, source, target)
        except CannotPrepare as refusal:
            refused = refusal
            database.run(lambda session: _refuse(session, clock, task, refused))
            return
        stored = store.put(target, "application/pdf")
    database.run(lambda session: _finish(session, clock, task, stored, made))


def _make(database: Database, task: _Task, links: Links, source: Path, target: Path) -> Prepared:
    def tell(done: int, total: int) -> None:
        if done % TELL_EVERY_PAGES == 0 or done == total:
            database.run(lambda session: _note(session, task, pages_done=done, page_count=total))

    address = links.to(f"/current/{task.code}")
    made = prepare(
        source, target, style=task.style, address=address, edition_label=f"Edition {task.number}",
        without_signature=task.without_signature, progress=tell,
    )  # fmt: skip
    database.run(lambda session: _note(session, task, preparation=Preparation.TRYING))
    trial, facts = target.with_name("trial.pdf"), trial_facts(made.edition_label)
    write_copy(target, trial, personal_bytes(made, facts))
    read_back(trial, made, facts)
    return made


def _begin(session: Session, edition_id: int) -> _Task | None:
    """The task, or None when there is nothing left to do: put aside, published or ready already."""
    found = session.execute(
        sa.select(Edition, Material.may_hand_out, Material.title)
        .join(Material, Material.id == Edition.material_id)
        .where(Edition.id == edition_id)
    ).first()
    if found is None:
        return None
    row, may_hand_out, title = found
    if row.state is not EditionState.DRAFT or row.preparation in (Preparation.READY, Preparation.REFUSED):
        return None
    row.preparation = Preparation.PLACING
    style = StampStyle.LINE if may_hand_out else StampStyle.FULL
    return _Task(row.id, row.original_sha256, row.code, row.number, style, title, row.signature is Signature.GIVEN_UP)


def _note(session: Session, task: _Task, **values: object) -> bool:
    """Writes progress on the draft, unless its file was replaced or it was put aside meanwhile: then False."""
    done = session.execute(
        sa.update(Edition)
        .where(
            Edition.id == task.edition_id,
            Edition.original_sha256 == task.original,
            Edition.state == EditionState.DRAFT,
        )
        .values(**values)
        .returning(Edition.id)
    )
    return done.first() is not None


def _refuse(session: Session, clock: Clock, task: _Task, refused: CannotPrepare) -> None:
    """Leaves the reason. A signature is a question to staff: they may have copies made without it."""
    asked = Signature.ASKED if refused.reason is RefusalReason.SIGNED else None
    if _note(session, task, preparation=Preparation.REFUSED, refusal=refused.message, signature=asked):
        record(session, clock, SYSTEM, "edition file refused", task.subject, reason=refused.message)


def _finish(session: Session, clock: Clock, task: _Task, stored: StoredObject, made: Prepared) -> None:
    record_file(session, clock, stored)
    if _note(
        session,
        task,
        preparation=Preparation.READY,
        prepared_sha256=stored.sha256,
        prepared_size=stored.size,
        prepared=json.dumps(made.to_json()),
        notes="\n".join(made.notes) or None,
        pages_done=made.page_count,
        page_count=made.page_count,
    ):
        record(session, clock, SYSTEM, "edition file ready", task.subject, sha256=stored.sha256, pages=made.page_count)
