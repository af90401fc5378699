"""Renewing: what is promised, offered, decided by staff and told of the year to come."""

from datetime import timedelta

from kit.clock import in_words
from licences import attention
from licences.billing import invoices, offers, orders, outlook, overrides, renewals
from licences.billing.offers import Renewing
from licences.billing.orders import Wanted
from licences.billing.renewals import Stage
from licences.standing import Overlay, Standing
from tests.unit.licences.billing.place import LETTERHEAD, Council, refused

NO_NUMBER = Renewing(None)


def test_one_person_keeps_a_licence_open_for_two_weeks(council: Council) -> None:
    council.invoice(council.order(), due=0)
    council.clock.move(days=60)
    assert council.stands.standing is Standing.SUSPENDED
    assert council.keep_open(14)
    assert (council.stands.standing, council.stands.overlays) == (Standing.GRACE, (Overlay.OVERRIDE,))
    assert refused(lambda: council.keep_open(1)).startswith("It is kept open already")
    council.clock.move(days=14)
    assert council.stands.standing is Standing.SUSPENDED
    assert not council.keep_open(1), "two weeks alone are used up"


def test_longer_takes_a_second_person_who_is_not_the_first(council: Council) -> None:
    council.invoice(council.order(), due=0)
    council.clock.move(days=60)
    assert not council.keep_open(15)
    assert council.stands.standing is Standing.SUSPENDED
    (waiting,) = overrides.open_overrides(council.session, council.clock, council.licence.id)
    words = refused(lambda: overrides.agree(council.session, council.clock, council.ruth, LETTERHEAD, waiting.id))
    assert words == "A second person has to agree: not the one who asked."
    overrides.agree(council.session, council.clock, council.dev, LETTERHEAD, waiting.id)
    assert council.stands.standing is Standing.GRACE
    overrides.end(council.session, council.clock, council.ruth, waiting.id)
    assert council.stands.standing is Standing.SUSPENDED


def test_a_promised_renewal_holds_for_thirty_days(council: Council) -> None:
    council.pay_all(council.invoice(council.order()))
    licence, ends = council.licence.id, council.stands.until
    assert ends
    renewals.decline(council.session, council.clock, council.ruth, licence)
    assert Overlay.CANCEL_SCHEDULED in council.stands.overlays
    until = renewals.promise(council.session, council.clock, council.ruth, licence)
    assert until == ends + timedelta(days=30)
    assert Overlay.CANCEL_SCHEDULED not in council.stands.overlays
    assert "promised already" in refused(
        lambda: renewals.promise(council.session, council.clock, council.ruth, licence)
    )
    council.clock.move(days=394)
    assert (council.day, council.stands.standing) == (until, Standing.GRACE)
    council.clock.move(days=1)
    assert council.stands.standing is Standing.ENDED


def test_a_licence_is_renewed_with_a_number_and_nothing_else(council: Council) -> None:
    council.pay_all(council.invoice(council.order(seats=6)))
    licence = council.licence.id
    assert offers.offer(council.session, council.clock, licence) is None, "no price is announced"
    council.announce()
    council.clock.move(days=300)
    found = offers.offer(council.session, council.clock, licence)
    assert found
    assert (found.seats, found.net_pence, found.vat_pence) == (6, 133_000, 26_600)
    assert (found.seats_included, found.seat_pence) == (4, 9_000)
    order = offers.accept(council.session, council.clock, council.ruth, licence, Renewing("PO 2"))
    placed = orders.order_facts(council.session, order)
    assert (placed.po_number, placed.starts_on, placed.net_pence) == ("PO 2", found.starts_on, 133_000)
    assert refused(lambda: offers.accept(council.session, council.clock, council.ruth, licence, Renewing("PO 3")))
    assert in_words(placed.ends_on) in council.stands.reason


def test_a_renewal_that_is_paid_first_needs_no_number(council: Council) -> None:
    council.announce()
    council.pay_all(council.invoice(council.order()))
    council.clock.move(days=300)
    assert offers.check(council.session, council.clock, council.licence.id, NO_NUMBER)
    order = offers.accept(council.session, council.clock, council.ruth, council.licence.id, NO_NUMBER)
    assert orders.order_facts(council.session, order).awaits_po


def test_a_promised_renewal_begins_where_the_last_year_ended_another_today(council: Council) -> None:
    council.announce()
    council.pay_all(council.invoice(council.order()))
    licence, ends = council.licence.id, council.stands.until
    assert ends
    renewals.promise(council.session, council.clock, council.ruth, licence)
    for days, begins in ((374, ends + timedelta(days=1)), (30, council.day + timedelta(days=404))):
        council.clock.move(days=days)
        found = offers.offer(council.session, council.clock, licence)
        assert found
        assert found.starts_on == begins


