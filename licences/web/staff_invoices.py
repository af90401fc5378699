"""Staff screens of invoices that the owner's own finance system raised: recorded, paid, credited, void, given up."""

from datetime import timedelta

from flask import Blueprint, render_template, url_for
from sqlalchemy.orm import Session

from kit.clock import in_words, today
from kit.money import pounds
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, writes
from licences import terms
from licences.billing import account, invoices, notices, orders, parts
from licences.billing.account import InvoiceFacts
from licences.billing.invoices import Line, Paid, Raised
from licences.billing.orders import OrderFacts
from licences.gateway import Credited
from licences.guard import allowed, viewer
from licences.kinds import PaymentKind
from licences.payments import asking, elsewhere, mirror
from licences.policy import Action
from licences.web.asking import Answer, Asking, answer, ask
from licences.web.choices import VAT_RATES, offered
from licences.web.staff_orders import ReasonForm, trail_to

DAYS_TO_PAY = timedelta(days=30)


class InvoiceForm(forms.Form):
    """What the invoice says. One that mixes rates has a line for each."""

    number = forms.text("Invoice number", missing="Write the invoice’s number", max_length=60, width=20)
    po_number = forms.text(
        "Purchase order number", hint="As it stands on the invoice. Empty: that of the order.", max_length=60, width=20
    )
    issued_on = forms.day("Day of issue", missing="Write the day of issue")
    due_on = forms.day("To be paid by", missing="Write the day by which it is to be paid")
    words = forms.text("What it is for", missing="Write what it is for", max_length=300)
    net = forms.pounds("Amount without VAT", missing="Write the amount")
    rate = forms.choice("VAT", VAT_RATES, missing="Choose the VAT")
    more_words = forms.text("A second line, such as books", hint="Only if it has one.", max_length=300)
    more_net = forms.pounds("Amount of the second line, without VAT")
    more_rate = forms.pick("VAT of the second line", (("", "Choose"), *VAT_RATES))

    def lines(self) -> tuple[Line, ...]:
        """One line, or two when the second has an amount."""
        first = Line(self.words.data, self.net.data, int(self.rate.data))
        if self.more_net.data is None:
            return (first,)
        return first, Line(self.more_words.data or self.words.data, self.more_net.data, int(self.more_rate.data or 0))


class PaymentForm(forms.Form):
    """Money that came."""

    amount = forms.pounds("Amount", missing="Write the amount that came", hint="As it came: in part, or too much.")
    paid_on = forms.day("Day on which it came", missing="Write the day")
    kind = forms.choice("How", offered(PaymentKind), missing="Choose how it came")
    reference = forms.text("Reference", hint="As it stands on the bank statement.", max_length=120)


class CreditForm(forms.Form):
    """A part of an invoice that is not to be paid."""

    number = forms.text("Credit note number", missing="Write the credit note’s number", max_length=60, width=20)
    amount = forms.pounds("Amount", missing="Write the amount", hint="With VAT.")
    issued_on = forms.day("Day of issue", missing="Write the day of issue")
    reason = forms.text("Reason", missing="Say why, for the record", max_length=500)


def add_to(made: Blueprint) -> None:
    """Puts the addresses on the staff blueprint."""
    made.get("/orders/<int:order_id>/invoice")(new_invoice)
    made.post("/orders/<int:order_id>/invoice")(new_invoice_post)
    made.get("/invoices/<int:invoice_id>")(one_invoice)
    made.get("/invoices/<int:invoice_id>/payment")(payment)
    made.post("/invoices/<int:invoice_id>/payment")(payment_post)
    made.get("/invoices/<int:invoice_id>/credit")(credit)
    made.post("/invoices/<int:invoice_id>/credit")(credit_post)
    made.get("/invoices/<int:invoice_id>/void")(void)
    made.post("/invoices/<int:invoice_id>/void")(void_post)
    made.get("/invoices/<int:invoice_id>/give-up")(give_up)
    made.post("/invoices/<int:invoice_id>/give-up")(give_up_post)
    made.get("/payments/<int:payment_id>/take-back")(take_back)
    made.post("/payments/<int:payment_id>/take-back")(take_back_post)


