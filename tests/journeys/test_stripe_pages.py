"""The stand-in's pages in a browser: by keyboard, at both widths, without a fault that axe finds."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.integration.sandbox.stripe.shop import Shop
from tests.integration.sandbox.stripe.test_pages import open_checkout
from tests.journeys import checks
from tests.stripe_server import running


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A stand-in in which something of everything is on the control page."""
    with running() as stand_in:
        shop = Shop(stand_in)
        shop.council()
        trust = shop.trust()
        shop.trust()
        shop.move(step="hour")
        stand_in.press(open_checkout(shop).url or "", do="bacs_debit")
        (charge,) = shop.v1.charges.list({"customer": str(trust.customer)}).data
        stand_in.control("dispute", charge=charge.id)
        yield shop


def _faults(page: Page) -> list[str]:
    wrong = [*checks.axe_violations(page), *checks.headings(page)]
    for size in (checks.WIDE, checks.NARROW):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        wrong += [*checks.sideways(page), *checks.small_targets(page)]
    return wrong


def test_paying_and_steering_by_keyboard(browser: Browser, shop: Shop) -> None:
    page = browser.new_page()
    session = open_checkout(shop, success_url=f"{shop.stand_in.url}/")
    portal = shop.v1.billing_portal.sessions.create({"customer": str(session.customer)})
    invoice = shop.v1.invoices.list({"status": "open", "limit": 1}).data[0]
    for path in (session.url, portal.url, invoice.hosted_invoice_url):
        page.goto(path or "")
        assert _faults(page) == [], path

    page.goto(session.url or "")
    page.get_by_role("button", name="Card needs 3-D Secure").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Your bank asks").wait_for()
    assert _faults(page) == []
    page.get_by_role("button", name="Yes, it is me").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Control of the pretend payments").wait_for()
    assert shop.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert _faults(page) == []

    before = shop.now
    page.get_by_role("button", name="A week").focus()
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert shop.now == before + 7 * 86_400
    page.close()
