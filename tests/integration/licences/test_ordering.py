"""What a licence manager orders over HTTP: by a quote, more seats, a renewal with fewer; and what each page refuses."""

import re
from urllib.parse import unquote

import pytest

from kit.clock import today
from licences.billing import prices
from licences.billing.prices import PriceFacts
from licences.billing.years import LicenceYear
from licences.payments import asking
from licences.people import legal
from licences.people.kinds import LegalKind
from licences.quotes import making
from licences.quotes.making import Asked, Asker
from licences.web import paying
from tests.browser_like import Browser, text_of
from tests.world import MANAGER, STAFF, STRANGER_MANAGER, TEAM, TRAINER, World


@pytest.fixture
def priced(world: World) -> World:
    with world.house.database.write() as session:
        price = PriceFacts(world.programme, today(world.house.clock), 145_000, 2, 9_500, 2_000)
        prices.announce(session, world.house.clock, TEAM, price)
    return world


def quoted(world: World, organisation: str = "Lakeshire Council", year: LicenceYear = LicenceYear.SEPTEMBER) -> str:
    with world.house.database.write() as session:
        asked, asker = Asked(world.programme, 7, year), Asker(organisation, None, "Ann", "ann@a.example")
        secret = making.make(session, world.house.clock, world.house.letterhead, asked, asker, place="192.0.2.1")
    return making.path_of(secret)


def ticked(**more: str) -> dict[str, str]:
    return {"terms": "y", "agreement": "y", "terms_version": "1", "agreement_version": "1"} | more


def test_a_quote_is_accepted_by_who_may_and_others_are_told_who_can(priced: World) -> None:
    path = quoted(priced)
    accept = f"{path}/accept"
    guest = Browser(priced.app)
    assert "Accept this quote" in guest.get(path).text
    away = guest.get(accept)
    assert (away.status_code, accept in unquote(away.headers["Location"])) == (303, True)
    trainer = priced.browser(TRAINER).get(accept)
    assert (trainer.status_code, "licence manager" in text_of(trainer)) == (403, True)
    elsewhere = priced.browser(STRANGER_MANAGER)
    for answer in (elsewhere.get(accept), elsewhere.post(accept, ticked())):
        assert answer.status_code == 403
        assert "A licence manager of Lakeshire Council can accept it." in text_of(answer)
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    janet = priced.browser(MANAGER)
    page = text_of(janet.get(accept))
    for words in ("£2,310.00", "“Licence-terms”, version 1, for Lakeshire Council", "Seats 7"):
        assert words in page, words
    missing = janet.post(accept, {"po_number": "Q 1"})
    assert missing.status_code == 400
    assert 'value="Q 1"' in missing.text
    assert text_of(missing).count("Tick the box to accept") == 4
    with priced.house.database.write() as session:
        legal.publish(session, priced.house.clock, TEAM, LegalKind.LICENCE_TERMS, title="New", body="Two.", after=1)
    changed = janet.post(accept, ticked(po_number="Q 1"))
    assert (changed.status_code, "Please read version 2" in text_of(changed)) == (409, True)
    boxes = re.findall(r'<input[^>]*name="(terms|agreement)"[^>]*>', changed.text)
    assert boxes == ["terms", "agreement"]
    assert [" checked" in box for box in re.findall(r'<input[^>]*name="(?:terms|agreement)"[^>]*>', changed.text)] == [
        False, True,
    ]  # fmt: skip
    done = janet.post(accept, ticked(po_number="Q 1", terms_version="2", in_two_parts="y"))
    assert done.status_code == 303
    order = janet.get(done.headers["Location"])
    halves = "£1,122.92 for 1 September 2027 to 31 March 2028 and £802.08 for 1 April 2028 to 31 August 2028."
    assert halves in text_of(order)
    assert "The order is here, with purchase order Q 1 7 seats, £2,310.00 with VAT." in text_of(order)
    assert "This quote was accepted on" in text_of(janet.get(accept))
    again = janet.post(accept, ticked(po_number="Q 2", terms_version="2"))
    assert (again.status_code, "accepted on" in text_of(again)) == (409, True)
    assert "See the order" in janet.get(path).text
    assert "See the order" not in guest.get(path).text
    staff = priced.browser(STAFF)
    listed = text_of(staff.get("/admin/quotes?q=lakeshire&state=accepted"))
    assert "Janet Whitlock ordered for Lakeshire Council on" in listed
    assert staff.get("/admin/quotes.csv").text.count("order in") == 1
    number = done.headers["Location"].rsplit("/", 1)[1]
    invoice = staff.get(f"/admin/orders/{number}/invoice").text
    fields = dict(re.findall(r'name="((?:more_)?(?:words|net))"[^>]*value="([^"]*)"', invoice))
    assert (fields["net"], fields["more_net"]) == ("1,122.92", "802.08")
    assert fields["more_words"].endswith("licence with 7 seats, 1 April 2028 to 31 August 2028")
    nobody_pays_twice(priced, staff, int(number))


