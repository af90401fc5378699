"""What forty people press at once about money: one renewal, every payment once, never a seat too many."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from kit.clock import today
from licences.billing import invoices, orders, prices
from licences.billing.invoices import Line, Raised
from licences.billing.orders import Wanted
from licences.billing.prices import PriceFacts
from licences.ledger import Invoice, Order, Payment
from licences.models import Licence
from tests.faults.crowd import CLIENTS, ROUNDS, at, at_once, press, signed_in
from tests.faults.invariants import check_rows
from tests.world import COLLEAGUE, MANAGER, STAFF, TEAM, World


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_forty_renew_pay_and_take_the_last_seat(world: World, round_: int) -> None:
    clock, day = world.house.clock, today(world.house.clock)
    with world.house.database.write() as session:
        prices.announce(session, clock, TEAM, PriceFacts(world.programme, day, 100_000, 2, 9_000, 0))
        wanted = Wanted(day, day + timedelta(days=30), 1, 9_000, 0, "PO 1")
        order = orders.add_seats(session, clock, TEAM, world.licence, wanted)
        invoice = invoices.record_invoice(
            session, clock, TEAM, order, Raised("SB-1", day, day, (Line("A seat", 9_000, 0),))
        )
    managers = [at(world, signed_in(world, MANAGER)) for _ in range(CLIENTS // 4)]
    staff = [at(world, signed_in(world, STAFF)) for _ in range(CLIENTS // 4)]
    licence = f"/admin/licences/{world.licence}"
    seat = f"/organisation/people/{world.people[COLLEAGUE]}/seats/{world.licence}/give"
    presses = []
    for number, (manager, one) in enumerate(zip(managers, staff, strict=True)):
        presses += [
            press(manager, f"/organisation/licences/{world.licence}/renew", {"po_number": f"PO {number + 10}"}),
            press(manager, seat),
            press(one, f"/admin/invoices/{invoice}/payment", {
                "amount": "10.00", "paid_on": day.isoformat(), "kind": "bank transfer", "reference": f"{number // 2}",
            }),
            press(one, f"{licence}/seats", {"seats": "1", "reason": "Fewer."}),
        ]  # fmt: skip
    codes = at_once(presses, round_)
    assert set(codes) <= {303, 409}, codes
    check_rows(world.house.database)
    with world.house.database.read() as session:
        renewed = sa.select(sa.func.count()).select_from(Order).where(Order.starts_on > day)
        assert session.scalar(renewed) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(Payment)) == CLIENTS // 8
        assert session.scalar(sa.select(Invoice.owed_pence)) == 9_000 - CLIENTS // 8 * 1_000
        assert session.get_one(Licence, world.licence).seats_bought in (1, 3)
