"""Paying an order by card, by Direct Debit and by a bill that is sent: each situation, as a sentence."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from kit.clock import today
from kit.refusals import Refused
from licences.billing import invoices
from licences.billing.invoices import Paid
from licences.gateway import CannotReach
from licences.kinds import InvoiceState, PaymentKind
from licences.payments import elsewhere, mirror, pages
from licences.payments.models import AskedRow, BillRow
from licences.standing import Cause, Standing
from tests.integration.licences.payments.council import NET, TEAM, TOTAL, Paying


def test_an_order_paid_by_card_runs_without_a_purchase_order(paying: Paying) -> None:
    order = paying.order()
    assert paying.stands.cause is Cause.NO_ORDER_NUMBER
    address = paying.open(order)
    assert not pages.is_gone_through(paying.till, order)
    paying.press(address)
    assert pages.is_gone_through(paying.till, order)
    assert not pages.is_gone_through(paying.unreachable(), order)
    assert paying.invoices == []
    paying.look(order)
    invoice = paying.invoice
    assert (invoice.state, invoice.net_pence, invoice.vat_pence, invoice.owed_pence) == (
        InvoiceState.PAID, NET, TOTAL - NET, 0,
    )  # fmt: skip
    assert [(one.kind, one.amount_pence, one.paid_on) for one in invoice.payments] == [
        (PaymentKind.CARD, TOTAL, today(paying.clock))
    ]
    assert [(line.net_pence, line.vat_basis_points) for line in invoice.lines] == [(NET, 2000)]
    assert "ABM" in invoice.lines[0].words
    assert paying.stands.standing is Standing.ACTIVE
    assert paying.known(order) == pages.Known(False, invoice_id=invoice.id)
    assert [subject for subject in paying.subjects() if invoice.number in subject]


def test_whoever_comes_back_without_paying_gains_nothing(paying: Paying) -> None:
    order = paying.order()
    paying.press(paying.open(order), "declined")
    paying.look(order)
    paying.hear()
    assert paying.invoices == []
    assert paying.stands.standing is Standing.PENDING
    assert paying.known(order) == pages.Known(True, is_asked=True)


def test_two_presses_lead_to_one_page(paying: Paying) -> None:
    order = paying.order()
    assert paying.open(order) == paying.open(order)
    assert paying.count(AskedRow) == 1


def test_a_call_whose_answer_was_lost_is_repeated_and_not_doubled(paying: Paying) -> None:
    order = paying.order()
    first = paying.open(order)
    with paying.database.write() as session:  # as if we had died before we noted the answer
        session.execute(sa.update(AskedRow).values(ref=None, address=None))
    assert paying.open(order) == first


def test_a_page_that_closed_by_itself_is_opened_anew(paying: Paying) -> None:
    order = paying.order()
    first = paying.open(order)
    paying.move(days=2)
    assert paying.open(order) != first


def test_a_direct_debit_is_neither_paid_nor_failed_while_it_is_on_its_way(paying: Paying) -> None:
    order = paying.order(po="PO 7")
    paying.press(paying.open(order), "bacs_debit")
    paying.look(order)
    assert (paying.invoice.state, paying.invoice.owed_pence) == (InvoiceState.OPEN, TOTAL)
    assert paying.invoice.in_flight_on == today(paying.clock)
    assert paying.invoice.po_number == "PO 7"
    assert "on its way" in paying.stands.next_step
    paying.move(days=12)
    paying.look(order)
    assert (paying.invoice.state, paying.invoice.in_flight_on) == (InvoiceState.PAID, None)
    assert [one.kind for one in paying.invoice.payments] == [PaymentKind.DIRECT_DEBIT]


def test_a_direct_debit_that_fails_leaves_a_debt_that_stops_copies_after_two_weeks(paying: Paying) -> None:
    order = paying.order(po="PO 8")
    paying.press(paying.open(order), "bacs_debit")
    (intent,) = paying.v1.payment_intents.list({"limit": 1}).data
    paying.stand_in.control("fate", intent=intent.id, fate="declines")
    paying.move(days=12)
    paying.look(order)
    assert (paying.invoice.state, paying.invoice.in_flight_on) == (InvoiceState.OPEN, None)
    assert paying.stands.standing is Standing.GRACE
    paying.move(days=14)
    assert paying.stands.standing is Standing.SUSPENDED
    paying.press(paying.known(order).address)
    paying.look(order)
    assert paying.stands.standing is Standing.ACTIVE


def test_a_bill_is_sent_once_with_its_purchase_order_and_paid_in_part_and_too_much(paying: Paying) -> None:
    order = paying.order(po="PO 9")
    invoice = paying.send(order)
    assert (invoice.state, invoice.owed_pence, invoice.po_number) == (InvoiceState.OPEN, TOTAL, "PO 9")
    assert invoice.due_on == today(paying.clock) + timedelta(days=30)
    with pytest.raises(Refused, match="invoiced already"):
        paying.send(order)
    with pytest.raises(Refused, match="invoiced already"):
        paying.open(order)
    ref = paying.ref_of(invoice.id)
    paying.stand_in.control("transfer", invoice=ref, pounds="400")
    paying.look(order)
    assert (paying.invoice.state, paying.invoice.owed_pence) == (InvoiceState.OPEN, TOTAL - 40_000)
    paying.stand_in.control("transfer", invoice=ref, pounds="900")
    paying.look(order)
    assert (paying.invoice.state, paying.invoice.owed_pence) == (InvoiceState.PAID, 0)
    assert {one.kind for one in paying.invoice.payments} == {PaymentKind.TRANSFER}


def test_no_bill_is_sent_before_its_purchase_order_is_here(paying: Paying) -> None:
    with pytest.raises(Refused, match="purchase order"):
        paying.send(paying.order())
    assert (paying.count(AskedRow), paying.invoices) == (0, [])


def test_a_bill_is_sent_for_two_who_press_at_once_only_once(paying: Paying) -> None:
    order = paying.order(po="PO 10")
    paying.send(order)
    with paying.database.write() as session:  # as if the first had died before it wrote anything down but the asking
        session.execute(sa.delete(BillRow))
        session.execute(sa.text("DELETE FROM licences_pay_link"))
        session.execute(sa.text("DELETE FROM licences_invoice_line"))
        session.execute(sa.text("DELETE FROM licences_invoice"))
        session.execute(sa.update(AskedRow).values(ref=None, address=None, closed_at=None))
    paying.send(order)
    assert paying.count(BillRow) == 1


def test_a_void_bill_owes_nothing_and_makes_way_for_another(paying: Paying) -> None:
    order = paying.order(po="PO 11")
    first = paying.send(order)
    paying.v1.invoices.void_invoice(paying.ref_of(first.id))
    paying.look(order)
    assert (paying.invoice.state, paying.invoice.owed_pence) == (InvoiceState.VOID, 0)
    pages.send_bill(paying.till, paying.janet, order, email="x@lakeshire.example")
    assert [one.state for one in paying.invoices] == [InvoiceState.OPEN, InvoiceState.VOID]


def test_what_stripe_holds_is_changed_there_and_not_here(paying: Paying) -> None:
    order = paying.order(po="PO 15")
    invoice = paying.send(order)
    with paying.database.read() as session:
        assert pages.address_of(session, invoice.id) == paying.known(order).address
        with pytest.raises(Refused, match="Stripe holds this invoice"):
            mirror.refuse_if_held(session, invoice.id)
    paying.press(paying.known(order).address)
    paying.look(order)
    with paying.database.read() as session:
        assert pages.address_of(session, invoice.id) == ""
        with pytest.raises(Refused, match="Stripe took this payment"):
            mirror.refuse_if_collected(session, paying.invoice.payments[0].id)


def test_a_bill_that_is_given_up_stops_copies_and_may_still_be_paid(paying: Paying) -> None:
    order = paying.order(po="PO 12")
    ref = paying.ref_of(paying.send(order).id)
    paying.v1.invoices.mark_uncollectible(ref)
    paying.look(order)
    assert paying.invoice.state is InvoiceState.GIVEN_UP
    assert paying.stands.standing is Standing.SUSPENDED
    paying.v1.invoices.pay(ref, {"paid_out_of_band": True})
    paying.look(order)
    assert (paying.invoice.state, paying.invoice.closed_reason) == (InvoiceState.PAID, "")
    assert paying.stands.standing is Standing.ACTIVE


def test_a_disputed_payment_is_flagged_and_one_that_is_lost_is_owed_again(paying: Paying) -> None:
    order = paying.order(po="PO 13")
    paying.press(paying.open(order))
    paying.look(order)
    paying.move(days=90)
    (charge,) = paying.v1.charges.list({"payment_intent": paying.invoice.payments[0].reference}).data
    paying.stand_in.control("dispute", charge=charge.id)
    paying.look(order)
    assert (paying.invoice.state, paying.stands.standing) == (InvoiceState.PAID, Standing.ACTIVE)
    assert "payment disputed" in paying.stands.overlays
    (dispute,) = paying.v1.disputes.list({"charge": charge.id}).data
    paying.stand_in.control("dispute", dispute=dispute.id, outcome="lost")
    paying.look(order)
    assert (paying.invoice.state, paying.invoice.owed_pence) == (InvoiceState.OPEN, TOTAL)
    assert "disputed" in paying.invoice.payments[0].taken_back
    assert paying.invoice.due_on == today(paying.clock)
    paying.move(days=1)
    assert paying.stands.standing is Standing.GRACE


def test_what_comes_is_written_down_though_its_number_is_that_of_another_invoice_here(paying: Paying) -> None:
    ours, theirs = paying.order(po="PO 16"), paying.order(first=400, po="PO 17")
    paying.press(paying.open(theirs))
    (bill,) = paying.v1.invoices.list({"limit": 1}).data
    assert bill.number
    with paying.database.write() as session:
        raised = invoices.Raised(bill.number.lower(), day := today(paying.clock), day, (invoices.Line("A", NET, 2000),))
        invoices.record_invoice(session, paying.clock, TEAM, ours, raised)
    assert paying.reconcile().wrong == ()
    assert {one.number for one in paying.invoices} == {bill.number.lower(), f"{bill.number} {bill.id}"}
    assert sorted(one.owed_pence for one in paying.invoices) == [0, TOTAL]


def test_a_credit_note_is_written_down_once_though_its_number_is_taken_here(paying: Paying) -> None:
    ours, theirs = paying.order(po="PO 18"), paying.order(first=400, po="PO 19")
    ref = paying.ref_of(paying.send(theirs).id)
    note = paying.v1.credit_notes.create({"invoice": ref, "amount": 20_000, "memo": "Two seats fewer."})
    with paying.database.write() as session:
        raised = invoices.Raised("SB-1", day := today(paying.clock), day, (invoices.Line("A year", NET, 2000),))
        number = invoices.record_invoice(session, paying.clock, TEAM, ours, raised)
        same = invoices.Credited(note.number.lower(), 1_000, day, "Too dear.")
        invoices.credit(session, paying.clock, TEAM, number, same)
    for _ in range(2):
        paying.look(theirs)
    noted = [(credit.number, credit.amount_pence) for one in paying.invoices for credit in one.credits]
    assert sorted(noted) == sorted([(note.number.lower(), 1_000), (f"{note.number} {ref}", 20_000)])


def test_a_credit_note_lowers_what_is_owed_and_is_taken_back_with_it(paying: Paying) -> None:
    order = paying.order(po="PO 14")
    ref = paying.ref_of(paying.send(order).id)
    note = paying.v1.credit_notes.create({"invoice": ref, "amount": 20_000, "memo": "Two seats fewer."})
    paying.look(order)
    assert (paying.invoice.owed_pence, paying.invoice.credits[0].reason) == (TOTAL - 20_000, "Two seats fewer.")
    paying.v1.credit_notes.void_credit_note(note.id)
    paying.look(order)
    assert (paying.invoice.owed_pence, paying.invoice.credits) == (TOTAL, ())


def test_nothing_is_asked_for_what_costs_nothing(paying: Paying) -> None:
    with pytest.raises(Refused, match="nothing to pay"):
        paying.open(paying.order(net=0))


def test_when_nobody_answers_nothing_is_lost(paying: Paying) -> None:
    order = paying.order()
    with pytest.raises(CannotReach):
        pages.open_page(paying.unreachable(), paying.janet, order, email="x@lakeshire.example")
    paying.press(paying.open(order))
    assert paying.count(AskedRow) == 1


def test_a_transfer_to_our_own_bank_is_told_so_that_nobody_pays_the_bill_once_more(paying: Paying) -> None:
    bill = paying.send(paying.order(po="PO 1"))
    ref, ours = paying.ref_of(bill.id), Paid(TOTAL, today(paying.clock), PaymentKind.TRANSFER, "BACS 1")
    with paying.database.write() as session:
        assert not elsewhere.have_told(session, bill.id), "nothing has come"
        invoices.record_payment(session, paying.clock, TEAM, bill.id, ours)
        assert elsewhere.have_told(session, bill.id)
    for _ in range(2):
        elsewhere.tell(paying.till, ref=ref)
    assert paying.v1.invoices.retrieve(ref).status == "paid"
    paying.hear()
    assert paying.reconcile().wrong == ()
    (payment,) = paying.invoice.payments
    assert (payment.reference, paying.invoice.owed_pence) == ("BACS 1", 0)
    with paying.database.write() as session:
        invoices.take_back(session, paying.clock, TEAM, payment.id, reason="Another council’s.")
    paying.reconcile()
    assert paying.invoice.owed_pence == TOTAL, "what we know of our own bank is not undone by what we told"
