"""Our records against theirs: every message that we missed, then every page and every bill of our making."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.ids import new_code
from kit.jobs import Job, enqueue
from kit.refusals import Refused
from licences.gateway import Declined
from licences.payments import asking, inbox, mirror, pages
from licences.payments.models import AskedRow, ReconciledRow
from licences.payments.till import Till

RECONCILE = Job("compare our records of money with theirs")


@dataclass(frozen=True)
class Reconciled:
    """A comparison: how many messages we had missed, how many bills were looked at, and how
    often something of ours changed.

    `wrong` says what could not be brought together, a sentence each; it is not kept.
    """

    at: datetime
    told: int
    bills: int
    changed: int
    wrong: tuple[str, ...] = ()


def reconcile(till: Till) -> Reconciled:
    """Brings our records together with theirs. Raises `CannotReach` when whoever collects does not answer.

    What cannot be brought together is told of, and does not keep the rest from it.
    """
    with till.database.read() as session:
        before = session.scalar(sa.select(ReconciledRow.last_told).order_by(ReconciledRow.id.desc()).limit(1))
        is_open = sa.and_(AskedRow.is_page, AskedRow.closed_at.is_(None), AskedRow.ref.is_not(None))
        open_now = session.scalars(sa.select(AskedRow).where(is_open)).all()
    missed = [(told.id, inbox.keep_and_handle(till, told)) for told in till.gateway.told_since(before)]
    opened = [_tried(partial(pages.look_at_page, till, str(row.ref), row.key)) for row in open_now]
    bills = [_tried(partial(mirror.bring_up_to_date, till, ref)) for ref in till.gateway.bills()]
    till.database.run(partial(asking.close_stale, clock=till.clock))
    outcomes = [*(outcome for _, outcome in missed if outcome is not None), *opened, *bills]
    made = Reconciled(
        till.clock.now(),
        sum(outcome is not None for _, outcome in missed),
        len(bills),
        outcomes.count(mirror.APPLIED),
        tuple(dict.fromkeys(outcome for outcome in outcomes if outcome not in mirror.OUTCOMES)),
    )
    till.database.run(partial(_note, made=made, last=missed[-1][0] if missed else before))
    return made


def ask_for(session: Session) -> None:
    """Has the worker compare soon."""
    enqueue(session, RECONCILE, key=new_code())


def last_time(session: Session) -> Reconciled | None:
    """What came of the last comparison; None before the first."""
    row = session.scalar(sa.select(ReconciledRow).order_by(ReconciledRow.id.desc()).limit(1))
    return Reconciled(row.at, row.told, row.bills, row.changed) if row else None


def _tried(work: Callable[[], str]) -> str:
    """What came of it; why not, when it cannot be."""
    try:
        return work()
    except (Refused, Declined) as error:
        return str(error)


def _note(session: Session, made: Reconciled, last: str | None) -> None:
    session.add(ReconciledRow(at=made.at, last_told=last, told=made.told, bills=made.bills, changed=made.changed))
