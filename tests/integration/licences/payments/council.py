"""A council that pays by card and Direct Debit: the services on one side, the pages of the stand-in on the other."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit

import sqlalchemy as sa

from kit.audit import Actor
from kit.clock import today
from kit.db import Database
from kit.links import PublicLinks
from kit.mail import Letterhead, MailMessage
from licences import programmes, terms
from licences.billing import account, orders
from licences.billing.account import InvoiceFacts
from licences.billing.orders import Wanted
from licences.kinds import InvoiceState
from licences.payments import inbox, pages, reconciling
from licences.payments.models import BillRow
from licences.payments.till import Till
from licences.people import memberships, organisations
from licences.people.kinds import OrganisationKind, Role
from licences.standing import LicenceStanding
from licences.stripe_gateway import StripeGateway
from tests.stripe_server import KEY, StandIn

TEAM = Actor(None, "The test")
LINKS = PublicLinks("https://portal.test")
LETTERHEAD = Letterhead("Secure Base", "help@securebase.example", LINKS)
NET, TOTAL = 100_000, 120_000
DAY = 86_400


@dataclass(frozen=True)
class StandInClock:
    """Tells the stand-in's time."""

    stand_in: StandIn

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.stand_in.state()["now"], UTC)


class Paying:
    """Lakeshire Council, its orders, and what it does on the pages of whoever collects."""

    def __init__(self, database: Database, stand_in: StandIn, clock: StandInClock, secret: str) -> None:
        self.database, self.stand_in, self.clock = database, stand_in, clock
        self.v1 = stand_in.client().v1
        self.till = Till(database, clock, LINKS, LETTERHEAD, StripeGateway(KEY, secret, stand_in.url))
        with database.write() as session:
            self.council = organisations.create_organisation(
                session, clock, TEAM, name="Lakeshire Council", kind=OrganisationKind.LOCAL_AUTHORITY
            ).id
            self.programme = programmes.create_programme(
                session, clock, TEAM, name="ABM", days=3, trainer_days=5, audience="Schools"
            ).id
            janet = memberships.add_person(
                session, clock, TEAM, self.council, name="Janet", email="janet@lakeshire.example", role=Role.MANAGER
            )
        self.janet = Actor(janet.id, janet.name, self.council)

    def order(self, first: int = 0, po: str | None = None, net: int = NET) -> int:
        """A year from so many days from today, at £1,000 and VAT of a fifth unless told otherwise."""
        begins = today(self.clock) + timedelta(days=first)
        wanted = Wanted(begins, begins + timedelta(days=364), 4, net, 2000, po)
        with self.database.write() as session:
            return orders.place(
                session, self.clock, self.janet, organisation_id=self.council, programme_id=self.programme,
                wanted=wanted,
            )  # fmt: skip

    def open(self, order: int) -> str:
        """Presses the button at an order: the address of the page."""
        address = pages.open_page(self.till, self.janet, order, email="finance@lakeshire.example")
        assert address is not None
        return address

    def send(self, order: int) -> InvoiceFacts:
        """Staff have a bill sent for an order."""
        pages.send_bill(self.till, TEAM, order, email="finance@lakeshire.example")
        return next(one for one in self.invoices if one.order_id == order and one.state is not InvoiceState.VOID)

    def press(self, address: str, do: str = "card") -> None:
        """Presses a button on a page of theirs: `card`, `bacs_debit`, `declined`. Nobody follows where it leads."""
        place = urlsplit(address)
        there = HTTPConnection(place.netloc, timeout=30)
        there.request("POST", place.path, f"do={do}")
        assert there.getresponse().status in (303, 402)
        there.close()

    def hear(self) -> None:
        """Every message arrives, in order."""
        for told in self.till.gateway.told_since(None):
            inbox.keep_and_handle(self.till, told)

    def look(self, order: int) -> None:
        """Fetches what became of an order's page."""
        pages.look_again(self.till, order)

    def reconcile(self) -> reconciling.Reconciled:
        return reconciling.reconcile(self.till)

    def move(self, **step: object) -> None:
        """Moves the time of both: `step="month"`, or `days=6`."""
        if "days" in step:
            now = int(self.stand_in.state()["now"])
            step = {"moment": now + int(str(step["days"])) * DAY}
        self.stand_in.control("move", **step)

    def ref_of(self, invoice_id: int) -> str:
        """Under which id an invoice is known over there."""
        with self.database.read() as session:
            return session.scalars(sa.select(BillRow.ref).where(BillRow.invoice_id == invoice_id)).one()

    def unreachable(self) -> Till:
        """The same till, with a line that leads nowhere."""
        return replace(self.till, gateway=StripeGateway(KEY, "", "http://127.0.0.1:1"))

    @property
    def invoices(self) -> list[InvoiceFacts]:
        with self.database.read() as session:
            licences = [one.id for one in terms.licences_of(session, self.clock, self.council)]
            return account.invoices_of(session, licences)

    @property
    def invoice(self) -> InvoiceFacts:
        """The only one."""
        (found,) = self.invoices
        return found

    @property
    def stands(self) -> LicenceStanding:
        with self.database.read() as session:
            return terms.licences_of(session, self.clock, self.council)[0].standing

    def known(self, order: int) -> pages.Known:
        with self.database.read() as session:
            return pages.known(session, order)

    def subjects(self) -> list[str]:
        """The subjects of all mails that were written."""
        with self.database.read() as session:
            return list(session.scalars(sa.select(MailMessage.subject).order_by(MailMessage.id)))

    def count(self, model: type) -> int:
        with self.database.read() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0