@allowed(Action.MANAGE_LICENCES)
def new_invoice(order_id: int) -> str:
    """The form for an order's invoice, filled in from the order."""
    order = orders.order_facts(db(), order_id)
    facts = terms.licence_facts(db(), house().clock, order.licence_id)
    day = today(house().clock)
    data: dict[str, object] = {"po_number": order.po_number, "issued_on": day, "due_on": day + DAYS_TO_PAY}
    for prefix, part in zip(("", "more_"), _wanted_parts(order), strict=False):
        days = f"{in_words(part.starts_on)} to {in_words(part.ends_on)}"
        count = "1 seat" if order.seats == 1 else f"{order.seats} seats"
        seats = f"licence with {count}" if order.is_year else f"{count} added"
        data |= {
            f"{prefix}words": f"{facts.programme_name}, {seats}, {days}",
            f"{prefix}net": part.net_pence,
            f"{prefix}rate": str(order.vat_basis_points),
        }
    return ask(InvoiceForm(data=data), _of_new_invoice(order))


@allowed(Action.MANAGE_LICENCES)
@writes
def new_invoice_post(order_id: int) -> Answer:
    """Records the invoice, and tells those who pay."""
    order, form = orders.order_facts(db(), order_id), InvoiceForm()

    def act(session: Session) -> str:
        raised = Raised(
            form.number.data, form.issued_on.data, form.due_on.data, form.lines(), form.po_number.data or None
        )
        made = invoices.record_invoice(session, house().clock, viewer().actor, order_id, raised)
        asking.refuse_while_open(session, order_id)
        _tell(session, order.licence_id)
        return url_for(".one_invoice", invoice_id=made)

    return answer(form, _of_new_invoice(order), act, done="The invoice is recorded, and those who pay are told.")


@allowed(Action.MANAGE_LICENCES)
def one_invoice(invoice_id: int) -> str:
    """An invoice with its lines, what came for it, and what can be done."""
    found = account.invoice(db(), invoice_id)
    return render_template(
        "licences/staff/invoice.html",
        invoice=found,
        licence=terms.licence_facts(db(), house().clock, found.licence_id),
        today=today(house().clock),
    )


@allowed(Action.MANAGE_LICENCES)
def payment(invoice_id: int) -> str:
    """The form for money that came, filled in with what is owed."""
    found = account.invoice(db(), invoice_id)
    data = {"amount": found.owed_pence or None, "paid_on": today(house().clock), "kind": PaymentKind.TRANSFER.value}
    return ask(PaymentForm(data=data), _of_payment(found))


@allowed(Action.MANAGE_LICENCES)
@writes
def payment_post(invoice_id: int) -> Answer:
    """Records the payment; what it settles is open again at once, and those who pay are told."""
    found, form = account.invoice(db(), invoice_id), PaymentForm()

    def act(session: Session) -> str:
        money = Paid(form.amount.data, form.paid_on.data, PaymentKind(form.kind.data), form.reference.data)
        invoices.record_payment(session, house().clock, viewer().actor, invoice_id, money)
        elsewhere.have_told(session, invoice_id)
        _tell(session, found.licence_id)
        return url_for(".one_invoice", invoice_id=invoice_id)

    return answer(form, _of_payment(found), act, done="The payment is recorded.")


@allowed(Action.MANAGE_LICENCES)
def credit(invoice_id: int) -> str:
    """The form for a credit note."""
    found = account.invoice(db(), invoice_id)
    return ask(CreditForm(data={"issued_on": today(house().clock)}), _of_credit(found))


@allowed(Action.MANAGE_LICENCES)
@writes
def credit_post(invoice_id: int) -> Answer:
    """Records the credit note."""
    found, form = account.invoice(db(), invoice_id), CreditForm()

    def act(session: Session) -> str:
        mirror.refuse_if_held(session, invoice_id)
        note = Credited(form.number.data, form.amount.data, form.issued_on.data, form.reason.data)
        invoices.credit(session, house().clock, viewer().actor, invoice_id, note)
        _tell(session, found.licence_id)
        return url_for(".one_invoice", invoice_id=invoice_id)

    return answer(form, _of_credit(found), act, done="The credit note is recorded.")


@allowed(Action.MANAGE_LICENCES)
def void(invoice_id: int) -> str:
    """Asks why an invoice is void."""
    return ask(ReasonForm(), _of_void(account.invoice(db(), invoice_id)))


@allowed(Action.MANAGE_LICENCES)
@writes
def void_post(invoice_id: int) -> Answer:
    """Voids it; its order can be invoiced anew."""
    found, form = account.invoice(db(), invoice_id), ReasonForm()

    def act(session: Session) -> str:
        mirror.refuse_if_held(session, invoice_id)
        invoices.void(session, house().clock, viewer().actor, invoice_id, reason=form.reason.data)
        _tell(session, found.licence_id)
        return url_for(".one_licence", licence_id=found.licence_id, _anchor="money")

    return answer(form, _of_void(found), act, done="The invoice is void. Its order can be invoiced anew.")


