"""Staff screens of our own bank details: what counts, and a change that a second person agrees to."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences.billing import payee
from licences.billing.payee import Details
from licences.documents.sheet import undrawable
from licences.guard import allowed, sure, viewer
from licences.policy import Action
from licences.web.asking import Answer, Asking, answer, ask


class DetailsForm(forms.Form):
    """Whom our customers pay."""

    legal_name = forms.text("Name of whom they pay", missing="Write the name", hint="The legal one.", max_length=120)
    address = forms.long_text("Address", missing="Write the address", max_length=300, rows=4)
    vat_number = forms.text(
        "VAT number", hint="Such as GB 123 4567 89. Leave it empty without one: then no paper speaks of it.",
        max_length=20, width=20,
    )  # fmt: skip
    account_name = forms.text("Name of the account", missing="Write the name of the account", max_length=70)
    sort_code = forms.text("Sort code", missing="Write the sort code", hint="Six figures.", max_length=12, width=10)
    account_number = forms.text(
        "Account number", missing="Write the account number", hint="Eight figures.", max_length=12, width=10
    )

    def validate(self, extra_validators: object = None) -> bool:
        """With nothing in it that our papers cannot draw."""
        if not super().validate(extra_validators):
            return False
        for name in ("legal_name", "address", "account_name"):
            if missing := undrawable(self[name].data.replace("\n", " ")):
                self.refuse(f"Our documents cannot show these signs: {' '.join(missing)}.", name)
                return False
        return True


def blueprint() -> Blueprint:
    """Below the staff's own address."""
    made = Blueprint("payee", __name__, url_prefix="/admin/bank-details", template_folder="../templates")
    made.get("")(bank_details)
    made.get("/change")(change)
    made.post("/change")(change_post)
    made.post("/<int:payee_id>/agree")(agree_post)
    made.post("/<int:payee_id>/drop")(drop_post)
    return made


@allowed(Action.MANAGE_LICENCES)
def bank_details() -> str:
    """What counts now, and what waits for its second person."""
    return render_template("licences/staff/bank_details.html", payee=payee.payee(db()), waiting=payee.waiting(db()))


@allowed(Action.MANAGE_LICENCES)
@sure
def change() -> str:
    """The form, with what counts now."""
    present = payee.payee(db())
    data = {name: getattr(present, name) for name in DetailsForm()._fields if hasattr(present, name)}
    return ask(DetailsForm(data=data), _asking())


@allowed(Action.MANAGE_LICENCES)
@sure
@writes
def change_post() -> Answer:
    """Writes the change; all staff are told."""
    form = DetailsForm()

    def act(session: Session) -> str:
        details = Details(
            form.legal_name.data, form.address.data, form.vat_number.data, form.account_name.data,
            form.sort_code.data, form.account_number.data,
        )  # fmt: skip
        payee.ask(session, house().clock, viewer().actor, house().letterhead, details)
        return url_for(".bank_details")

    return answer(form, _asking(), act, done="It is written, and waits for a second person.")


@allowed(Action.MANAGE_LICENCES)
@sure
@writes
def agree_post(payee_id: int) -> Response:
    """The second person agrees."""
    return _decided(payee.agree, payee_id, "It counts from now on. Whoever pays is told by mail.")


@allowed(Action.MANAGE_LICENCES)
@writes
def drop_post(payee_id: int) -> Response:
    """Anybody of the staff takes it back."""
    return _decided(payee.drop, payee_id, "The change is dropped.")


def _decided(act: Callable[..., None], payee_id: int, done: str) -> Response:
    try:
        act(writing(), house().clock, viewer().actor, house().letterhead, payee_id)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
    else:
        flash(done, "moss")
    return redirect(url_for(".bank_details"), code=303)


def _asking() -> Asking:
    back = url_for(".bank_details")
    lead = "They stand on every invoice and beside every link to pay. A change counts when a second person agreed."
    return Asking("Change our bank details", "Money", "Ask a second person", (("Our bank details", back),), back, lead)
