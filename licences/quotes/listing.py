"""The quotes that were made, for the programme team: whom for, how much, and what became of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.clock import Clock, in_words, london, today
from kit.keyset import Span, key_of, within
from kit.search import holds_words
from licences.kinds import InvoiceState
from licences.ledger import Invoice, Order
from licences.models import Licence
from licences.people.models import Organisation
from licences.quotes.making import QuoteFacts, facts_of
from licences.quotes.models import Quote, QuoteAcceptance


class QuoteState(StrEnum):
    """How a quote stands on a day."""

    STANDS = "stands"
    WANTED = "stands, account asked for"
    ACCEPTED = "accepted"
    RUN_OUT = "run out"


@dataclass(frozen=True)
class QuotesWanted:
    """Which quotes: words of the reference, organisation, person or address; a state; made from a moment to another."""

    words: str = ""
    state: QuoteState | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class ListedQuote:
    """A quote in the list. `became` tells in words what came of it; `licence_id` is that of its order."""

    key: str
    facts: QuoteFacts
    email: str
    register_reference: str | None
    state: QuoteState
    became: str
    licence_id: int | None


def quotes(session: Session, clock: Clock, wanted: QuotesWanted, span: Span) -> list[ListedQuote]:
    """A stretch of the quotes that fit, in one statement."""
    invoiced = sa.exists().where(Invoice.order_id == Order.id, Invoice.state != InvoiceState.VOID)
    fitting: Any = (
        sa.select(Quote, QuoteAcceptance, Order, Organisation.name, invoiced)
        .outerjoin(QuoteAcceptance, QuoteAcceptance.quote_id == Quote.id)
        .outerjoin(Order, Order.id == QuoteAcceptance.order_id)
        .outerjoin(Licence, Licence.id == Order.licence_id)
        .outerjoin(Organisation, Organisation.id == Licence.organisation_id)
        .where(*_conditions(wanted, today(clock)))
    )
    rows = session.execute(within(fitting, Quote.made_at, Quote.id, span))
    return [_listed(today(clock), *row) for row in rows]


def _conditions(wanted: QuotesWanted, day: date) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.words:
        columns = (Quote.reference, Quote.organisation_name, Quote.person_name, Quote.person_email)
        yield holds_words(wanted.words, *columns)
    if wanted.since is not None:
        yield Quote.made_at >= wanted.since
    if wanted.until is not None:
        yield Quote.made_at < wanted.until
    if wanted.state is QuoteState.ACCEPTED:
        yield QuoteAcceptance.id.is_not(None)
    elif wanted.state is not None:
        yield QuoteAcceptance.id.is_(None)
        yield Quote.stands_until < day if wanted.state is QuoteState.RUN_OUT else Quote.stands_until >= day
        if wanted.state is QuoteState.WANTED:
            yield Quote.wanted_at.is_not(None)


def _listed(
    day: date, quote: Quote, acceptance: QuoteAcceptance | None, order: Order | None, organisation: str, invoiced: Any
) -> ListedQuote:
    if acceptance is not None and order is not None:
        state = QuoteState.ACCEPTED
        on = in_words(london(acceptance.accepted_at).date())
        became = f"{acceptance.accepted_by} ordered for {organisation} on {on}: {_of_order(order, bool(invoiced))}"
    elif quote.stands_until < day:
        state, became = QuoteState.RUN_OUT, f"It stood until {in_words(quote.stands_until)}"
    elif quote.wanted_at is not None:
        state = QuoteState.WANTED
        became = f"An account was asked for on {in_words(london(quote.wanted_at).date())}"
    else:
        state, became = QuoteState.STANDS, f"It stands until {in_words(quote.stands_until)}"
    return ListedQuote(
        key_of(quote.made_at, quote.id), facts_of(quote), quote.person_email, quote.register_reference, state, became,
        order.licence_id if order else None,
    )  # fmt: skip


def _of_order(order: Order, invoiced: bool) -> str:
    """How far the order is that came of a quote, to end a sentence with."""
    if order.withdrawn_at is not None:
        return "taken back"
    if order.paid_on is not None:
        return f"paid on {in_words(order.paid_on)}"
    if invoiced:
        return "invoiced"
    return "order in" if order.po_number or order.po_waived else "waits for its purchase order"
