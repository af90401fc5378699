"""Access follows the money: every standing, overlay and edge that invoices, orders and decisions of staff lead to."""

from datetime import date, timedelta

import pytest

from licences.standing import Cause, Claim, LicenceStanding, Money, Overlay, Override, Promise, Span, Standing, Stop
from licences.standing import standing as stands

YEAR = Span(date(2026, 4, 1), date(2027, 3, 31), po_number="4500081734")
ISSUED = date(2026, 4, 10)
DUE = ISSUED + timedelta(days=30)
FAILED = date(2026, 6, 1)
OWED = Claim("SB-117", DUE, 145_000)
STOPPED = Stop(date(2026, 6, 1), "Asked for by the trust.")


def on(day: date, *claims: Claim, spans: tuple[Span, ...] = (YEAR,), **facts: object) -> LicenceStanding:
    return stands(spans, None, day, Money(claims, seats_bought=10, **facts))  # type: ignore[arg-type]


def after(first: date, days: int) -> date:
    return first + timedelta(days=days)


@pytest.mark.parametrize(
    ("day", "claim", "expected"),
    [
        (after(ISSUED, 0), OWED, Standing.ACTIVE),
        (after(ISSUED, 30), OWED, Standing.ACTIVE),
        (after(ISSUED, 31), OWED, Standing.GRACE),
        (after(DUE, 59), OWED, Standing.GRACE),
        (after(DUE, 60), OWED, Standing.SUSPENDED),
        (after(DUE, 200), OWED, Standing.SUSPENDED),
        # A card is charged on the day; the first failure counts, whatever is tried afterwards.
        (after(FAILED, -1), Claim("C", FAILED, 1, failed_on=FAILED), Standing.ACTIVE),
        (after(FAILED, 0), Claim("C", FAILED, 1, failed_on=FAILED), Standing.GRACE),
        (after(FAILED, 13), Claim("C", FAILED, 1, failed_on=FAILED), Standing.GRACE),
        (after(FAILED, 14), Claim("C", FAILED, 1, failed_on=FAILED), Standing.SUSPENDED),
        # Given up: no more waiting.
        (after(DUE, 4), Claim("U", DUE, 1, uncollectible_on=after(DUE, 5)), Standing.GRACE),
        (after(DUE, 5), Claim("U", DUE, 1, uncollectible_on=after(DUE, 5)), Standing.SUSPENDED),
        # A Direct Debit that set out is neither paid nor failed: the days stand still.
        (after(DUE, 90), Claim("B", DUE, 1, in_flight_on=DUE), Standing.ACTIVE),
        (after(DUE, 90), Claim("B", DUE, 1, in_flight_on=after(DUE, 59)), Standing.GRACE),
        (after(DUE, 90), Claim("B", DUE, 1, in_flight_on=after(DUE, 60)), Standing.SUSPENDED),
        # Paid and disputed: flagged, and open as before.
        (after(DUE, 90), Claim("D", DUE, 0, disputed_on=after(DUE, 80)), Standing.ACTIVE),
    ],
)
def test_an_invoice_lets_the_licence_run_then_grace_then_stops_it(day: date, claim: Claim, expected: Standing) -> None:
    answer = on(day, claim)
    assert answer.standing is expected
    assert answer.gives_copies is (expected in (Standing.ACTIVE, Standing.GRACE))
    assert answer.reason.endswith(".")
    assert answer.next_step.endswith(".")


def test_each_standing_says_what_and_what_next() -> None:
    told = [
        (on(after(ISSUED, 5), OWED), "It runs until 31 March 2027 with purchase order 4500081734.",
         "Invoice SB-117 (£1,450.00) is due on 10 May 2026."),
        (on(after(DUE, 7), OWED), "Invoice SB-117 (£1,450.00) was due on 10 May 2026 and has not been paid.",
         "Copies go on. They stop on 9 July 2026 if it is not paid by then."),
        (on(after(DUE, 61), OWED), "Invoice SB-117 (£1,450.00) was due on 10 May 2026 and has not been paid.",
         "Copies open again the moment its payment is recorded. Seats, people and history are kept."),
        (on(after(FAILED, 20), Claim("C", FAILED, 100, failed_on=FAILED)),
         "Invoice C (£1.00) could not be collected: the payment failed on 1 June 2026.",
         "Copies open again the moment its payment is recorded. Seats, people and history are kept."),
        (on(after(ISSUED, 5), spans=(Span(YEAR.starts_on, YEAR.ends_on, po_number="A1", is_paid=True),)),
         "Paid until 31 March 2027 with purchase order A1.", "The licence can be renewed at any time before it ends."),
    ]  # fmt: skip
    for answer, reason, following in told:
        assert (answer.reason, answer.next_step) == (reason, following)
    assert on(after(DUE, 61), OWED).since == after(DUE, 60)
    assert on(after(DUE, 1), OWED).since == after(DUE, 1)
    assert on(after(DUE, 90), Claim("B", DUE, 1, in_flight_on=after(DUE, 9))).next_step.startswith("A payment is on")


def test_the_worst_invoice_decides() -> None:
    new = Claim("SB-200", after(DUE, 50), 1)
    assert "SB-117" in on(after(DUE, 60), new, OWED).reason
    assert on(after(DUE, 59), new, OWED).standing is Standing.GRACE


