"""What a licence manager orders: by a quote, seats within the year, fewer with the next; and not renewing."""

import re

from tests.journeys.conftest import MakeVisitor
from tests.journeys.demo import Demo
from tests.journeys.visitor import Visitor

CARYS, JANET, STAFF = "carys@dunmoor.example", "manager@lakeshire.example", "staff@demo.example"
QUOTE = re.compile(r"Quote Q\d\d-\d{5}")


def test_quotes_and_seats_are_ordered_by_who_may(demo: Demo, visitor: MakeVisitor) -> None:
    """A quote without an account is accepted by its manager; another asks for an account; staff see what became of
    both. Seats are added to the penny; the year after has fewer; and who does not renew changes their mind.
    """
    carys, newcomer, janet, staff = (visitor(demo) for _ in range(4))
    _quotes(carys, "Dunmoor Academy Trust")
    _accepts(carys)
    _quotes(newcomer, "Zed Trust")
    newcomer.press("Ask for an account")
    newcomer.reads("The programme team knows.")
    _adds_seats(janet)
    _thinks_again(janet)
    _renews_smaller(janet)
    _sees_quotes(staff)


def _quotes(guest: Visitor, organisation: str) -> None:
    guest.open("/programmes")
    guest.press("Attachment Based Mentoring", inside=guest.page.locator("main"))
    guest.press("Make a quote")
    guest.write("Name of the organisation", organisation)
    guest.press("Go on")
    guest.write("Seats", "3")
    guest.tick("1 September to 31 August")
    guest.press("Go on")
    guest.write("Your name", "Ann Example")
    guest.write("Your e-mail address", "ann@quotes.example")
    guest.press("Make the quote")
    guest.reads(QUOTE)


def _accepts(carys: Visitor) -> None:
    carys.press("Accept this quote")
    carys.write("E-mail address", CARYS)
    carys.write("Password", "secure-base-demo")
    carys.press("Sign in", exact=True, inside=carys.page.locator("main"))
    carys.reads(re.compile("Accept quote Q"))
    carys.press("Accept and order")
    carys.reads("2 things to put right")
    carys.look("quote-accept-refused")
    carys.write("Purchase order number", "DAT-67")
    for text in ("Licence terms", "Data-processing agreement"):
        carys.tick(f"I accept “{text}”, version 1, for Dunmoor Academy Trust")
    carys.press("Accept and order")
    carys.reads("The order is here, with purchase order DAT-67")


def _adds_seats(janet: Visitor) -> None:
    janet.sign_in(JANET)
    janet.press("Add seats")
    janet.write("Seats to add", "2")
    janet.press("See the price")
    janet.reads("2 more seats for £")
    janet.look("more-seats-price")
    janet.press("Order 2 more seats")
    janet.reads("The order waits for its purchase order")
    janet.look("more-seats-waiting")
    janet.press("Send the number")
    janet.write("Purchase order number", "4500091000")
    janet.press("Send the number", inside=janet.page.locator("form"))
    janet.reads("The order is here, with purchase order 4500091000")
    janet.press("Back to Lakeshire Council")
    janet.reads("of 12 seats in use")


def _thinks_again(janet: Visitor) -> None:
    janet.press("Do not renew")
    janet.look("not-renewing")
    janet.press("We do not renew")
    janet.reads("It is noted that you do not renew.")
    janet.press("Change your mind: renew after all")
    janet.press("We renew after all")
    janet.reads("we ask you for the purchase order when it is time")


def _renews_smaller(janet: Visitor) -> None:
    janet.press("Renew", inside=janet.page.locator("main"), exact=False)
    janet.press("Order more or fewer seats")
    janet.write("Seats", "1")
    janet.write("Purchase order number", "4500092000")
    janet.press("Go on")
    janet.reads("Name at least")
    janet.look("renew-otherwise-refused")
    boxes = janet.page.get_by_role("group", name="Whose seats are released?").get_by_role("checkbox")
    for number in range(boxes.count() - 1):
        janet.tick_this(boxes.nth(number))
    janet.press("Go on")
    janet.reads("are released. Until then they keep them")
    janet.look("renew-otherwise-check")
    janet.press("Send the order")
    janet.reads("Seats are released:")


def _sees_quotes(staff: Visitor) -> None:
    staff.sign_in(STAFF)
    staff.press("Renewals", inside=staff.page.get_by_role("navigation", name="Main"))
    staff.press("Quotes, and what became of them")
    staff.reads("Carys Bevan ordered for Dunmoor Academy Trust")
    staff.reads("An account was asked for on")
    staff.look("staff-quotes")
    staff.press("Set up Zed Trust")
    staff.reads("Add an organisation")
