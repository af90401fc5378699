"""A council that orders, is invoiced and pays: through the services, as staff do it."""

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, AuditEntry
from kit.clock import SteppingClock, today
from kit.links import PublicLinks
from kit.mail import Letterhead, MailMessage
from kit.money import vat
from licences import programmes, terms
from licences.billing import account, invoices, notices, orders, prices
from licences.billing.account import InvoiceFacts
from licences.billing.invoices import Line, Paid, Raised
from licences.billing.orders import Wanted
from licences.billing.prices import PriceFacts
from licences.kinds import PaymentKind
from licences.people import memberships, organisations
from licences.people.kinds import OrganisationKind, Role
from licences.standing import LicenceStanding
from licences.terms import LicenceFacts

LETTERHEAD = Letterhead("Secure Base", "help@securebase.example", PublicLinks("https://portal.test"))


class Council:
    """A council with a manager, two trainers and a finance contact; the team has two members of staff."""

    def __init__(self, session: Session, clock: SteppingClock) -> None:
        self.session, self.clock = session, clock
        team = Actor(None, "The test")
        house = organisations.create_organisation(
            session, clock, team, name="The team", kind=OrganisationKind.LICENSOR
        ).id
        self.ruth, self.dev = (
            Actor(
                memberships.add_person(
                    session, clock, team, house, name=name, email=f"{name.lower()}@team.example", role=Role.STAFF
                ).id,
                name,
            )
            for name in ("Ruth", "Dev")
        )
        made = organisations.create_organisation(
            session, clock, team, name="Lakeshire Council", kind=OrganisationKind.LOCAL_AUTHORITY
        )
        self.id = made.id
        self.programme = programmes.create_programme(
            session, clock, team, name="ABM", days=3, trainer_days=5, audience="Schools"
        ).id
        self.janet, self.amara, self.ben, self.colin = (
            memberships.add_person(
                session, clock, team, made.id, name=name, email=f"{name.lower()}@lakeshire.example", role=role
            ).id
            for name, role in (
                ("Janet", Role.MANAGER), ("Amara", Role.TRAINER), ("Ben", Role.TRAINER), ("Colin", Role.FINANCE),
            )
        )  # fmt: skip

    @property
    def day(self) -> date:
        return today(self.clock)

    def announce(self, licence: int = 115_000, seat: int = 9_000, from_on: date = date(2024, 1, 1)) -> None:
        price = PriceFacts(self.programme, from_on, licence, 4, seat, 2000)
        prices.announce(self.session, self.clock, self.ruth, price)

    def order(self, first: int = 0, po: str | None = "PO 1", seats: int = 4, net: int = 100_000, **more: bool) -> int:
        """A year from so many days from today."""
        begins = self.day + timedelta(days=first)
        wanted = Wanted(begins, begins + timedelta(days=364), seats, net, 2000, po, **more)
        return orders.place(
            self.session, self.clock, self.ruth, organisation_id=self.id, programme_id=self.programme, wanted=wanted
        )

    def invoice(self, order: int, number: str = "SB-1", due: int = 30, net: int = 100_000) -> int:
        due_on = self.day + timedelta(days=due)
        raised = Raised(number, min(self.day, due_on), due_on, (Line("Licence", net, 2000),))
        return invoices.record_invoice(self.session, self.clock, self.ruth, order, raised)

    def pay(self, invoice: int, pence: int) -> None:
        money = Paid(pence, self.day, PaymentKind.TRANSFER, "BACS 1")
        invoices.record_payment(self.session, self.clock, self.ruth, invoice, money)

    def pay_all(self, invoice: int, net: int = 100_000) -> None:
        self.pay(invoice, net + vat(net, 2000))

    def bill(self, invoice: int) -> InvoiceFacts:
        return account.invoice(self.session, invoice)

    @property
    def licence(self) -> LicenceFacts:
        self.session.expire_all()
        return terms.licences_of(self.session, self.clock, self.id)[0]

    @property
    def stands(self) -> LicenceStanding:
        return self.licence.standing

    def tell(self) -> list[str]:
        """Sends what is due, and returns the subjects that went out, with whom they went to."""
        before = self.session.scalar(sa.select(sa.func.coalesce(sa.func.max(MailMessage.id), 0)))
        notices.catch_up(self.session, self.clock, LETTERHEAD, self.licence.id)
        rows = self.session.scalars(sa.select(MailMessage).where(MailMessage.id > before).order_by(MailMessage.id))
        return [f"{row.to_name}: {row.subject}" for row in rows]

    def actions(self) -> list[str]:
        return list(self.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)))