@allowed(Action.MANAGE_LICENCES)
def give_up(invoice_id: int) -> str:
    """Asks why an invoice will not be paid."""
    return ask(ReasonForm(), _of_giving_up(account.invoice(db(), invoice_id)))


@allowed(Action.MANAGE_LICENCES)
@writes
def give_up_post(invoice_id: int) -> Answer:
    """Gives it up: what it was for stops at once."""
    found, form = account.invoice(db(), invoice_id), ReasonForm()

    def act(session: Session) -> str:
        mirror.refuse_if_held(session, invoice_id)
        invoices.give_up(session, house().clock, viewer().actor, invoice_id, reason=form.reason.data)
        _tell(session, found.licence_id)
        return url_for(".one_invoice", invoice_id=invoice_id)

    return answer(form, _of_giving_up(found), act, done="The invoice is given up.")


@allowed(Action.MANAGE_LICENCES)
def take_back(payment_id: int) -> str:
    """Asks why a payment does not count."""
    return ask(ReasonForm(), _of_taking_back(_paid(payment_id)))


@allowed(Action.MANAGE_LICENCES)
@writes
def take_back_post(payment_id: int) -> Answer:
    """Takes it back; it stays to be seen."""
    found, form = _paid(payment_id), ReasonForm()

    def act(session: Session) -> str:
        mirror.refuse_if_collected(session, payment_id)
        invoices.take_back(session, house().clock, viewer().actor, payment_id, reason=form.reason.data)
        _tell(session, found.licence_id)
        return url_for(".one_invoice", invoice_id=found.id)

    return answer(form, _of_taking_back(found), act, done="The payment does not count any more.")


def _tell(session: Session, licence_id: int) -> None:
    """Whom it concerns hears of it with the same transaction."""
    notices.catch_up(session, house().clock, house().letterhead, licence_id)


def _paid(payment_id: int) -> InvoiceFacts:
    """The invoice that a payment was recorded for. Raises `NotThere`."""
    return account.invoice(db(), account.invoice_of_payment(db(), payment_id))


def _wanted_parts(order: OrderFacts) -> tuple[parts.Part, ...]:
    """The lines that were asked for: one, or one for each financial year."""
    if not order.in_two_parts:
        return (parts.Part(order.starts_on, order.ends_on, order.net_pence),)
    return parts.in_two(order.starts_on, order.ends_on, order.net_pence, order.vat_basis_points)


def _of_new_invoice(order: OrderFacts) -> Asking:
    facts = terms.licence_facts(db(), house().clock, order.licence_id)
    lead = "As your finance system raised it. Overdue mails and the licence’s standing follow these dates."
    if order.in_two_parts:
        lead += " They asked for it in two parts, by financial years: a line for each is filled in."
    back = url_for(".one_licence", licence_id=facts.id, _anchor="money")
    return Asking("Record an invoice", facts.subject.label, "Record the invoice", trail_to(facts), back, lead)


def _of(found: InvoiceFacts, title: str, button: str, lead: str = "", *, warning: bool = False) -> Asking:
    facts = terms.licence_facts(db(), house().clock, found.licence_id)
    back = url_for(".one_invoice", invoice_id=found.id)
    trail = (*trail_to(facts), (found.number, back))
    about = f"{facts.organisation_name}: invoice {found.number}, {pounds(found.owed_pence)} to pay"
    return Asking(title, about, button, trail, back, lead, warning)


def _of_payment(found: InvoiceFacts) -> Asking:
    return _of(found, "Record a payment", "Record the payment")


def _of_credit(found: InvoiceFacts) -> Asking:
    return _of(found, "Record a credit note", "Record the credit note")


def _of_void(found: InvoiceFacts) -> Asking:
    lead = "Nothing is owed for it any more. Its order can be invoiced anew, with a late purchase order for example."
    return _of(found, "Void this invoice?", "Void the invoice", lead, warning=True)


def _of_giving_up(found: InvoiceFacts) -> Asking:
    lead = "What it was for stops at once. A payment that comes after all opens it again."
    return _of(found, "Give this invoice up?", "Give it up", lead, warning=True)


def _of_taking_back(found: InvoiceFacts) -> Asking:
    lead = "It stays to be seen, and does not count. What is then owed is owed again."
    return _of(found, "Take this payment back?", "Take the payment back", lead, warning=True)
