"""Messages of whoever collects: kept once and answered at once, then handled by a job that fetches what they are about.

A message takes effect once, in whatever order they come, since none is believed. One that cannot be handled waits with
its error; nothing stops because of it, and access stays as it was last known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.ids import new_code
from kit.jobs import Hopeless, Job, enqueue
from kit.refusals import NotThere, Refused
from licences.gateway import Declined, Told
from licences.payments import mirror
from licences.payments.models import ToldRow
from licences.payments.till import Till

HANDLE = Job("handle a message about money")
MOST_LISTED = 200
ERROR_LENGTH = 1_000


@dataclass(frozen=True)
class Message:
    """A message as staff see it; `outcome` is empty while it waits, `error` when nothing went wrong."""

    id: str
    kind: str
    about: str
    received_at: datetime
    handled_at: datetime | None
    outcome: str
    attempts: int
    error: str


def keep(session: Session, clock: Clock, told: Told, body: bytes | None) -> bool:
    """Keeps a message and has it handled; False for one that is here already."""
    if session.get(ToldRow, told.id) is not None:
        return False
    session.add(_row(clock, told, body))
    session.flush()
    enqueue(session, HANDLE, key=told.id, told_id=told.id)
    return True


def handle(till: Till, *, told_id: str) -> str | None:
    """Fetches what a message is about and writes it down, and with it all messages about the same that waited before.

    Returns what came of it, in words; None for a message that is handled already.
    Raises what a gateway raises, to be tried again; `Hopeless` when that cannot help.
    """
    with till.database.read() as session:
        row = session.get(ToldRow, told_id)
        if row is None or row.handled_at is not None:
            return None
        told = Told(row.id, row.kind, row.about)
        alike = sa.select(ToldRow.id).where(ToldRow.about == row.about, ToldRow.handled_at.is_(None))
        waiting = session.scalars(alike).all()
    try:
        ref = till.gateway.bill_of(told)
        outcome = mirror.bring_up_to_date(till, ref) if ref else mirror.NOT_OURS
    except Exception as error:
        till.database.run(partial(_note_error, told_id=told_id, error=error))
        if isinstance(error, Refused | Declined):
            raise Hopeless(str(error)) from error
        raise
    till.database.run(partial(_note_outcome, clock=till.clock, ids=waiting, outcome=outcome))
    return outcome


def keep_and_handle(till: Till, told: Told) -> str | None:
    """For a message that was found in their list: handled now, unless it is here already, which is None.

    Returns what came of it, in words; what cannot be handled is noted, and told of in the same way.
    """

    def keep_unqueued(session: Session) -> bool:
        if session.get(ToldRow, told.id) is not None:
            return False
        session.add(_row(till.clock, told, None))
        return True

    if not till.database.run(keep_unqueued):
        return None
    try:
        return handle(till, told_id=told.id)
    except Hopeless as why:
        return str(why)


def messages(session: Session, *, waiting: bool = False, limit: int = MOST_LISTED) -> list[Message]:
    """What came, the newest first; or only what waits."""
    wanted = sa.select(ToldRow).order_by(ToldRow.received_at.desc(), ToldRow.id).limit(limit)
    if waiting:
        wanted = wanted.where(ToldRow.handled_at.is_(None))
    return [
        Message(
            row.id, row.kind, row.about, row.received_at, row.handled_at, row.outcome or "", row.attempts,
            row.last_error or "",
        )
        for row in session.scalars(wanted)
    ]  # fmt: skip


def try_again(session: Session, clock: Clock, actor: Actor, told_id: str) -> None:
    """Has a message handled once more. Raises `NotThere`, and `Refused` for one that is handled."""
    row = session.get(ToldRow, told_id)
    if row is None:
        raise NotThere
    if row.handled_at is not None:
        raise Refused("This message is handled already.")
    enqueue(session, HANDLE, key=new_code(), told_id=told_id)
    record(session, clock, actor, "message tried again", Subject("message", None, row.kind), message=told_id)


def _row(clock: Clock, told: Told, body: bytes | None) -> ToldRow:
    return ToldRow(
        id=told.id, kind=told.kind, about=told.about, body=body, received_at=clock.now(), handled_at=None, outcome=None,
        attempts=0, last_error=None,
    )  # fmt: skip


def _note_outcome(session: Session, clock: Clock, ids: Sequence[str], outcome: str) -> None:
    waiting = sa.update(ToldRow).where(ToldRow.id.in_(ids), ToldRow.handled_at.is_(None))
    done = {"handled_at": clock.now(), "outcome": outcome, "last_error": None}
    session.execute(waiting.values(done | {"attempts": ToldRow.attempts + 1}))


def _note_error(session: Session, told_id: str, error: Exception) -> None:
    words = f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
    row = sa.update(ToldRow).where(ToldRow.id == told_id, ToldRow.handled_at.is_(None))
    session.execute(row.values(attempts=ToldRow.attempts + 1, last_error=words))