def nobody_pays_twice(priced: World, staff: Browser, order: int) -> None:
    """While a page to pay by card is open, its order is neither invoiced otherwise nor taken back."""
    house, day = priced.house, today(priced.house.clock).isoformat()
    with house.database.write() as session:
        key = asking.intend(session, house.clock, TEAM, order, is_page=True, email=MANAGER).asked.key
    bill = {"number": "SB-9", "issued_on": day, "due_on": day, "words": "Licence", "net": "1,925.00", "rate": "2000"}
    for action, form in (("invoice", bill), ("withdraw", {"reason": "A mistake."})):
        answer = staff.post(f"/admin/orders/{order}/{action}", form)
        assert (answer.status_code, "has opened a page to pay this order by card" in text_of(answer)) == (409, True)
    with house.database.write() as session:
        asking.close(session, house.clock, key)
    assert staff.post(f"/admin/orders/{order}/invoice", bill).status_code == 303


def test_somebody_new_asks_for_an_account_once(priced: World) -> None:
    path, guest = quoted(priced, "Zed Trust"), Browser(priced.app)
    guest.get(path)
    for _ in range(2):
        answer = guest.post(f"{path}/set-up")
        assert answer.status_code == 303
        assert "The programme team knows." in text_of(guest.get(path))
    page = text_of(guest.get(path))
    assert "You asked for an account on" in page
    assert "Ask for an account" not in page
    staff = priced.browser(STAFF)
    assert "An account was asked for on" in text_of(staff.get("/admin/quotes?state=stands%2C+account+asked+for"))
    assert 'value="Zed Trust"' in staff.get("/admin/organisations/new?name=Zed+Trust").text
    assert priced.browser().post("/quotes/x/set-up").status_code in (400, 404)


def test_seats_are_added_and_the_number_comes_later(priced: World) -> None:
    janet = priced.browser(MANAGER)
    licence = f"/organisation/licences/{priced.licence}"
    assert janet.post(f"{licence}/more-seats", {"seats": "0"}).status_code == 400
    made = janet.post(f"{licence}/more-seats", {"seats": "2"})
    assert made.status_code == 303
    assert "2 more seats for £1" in text_of(janet.get(made.headers["Location"]))
    assert "Prices that stand" in text_of(janet.get(f"{licence}/more-seats"))
    ordered = janet.post(made.headers["Location"], {"po_number": ""})
    assert "The order waits for its purchase order" in text_of(janet.get(ordered.headers["Location"]))
    assert "These seats are ordered" in text_of(janet.get(made.headers["Location"]))
    twice = janet.post(made.headers["Location"], {"po_number": "X"})
    assert (twice.status_code, "ordered already" in text_of(twice)) == (409, True)
    later = f"{ordered.headers['Location']}/number"
    assert "more seats from" in text_of(janet.get(later))
    assert janet.post(later, {"po_number": ""}).status_code == 400
    sent = janet.post(later, {"po_number": "MORE 1"})
    assert "The order is here, with purchase order MORE 1" in text_of(janet.get(sent.headers["Location"]))
    assert "has purchase order MORE 1 already" in text_of(janet.post(later, {"po_number": "MORE 2"}))
    assert "1 of 4 seats in use" in text_of(janet.get("/organisation"))


