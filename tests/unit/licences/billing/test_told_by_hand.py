"""What staff told by telephone is told by no mail; the next reminder comes as ever."""

from datetime import timedelta

import pytest

from kit.refusals import NotThere, Refused
from licences.billing import notices, told_by_hand
from tests.unit.licences.billing.place import Council


def tell(council: Council, key: str) -> None:
    told_by_hand.tell(council.session, council.clock, council.ruth, council.licence.id, key, how="By telephone.")


def coming(council: Council) -> list[str]:
    return [one.about for one in told_by_hand.coming(council.session, council.clock, council.licence.id)]


def test_a_reminder_told_by_hand_is_not_sent_and_the_next_one_is(council: Council) -> None:
    number = council.invoice(council.order())
    council.tell()
    assert coming(council) == [
        "Invoice SB-1, 7 days after it was due, on 17 December 2026",
        "Invoice SB-1, 30 days after it was due, on 9 January 2027",
        "Invoice SB-1, 53 days after it was due, on 1 February 2027",
    ]
    tell(council, notices.overdue_key(7, number))
    assert council.actions()[-1] == "told by hand"
    with pytest.raises(Refused, match="not coming any more"):
        tell(council, notices.overdue_key(7, number))
    due, sent = council.bill(number).due_on, []
    for days in range(-1, 55):
        council.clock.moment += timedelta(days=(due + timedelta(days=days) - council.day).days)
        sent += [days for _ in council.tell()]
    assert sent == [30, 53]
    assert coming(council) == []


def test_nothing_is_coming_for_what_is_settled_and_no_other_key_is_noted(council: Council) -> None:
    number = council.invoice(council.order())
    for key in ("", f"receipt {number}", "overdue 8 1", "overdue 7 404"):
        with pytest.raises(Refused):
            tell(council, key)
    council.pay_all(number)
    assert coming(council) == []
    with pytest.raises(NotThere):
        told_by_hand.tell(council.session, council.clock, council.ruth, 404, "x", how="x")
