"""What a licence's standing is worked out from, in the database: joined to a statement, gathered from its rows.

There is one set of joins, for pages and for the question whether somebody may take a copy. And the standing is told in
SQL, for filters of lists; a test holds the two to the same answers.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from kit.clock import london
from licences.ledger import Invoice, Order, RenewalPromise, StaffOverride
from licences.models import Licence, Period, Seat, Suspension
from licences.standing import (
    FAILED_CARD_DAYS,
    OVERDUE_DAYS,
    Claim,
    LicenceStanding,
    Money,
    Override,
    Promise,
    Span,
    Standing,
    Stop,
    standing,
)

_DAY = sa.bindparam("day", type_=sa.Date())
# An order that has neither a purchase order, nor one waived, nor been paid.
AWAITS_PO = sa.and_(Order.po_number.is_(None), ~Order.po_waived, Order.paid_on.is_(None))
_UNSETTLED = sa.or_(Invoice.owed_pence > 0, Invoice.disputed_on.is_not(None))
_SEATS_IN_USE = (
    sa.select(sa.func.count())
    .where(Seat.licence_id == Licence.id, Seat.released_at.is_(None))
    .correlate(Licence)
    .scalar_subquery()
)


def _in_force(day: Any) -> sa.ColumnElement[bool]:
    """Whether a decision of staff counts on a day."""
    return sa.and_(
        StaffOverride.from_on <= day,
        StaffOverride.until_on >= day,
        StaffOverride.ended_at.is_(None),
        sa.or_(~StaffOverride.needs_second, StaffOverride.agreed_at.is_not(None)),
    )


def _promised(day: Any) -> sa.ColumnElement[bool]:
    return sa.and_(RenewalPromise.after_on < day, RenewalPromise.until_on >= day)


COLUMNS = (
    Licence.seats_bought,
    Licence.cancelled_at,
    _SEATS_IN_USE.label("seats_in_use"),
    Suspension.since,
    Suspension.reason,
    Period.id.label("period_id"),
    Period.starts_on,
    Period.ends_on,
    sa.and_(Order.id.is_not(None), AWAITS_PO).label("awaits_po"),
    Order.po_number,
    Order.paid_on,
    Invoice.id.label("invoice_id"),
    Invoice.number,
    Invoice.due_on,
    Invoice.owed_pence,
    Invoice.adds_seats,
    Invoice.failed_on,
    Invoice.in_flight_on,
    Invoice.uncollectible_on,
    Invoice.disputed_on,
    RenewalPromise.until_on.label("promised_until"),
    StaffOverride.until_on.label("kept_until"),
    StaffOverride.reason.label("kept_reason"),
)


def joined(wanted: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    """The statement, which selects from licences, with what `COLUMNS` come from; it is then given the `day`.

    A licence has a row for each pair of a period and an invoice that is not settled: of those there is hardly ever one.
    """
    return (
        wanted.outerjoin(Period, Period.licence_id == Licence.id)
        .outerjoin(Order, Order.id == Period.order_id)
        .outerjoin(Suspension, sa.and_(Suspension.licence_id == Licence.id, Suspension.restored_at.is_(None)))
        .outerjoin(Invoice, sa.and_(Invoice.licence_id == Licence.id, _UNSETTLED))
        .outerjoin(RenewalPromise, sa.and_(RenewalPromise.licence_id == Licence.id, _promised(_DAY)))
        .outerjoin(StaffOverride, sa.and_(StaffOverride.licence_id == Licence.id, _in_force(_DAY)))
    )


@dataclass
class Gathered:
    """The facts of one licence, taken from the rows of a `joined` statement."""

    spans: dict[int, Span] = field(default_factory=dict)
    claims: dict[int, Claim] = field(default_factory=dict)
    last: Any = None
    override: Override | None = None

    def add(self, row: Any) -> None:
        """Takes one row; what came in another row already changes nothing."""
        self.last = row
        if row.period_id is not None:
            self.spans[row.period_id] = Span(
                row.starts_on, row.ends_on, bool(row.awaits_po), row.po_number, row.paid_on is not None
            )
        if row.invoice_id is not None:
            self.claims[row.invoice_id] = Claim(
                row.number,
                row.due_on,
                row.owed_pence,
                row.adds_seats,
                row.failed_on,
                row.in_flight_on,
                row.uncollectible_on,
                row.disputed_on,
            )
        if row.kept_until is not None and (self.override is None or row.kept_until > self.override.until_on):
            self.override = Override(row.kept_until, row.kept_reason)

    def standing(self, today: date) -> LicenceStanding:
        """The standing on a day."""
        row = self.last
        money = Money(
            tuple(self.claims.values()),
            Promise(row.promised_until) if row.promised_until else None,
            self.override,
            row.cancelled_at is not None,
            row.seats_bought,
            row.seats_in_use,
        )
        stop = Stop(london(row.since).date(), row.reason) if row.since else None
        return standing(tuple(self.spans.values()), stop, today, money)


def backed(period: Any) -> sa.ColumnElement[bool]:
    """Whether a period counts: granted by hand, or ordered with what backs the order."""
    return ~sa.exists().where(Order.id == period.order_id, AWAITS_PO)


def standing_of(session: Session, licence_id: int, today: date) -> LicenceStanding:
    """The standing of one licence that there is."""
    gathered = Gathered()
    for row in session.execute(joined(sa.select(*COLUMNS).where(Licence.id == licence_id)), {"day": today}):
        gathered.add(row)
    return gathered.standing(today)


class days_after(FunctionElement[date]):  # noqa: N801 - it is written as a function
    """The day so many days after a column of days, on either database."""

    type = sa.Date()
    inherit_cache = False  # the number of days is written into the statement
    name = "days_after"


@compiles(days_after, "sqlite")
def _days_after_in_sqlite(element: Any, compiler: Any, **how: Any) -> str:
    """SQLite keeps days as texts, and has a function of its own for adding to them."""
    day, count = element.clauses
    return f"date({compiler.process(day, **how)}, '+{int(count.value)} days')"


@compiles(days_after)
def _days_after(element: Any, compiler: Any, **how: Any) -> str:
    day, count = element.clauses
    return f"({compiler.process(day, **how)} + {int(count.value)})"


def stands(wanted: Standing, day: date) -> sa.ColumnElement[bool]:
    """`licences.standing.standing` told in SQL, of the `Licence` in the statement around it."""
    stopped = sa.exists().where(Suspension.licence_id == Licence.id, Suspension.restored_at.is_(None))
    kept = sa.exists().where(StaffOverride.licence_id == Licence.id, _in_force(day))
    promised = sa.exists().where(RenewalPromise.licence_id == Licence.id, _promised(day))
    some = sa.exists().where(Period.licence_id == Licence.id)
    scheduled = some.where(Period.starts_on <= day, Period.ends_on >= day)
    runs, ran = scheduled.where(backed(Period)), some.where(Period.ends_on < day, backed(Period))
    in_debt = sa.and_(sa.or_(scheduled, promised), _owes(day, stopping=True))
    late = _owes(day, stopping=False)
    by_facts = {
        Standing.SUSPENDED: in_debt,
        Standing.ACTIVE: sa.and_(~in_debt, runs, ~late),
        Standing.GRACE: sa.and_(~in_debt, sa.or_(sa.and_(runs, late), sa.and_(~runs, promised))),
    }
    still = sa.and_(~in_debt, ~runs, ~promised)
    begins = sa.or_(scheduled, some.where(Period.starts_on > day), ~ran)
    by_facts[Standing.PENDING] = sa.and_(still, begins)
    by_facts[Standing.ENDED] = sa.and_(still, ~begins)
    if wanted is Standing.SUSPENDED:
        return sa.or_(stopped, sa.and_(~kept, in_debt))
    if wanted is Standing.GRACE:
        shut = sa.and_(~by_facts[Standing.ACTIVE], ~by_facts[Standing.GRACE])
        return sa.and_(~stopped, sa.or_(by_facts[Standing.GRACE], sa.and_(kept, shut)))
    if wanted is Standing.ACTIVE:
        return sa.and_(~stopped, by_facts[wanted])
    return sa.and_(~stopped, ~kept, by_facts[wanted])


def _owes(day: date, *, stopping: bool) -> sa.ColumnElement[bool]:
    """Whether an invoice that is not for added seats is late, or so late that it stops the licence."""
    due, failed = (OVERDUE_DAYS, FAILED_CARD_DAYS) if stopping else (1, 0)
    counted = sa.func.coalesce(sa.case((Invoice.in_flight_on < day, Invoice.in_flight_on)), day)
    owing = sa.exists().where(
        Invoice.licence_id == Licence.id,
        Invoice.owed_pence > 0,
        Invoice.adds_seats == 0,
        sa.or_(
            days_after(Invoice.due_on, sa.literal(due)) <= counted,
            days_after(Invoice.failed_on, sa.literal(failed)) <= counted,
            Invoice.uncollectible_on <= counted,
        ),
    )
    return owing.correlate(Licence)
