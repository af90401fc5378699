"""Orders, invoices and payments: what they do to a licence, and what is refused."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from kit.audit import AuditEntry
from kit.money import pounds
from kit.refusals import NotThere
from licences import seats, terms
from licences.billing import invoices, orders, outlook, renewals
from licences.billing.invoices import Line, Raised
from licences.billing.orders import Wanted
from licences.entitlements import Reason, entitlement
from licences.gateway import Credited
from licences.kinds import InvoiceState
from licences.ledger import Invoice, Order, Payment, RenewalPromise, StaffOverride
from licences.models import Licence
from licences.people import organisations
from licences.people.kinds import OrganisationKind
from licences.standing import Cause, Overlay, Standing
from tests.unit.licences.billing.place import Council, refused


def test_a_council_orders_is_invoiced_pays_and_is_paid_up(council: Council) -> None:
    order = council.order()
    assert (council.stands.standing, council.licence.seats_bought) == (Standing.ACTIVE, 4)
    assert council.stands.reason.endswith("with purchase order PO 1.")
    invoice = council.invoice(order)
    assert council.stands.next_step.startswith("Invoice SB-1 (£1,200.00) is due on")
    council.clock.move(days=31)
    assert council.stands.standing is Standing.GRACE
    council.clock.move(days=59)
    assert (council.stands.standing, council.stands.cause) == (Standing.SUSPENDED, Cause.UNPAID)
    council.pay_all(invoice)
    assert (council.stands.standing, council.bill(invoice).state) == (Standing.ACTIVE, InvoiceState.PAID)
    assert council.stands.reason.startswith("Paid until ")
    assert orders.order_facts(council.session, order).paid_on == council.day
    assert council.actions()[-3:] == ["order placed", "invoice recorded", "payment recorded"]


def test_money_in_part_too_much_and_corrected(council: Council) -> None:
    invoice = council.invoice(council.order())
    council.pay(invoice, 50_000)
    assert (council.bill(invoice).owed_pence, council.bill(invoice).state_on(council.day)) == (70_000, "paid in part")
    assert refused(lambda: council.pay(invoice, 50_000)).startswith("This payment is recorded already.")
    council.pay(invoice, 75_000)
    found = council.bill(invoice)
    assert (found.owed_pence, found.state, found.too_much_pence) == (0, InvoiceState.PAID, 5_000)
    for payment in found.payments:
        invoices.take_back(council.session, council.clock, council.ruth, payment.id, reason="Another council’s.")
    found = council.bill(invoice)
    assert (found.owed_pence, found.state, found.paid_pence) == (120_000, InvoiceState.OPEN, 0)
    assert [one.taken_back for one in found.payments] == ["Another council’s."] * 2
    again = found.payments[0].id
    words = refused(lambda: invoices.take_back(council.session, council.clock, council.ruth, again, reason="x"))
    assert words == "This payment is taken back already."
    assert not council.stands.reason.startswith("Paid")


def test_credit_notes_lower_what_is_owed(council: Council) -> None:
    invoice = council.invoice(council.order())

    def credit(number: str, pence: int) -> None:
        note = Credited(number, pence, council.day, "Two seats fewer.")
        invoices.credit(council.session, council.clock, council.ruth, invoice, note)

    credit("CN-1", 20_000)
    assert council.bill(invoice).owed_pence == 100_000
    assert refused(lambda: credit("CN-2", 100_001)) == "At most £1,000.00 of this invoice can be credited."
    assert refused(lambda: credit("cn-1", 1)) == "This number is recorded already."
    council.pay(invoice, 100_000)
    assert council.bill(invoice).state is InvoiceState.PAID


def test_a_void_invoice_owes_nothing_and_its_order_is_invoiced_anew(council: Council) -> None:
    order = council.order(po=None)
    assert refused(lambda: council.invoice(order)).startswith("Without a purchase order number it would come back")
    orders.note_po(council.session, council.clock, council.ruth, order, "PO 7")
    invoice = council.invoice(order)
    assert refused(lambda: council.invoice(order, "SB-2")).startswith("This order is invoiced already")
    assert refused(lambda: withdraw(council, order)).startswith("This order is invoiced.")
    invoices.void(council.session, council.clock, council.ruth, invoice, reason="Wrong number on it.")
    assert (council.bill(invoice).owed_pence, council.bill(invoice).state) == (0, InvoiceState.VOID)
    assert refused(lambda: council.pay(invoice, 1)) == "This invoice is void: nothing is paid for it."
    second = council.invoice(order, "SB-2", net=100_001)
    council.pay(second, 1)
    words = refused(lambda: invoices.void(council.session, council.clock, council.ruth, second, reason="x"))
    assert words.startswith("Money has come for this invoice.")


def test_an_invoice_given_up_stops_the_licence_until_it_is_paid_after_all(council: Council) -> None:
    invoice = council.invoice(council.order())
    invoices.give_up(council.session, council.clock, council.ruth, invoice, reason="They went out of business.")
    assert council.stands.standing is Standing.SUSPENDED
    assert "given up as unpaid on 10 November 2026" in council.stands.reason
    council.pay_all(invoice)
    assert council.stands.standing is Standing.ACTIVE


def withdraw(council: Council, order: int) -> None:
    orders.withdraw(council.session, council.clock, council.ruth, order, reason="A mistake.")


def test_without_a_purchase_order_the_licence_waits(council: Council) -> None:
    order = council.order(po=None)
    assert (council.stands.standing, council.stands.cause) == (Standing.PENDING, Cause.NO_ORDER_NUMBER)
    assert (council.stands.overlays, council.licence.seats_bought) == ((Overlay.PO_MISSING,), 0)
    orders.note_po(council.session, council.clock, council.ruth, order, "PO 9")
    assert (council.stands.standing, council.licence.seats_bought) == (Standing.ACTIVE, 4)
    words = refused(lambda: orders.note_po(council.session, council.clock, council.ruth, order, "PO 10"))
    assert words == "This order has purchase order PO 9 already."
    withdraw(council, order)
    assert council.stands.cause is Cause.NO_PERIOD
    with pytest.raises(NotThere):
        orders.order_facts(council.session, order)
    council.order(po=None, po_waived=True)
    assert council.stands.standing is Standing.ACTIVE


def test_a_purchase_order_is_good_for_one_order(council: Council) -> None:
    council.order(po="4500081734")
    words = refused(lambda: council.order(first=400, po="4500081734"))
    assert words == "This number came with another order. Ask your finance office for a new one."
    assert refused(lambda: council.order(first=100, po="B")) == (
        "The organisation has a period on some of these days already."
    )


def test_next_years_seats_count_on_its_first_day_and_take_nobodys(council: Council) -> None:
    council.order(seats=2)
    for person in (council.amara, council.ben):
        seats.give(council.session, council.clock, council.ruth, council.licence.id, person)
    assert refused(lambda: council.order(first=0, po="B", seats=1)).startswith("2 seats are in use.")
    council.order(first=365, po="C", seats=1)
    assert council.licence.seats_bought == 2
    council.clock.move(days=365)
    assert orders.begin_due(council.session, council.clock) == 1
    assert orders.begin_due(council.session, council.clock) == 0
    assert council.licence.seats_bought == 2  # two are in use: none is taken from anybody


def more(council: Council, number: int, po: str | None = "MORE 1") -> int:
    ends = council.stands.until
    assert ends
    wanted = Wanted(council.day, ends, number, 9_000, 2000, po)
    return orders.add_seats(council.session, council.clock, council.ruth, council.licence.id, wanted)


def test_an_unpaid_invoice_for_more_seats_touches_only_those(council: Council) -> None:
    council.pay_all(council.invoice(council.order(seats=1)))
    order = more(council, 2)
    licence = council.licence
    assert licence.seats_bought == 3
    seats.give(council.session, council.clock, council.ruth, licence.id, council.amara)
    invoice = council.invoice(order, "SB-2", due=0, net=9_000)
    council.clock.move(days=60)
    assert (council.stands.standing, council.stands.seats_withheld, council.licence.seats_free) == (
        Standing.ACTIVE, 2, 0,
    )  # fmt: skip
    words = refused(lambda: seats.give(council.session, council.clock, council.ruth, licence.id, council.ben))
    assert words == "The seats that are left were added last, and their invoice is unpaid."
    council.pay_all(invoice, 9_000)
    seats.give(council.session, council.clock, council.ruth, licence.id, council.ben)
    assert refused(lambda: withdraw(council, order)).startswith("This order is invoiced.")
    second = more(council, 1, po=None)
    assert refused(lambda: more(council, 1, po=None)).startswith("The same seats were ordered today already")
    assert council.licence.seats_bought == 3, "they wait for their number"
    withdraw(council, second)


def reason(council: Council, person: int) -> Reason | None:
    answer = entitlement(
        council.session, council.clock, person_id=person, organisation_id=council.id,
        organisation_name="Lakeshire Council", programme_id=council.programme,
    )  # fmt: skip
    assert answer
    return answer.refusal.reason if answer.refusal else None


def test_the_newest_seats_pause_after_two_weeks_and_none_is_deleted(council: Council) -> None:
    council.pay_all(council.invoice(council.order(seats=1)))
    order = more(council, 1)
    for person in (council.amara, council.ben):
        seats.give(council.session, council.clock, council.ruth, council.licence.id, person)
    invoice = council.invoice(order, "SB-2", due=0, net=9_000)
    council.clock.move(days=73)
    assert (reason(council, council.amara), reason(council, council.ben)) == (Reason.NOT_ACCREDITED,) * 2
    council.clock.move(days=1)
    assert (reason(council, council.amara), reason(council, council.ben)) == (
        Reason.NOT_ACCREDITED, Reason.SEAT_PAUSED,
    )  # fmt: skip
    council.pay_all(invoice, 9_000)
    assert reason(council, council.ben) is Reason.NOT_ACCREDITED


def test_a_suspended_council_gets_no_new_seats_but_a_leavers_goes_on(council: Council) -> None:
    council.invoice(council.order(), due=0)
    licence = council.licence.id
    seats.give(council.session, council.clock, council.ruth, licence, council.amara)
    council.clock.move(days=60)
    words = refused(lambda: seats.give(council.session, council.clock, council.ruth, licence, council.ben))
    assert words.startswith("No new seats just now. Invoice SB-1 (£1,200.00) was due on")
    seats.hand_over(
        council.session, council.clock, council.ruth, licence, leaver_id=council.amara, successor_id=council.ben
    )
    assert reason(council, council.ben) is Reason.SUSPENDED


def test_the_refusal_says_which_invoice_and_who_can_mend_it(council: Council) -> None:
    council.invoice(council.order(), due=0)
    seats.give(council.session, council.clock, council.ruth, council.licence.id, council.amara)
    council.clock.move(days=70)
    answer = entitlement(
        council.session, council.clock, person_id=council.amara, organisation_id=council.id,
        organisation_name="Lakeshire Council", programme_id=council.programme,
    )  # fmt: skip
    assert answer
    assert answer.refusal
    assert answer.refusal.summary == (
        "Lakeshire Council’s licence has been suspended since 9 January 2027, because an invoice is unpaid."
    )
    assert answer.refusal.happened == "Invoice SB-1 (£1,200.00) was due on 10 November 2026 and has not been paid."
    assert answer.refusal.mends == (
        "Your licence manager, Janet, can have it paid, or tell the programme team when it was."
    )


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (Invoice, {"currency": "EUR"}),
        (Invoice, {"owed_pence": -1}),
        (Invoice, {"owed_pence": 120_001}),
        (Invoice, {"owed_pence": 0}),
        (Invoice, {"state": InvoiceState.PAID}),
        (Invoice, {"state": InvoiceState.VOID, "owed_pence": 0}),
        (Invoice, {"adds_seats": -1}),
        (Order, {"currency": "USD"}),
        (Order, {"seats": 0}),
        (Order, {"net_pence": -1}),
        (Order, {"withdrawn_reason": "Without a moment."}),
        (Payment, {"amount_pence": 0}),
        (Payment, {"taken_back_reason": "Without a moment."}),
        (StaffOverride, {"agreed_by_id": sa.literal_column("asked_by_id"), "agreed_at": sa.func.current_timestamp()}),
        (StaffOverride, {"until_on": sa.literal_column("'2020-01-01'", sa.Date())}),
    ],
)
def test_the_database_refuses_what_a_service_would(council: Council, table: type, change: dict[str, object]) -> None:
    council.pay(council.invoice(council.order()), 1)
    council.keep_open(3)
    council.session.execute(sa.update(Invoice).values(owed_pence=120_000))
    with pytest.raises(IntegrityError):
        council.session.execute(sa.update(table).values(**change))


def test_a_number_is_recorded_once_whatever_its_capitals(council: Council) -> None:
    council.invoice(council.order(), "sb-1")
    order = council.order(first=365, po="B")
    assert refused(lambda: council.invoice(order, "SB-1")) == "This number is recorded already."
    raised = Raised("SB-9", council.day, council.day - timedelta(days=1), (Line("x", 1, 0),))
    words = refused(lambda: invoices.record_invoice(council.session, council.clock, council.ruth, order, raised))
    assert words == "It is due before it was issued."


def test_every_change_leaves_an_audit_row_with_the_amount(council: Council) -> None:
    council.pay(council.invoice(council.order()), 20_000)
    entry = council.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.action, entry.subject_label) == ("payment recorded", "Lakeshire Council: ABM")
    assert entry.detail["amount"] == pounds(20_000)
    assert entry.detail["left"] == pounds(100_000)
    assert council.session.scalar(sa.select(sa.func.count()).select_from(RenewalPromise)) == 0


def test_statements_do_not_grow_with_licences(council: Council) -> None:
    council.announce()
    council.pay(council.invoice(council.order()), 1)
    counts = []
    for more_places in (1, 12):
        for number in range(more_places):
            place = organisations.create_organisation(
                council.session, council.clock, council.ruth, name=f"Place {more_places} {number}",
                kind=OrganisationKind.TRUST,
            )  # fmt: skip
            wanted = Wanted(council.day, council.day + timedelta(days=364), 2, 100, 0, "A")
            order = orders.place(
                council.session, council.clock, council.ruth, organisation_id=place.id,
                programme_id=council.programme, wanted=wanted,
            )  # fmt: skip
            council.invoice(order, f"SB {more_places} {number}")
        council.session.expire_all()
        sent: list[str] = []
        connection = council.session.connection()

        def note(_connection: object, _cursor: object, statement: str, *_rest: object, sent: list[str] = sent) -> None:
            sent.append(statement)

        sa.event.listen(connection, "before_cursor_execute", note)
        every = terms.licences_by_id(
            council.session, council.clock, council.session.scalars(sa.select(Licence.id)).all()
        )
        outlook.outlooks(council.session, council.clock, every)
        renewals.pipeline(council.session, council.clock)
        sa.event.remove(connection, "before_cursor_execute", note)
        counts.append(len(sent))
    assert counts[0] == counts[1], "\n".join(sent)
