"""Ways to get more than was bought, or to decide alone what takes two: each is refused."""

from datetime import timedelta

import pytest

from kit.money import MOST_PENCE
from kit.refusals import Refused
from licences import merging, programmes
from licences.billing import invoices, offers, orders, outlook, overrides, renewals
from licences.billing.orders import Wanted
from licences.gateway import Credited
from tests.unit.licences.billing.place import LETTERHEAD, Council


def test_seats_of_a_year_that_is_over_never_count_in_the_next(council: Council) -> None:
    session, clock = council.session, council.clock
    council.announce()
    council.order(seats=4)
    licence = council.licence.id
    wanted = Wanted(council.day, council.day + timedelta(days=364), 900, 5_000)
    late = orders.add_seats(session, clock, council.ruth, licence, wanted)
    council.order(first=365, po="PO 2", seats=5)
    clock.move(days=365)
    assert orders.begin_due(session, clock) == 1
    found = offers.offer(session, clock, licence)
    assert found is None, "a number sent today is not for an order of last year"
    orders.note_po(session, clock, council.ruth, late, "PO 3")
    assert (orders.begin_due(session, clock), council.licence.seats_bought) == (0, 5)


def test_an_order_beyond_what_the_tables_hold_is_refused_in_words(council: Council) -> None:
    with pytest.raises(Refused, match="more than one order can hold") as refusal:
        council.order(net=MOST_PENCE + 1)
    assert refusal.value.field == "seats"


@pytest.mark.parametrize("asker_is_kept", [True, False])
def test_who_asked_does_not_agree_by_another_account_of_theirs(council: Council, asker_is_kept: bool) -> None:
    session, clock = council.session, council.clock
    council.order()
    overrides.keep_open(
        session, clock, council.ruth, LETTERHEAD, council.licence.id,
        until_on=council.day + timedelta(days=60), reason="Their payment run is late.",
    )  # fmt: skip
    (waiting,) = overrides.open_overrides(session, clock, council.licence.id)
    asker, other = council.ruth.person_id, council.dev.person_id
    assert asker
    assert other
    kept, gone = (asker, other) if asker_is_kept else (other, asker)
    merging.merge(session, clock, council.ruth, "person", kept, gone, ())
    with pytest.raises(Refused, match="not the one who asked"):
        overrides.agree(session, clock, council.ruth if asker_is_kept else council.dev, LETTERHEAD, waiting.id)


def test_accounts_that_were_merged_and_parted_do_not_agree_with_each_other(council: Council) -> None:
    session, clock = council.session, council.clock
    council.order()
    asker, other = council.ruth.person_id, council.dev.person_id
    assert asker
    assert other
    merge = merging.merge(session, clock, council.ruth, "person", other, asker, ())
    council.keep_open(60)
    (waiting,) = overrides.open_overrides(session, clock, council.licence.id)
    merging.undo(session, clock, council.ruth, merge, {"person": (), "organisation": ()})
    with pytest.raises(Refused, match="not the one who asked"):
        overrides.agree(session, clock, council.dev, LETTERHEAD, waiting.id)


def test_two_weeks_alone_are_the_organisations_and_not_each_licences(council: Council) -> None:
    session, clock = council.session, council.clock
    council.order()
    assert council.keep_open(14)
    fresh = programmes.create_programme(session, clock, council.ruth, name="B", days=1, trainer_days=1, audience="")
    wanted = Wanted(council.day, council.day + timedelta(days=364), 4, 100_000, 0, "PO 2")
    order = orders.place(session, clock, council.ruth, organisation_id=council.id, programme_id=fresh.id, wanted=wanted)
    licence = orders.order_facts(session, order).licence_id

    def keep_open(days: int) -> bool:
        until_on = council.day + timedelta(days=days - 1)
        return overrides.keep_open(session, clock, council.ruth, LETTERHEAD, licence, until_on=until_on, reason="Late.")

    clock.move(days=4)
    assert keep_open(10), "the days that both share count once"
    clock.move(days=10)
    assert not keep_open(1)


@pytest.mark.parametrize(("first", "again"), [("PO 1", "po 1"), ("RÉF-7", "réf-7"), ("STRASSE", "straße")])
def test_a_purchase_order_is_known_again_whatever_its_capitals_and_accents(
    council: Council, first: str, again: str
) -> None:
    council.order(po=first)
    with pytest.raises(Refused, match="came with another order"):
        council.order(first=365, po=again)


def test_a_credit_note_is_no_payment(council: Council) -> None:
    session, clock = council.session, council.clock
    order = council.order()
    invoice = council.invoice(order)
    invoices.credit(session, clock, council.ruth, invoice, Credited("CN-1", 120_000, council.day, "All of it."))
    assert orders.order_facts(session, order).paid_on is None
    assert not council.stands.reason.startswith("Paid")
    assert (council.bill(invoice).owed_pence, council.bill(invoice).state_on(council.day)) == (0, "credited")
    clock.move(days=40)
    months = renewals.pipeline(session, clock)
    assert [one.begins for month in months for one in month.renewals] == [council.day + timedelta(days=325)]


def test_a_number_is_not_asked_for_days_that_are_over(council: Council) -> None:
    session, clock = council.session, council.clock
    council.order(po=None)
    licence = council.licence
    assert outlook.outlooks(session, clock, [licence])[licence.id].awaits_po
    clock.move(days=364)
    assert outlook.outlooks(session, clock, [licence])[licence.id].awaits_po
    clock.move(days=1)
    assert outlook.outlooks(session, clock, [licence])[licence.id].awaits_po is None
