"""Access follows the money: a debt is paid and the trainer goes on; a licence is renewed with a number."""

import re

from tests.journeys.conftest import MakeVisitor
from tests.journeys.demo import Demo
from tests.journeys.visitor import Visitor

STAFF, TRAINER, MANAGER = "staff@demo.example", "trainer@hillside.example", "manager@lakeshire.example"
UNPAID = re.compile(r"Invoice SB-0117-\d\d \(£1,380\.00\) was due on")


def test_a_debt_is_paid_and_a_licence_renewed(demo: Demo, visitor: MakeVisitor) -> None:
    """Staff record a payment from the renewals; a licence manager renews: three pages, one field, two presses."""
    trainer, staff, manager = visitor(demo), visitor(demo), visitor(demo)
    trainer.sign_in(TRAINER)
    trainer.reads(UNPAID)
    _pays(staff)
    trainer.open("/materials")
    assert trainer.page.get_by_text(UNPAID).count() == 0
    _renews(manager)
    staff.press("Renewals", inside=staff.page.get_by_role("navigation", name="Main"))
    staff.reads("Order in")


def _pays(staff: Visitor) -> None:
    staff.sign_in(STAFF)
    staff.press("Renewals", inside=staff.page.get_by_role("navigation", name="Main"))
    staff.reads("renewals are at risk")
    staff.look("renewals")
    staff.activate(staff.page.get_by_role("link", name="Hillside Trust").first)
    staff.reads(UNPAID)
    staff.look("owing-licence")
    staff.press("Record its payment")
    staff.look("payment")
    staff.press("Record the payment")
    staff.reads("The payment is recorded.")
    staff.look("paid-invoice")


def _renews(manager: Visitor) -> None:
    manager.sign_in(MANAGER)
    manager.reads("Paid until")
    manager.press("Renew", inside=manager.page.locator("main"))
    manager.look("renew")
    manager.write("Purchase order number", "4500099911")
    manager.press("Go on")
    manager.look("renew-check")
    manager.press("Send the order")
    manager.reads("The order is here, with purchase order 4500099911")
    manager.look("order-sent")
    manager.press("Back to Lakeshire Council")
    manager.press("Invoices and receipts")
    manager.reads("4500099911")
    manager.look("invoices")
