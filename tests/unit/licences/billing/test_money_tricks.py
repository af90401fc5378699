"""Ways to get more than was bought, or to decide alone what takes two: each is refused."""

from datetime import timedelta

import pytest

from kit.money import MOST_PENCE
from kit.refusals import Refused
from licences import merging
from licences.billing import offers, orders, overrides
from licences.billing.orders import Wanted
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
