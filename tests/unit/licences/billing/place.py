"""A council that orders, is invoiced and pays: through the services, as staff do it."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import Actor, AuditEntry
from kit.clock import SteppingClock, today
from kit.links import PublicLinks
from kit.mail import Letterhead, MailMessage
from kit.money import vat
from kit.refusals import Refused
from licences import terms
from licences.billing import account, invoices, notices, orders, overrides, prices
from licences.billing.account import InvoiceFacts
from licences.billing.invoices import Line, Paid, Raised
from licences.billing.orders import Wanted
from licences.billing.prices import PriceFacts
from licences.kinds import PaymentKind
from licences.people import memberships, organisations
from licences.people.kinds import OrganisationKind, Role
from licences.standing import LicenceStanding
from licences.terms import LicenceFacts
from tests.unit.licences.council import TEAM, LakeshireCouncil

LETTERHEAD = Letterhead("Secure Base", "help@securebase.example", PublicLinks("https://portal.test"))


class Council(LakeshireCouncil):
    """A council with a manager, two trainers and a finance contact; the team has two members of staff."""

    def __init__(self, session: Session, clock: SteppingClock) -> None:
        super().__init__(session, clock)
        self.session, self.clock = session, clock
        house = organisations.create_organisation(
            session, clock, TEAM, name="The team", kind=OrganisationKind.LICENSOR
        ).id
        self.ruth, self.dev = (
            Actor(
                memberships.add_person(
                    session, clock, TEAM, house, name=name, email=f"{name.lower()}@team.example", role=Role.STAFF
                ).id,
                name,
            )
            for name in ("Ruth", "Dev")
        )

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

    def keep_open(self, days: int) -> bool:
        """Asked by Ruth, from today; whether she may decide it alone."""
        return overrides.keep_open(
            self.session, self.clock, self.ruth, LETTERHEAD, self.licence.id,
            until_on=self.day + timedelta(days=days - 1), reason="Their payment run is late.",
        )  # fmt: skip

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


def refused(act: Callable[[], object]) -> str:
    """Why it is refused, as a person would read it."""
    with pytest.raises(Refused) as refusal:
        act()
    return refusal.value.message
