"""Forty who press at once: a quote, an offer of seats and a renewal are ordered once, and no seat is one too many."""

import pytest
import sqlalchemy as sa

from kit.clock import today
from licences.billing import added_seats, orders, prices
from licences.billing.prices import PriceFacts
from licences.billing.years import LicenceYear
from licences.kinds import OrderKind
from licences.ledger import Order
from licences.models import Licence
from licences.quotes import making
from licences.quotes.making import Asked, Asker
from licences.quotes.models import QuoteAcceptance
from tests.faults.crowd import CLIENTS, ROUNDS, at, at_once, press, signed_in
from tests.faults.invariants import check_rows
from tests.world import COLLEAGUE, MANAGER, TEAM, TRAINER, World


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_a_quote_an_offer_and_a_smaller_year_are_ordered_once(world: World, round_: int) -> None:
    """The quote and the renewal are for the same days: only one of them can be."""
    clock, letterhead = world.house.clock, world.house.letterhead
    with world.house.database.write() as session:
        price = PriceFacts(world.programme, today(clock), 100_000, 2, 9_000, 0)
        prices.announce(session, clock, TEAM, price)
        offer = added_seats.make_offer(session, clock, TEAM, world.licence, 1)
        asker = Asker("Lakeshire Council", None, "Ann", "ann@a.example")
        asked = Asked(world.programme, 2, LicenceYear.SEPTEMBER)
        secret = making.make(session, clock, letterhead, asked, asker, place="192.0.2.1")
    managers = [at(world, signed_in(world, MANAGER)) for _ in range(CLIENTS)]
    ticked = {"terms": "y", "agreement": "y", "terms_version": "1", "agreement_version": "1"}
    smaller = {"seats": "1", "releases": str(world.people[TRAINER])}
    seat = f"/organisation/people/{world.people[COLLEAGUE]}/seats/{world.licence}/give"
    presses = []
    for number in range(0, CLIENTS, 4):
        one, two, three, four = managers[number : number + 4]
        presses += [
            press(one, f"{making.path_of(secret)}/accept", ticked | {"po_number": f"Q {number}"}),
            press(two, f"/organisation/more-seats/{offer}", {"po_number": f"S {number}"}),
            press(three, f"/organisation/licences/{world.licence}/renew", smaller | {"po_number": f"R {number}"}),
            press(four, seat),
        ]
    codes = at_once(presses, round_)
    assert set(codes) <= {303, 409}, codes
    check_rows(world.house.database)
    with world.house.database.write() as session:
        placed = session.scalars(sa.select(Order)).all()
        assert sorted(order.kind for order in placed) == [OrderKind.LICENCE, OrderKind.SEATS]
        year = next(order for order in placed if order.kind is OrderKind.LICENCE)
        accepted = session.scalars(sa.select(QuoteAcceptance.order_id)).all()
        assert list(accepted) == ([year.id] if year.po_number and year.po_number.startswith("Q") else [])
        assert session.get_one(Licence, world.licence).seats_bought == 3
    clock.move(days=(year.starts_on - today(clock)).days)  # type: ignore[attr-defined]
    world.house.database.run(lambda session: orders.begin_due(session, clock))
    check_rows(world.house.database)
