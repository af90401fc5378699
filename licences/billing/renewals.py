"""The renewals: which licence years begin when, what they bring, and how far each is: asked for, ordered, paid.

A licence manager's word keeps a licence in grace for thirty days after its last day; who says that it is not renewed is
asked no more.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, record
from kit.clock import Clock, in_words, today
from kit.refusals import Refused
from licences import terms
from licences.billing.orders import locked_licence
from licences.billing.prices import all_prices, price_on
from licences.billing.years import ask_days, year_from
from licences.kinds import InvoiceState, OrderKind
from licences.ledger import Invoice, Order, RenewalPromise
from licences.models import Licence, Period, Programme
from licences.people.models import Organisation
from licences.standing import DAY, PROMISE_DAYS
from licences.standing_facts import backed

MOST_ASKED = 3
# How far back years that nobody ordered are still waited for, and how far ahead the pipeline looks.
WAITED_FOR = timedelta(days=120)
AHEAD = timedelta(days=365)


class Stage(StrEnum):
    """How far the money of a licence year is."""

    PAID = "paid"
    INVOICED = "invoiced"
    ORDERED = "order in"
    ASKED = "order asked for"
    AT_RISK = "at risk"


@dataclass(frozen=True)
class Renewal:
    """A licence year that begins on a day: an order, or what the next one is expected to bring.

    `net_pence` is None when no price is announced. `why` says what makes it a risk, and is empty otherwise.
    """

    licence_id: int
    organisation_id: int
    organisation_name: str
    programme_name: str
    begins: date
    seats: int
    net_pence: int | None
    stage: Stage
    why: str = ""

    @property
    def month(self) -> date:
        return self.begins.replace(day=1)

    @property
    def net_pence_known(self) -> int:
        """Nothing while no price is announced."""
        return self.net_pence or 0


@dataclass(frozen=True)
class Month:
    """A month of the pipeline: its renewals and their money by stage, in pence without VAT."""

    first: date
    renewals: tuple[Renewal, ...]

    def pence(self, stage: Stage | None = None) -> int:
        """The money of one stage, or all of it."""
        return sum(one.net_pence_known for one in self.renewals if stage in (None, one.stage))


def promise(session: Session, clock: Clock, actor: Actor, licence_id: int) -> date:
    """Somebody promises to renew: copies go on for thirty days after the last day; returns the last of them.

    Raises `NotThere`, and `Refused` when nothing runs, when it is promised already, or later than thirty days after.
    """
    licence = locked_licence(session, licence_id)
    ended = last_day(session, licence_id)
    if ended is None:
        raise Refused("There is no licence year that could be renewed.")
    until = ended + timedelta(days=PROMISE_DAYS)
    if until < today(clock):
        raise Refused("It ended too long ago. Send the purchase order: copies open at once.")
    known = sa.select(RenewalPromise.id).where(
        RenewalPromise.licence_id == licence_id, RenewalPromise.after_on == ended
    )
    if session.scalar(known) is not None:
        raise Refused(f"The renewal is promised already; copies go on until {in_words(until)}.")
    session.add(
        RenewalPromise(
            licence_id=licence_id, after_on=ended, until_on=until, promised_at=clock.now(), promised_by=actor.name
        )
    )
    licence.cancelled_at = None
    session.flush()
    subject = terms.licence_facts(session, clock, licence_id).subject
    record(session, clock, actor, "renewal promised", subject, until=until.isoformat())
    return until


def decline(session: Session, clock: Clock, actor: Actor, licence_id: int) -> None:
    """Notes that the licence is not renewed. Raises `NotThere`, and `Refused` when that is noted already."""
    licence = locked_licence(session, licence_id)
    if licence.cancelled_at is not None:
        raise Refused("It is noted already that this licence is not renewed.")
    licence.cancelled_at = clock.now()
    session.flush()
    record(session, clock, actor, "renewal declined", terms.licence_facts(session, clock, licence_id).subject)


def think_again(session: Session, clock: Clock, actor: Actor, licence_id: int) -> None:
    """Takes that back. Raises `NotThere`, and `Refused` when it was not noted."""
    licence = locked_licence(session, licence_id)
    if licence.cancelled_at is None:
        raise Refused("This licence is renewed as usual.")
    licence.cancelled_at = None
    session.flush()
    record(session, clock, actor, "renewal open again", terms.licence_facts(session, clock, licence_id).subject)


def last_day(session: Session, licence_id: int) -> date | None:
    """The last day that is granted or backed by an order; None without any."""
    return last_days_of(session, [licence_id]).get(licence_id, (None, None))[0]


def last_days_of(session: Session, licence_ids: Iterable[int]) -> dict[int, tuple[date, date | None]]:
    """The same for several licences, with the day until which a renewal after it is promised.

    Those without a last day are left out.
    """
    promised = (
        sa.select(sa.func.max(RenewalPromise.until_on, type_=sa.Date()))
        .where(RenewalPromise.licence_id == Period.licence_id)
        .scalar_subquery()
    )
    wanted = _last_days().where(Period.licence_id.in_(list(licence_ids))).group_by(Period.licence_id)
    rows = session.execute(wanted.add_columns(Period.licence_id, promised))
    return {licence_id: (last, until if until and until > last else None) for last, licence_id, until in rows if last}


def pipeline(session: Session, clock: Clock) -> list[Month]:
    """The months that bring money, from what is still waited for to a year ahead; July and August are always told.

    The number of statements does not grow with the licences.
    """
    day = today(clock)
    first = (day - WAITED_FOR).replace(day=1)
    found = [*_ordered(session, first, day), *_expected(session, first, day)]
    months: defaultdict[date, list[Renewal]] = defaultdict(list)
    for one in found:
        months[one.month].append(one)
    if months:
        for summer in _summers(min(months), max(months)):
            months.setdefault(summer, [])
    return [
        Month(month, tuple(sorted(months[month], key=lambda one: (one.begins, one.organisation_name))))
        for month in sorted(months)
    ]


def at_risk(months: Iterable[Month]) -> list[Renewal]:
    """The renewals that somebody should look at."""
    return [one for month in months for one in month.renewals if one.stage is Stage.AT_RISK]


def _ordered(session: Session, first: date, day: date) -> list[Renewal]:
    """Orders of licence years that begin within the pipeline, and older ones that are still owed.

    Not those whose invoice a credit note settled: nothing came for them, and nothing will.
    """
    owed = sa.exists().where(Invoice.order_id == Order.id, Invoice.owed_pence > 0).correlate(Order)
    rows = session.execute(
        sa.select(
            Order,
            Licence.organisation_id,
            Organisation.name,
            Programme.name,
            Invoice.number,
            Invoice.due_on,
            Invoice.in_flight_on,
        )
        .join(Licence, Licence.id == Order.licence_id)
        .join(Organisation, Organisation.id == Licence.organisation_id)
        .join(Programme, Programme.id == Licence.programme_id)
        .outerjoin(Invoice, sa.and_(Invoice.order_id == Order.id, Invoice.state != InvoiceState.VOID))
        .where(
            Order.kind == OrderKind.LICENCE,
            Order.withdrawn_at.is_(None),
            Order.starts_on <= day + AHEAD,
            sa.or_(Order.starts_on >= first, owed),
            sa.or_(Invoice.id.is_(None), Invoice.owed_pence > 0, Order.paid_on.is_not(None)),
        )
    )
    return [
        Renewal(
            order.licence_id,
            organisation_id,
            organisation,
            programme,
            order.starts_on,
            order.seats,
            order.net_pence,
            *_stage(order, number, due_on, in_flight_on, day),
        )
        for order, organisation_id, organisation, programme, number, due_on, in_flight_on in rows
    ]


def _stage(
    order: Order, invoice: str | None, due_on: date | None, in_flight_on: date | None, day: date
) -> tuple[Stage, str]:
    """How far an order is, by its invoice's number and days."""
    if order.paid_on is not None:
        return Stage.PAID, ""
    if invoice is not None and due_on is not None:
        if due_on < day and in_flight_on is None:
            return Stage.AT_RISK, f"has owed invoice {invoice} since {in_words(due_on)}"
        return Stage.INVOICED, ""
    if order.po_number is not None or order.po_waived:
        return Stage.ORDERED, ""
    if order.starts_on <= day:
        return Stage.AT_RISK, f"ordered for {in_words(order.starts_on)}, and its purchase order has not come"
    return Stage.ASKED, ""