def test_the_number_goes_to_the_order_that_waits_for_it(council: Council) -> None:
    order = council.order(po=None, net=77_700)
    found = offers.offer(council.session, council.clock, council.licence.id)
    assert found
    assert (found.order_id, found.net_pence) == (order, 77_700)
    session, clock, licence = council.session, council.clock, council.licence.id
    assert refused(lambda: offers.check(session, clock, licence, NO_NUMBER)) == offers.NO_NUMBER
    assert refused(lambda: offers.accept(session, clock, council.ruth, licence, NO_NUMBER)) == offers.NO_NUMBER
    assert offers.accept(council.session, council.clock, council.ruth, council.licence.id, Renewing("X 1")) == order
    assert council.stands.standing is Standing.ACTIVE


def test_staff_see_each_order_that_waits_for_its_invoice(council: Council) -> None:
    """More seats, too, which are no renewal: nothing else tells that they were ordered."""

    def waiting() -> list[tuple[int, str | None]]:
        found = attention.orders_to_invoice(council.session)
        return [(one.order_id, one.po_number) for one in found]

    year, late = council.order(), council.order(first=365, po=None)
    licence = council.licence
    wanted = Wanted(council.day, council.day + timedelta(days=364), 2, 18_000, 2000, "PO 3")
    seats = orders.add_seats(council.session, council.clock, council.ruth, licence.id, wanted)
    assert waiting() == [(year, "PO 1"), (seats, "PO 3")]
    assert [one.is_year for one in attention.orders_to_invoice(council.session)] == [True, False]
    orders.note_po(council.session, council.clock, council.ruth, late, "PO 2")
    invoice = council.invoice(year)
    assert waiting() == [(late, "PO 2"), (seats, "PO 3")]
    invoices.void(council.session, council.clock, council.ruth, invoice, reason="Wrong number on it.")
    assert (year, "PO 1") in waiting()


def stages(council: Council) -> list[tuple[str, Stage, int | None]]:
    months = renewals.pipeline(council.session, council.clock)
    return [(f"{one.begins:%Y-%m-%d}", one.stage, one.net_pence) for month in months for one in month.renewals]


def test_the_pipeline_tells_how_far_the_money_is(council: Council) -> None:
    council.announce()
    order = council.order()
    expected = ("2027-11-10", Stage.ASKED, 115_000)
    assert stages(council) == [("2026-11-10", Stage.ORDERED, 100_000), expected]
    invoice = council.invoice(order)
    assert stages(council) == [("2026-11-10", Stage.INVOICED, 100_000), expected]
    council.clock.move(days=31)
    assert stages(council) == [("2026-11-10", Stage.AT_RISK, 100_000), expected]
    (risk,) = renewals.at_risk(renewals.pipeline(council.session, council.clock))
    assert risk.why == "has owed invoice SB-1 since 10 December 2026"
    council.pay_all(invoice)
    assert stages(council) == [("2026-11-10", Stage.PAID, 100_000), expected]
    months = renewals.pipeline(council.session, council.clock)
    assert [f"{month.first:%Y-%m}" for month in months] == ["2026-11", "2027-07", "2027-08", "2027-11"]
    assert sum(month.pence() for month in months) == 215_000
    council.clock.move(days=330)
    assert stages(council) == [("2027-11-10", Stage.AT_RISK, 115_000)]
    renewals.decline(council.session, council.clock, council.ruth, council.licence.id)
    assert stages(council) == []


def test_what_comes_next_is_told_with_its_days(council: Council) -> None:
    council.announce()
    invoice = council.invoice(council.order(po="A", first=-223))
    licence = council.licence
    told = outlook.outlooks(council.session, council.clock, [licence])[licence.id]
    assert [(f"{day:%d.%m.%y}", words) for day, words in told.coming] == [
        ("10.12.26", "Invoice SB-1 (£1,200.00) is to be paid"),
        ("05.01.27", "Next year’s purchase order is asked for"),
        ("01.04.27", "The new licence year begins; the invoice follows the order"),
    ]
    assert told.owed_pence == council.bill(invoice).owed_pence


def test_a_price_takes_ninety_days_notice(council: Council) -> None:
    council.announce()
    assert refused(lambda: council.announce(from_on=council.day + timedelta(days=89))).startswith(
        "A new price takes 90"
    )
    council.announce(from_on=council.day + timedelta(days=90))
    assert refused(lambda: council.announce(from_on=council.day + timedelta(days=90))) == (
        "There is a price from this day already."
    )
