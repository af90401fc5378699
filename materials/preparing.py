"""Making an edition's file ready for stamping: the work of the job *prepare an edition*.

When the portal's address changes, published files are made ready again, since each page bears the address.

Each step has its own short transaction; the file work happens between them. Doing the whole thing again gives the
same result, so a job that was killed in the middle simply starts anew.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import SYSTEM, Subject, record
from kit.clock import Clock
from kit.db import Database
from kit.jobs import Hopeless, Job, enqueue
from kit.pdf.stamping import (
    CannotPrepare,
    Prepared,
    ReadBackFailed,
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

PREPARE_AGAIN = Job("prepare an edition again")
TELL_EVERY_PAGES = 10
UNREADABLE = "The stamp cannot be read back from a copy of this PDF. Print it to PDF, then upload that file."


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

    made = _placed(task, links, source, target, tell)
    database.run(lambda session: _note(session, task, preparation=Preparation.TRYING))
    _try(made, target)
    return made


def _placed(
    task: _Task, links: Links, source: Path, target: Path, progress: Callable[[int, int], None] | None = None
) -> Prepared:
    return prepare(
        source, target, style=task.style, address=links.to(_path(task.code)), edition_label=f"Edition {task.number}",
        without_signature=task.without_signature, progress=progress,
    )  # fmt: skip


def _path(code: str) -> str:
    return f"/current/{code}"


def _try(made: Prepared, target: Path) -> None:
    """Stamps a copy for nobody and reads it back. Raises `CannotPrepare` when the stamp is not there."""
    trial, facts = target.with_name("trial.pdf"), trial_facts(made.edition_label)
    write_copy(target, trial, personal_bytes(made, facts))
    try:
        read_back(trial, made, facts)
    except ReadBackFailed as failed:
        raise CannotPrepare(RefusalReason.DAMAGED, UNREADABLE) from failed


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
    return _task(row, title, may_hand_out=may_hand_out)


def _task(row: Edition, title: str, *, may_hand_out: bool) -> _Task:
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


def enqueue_of_old_address(session: Session, links: Links) -> int:
    """Has every file made ready again whose pages lead to another address than `links` gives; returns how many.

    Asking again changes nothing while the first still waits. Handouts bear no address.
    """
    address = sa.literal('"address": "' + links.to(_path(""))) + Edition.code + '"'
    rows = session.scalars(
        sa.select(Edition)
        .join(Material, Material.id == Edition.material_id)
        .where(
            Edition.preparation == Preparation.READY,
            Edition.state != EditionState.WITHDRAWN,
            Material.may_hand_out.is_(False),
            sa.not_(Edition.prepared.contains(address)),
        )
    ).all()
    for row in rows:
        key = f"{row.prepared_sha256} {links.to(_path(row.code))}"
        enqueue(session, PREPARE_AGAIN, key=key, edition_id=row.id)
    return len(rows)


def prepare_again(database: Database, clock: Clock, store: Store, links: Links, *, edition_id: int) -> None:
    """Makes a ready file anew with the portal's present address; until then, and if it fails, the old one is used."""
    with database.read() as session:
        found = session.execute(
            sa.select(Edition, Material.may_hand_out, Material.title)
            .join(Material, Material.id == Edition.material_id)
            .where(Edition.id == edition_id, Edition.preparation == Preparation.READY)
        ).first()
    if found is None:
        return
    row, may_hand_out, title = found
    task, before = _task(row, title, may_hand_out=may_hand_out), row.prepared_sha256
    with tempfile.TemporaryDirectory(prefix="edition-") as folder:
        source, target = Path(folder, "original.pdf"), Path(folder, "prepared.pdf")
        store.fetch(task.original, source)
        try:
            made = _placed(task, links, source, target)
            _try(made, target)
        except CannotPrepare as refused:
            raise Hopeless(f"{task.title} {task.number}: {refused.message}") from refused
        stored = store.put(target, "application/pdf")
    database.run(lambda session: _put_in_place(session, clock, task, before, stored, made))


def _put_in_place(
    session: Session, clock: Clock, task: _Task, before: str | None, stored: StoredObject, made: Prepared
) -> None:
    """Unless the file was changed meanwhile, by staff or by another worker."""
    record_file(session, clock, stored)
    unchanged = sa.update(Edition).where(Edition.id == task.edition_id, Edition.prepared_sha256 == before)
    done = session.execute(
        unchanged.values(
            prepared_sha256=stored.sha256, prepared_size=stored.size, prepared=json.dumps(made.to_json())
        ).returning(Edition.id)
    )
    if done.first() is not None:
        detail = {"sha256": stored.sha256, "address": made.address}
        record(session, clock, SYSTEM, "edition file ready again", task.subject, **detail)
