"""One's own account: accepting the terms of use, and setting a password from a link."""

from flask import Blueprint, flash, render_template, request
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web import forms
from kit.web.elsewhere import elsewhere
from kit.web.house import house
from kit.web.redirects import onward, wanted_page
from kit.web.transactions import db, roll_back, writes, writing
from licences.guard import allowed, in_person, public, viewer
from licences.people import accounts, legal
from licences.people.kinds import LegalKind
from licences.policy import Action
from licences.web.new_password import NewPasswordForm


class AcceptForm(forms.Form):
    """One box, never ticked beforehand."""

    accept = forms.tick("I have read the terms of use and accept them", missing="Tick the box to accept the terms")


def blueprint() -> Blueprint:
    """The screens of one's own account."""
    made = Blueprint("accounts", __name__, template_folder="../templates")
    made.get("/accept-terms")(accept_terms)
    made.post("/accept-terms")(accept_terms_post)
    made.get("/welcome/<secret>")(welcome)
    made.post("/welcome/<secret>")(welcome_post)
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


@public
def welcome(secret: str) -> str | tuple[str, int]:
    """The form behind a one-use link. Looking spends nothing."""
    return _welcome_page(NewPasswordForm(), secret)


@public
def welcome_post(secret: str) -> Response | str | tuple[str, int]:
    """Hashes outside any transaction, then spends the link and sets the password in one."""
    form = NewPasswordForm()
    page = _welcome_page(form, secret) if not form.validate() or _is_spent(secret) else None
    if page is not None:
        return page if isinstance(page, tuple) else (page, 400)
    clock, letterhead = house().clock, house().letterhead
    roll_back()
    try:
        hashed = accounts.hash_password(form.password.data)
        house().database.run(lambda session: accounts.set_password(session, clock, letterhead, secret, hashed))
    except Refused:
        return render_template("licences/link_used.html"), 410
    flash("Your password is set. Sign in with it.", "moss")
    return onward(None, elsewhere("sign in"))


def _is_spent(secret: str) -> bool:
    """Asked before hashing, which costs time on purpose: guessed links must not make us spend it."""
    return accounts.person_of_link(db(), house().clock, secret) is None


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


def _welcome_page(form: NewPasswordForm, secret: str) -> str | tuple[str, int]:
    person = accounts.person_of_link(db(), house().clock, secret)
    if person is None:
        return render_template("licences/link_used.html"), 410
    return render_template("licences/welcome.html", form=form, person=person)
