"""Accepting the terms of use, before one's first copy and whenever there is a new version."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web import forms
from kit.web.elsewhere import elsewhere
from kit.web.house import house
from kit.web.redirects import onward, wanted_page
from kit.web.transactions import db, roll_back, writes, writing
from licences.guard import allowed, in_person, viewer
from licences.people import legal
from licences.people.kinds import LegalKind
from licences.policy import Action


class AcceptForm(forms.Form):
    """One box, never ticked beforehand."""

    accept = forms.tick("I have read the terms of use and accept them", missing="Tick the box to accept the terms")


def blueprint() -> Blueprint:
    """One page with one box."""
    made = Blueprint("terms_of_use", __name__, template_folder="../templates")
    made.get("/accept-terms")(accept_terms)
    made.post("/accept-terms")(accept_terms_post)
    return made


@allowed(Action.ACCEPT_TERMS)
def accept_terms() -> str:
    """The current terms, to be read and accepted."""
    return _terms_page(AcceptForm())


@allowed(Action.ACCEPT_TERMS)
@in_person
@writes
def accept_terms_post() -> Response | tuple[str, int]:
    """Keeps the acceptance of the version that was on the page."""
    form = AcceptForm()
    if not form.validate():
        return _terms_page(form), 400
    try:
        version = request.form.get("version", 0, type=int)
        legal.accept_terms_of_use(writing(), house().clock, viewer(), version)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _terms_page(form), 409
    return onward(wanted_page(), elsewhere("library"))


def _terms_page(form: AcceptForm) -> str:
    text = legal.current(db(), LegalKind.TERMS_OF_USE)
    accepted = text is None or legal.has_accepted(db(), viewer().person_id, text.id)
    return render_template(
        "licences/accept_terms.html",
        form=form,
        text=text,
        accepted=accepted,
        next=wanted_page(),
    )
