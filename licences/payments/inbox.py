"""Messages of whoever collects: kept once and answered at once, then handled by a job that fetches what they are about.

A message takes effect once, in whatever order they come, since none is believed. One that cannot be handled waits with
its error; nothing stops because of it, and access stays as it was last known.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from kit.audit import Actor, Subject, record
from kit.clock import Clock
from kit.db import Database
from kit.ids import new_code
from kit.jobs import Hopeless, Job, enqueue
from kit.refusals import NotThere, Refused
from licences.gateway import CannotReach, Declined, Told
from licences.payments import mirror
from licences.payments.models import ToldRow
from licences.payments.till import Till

log = logging.getLogger(__name__)

HANDLE = Job("handle a message about money")
HANDLE_BATCH = Job("handle messages about money")
MOST_IN_BATCH = 100
MOST_LISTED = 200
ERROR_LENGTH = 1_000
# One statement, made once: whoever tells us waits for the answer.
_TABLE = cast(sa.Table, ToldRow.__table__)
_KEEP = {
    "sqlite": sqlite.insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id),
    "postgresql": postgresql.insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id),
}
_NEW = sa.and_(ToldRow.handled_at.is_(None), ToldRow.batch.is_(None))


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
    """Keeps a message; False for one that is here already. Within a second the worker sees that it waits."""
    connection = session.connection()
    row = {"id": told.id, "kind": told.kind, "about": told.about, "body": body, "received_at": clock.now()}
    return connection.execute(_KEEP[connection.dialect.name], row | {"attempts": 0}).first() is not None


def is_waiting(database: Database) -> bool:
    """Whether messages wait that nobody has been asked to handle."""
    with database.read() as session:
        return session.scalar(sa.select(ToldRow.id).where(_NEW).limit(1)) is not None


def hand_out(session: Session) -> int:
    """Has the messages that wait handled, some together; returns how many. To answer a message costs no more than to
    keep it, and a thousand at once are a few jobs.
    """
    waiting = session.scalars(sa.select(ToldRow.id).where(_NEW).order_by(ToldRow.received_at)).all()
    for start in range(0, len(waiting), MOST_IN_BATCH):
        batch = new_code()
        taken = sa.update(ToldRow).where(ToldRow.id.in_(waiting[start : start + MOST_IN_BATCH]), _NEW)
        session.execute(taken.values(batch=batch))
        enqueue(session, HANDLE_BATCH, key=batch, batch=batch)
    return len(waiting)


def handle_batch(till: Till, *, batch: str) -> None:
    """Handles the messages of a batch. One that cannot be handled now is tried again by itself, with patience.

    Raises `CannotReach` at the first that nobody answers for: the others would wait as long for nothing.
    """
    with till.database.read() as session:
        mine = sa.select(ToldRow.id).where(ToldRow.batch == batch, ToldRow.handled_at.is_(None))
        waiting = session.scalars(mine.order_by(ToldRow.received_at)).all()
    for told_id in waiting:
        try:
            handle(till, told_id=told_id)
        except CannotReach:
            raise
        except Exception:
            log.warning("message %s waits", told_id, exc_info=True)
            till.database.run(partial(_try_alone, told_id=told_id))


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

    if not till.database.run(partial(keep, clock=till.clock, told=told, body=None)):
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
    row = session.get(ToldRow, told_id) if told_id.isprintable() else None  # a database may not even look for others
    if row is None:
        raise NotThere
    if row.handled_at is not None:
        raise Refused("This message is handled already.")
    enqueue(session, HANDLE, key=new_code(), told_id=told_id)
    record(session, clock, actor, "message tried again", Subject("message", None, row.kind), message=told_id)


def _try_alone(session: Session, told_id: str) -> None:
    enqueue(session, HANDLE, key=told_id, told_id=told_id)


def _note_outcome(session: Session, clock: Clock, ids: Sequence[str], outcome: str) -> None:
    waiting = sa.update(ToldRow).where(ToldRow.id.in_(ids), ToldRow.handled_at.is_(None))
    done = {"handled_at": clock.now(), "outcome": outcome, "last_error": None}
    session.execute(waiting.values(done | {"attempts": ToldRow.attempts + 1}))


def _note_error(session: Session, told_id: str, error: Exception) -> None:
    words = f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
    row = sa.update(ToldRow).where(ToldRow.id == told_id, ToldRow.handled_at.is_(None))
    session.execute(row.values(attempts=ToldRow.attempts + 1, last_error=words))
