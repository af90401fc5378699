"""Our records against theirs: every message that we missed, then every page and every bill of our making."""

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
    """A comparison: how many messages we had missed, how many bills were looked at, and how many of ours changed.

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
    wrong: list[str] = []
    with till.database.read() as session:
        before = session.scalar(sa.select(ReconciledRow.last_told).order_by(ReconciledRow.id.desc()).limit(1))
        open_pages = sa.select(AskedRow.ref, AskedRow.key).where(AskedRow.is_page, AskedRow.closed_at.is_(None))
        open_now = session.execute(open_pages.where(AskedRow.ref.is_not(None))).all()
    last, missed = before, 0
    for told in till.gateway.told_since(before):
        missed += inbox.keep_and_handle(till, told)
        last = told.id
    for page_ref, key in open_now:
        pages.look_at_page(till, str(page_ref), key)
    outcomes = [_brought(till, ref, wrong) for ref in till.gateway.bills()]
    till.database.run(partial(asking.close_stale, clock=till.clock))
    made = Reconciled(till.clock.now(), missed, len(outcomes), outcomes.count(mirror.APPLIED), tuple(wrong))
    till.database.run(partial(_note, made=made, last=last))
    return made


def ask_for(session: Session) -> None:
    """Has the worker compare soon."""
    enqueue(session, RECONCILE, key=new_code())


def last_time(session: Session) -> Reconciled | None:
    """What came of the last comparison; None before the first."""
    row = session.scalar(sa.select(ReconciledRow).order_by(ReconciledRow.id.desc()).limit(1))
    return Reconciled(row.at, row.told, row.bills, row.changed) if row else None


def _brought(till: Till, ref: str, wrong: list[str]) -> str:
    try:
        return mirror.bring_up_to_date(till, ref)
    except (Refused, Declined) as error:
        wrong.append(str(error))
        return str(error)


def _note(session: Session, made: Reconciled, last: str | None) -> None:
    session.add(ReconciledRow(at=made.at, last_told=last, told=made.told, bills=made.bills, changed=made.changed))