def _expected(session: Session, first: date, day: date) -> list[Renewal]:
    """What follows each licence that nobody has ordered further, and nobody has said will end."""
    last = _last_days().group_by(Period.licence_id).add_columns(Period.licence_id).subquery()
    ends = last.c[0]
    further = sa.exists().where(
        Order.licence_id == Licence.id, Order.withdrawn_at.is_(None), Order.starts_on > ends, Order.kind == "licence"
    )
    rows = session.execute(
        sa.select(
            Licence.id,
            Licence.organisation_id,
            Licence.programme_id,
            Licence.seats_bought,
            Organisation.name,
            Programme.name,
            ends,
        )
        .join(last, last.c.licence_id == Licence.id)
        .join(Organisation, Organisation.id == Licence.organisation_id)
        .join(Programme, Programme.id == Licence.programme_id)
        .where(
            Licence.cancelled_at.is_(None),
            Organisation.merged_into_id.is_(None),
            ends >= first - DAY,
            ends < day + AHEAD,
            ~further,
        )
    )
    prices = all_prices(session)
    found = []
    for licence_id, organisation_id, programme_id, seats, organisation, programme, ended in rows:
        begins = ended + DAY
        price = price_on(prices, programme_id, begins)
        net_pence = price.net_pence(seats, begins, year_from(begins)) if price else None
        stage, why = _stage_of_expected(ended, day)
        found.append(
            Renewal(licence_id, organisation_id, organisation, programme, begins, seats, net_pence, stage, why)
        )
    return found


def _stage_of_expected(ended: date, day: date) -> tuple[Stage, str]:
    """A year that nobody has ordered is a risk when it should have begun, or was asked for three times."""
    asked = sum(1 for one in ask_days(ended + DAY) if one <= day)
    if ended < day:
        return Stage.AT_RISK, f"ended on {in_words(ended)}, and nothing is ordered"
    if asked >= MOST_ASKED:
        return Stage.AT_RISK, f"was asked {asked} times, and nothing is ordered"
    return Stage.ASKED, ""


def _last_days() -> sa.Select[date]:
    return sa.select(sa.func.max(Period.ends_on, type_=sa.Date())).where(backed(Period))


def _summers(first: date, last: date) -> Iterable[date]:
    for year in range(first.year, last.year + 1):
        for month in (7, 8):
            if first <= date(year, month, 1) <= last:
                yield date(year, month, 1)
