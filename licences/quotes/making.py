"""Making a quote and opening it by its link: no account is needed for either."""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit import mail
from kit.audit import Actor, Subject, record
from kit.clock import Clock, london, today
from kit.ids import fingerprint, new_token
from kit.money import CURRENCY, MOST_PENCE, vat
from kit.refusals import NotThere, Refused
from licences import programmes
from licences.billing import prices
from licences.billing.years import LicenceYear, stretch
from licences.people import limits
from licences.people.limits import Limit
from licences.quotes.models import Quote

STANDS = timedelta(days=60)
MOST_SEATS = 1_000
# A council behind one wall may make a good many. Nobody's mailbox is filled by somebody else, and who writes in
# another's name from one place does not keep them out from theirs.
QUOTES_BY_PLACE = Limit("quotes place", 30, timedelta(hours=1))
QUOTES_BY_BOTH = Limit("quotes place and e-mail", 5, timedelta(hours=1))
QUOTES_BY_EMAIL = Limit("quotes e-mail", 20, timedelta(hours=1))
QUOTES_IN_ALL = Limit("quotes", 300, timedelta(hours=1))
TOO_MANY = "Too many quotes were made from where you are. Wait an hour, or write to us."


@dataclass(frozen=True)
class Asked:
    """What a quote is asked for: seats of a programme's licence for a licence year."""

    programme_id: int
    seats: int
    year: LicenceYear


@dataclass(frozen=True)
class Asker:
    """Whom a quote is made for: the organisation, its entry in the register if it was found there, and who asks."""

    organisation_name: str
    register_reference: str | None
    person_name: str
    person_email: str


@dataclass(frozen=True)
class Cost:
    """What it costs on which days; amounts in pence. `seats_included` are those that the licence itself brings."""

    starts_on: date
    ends_on: date
    net_pence: int
    vat_basis_points: int

    @property
    def vat_pence(self) -> int:
        return vat(self.net_pence, self.vat_basis_points)

    @property
    def whole_pence(self) -> int:
        return self.net_pence + self.vat_pence


@dataclass(frozen=True)
class QuoteFacts:
    """A quote as it is shown and printed."""

    reference: str
    programme_id: int
    programme_name: str
    organisation_name: str
    person_name: str
    seats: int
    cost: Cost
    made_on: date
    stands_until: date

    def stands_on(self, day: date) -> bool:
        return day <= self.stands_until


def cost_of(session: Session, clock: Clock, asked: Asked) -> Cost:
    """What it costs today. Raises `Refused` when no price is announced for that year, or it is beyond any quote."""
    starts_on, ends_on = stretch(asked.year, today(clock))
    price = prices.price_on(prices.all_prices(session), asked.programme_id, starts_on)
    if price is None:
        raise Refused("There is no price for that year yet. Choose another, or ask us.", "year")
    cost = Cost(starts_on, ends_on, price.net_pence(asked.seats, starts_on, ends_on), price.vat_basis_points)
    if cost.net_pence > MOST_PENCE:
        raise Refused("That is more than a quote can hold. Ask us.", "seats")
    return cost


def make(session: Session, clock: Clock, letterhead: mail.Letterhead, asked: Asked, asker: Asker, *, place: str) -> str:
    """Makes a quote, writes to who asked for it with its link, and returns the link's secret.

    Raises `NotThere` for an unknown programme, and `Refused` without a price, or when this network `place` or this
    address has asked too often.
    """
    programme = programmes.programme(session, asked.programme_id)
    cost = cost_of(session, clock, asked)
    email = asker.person_email.lower()
    _count(session, clock, place, email)
    secret = new_token()
    row = Quote(
        reference=f"new {fingerprint(secret)[:12]}", fingerprint=fingerprint(secret), programme_id=programme.id,
        programme_name=programme.name, organisation_name=asker.organisation_name,
        register_reference=asker.register_reference, person_name=asker.person_name, person_email=email,
        seats=asked.seats, starts_on=cost.starts_on, ends_on=cost.ends_on, net_pence=cost.net_pence,
        vat_basis_points=cost.vat_basis_points, currency=CURRENCY, made_at=clock.now(),
        stands_until=today(clock) + STANDS,
    )  # fmt: skip
    session.add(row)
    session.flush()
    row.reference = f"Q{london(row.made_at):%y}-{row.id:05}"
    session.flush()
    subject = Subject("quote", row.id, row.reference)
    # Nobody has checked the name: in the trail it must not pass for that of somebody who is here.
    actor = Actor(None, f"{asker.person_name} (without an account)")
    record(session, clock, actor, "quote made", subject, organisation=asker.organisation_name)
    mail.queue(
        session,
        clock,
        template="licences/quote",
        to=mail.Address(email, asker.person_name),
        context={"quote": facts_of(row), "path": path_of(secret)},
        letterhead=letterhead,
        about=("quote", row.id),
        secret=True,
    )
    return secret


def _count(session: Session, clock: Clock, place: str, email: str) -> None:
    """Counts one quote from a network for an address. Raises `Refused` when one of the limits is reached."""
    both = f"{place} {email}"
    for limit, key in (
        (QUOTES_BY_PLACE, place), (QUOTES_BY_BOTH, both), (QUOTES_BY_EMAIL, email), (QUOTES_IN_ALL, ""),
    ):  # fmt: skip
        if limits.is_over(session, clock, limit, key):
            raise Refused(TOO_MANY)
        limits.count(session, clock, limit, key)


def path_of(secret: str) -> str:
    """Where a quote is shown."""
    return f"/quotes/{secret}"


def quote(session: Session, secret: str) -> QuoteFacts:
    """The quote that a link opens, for as long as it is kept. Raises `NotThere`."""
    row = session.scalar(sa.select(Quote).where(Quote.fingerprint == fingerprint(secret)))
    if row is None:
        raise NotThere
    return facts_of(row)


def stands(clock: Clock, quote: QuoteFacts) -> bool:
    """Whether a quote can still be ordered by today."""
    return quote.stands_on(today(clock))


def facts_of(row: Quote) -> QuoteFacts:
    """A quote as other modules see it."""
    return QuoteFacts(
        reference=row.reference,
        programme_id=row.programme_id,
        programme_name=row.programme_name,
        organisation_name=row.organisation_name,
        person_name=row.person_name,
        seats=row.seats,
        cost=Cost(row.starts_on, row.ends_on, row.net_pence, row.vat_basis_points),
        made_on=london(row.made_at).date(),
        stands_until=row.stands_until,
    )
