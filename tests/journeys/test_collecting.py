"""An order is paid by card in a browser, on the pages of the stand-in; coming back alone proves nothing."""

from pathlib import Path

from playwright.sync_api import Browser

from tests.journeys.conftest import MakeVisitor
from tests.journeys.demo import running
from tests.stripe_server import KEY, SECRET
from tests.stripe_server import running as standing_in

MANAGER, STAFF = "owen@merseyedge.example", "staff@demo.example"


def test_an_order_is_paid_by_card(tmp_path: Path, browser: Browser, visitor: MakeVisitor) -> None:
    """Turning back gains nothing; paying is known at once, and written down when somebody looks."""
    with standing_in("--name", "ada") as stand_in:
        settings = {
            "PORTAL_STRIPE_SECRET_KEY": KEY,
            "PORTAL_STRIPE_WEBHOOK_SECRET": SECRET,
            "PORTAL_STRIPE_API_BASE": stand_in.url,
        }
        with running(tmp_path, with_worker=False, **settings) as demo:
            manager, staff = visitor(demo), visitor(demo)
            manager.sign_in(MANAGER)
            manager.open("/organisation/invoices")
            manager.press("Pay by card or Direct Debit")
            manager.reads("Purchase order ME-30077 stands on the invoice.")
            manager.look("pay-order")
            here = manager.page.url
            manager.page.get_by_role("button", name="Pay £2,352.00").click()
            manager.page.get_by_role("button", name="Card declined").wait_for()
            manager.page.goto(here)
            manager.reads("we have not heard of a payment yet")
            manager.page.get_by_role("button", name="Go on paying").click()
            manager.page.get_by_role("button", name="Pay by card").click()
            manager.reads("Thank you: Stripe has your payment")
            manager.complaints.clear()  # about the pages of the stand-in, which are not ours
            manager.look("came-back")
            manager.press("See how it stands")
            manager.reads("Paid: £2,352.00")
            manager.look("paid-by-card")
            staff.sign_in(STAFF)
            staff.open("/admin/collecting")
            staff.look("collecting")
