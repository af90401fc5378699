"""Somebody new reads what a programme costs, asks a question, and makes a quote without an account."""

import re
from datetime import timedelta
from html import unescape

import pytest

from kit.audit import SYSTEM
from kit.clock import in_words, today
from licences.billing import prices
from licences.billing.prices import PriceFacts
from licences.register import reading
from tests.browser_like import Browser
from tests.factories.register_files import SAMPLE
from tests.world import TEAM, World


def words_on(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.split("<main")[1])).split())


@pytest.fixture
def guest(world: World) -> Browser:
    """A browser that nobody is signed in with, on a portal with a price and a register."""
    reading.read_file(world.house.database, world.house.clock, SYSTEM, SAMPLE / "edubasealldata.csv")
    with world.house.database.write() as session:
        price = PriceFacts(world.programme, today(world.house.clock), 145_000, 5, 9_500, 0)
        prices.announce(session, world.house.clock, TEAM, price)
    return world.browser()


def test_from_the_price_to_the_quote_in_five_pages(world: World, guest: Browser) -> None:
    assert f'href="/programmes/{world.programme}"' in guest.get("/programmes").text
    price = guest.get(f"/programmes/{world.programme}")
    assert "£1,450.00 a year , with 5 seats. Each further seat is £95.00 a year. There is no VAT on it." in words_on(
        price.text
    )
    start = f"/programmes/{world.programme}/quote"
    found = guest.get(f"{start}?q=lakeshire+council")
    assert f'href="{start}/seats?entry=la971"' in found.text
    assert "Open Government Licence v3.0" in words_on(found.text)
    seats = guest.get(f"{start}/seats?entry=la971")
    assert "For Lakeshire ." in words_on(seats.text)
    chosen = f"{start}/you?entry=la971&organisation=x&seats=7&year=september"
    you = guest.get(chosen)
    assert "£1,640.00 for 7 seats" in words_on(you.text)
    assert "1 September 2027" in words_on(you.text)
    back = re.search(r'href="([^"]*/quote/seats[^"]*)"', you.text)
    assert back
    assert 'value="7"' in guest.get(unescape(back[1])).text  # what was typed is there on going back
    guest.get(chosen)
    made = guest.post(chosen, {"name": "Ann Example", "email": "ann@lakeshire.example"})
    assert made.status_code == 303, words_on(made.text)
    quote = guest.get(made.headers["Location"])
    told = words_on(quote.text)
    assert "Quote Q26-" in told
    until = in_words(today(world.house.clock) + timedelta(days=60))
    assert f"It stands until {until}" in told
    assert "Lakeshire" in told
    assert (quote.headers["Cache-Control"], quote.headers["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")
    pdf = guest.get(made.headers["Location"] + "/quote.pdf")
    assert (pdf.mimetype, pdf.data[:5], pdf.headers["Cache-Control"]) == ("application/pdf", b"%PDF-", "no-store")
    assert pdf.headers["X-Robots-Tag"] == "noindex, nofollow"
    world.house.clock.move(days=61)  # type: ignore[attr-defined]
    assert f"This quote stood until {until}" in words_on(guest.get(made.headers["Location"]).text)
    for wrong in ("/quotes/x", made.headers["Location"][:-1], "/quotes/%00", f"{made.headers['Location']}x/quote.pdf"):
        assert guest.get(wrong).status_code == 404, wrong


def test_what_is_missing_or_wrong_is_asked_for_where_it_belongs(world: World, guest: Browser) -> None:
    start = f"/programmes/{world.programme}/quote"
    told = {
        f"{start}/seats": (400, "Write the name of the organisation"),
        f"{start}/seats?organisation=%E6%9D%8E": (400, "Our documents cannot show these signs: 李."),
        f"{start}/seats?organisation=A%00B": (400, "cannot be seen"),
        f"{start}/seats?organisation={'x' * 121}": (400, "Shorten it to 120."),
        f"{start}/seats?organisation=You+won:+evil.example/x": (400, "Leave out web and e-mail addresses"),
        f"{start}/you?organisation=Zed": (400, "Write how many trainers will use it"),
        f"{start}/you?organisation=Zed&seats=0&year=april": (400, "Write a number from 1 to 1,000."),
        f"{start}/you?organisation=Zed&seats=7&year=june": (400, "Choose one of the answers on this page."),
        f"{start}/you?seats=7&year=april": (400, "Write the name of the organisation"),
        f"{start}/you?entry=urn404&organisation=Zed&seats=7&year=april": (200, "£1,640.00 for 7 seats"),
        "/programmes/404/quote": (404, ""),
        "/programmes/404": (404, ""),
        "/programmes/99999999999999999999": (404, ""),
    }
    for address, (status, words) in told.items():
        answer = guest.get(address)
        assert answer.status_code == status, address
        assert words in words_on(answer.text), address
    address = f"{start}/you?organisation=Zed+Trust&seats=7&year=april"
    guest.get(address)
    refused = guest.post(address, {"name": "Ann <b>", "email": "nobody"})
    assert refused.status_code == 400
    assert "Zed Trust" in refused.text
    assert 'value="Ann &lt;b&gt;"' in refused.text
    lured = guest.post(address, {"name": "Ann, see https://evil.example", "email": "stranger@a.example"})
    assert (lured.status_code, "Leave out web and e-mail addresses" in words_on(lured.text)) == (400, True)
    question = f"/programmes/{world.programme}/question"
    assert guest.post(question, {"words": "", "name": "Ann", "email": "a@b.example"}).status_code == 400
    sent = guest.post(question, {"words": "How long?", "name": "Ann", "email": "a@b.example"})
    assert sent.status_code == 303
    assert "Your question is on its way" in words_on(guest.get(sent.headers["Location"]).text)


def test_without_a_price_there_is_a_question_and_no_quote(world: World) -> None:
    guest = world.browser()
    page = words_on(guest.get(f"/programmes/{world.programme}").text)
    assert "Ask us, and we tell you the price" in page
    assert "Make a quote" not in page
    refused = guest.get(f"/programmes/{world.programme}/quote/you?organisation=Zed&seats=7&year=april")
    assert refused.status_code == 409
    assert "There is no price for that year yet" in words_on(refused.text)