def test_next_year_that_is_ordered_carries_on() -> None:
    following = Span(date(2027, 4, 1), date(2028, 3, 31), po_number="B2")
    paid = Span(YEAR.starts_on, YEAR.ends_on, po_number="A1", is_paid=True)
    answer = on(date(2027, 3, 20), spans=(paid, following))
    assert answer.reason == "Paid until 31 March 2027 with purchase order A1. It goes on until 31 March 2028."
    assert answer.until == date(2028, 3, 31)
    assert on(date(2027, 4, 1), spans=(paid, following)).reason.startswith("It runs until 31 March 2028 with")


WAITING = Span(date(2026, 9, 1), date(2027, 8, 31), awaits_po=True)
LAST_YEAR = Span(date(2025, 9, 1), date(2026, 8, 31))
PROMISE = Promise(date(2026, 9, 30))


@pytest.mark.parametrize(
    ("day", "spans", "promise", "expected", "cause"),
    [
        (date(2026, 8, 31), (LAST_YEAR, WAITING), None, Standing.ACTIVE, Cause.RUNS),
        (date(2026, 9, 1), (LAST_YEAR, WAITING), None, Standing.PENDING, Cause.NO_ORDER_NUMBER),
        (date(2026, 8, 1), (WAITING,), None, Standing.PENDING, Cause.NOT_BEGUN),
        (date(2027, 9, 1), (LAST_YEAR, WAITING), None, Standing.ENDED, Cause.OVER),
        (date(2027, 9, 1), (WAITING,), None, Standing.PENDING, Cause.NO_PERIOD),
        (date(2026, 9, 1), (LAST_YEAR,), PROMISE, Standing.GRACE, Cause.PROMISED),
        (date(2026, 9, 30), (LAST_YEAR, WAITING), PROMISE, Standing.GRACE, Cause.PROMISED),
        (date(2026, 10, 1), (LAST_YEAR,), None, Standing.ENDED, Cause.OVER),
    ],
)
def test_orders_wait_for_their_number_and_promises_hold_thirty_days(
    day: date, spans: tuple[Span, ...], promise: Promise | None, expected: Standing, cause: Cause
) -> None:
    answer = on(day, spans=spans, promise=promise)
    assert (answer.standing, answer.cause) == (expected, cause)
    assert (Overlay.PO_MISSING in answer.overlays) is any(one.awaits_po and one.ends_on >= day for one in spans)


def test_a_debt_stops_a_promised_renewal_but_not_what_has_ended() -> None:
    claim = Claim("SB-9", date(2026, 5, 1), 1)
    assert on(date(2026, 9, 5), claim, spans=(LAST_YEAR,), promise=PROMISE).standing is Standing.SUSPENDED
    assert on(date(2026, 9, 5), claim, spans=(LAST_YEAR,)).standing is Standing.ENDED


ADDED = Claim("SB-130", DUE, 30_000, adds_seats=3)


@pytest.mark.parametrize(
    ("days", "in_use", "withheld", "paused"),
    [(59, 10, 0, 0), (60, 10, 3, 0), (73, 10, 3, 0), (74, 10, 3, 3), (74, 8, 3, 1), (74, 7, 3, 0)],
)
def test_an_unpaid_invoice_for_added_seats_withholds_only_those(
    days: int, in_use: int, withheld: int, paused: int
) -> None:
    """No seat is taken from anybody for two weeks; then the newest pause, and none is deleted."""
    answer = on(after(DUE, days), ADDED, seats_in_use=in_use)
    assert answer.standing is Standing.ACTIVE
    assert (answer.seats_withheld, answer.seats_paused) == (withheld, paused)
    assert (Overlay.OVER_SEATED in answer.overlays) is (in_use > 10 - withheld)


@pytest.mark.parametrize(
    ("facts", "expected", "overlay"),
    [
        ({"claims": (OWED,)}, Standing.GRACE, Overlay.OVERRIDE),
        ({"claims": ()}, Standing.ACTIVE, Overlay.OVERRIDE),
    ],
)
def test_staff_keep_a_licence_open(facts: dict[str, object], expected: Standing, overlay: Overlay) -> None:
    kept = Override(after(DUE, 90), "Their payment run is late.")
    answer = stands((YEAR,), None, after(DUE, 70), Money(override=kept, **facts))  # type: ignore[arg-type]
    assert (answer.standing, answer.gives_copies) == (expected, True)
    assert overlay in answer.overlays


def test_an_override_says_what_would_be_and_lifts_no_stop() -> None:
    kept = Money((OWED,), override=Override(after(DUE, 90), "Their payment run is late."))
    answer = stands((YEAR,), None, after(DUE, 70), kept)
    assert answer.reason == "The programme team keeps it open until 8 August 2026: Their payment run is late."
    assert answer.next_step.startswith("Without that it would be suspended. Invoice SB-117")
    assert stands((), None, DUE, kept).gives_copies
    stopped = stands((YEAR,), STOPPED, after(DUE, 70), kept)
    assert (stopped.standing, stopped.cause) == (Standing.SUSPENDED, Cause.STOPPED)


def test_overlays_are_told_whatever_the_standing() -> None:
    facts = Money((Claim("D", DUE, 0, disputed_on=DUE),), is_cancelled=True, seats_bought=2, seats_in_use=3)
    answer = stands((YEAR, WAITING), STOPPED, DUE, facts)
    assert answer.overlays == (
        Overlay.CANCEL_SCHEDULED, Overlay.OVER_SEATED, Overlay.PAYMENT_DISPUTED, Overlay.PO_MISSING,
    )  # fmt: skip
    assert "not renewed" in on(DUE, is_cancelled=True).next_step