def test_a_renewal_without_a_number_is_for_who_can_pay_first(priced: World) -> None:
    janet, renew = priced.browser(MANAGER), f"/organisation/licences/{priced.licence}/renew"
    assert "you may leave it empty" in text_of(janet.get(renew))
    gateway = priced.app.extensions["gateway"]
    paying.furnish(priced.app, None)
    missing = janet.get(f"{renew}/check?po_number=")
    assert (missing.status_code, "Write the purchase order number" in text_of(missing)) == (409, True)
    paying.furnish(priced.app, gateway)
    assert "On the next page you pay by card or Direct Debit." in text_of(janet.get(f"{renew}/check?po_number="))
    sent = janet.post(renew, {"po_number": ""})
    assert sent.headers["Location"].endswith("/payment")
    assert "Pay £" in text_of(janet.get(sent.headers["Location"]))
    assert janet.post(renew, {"po_number": ""}).status_code == 409


def test_fewer_seats_than_are_in_use_name_who_is_released(priced: World) -> None:
    janet, person = priced.browser(MANAGER), priced.people[TRAINER]
    other = priced.people["colleague@lakeshire.example"]
    janet.get("/organisation")
    assert janet.post(f"/organisation/people/{other}/seats/{priced.licence}/give").status_code == 303
    renew = f"/organisation/licences/{priced.licence}/renew"
    assert "Order more or fewer seats" in text_of(janet.get(renew))
    words = "2 seats are included in the price; each further seat is £95.00 a year"
    assert words in text_of(janet.get(f"{renew}/other"))
    otherwise = janet.get(f"{renew}/other")
    assert "2 seats are in use, of 2" in text_of(otherwise)
    assert re.search(r'name="seats"[^>]*value="2"', otherwise.text)
    assert re.search(r'name="seats"[^>]*value="9"', janet.get(f"{renew}/other?seats=9").text)
    here = text_of(janet.get("/organisation"))
    assert ("Add seats" in here, "Do not renew" in here, f'{renew}"' in janet.get("/organisation").text) == (True,) * 3
    suspended = text_of(priced.browser(STRANGER_MANAGER).get("/organisation"))
    assert ("Add seats" in suspended, "Do not renew" in suspended) == (False, True)
    refused = janet.get(f"{renew}/check?po_number=R+1&seats=1")
    assert refused.status_code == 409
    assert "2 seats are in use. Name at least 1 to be released" in text_of(refused)
    assert 'value="R 1"' in refused.text
    assert (
        janet.get(f"{renew}/check?po_number=R+1&seats=1&releases={priced.people[STRANGER_MANAGER]}").status_code == 400
    )
    check = text_of(janet.get(f"{renew}/check?po_number=R+1&seats=1&releases={person}"))
    assert "the seat of Amara Osei is released" in check
    sent = janet.post(renew, {"po_number": "R 1", "seats": "1", "releases": str(person)})
    assert sent.status_code == 303
    assert "Seats are released: Amara Osei" in text_of(janet.get(sent.headers["Location"]))
    assert f'{renew}"' not in janet.get("/organisation").text, "a button that leads to nothing that can be ordered"
    anew = f"{sent.headers['Location']}/releases"
    assert re.search(rf'value="{person}"[^>]*checked', janet.get(anew).text)
    assert janet.post(anew, {}).status_code == 409
    for named in (other, person):
        assert janet.post(anew, {"releases": str(named)}).status_code == 303
    assert "Seats are released: Amara Osei" in text_of(janet.get(sent.headers["Location"]))
    assert "Releases Amara Osei" in text_of(priced.browser(STAFF).get(f"/admin/licences/{priced.licence}"))
