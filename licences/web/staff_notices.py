"""Staff say that they told somebody by telephone or letter what a mail would say, and that mail is not sent."""

from flask import Blueprint, url_for
from sqlalchemy.orm import Session

from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, writes
from licences import terms
from licences.billing import told_by_hand
from licences.guard import allowed, viewer
from licences.policy import Action
from licences.web.asking import Answer, Asking, answer, ask


class ToldForm(forms.Form):
    """Which reminder, and how it was told."""

    key = forms.choice("Reminder", missing="Choose the reminder")
    how = forms.text("How they were told", missing="Say how, for the record", hint="Such as: by telephone.")


def blueprint() -> Blueprint:
    """Below the page of a licence."""
    made = Blueprint("notices", __name__, url_prefix="/admin/licences", template_folder="../templates")
    made.get("/<int:licence_id>/told")(told)
    made.post("/<int:licence_id>/told")(told_post)
    return made


@allowed(Action.MANAGE_LICENCES)
def told(licence_id: int) -> str:
    """The form, with the reminders that are coming."""
    return ask(_form(licence_id), _asking(licence_id))


@allowed(Action.MANAGE_LICENCES)
@writes
def told_post(licence_id: int) -> Answer:
    """Notes it."""
    form, asking = _form(licence_id), _asking(licence_id)

    def act(session: Session) -> str:
        clock, actor = house().clock, viewer().actor
        told_by_hand.tell(session, clock, actor, licence_id, form.key.data, how=form.how.data)
        return _money_of(licence_id)

    return answer(form, asking, act, done="It is noted, and that mail is not sent.")


def _form(licence_id: int) -> ToldForm:
    form = ToldForm()
    form.key.choices = [(one.key, one.about) for one in told_by_hand.coming(db(), house().clock, licence_id)]
    return form


def _asking(licence_id: int) -> Asking:
    facts, back = terms.licence_facts(db(), house().clock, licence_id), _money_of(licence_id)
    coming = told_by_hand.coming(db(), house().clock, licence_id)
    lead = "The mail that would say it is then not sent; all later ones are." if coming else "No reminder is coming."
    trail = ((facts.organisation_name, back),)
    return Asking("Told by telephone or letter", facts.subject.label, "Note it", trail, back, lead)


def _money_of(licence_id: int) -> str:
    return url_for("licence_staff.one_licence", licence_id=licence_id, _anchor="money")
