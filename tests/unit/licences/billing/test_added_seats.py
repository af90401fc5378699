"""Seats added within a year: to the penny, at once or later, and what becomes of them when the next year begins."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from kit.money import share
from licences import seats, terms
from licences.billing import added_seats, offers, orders, outlook
from licences.billing.offers import Renewing
from licences.billing.orders import Wanted
from licences.ledger import SeatsOffer
from tests.unit.licences.billing.place import Council, refused

SEAT = 9_000


@pytest.fixture
def running(council: Council) -> Council:
    """A year of four seats, two of them in use, that began a hundred days ago."""
    council.announce(seat=SEAT)
    council.order(first=-100)
    for person in (council.amara, council.ben):
        seats.give(council.session, council.clock, council.ruth, council.licence.id, person)
    return council


def offer(council: Council, count: int = 2) -> added_seats.SeatsOfferFacts:
    made = added_seats.make_offer(council.session, council.clock, council.ruth, council.licence.id, count)
    return added_seats.offer_facts(council.session, made)


def take_up(council: Council, made: added_seats.SeatsOfferFacts, po: str | None = "PO 2") -> int:
    return added_seats.take_up(council.session, council.clock, council.ruth, made.id, po)


def test_they_cost_the_days_that_are_left_and_are_ordered_later_at_the_same_pennies(running: Council) -> None:
    made = offer(running)
    assert (made.starts_on, made.ends_on) == (running.day, running.day + timedelta(days=264))
    assert made.net_pence == share(2 * SEAT, 265, 365)
    assert made.stands_until == running.day + timedelta(days=30)
    running.announce(seat=20_000, from_on=running.day + timedelta(days=90))
    running.clock.move(days=30)
    order = orders.order_facts(running.session, take_up(running, made))
    assert (order.net_pence, order.starts_on, order.seats) == (made.net_pence, made.starts_on, 2)
    assert running.licence.seats_bought == 6
    assert refused(lambda: take_up(running, made, "PO 3")) == "These seats are ordered already."


def test_the_price_is_that_of_the_year_that_runs(running: Council) -> None:
    running.announce(seat=20_000, from_on=running.day + timedelta(days=90))
    running.clock.move(days=100)
    assert offer(running).net_pence == share(2 * SEAT, 165, 365)


def test_after_its_day_an_offer_is_worked_out_anew(running: Council) -> None:
    made = offer(running)
    running.clock.move(days=31)
    assert refused(lambda: take_up(running, made)).startswith("This price stood until 10 December 2026")
    assert offer(running).net_pence < made.net_pence
    running.clock.move(days=230)
    assert offer(running).stands_until == offer(running).ends_on, "never longer than the year"


def test_without_a_number_they_wait_for_it(running: Council) -> None:
    order = take_up(running, offer(running), None)
    assert running.licence.seats_bought == 4
    orders.note_po(running.session, running.clock, running.ruth, order, "PO 2")
    assert running.licence.seats_bought == 6


def test_asked_twice_it_is_one_offer_and_a_table_is_not_filled(running: Council) -> None:
    assert offer(running).id == offer(running).id
    for count in range(1, added_seats.MOST_OPEN + 1):
        offer(running, count)
    assert refused(lambda: offer(running, 99)).startswith("So many prices for more seats stand")


def test_nothing_is_added_to_a_licence_that_does_not_run(council: Council) -> None:
    council.announce()
    council.invoice(council.order(first=-100), due=0)
    council.clock.move(days=60)
    assert refused(lambda: offer(council)).startswith("Seats are added to a licence that runs. Invoice SB-1")
    terms.suspend(council.session, council.clock, council.ruth, council.licence.id, reason="A word first.")
    assert refused(lambda: offer(council)).endswith("A word first.")


def test_without_a_price_or_beyond_an_order_it_is_said(council: Council) -> None:
    council.order()
    assert refused(lambda: offer(council)).startswith("There is no price for seats")
    council.announce(seat=100_000_000)
    assert refused(lambda: offer(council)).startswith("That is more than one order can hold")


def test_the_year_after_keeps_its_own_number_unless_seats_were_added_into_it(running: Council) -> None:
    day, ends = running.day, running.day + timedelta(days=264)
    take_up(running, offer(running))
    running.order(first=265, po="PO 5", seats=5)
    into = Wanted(day, ends + timedelta(days=365), 3, 5_000, 0, "PO 6")
    orders.add_seats(running.session, running.clock, running.ruth, running.licence.id, into)
    assert added_seats.seats_of_next_year(running.session, running.clock, running.licence.id) == (
        ends + timedelta(days=1), 5,
    )  # fmt: skip
    assert running.licence.seats_bought == 4 + 2 + 3
    running.clock.move(days=265)
    assert orders.begin_due(running.session, running.clock) == 1
    assert running.licence.seats_bought == 5 + 3


def test_fewer_seats_at_renewal_name_who_is_released(running: Council) -> None:
    session, clock, licence = running.session, running.clock, running.licence.id

    def renew(*releases: int, count: int = 1) -> int:
        return offers.accept(session, clock, running.ruth, licence, Renewing("PO 9", count, releases))

    assert refused(renew) == "2 seats are in use. Name at least 1 to be released, or keep more."
    assert refused(lambda: renew(running.colin)).startswith("Somebody whom you named has no seat")
    assert refused(lambda: renew(running.colin, running.janet)).startswith("Somebody whom you named has no seat")
    order = orders.order_facts(session, renew(running.ben))
    assert (order.seats, order.releases, order.net_pence) == (1, ("Ben",), 115_000)
    told = outlook.outlooks(session, clock, [running.licence])[licence].coming
    assert (order.starts_on, "The new licence year begins with 1 seat; released: Ben") in told
    clock.move(days=264)
    assert orders.begin_due(session, clock) == 0
    assert (running.licence.seats_in_use, running.licence.seats_bought) == (2, 4), "nobody loses a seat before the day"
    clock.move(days=1)
    assert orders.begin_due(session, clock) == 1
    assert [one.person_name for one in seats.seats_of(session, licence)] == ["Amara"]
    assert running.licence.seats_bought == 1
    assert running.actions()[-2:] == ["seat released", "seats changed"]


def test_after_a_gap_those_who_were_named_are_released_at_once(running: Council) -> None:
    running.clock.move(days=300)
    renewing = Renewing("PO 9", 1, (running.ben,))
    offers.accept(running.session, running.clock, running.ruth, running.licence.id, renewing)
    assert (running.licence.seats_bought, running.licence.seats_in_use) == (1, 1)


def test_whose_seats_are_released_is_named_anew_until_the_year_begins(running: Council) -> None:
    session, clock, licence = running.session, running.clock, running.licence.id
    order = offers.accept(session, clock, running.ruth, licence, Renewing("PO 9", 1, (running.ben,)))

    def name(*people: int) -> None:
        orders.name_releases(session, clock, running.ruth, order, people)

    assert refused(name) == "2 seats are in use. Name at least 1 to be released, or keep more."
    assert refused(lambda: name(running.colin)).startswith("Somebody whom you named has no seat")
    name(running.amara)
    assert orders.order_facts(session, order).named == ((running.amara, "Amara"),)
    assert running.actions()[-1] == "releases named"
    clock.move(days=265)
    orders.begin_due(session, clock)
    assert [one.person_name for one in seats.seats_of(session, licence)] == ["Ben"]
    assert refused(lambda: name(running.ben)).startswith("This year has begun.")


def test_a_seat_that_was_handed_on_after_a_smaller_year_was_ordered_goes_when_it_begins(running: Council) -> None:
    session, clock, licence = running.session, running.clock, running.licence.id
    offers.accept(session, clock, running.ruth, licence, Renewing("PO 9", 1, (running.ben,)))
    clock.move(hours=1)
    seats.hand_over(session, clock, running.ruth, licence, leaver_id=running.ben, successor_id=running.janet)
    clock.move(days=264)
    orders.begin_due(session, clock)
    assert {one.person_name for one in seats.seats_of(session, licence)} == {"Amara", "Janet"}
    clock.move(days=1)
    orders.begin_due(session, clock)
    assert [one.person_name for one in seats.seats_of(session, licence)] == ["Amara"]
    assert running.licence.seats_bought == 1, "as many as are paid for"


def test_whoever_had_a_seat_when_a_smaller_year_was_ordered_without_names_keeps_it(running: Council) -> None:
    session, clock, licence = running.session, running.clock, running.licence.id
    running.order(first=265, po="PO 5", seats=1)
    clock.move(hours=1)
    seats.give(session, clock, running.ruth, licence, running.janet)
    clock.move(days=265)
    orders.begin_due(session, clock)
    assert {one.person_name for one in seats.seats_of(session, licence)} == {"Amara", "Ben"}
    assert running.licence.seats_bought == 2


def test_more_seats_at_renewal_are_priced_as_such(running: Council) -> None:
    found = offers.offer(running.session, running.clock, running.licence.id, 10)
    assert found
    assert (found.seats, found.net_pence) == (10, 115_000 + 6 * SEAT)
    assert found.starts_on == date(2027, 8, 2)
    assert not found.can_be_in_two_parts


@pytest.mark.parametrize(
    "change",
    [
        {"seats": 0}, {"net_pence": -1}, {"currency": "EUR"}, {"vat_basis_points": 10_001},
        {"stands_until": sa.literal_column("'2099-01-01'", sa.Date())},
        {"ends_on": sa.literal_column("'2020-01-01'", sa.Date())},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_the_database_refuses_an_offer_that_cannot_be(running: Council, change: dict[str, object]) -> None:
    offer(running)
    with pytest.raises(IntegrityError):
        running.session.execute(sa.update(SeatsOffer).values(**change))
