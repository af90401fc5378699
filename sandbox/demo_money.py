"""The demo's money: one organisation in each standing, and enough others that the renewals look lived-in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from kit.audit import Actor
from kit.clock import LONDON, SteppingClock, SystemClock, in_words, today
from kit.mail import Letterhead
from licences import terms
from licences.billing import invoices, notices, orders, overrides, payee, prices, renewals
from licences.billing.invoices import Line, Paid, Raised
from licences.billing.orders import Wanted
from licences.billing.payee import Details
from licences.billing.prices import PriceFacts
from licences.billing.years import APRIL, SEPTEMBER, next_first_of, year_from
from licences.kinds import PaymentKind
from licences.people import accounts, memberships, organisations
from licences.people.kinds import OrganisationKind, Role

TEAM = Actor(None, "Demo data")
VAT = 2_000
DAYS_TO_PAY = 30
PAYEE = Details("Secure Base Psychology Service", "1 Harbour Hill\nLakeside LA1 1AA", "GB 123 4567 89",
                "Secure Base income", "12-34-56", "12345678")  # fmt: skip


@dataclass(frozen=True)
class Account:
    """A licence year of an organisation, and how far its money is.

    `begins` is given today. The purchase order came a month before it, or a month before today if that is earlier;
    without `po` it has not come. Days of payment count from today: `due_in`, None while nothing is invoiced, and
    `paid_ago`, None while nothing is paid.
    """

    place: str
    begins: Callable[[date], date]
    seats: int
    po: str | None = None
    invoice: str = ""
    due_in: int | None = None
    paid_ago: int | None = None


@dataclass(frozen=True)
class Neighbour:
    """A further organisation, with its licence manager."""

    name: str
    kind: OrganisationKind
    manager: str
    domain: str


def _this(month: int) -> Callable[[date], date]:
    """The year that runs today, from the first of a month."""

    def begins(day: date) -> date:
        following = next_first_of(month, day + timedelta(days=1))
        return following.replace(year=following.year - 1)

    return begins


def _next(month: int) -> Callable[[date], date]:
    return lambda day: next_first_of(month, day + timedelta(days=1))


def _in_days(days: int) -> Callable[[date], date]:
    return lambda day: day + timedelta(days=days)


def _month_first(months_ago: int) -> Callable[[date], date]:
    def begins(day: date) -> date:
        number = day.year * 12 + day.month - 1 - months_ago
        return date(number // 12, number % 12 + 1, 1)

    return begins


NEIGHBOURS = (
    Neighbour("Norbury Virtual School", OrganisationKind.VIRTUAL_SCHOOL, "Leila Haddad", "norbury.example"),
    Neighbour("Calder Psychology Service", OrganisationKind.EP_TEAM, "Morag Sinclair", "calder.example"),
    Neighbour("Mersey Edge Trust", OrganisationKind.TRUST, "Owen Pritchard", "merseyedge.example"),
    Neighbour("Pennine Gateway Schools", OrganisationKind.TRUST, "Zainab Yusuf", "pennine.example"),
    Neighbour("Fenland County Council", OrganisationKind.LOCAL_AUTHORITY, "Duncan Frith", "fenland.example"),
    Neighbour("Dunmoor Academy Trust", OrganisationKind.TRUST, "Carys Bevan", "dunmoor.example"),
    Neighbour("Quayside Council", OrganisationKind.LOCAL_AUTHORITY, "Tunde Bakare", "quayside.example"),
)
ACCOUNTS = (
    Account("Lakeshire Council", _this(APRIL), 10, "4500081734", "SB-0104", -190, 205),
    Account("Hillside Trust", _this(SEPTEMBER), 4, "HT-22910", "SB-0117", -77),
    Account("Northmoor Educational Psychology", _this(APRIL), 5, "NEP/2071", "SB-0106", -170, 176),
    Account("Eastvale Virtual School", _in_days(21), 3),
    Account("Ridgeway County Council", _this(SEPTEMBER), 6, "80016233", "SB-0131", -12),
    Account("Calder Psychology Service", _month_first(-2), 4, "CPS-118"),
    Account("Mersey Edge Trust", _next(APRIL), 12, "ME-30077"),
    Account("Pennine Gateway Schools", _month_first(0), 8, "PG 1190", "SB-0140", 16),
    Account("Fenland County Council", _month_first(1), 15, "F-771204", "SB-0133", -8, 11),
    Account("Dunmoor Academy Trust", _this(SEPTEMBER), 5, "DAT-66", "SB-0125", -40, 44),
    Account("Quayside Council", _month_first(3), 4, "Q/4471", "SB-0121", -66),
)


def ordered_from(name: str, day: date) -> date | None:
    """The first day of the year that the organisation ordered; None for those whose licence was granted by hand."""
    return next((account.begins(day) for account in ACCOUNTS if account.place == name), None)


def move_in_neighbours(session: Session, clock: SteppingClock, password: str) -> None:
    """The further organisations."""
    for one in NEIGHBOURS:
        place = organisations.create_organisation(session, clock, TEAM, name=one.name, kind=one.kind)
        address = f"{one.manager.split()[0].lower()}@{one.domain}"
        person = memberships.add_person(
            session, clock, TEAM, place.id, name=one.manager, email=address, role=Role.MANAGER
        )
        accounts.make_demo_account(session, person.id, password)


def announce_prices(session: Session, clock: SteppingClock, programme_id: int) -> None:
    """What a year costs, and what the next but one will."""
    day = today(SystemClock())
    for from_on, licence, seat in ((day - timedelta(days=800), 115_000, 9_000), (_next(APRIL)(day), 120_000, 9_500)):
        prices.announce(session, clock, TEAM, PriceFacts(programme_id, from_on, licence, 4, seat, VAT))


def keep_accounts(session: Session, clock: SteppingClock, letterhead: Letterhead, programme_id: int) -> None:
    """Orders, invoices and payments of everybody; then what is decided and promised. All of it counts as told."""
    now = clock.moment
    for account in ACCOUNTS:
        _keep(session, clock, account, programme_id)
    _norbury_promised(session, clock, programme_id)
    clock.moment = now
    ruth, dev = (_staff(session, name) for name in ("staff", "dev"))
    waits = payee.ask(session, clock, ruth, letterhead, PAYEE)
    payee.agree(session, clock, dev, letterhead, waits, is_news=False)
    until = today(clock) + timedelta(days=10)
    reason = "Their payment run comes twice a month; the finance office has confirmed it."
    overrides.keep_open(
        session, clock, ruth, letterhead, _licence(session, clock, "Quayside Council"), until_on=until, reason=reason
    )
    renewals.decline(session, clock, TEAM, _licence(session, clock, "Dunmoor Academy Trust"))
    for place in {account.place for account in ACCOUNTS} | {"Norbury Virtual School"}:
        notices.count_as_told(session, clock, _licence(session, clock, place))


def _staff(session: Session, name: str) -> Actor:
    found = memberships.person_with_email(session, f"{name}@demo.example")
    assert found is not None
    return Actor(found.id, found.name)


def _keep(session: Session, clock: SteppingClock, account: Account, programme_id: int) -> None:
    day = today(SystemClock())
    begins = account.begins(day)
    ordered = min(begins, day) - timedelta(days=DAYS_TO_PAY + 5)
    if account.due_in is not None:
        ordered = min(ordered, day + timedelta(days=account.due_in - DAYS_TO_PAY - 5))
    place = organisations.organisation_named(session, account.place)
    assert place is not None
    clock.moment = _at_noon(ordered)
    ends = year_from(begins)
    price = prices.price_on(prices.prices_of(session, programme_id), programme_id, begins)
    assert price is not None
    net = price.net_pence(account.seats, begins, ends)
    wanted = Wanted(begins, ends, account.seats, net, VAT, account.po)
    order_id = orders.place(session, clock, TEAM, organisation_id=place.id, programme_id=programme_id, wanted=wanted)
    if account.due_in is not None:
        due = day + timedelta(days=account.due_in)
        clock.moment = _at_noon(due - timedelta(days=DAYS_TO_PAY))
        line = Line(f"Attachment Based Mentoring, licence {in_words(begins)} to {in_words(ends)}", net, VAT)
        raised = Raised(f"{account.invoice}-{due:%y}", today(clock), due, (line,))
        invoice_id = invoices.record_invoice(session, clock, TEAM, order_id, raised)
        if account.paid_ago is not None:
            _pay(session, clock, invoice_id, net + price.vat_pence(net), day - timedelta(days=account.paid_ago))
    clock.moment = _at_noon(max(begins, ordered)) if begins <= day else _at_noon(day)
    orders.begin_due(session, clock)


def _pay(session: Session, clock: SteppingClock, invoice_id: int, pence: int, day: date) -> None:
    clock.moment = _at_noon(day)
    invoices.record_payment(session, clock, TEAM, invoice_id, Paid(pence, day, PaymentKind.TRANSFER, "BACS"))


def _norbury_promised(session: Session, clock: SteppingClock, programme_id: int) -> None:
    """Its year ended some days ago; its manager promised to renew."""
    place = organisations.organisation_named(session, "Norbury Virtual School")
    assert place is not None
    ended = today(SystemClock()) - timedelta(days=12)
    clock.moment = _at_noon(ended - timedelta(days=364))
    licence = terms.grant(
        session,
        clock,
        TEAM,
        organisation_id=place.id,
        programme_id=programme_id,
        starts_on=today(clock),
        ends_on=ended,
        seats=3,
        reason="Signed order form on file",
    )
    clock.moment = _at_noon(ended - timedelta(days=3))
    leila = memberships.person_with_email(session, "leila@norbury.example")
    assert leila is not None
    renewals.promise(session, clock, Actor(leila.id, leila.name, place.id), licence)


def _licence(session: Session, clock: SteppingClock, place: str) -> int:
    found = organisations.organisation_named(session, place)
    assert found is not None
    return terms.licences_of(session, clock, found.id)[0].id


def _at_noon(day: date) -> datetime:
    return datetime.combine(day, time(12), LONDON)
