"""A new e-mail address: asking for it, confirming it at the new one, objecting from the old one, and vouching."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web import forms
from kit.web.elsewhere import elsewhere
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences.guard import allowed, public, signed_in, sure, viewer, viewer_or_none
from licences.people import emails, memberships
from licences.people.kinds import TokenPurpose
from licences.people.memberships import Member
from licences.policy import Action


class EmailForm(forms.Form):
    """The new address."""

    email = forms.email("New e-mail address")


class PressForm(forms.Form):
    """One button."""


def blueprint() -> Blueprint:
    """The pages around a new address."""
    made = Blueprint("account_email", __name__, template_folder="../templates")
    made.get("/account/email")(ask)
    made.post("/account/email")(ask_post)
    made.get("/people/<int:person_id>/email")(vouch)
    made.post("/people/<int:person_id>/email")(vouch_post)
    made.get("/email/confirm/<secret>")(confirm)
    made.post("/email/confirm/<secret>")(confirm_post)
    made.get("/email/keep/<secret>")(keep)
    made.post("/email/keep/<secret>")(keep_post)
    return made


@signed_in
@sure
def ask() -> str:
    """The form for a new address of one's own."""
    return _ask_page(EmailForm())


@signed_in
@sure
@writes
def ask_post() -> Response | tuple[str, int]:
    """Sends the link to the new address."""
    form = EmailForm()
    if not form.validate():
        return _ask_page(form), 400
    email = form.email.data.lower()
    try:
        emails.ask(writing(), house().clock, house().letterhead, viewer().actor, email=email)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _ask_page(form), 409
    flash(_on_its_way(email), "moss")
    return redirect(url_for("account.account"), code=303)


@allowed(Action.VOUCH)
@sure
def vouch(person_id: int) -> str:
    """The form for the new address of somebody whose old one is dead."""
    form = EmailForm()
    return _vouch_page(form, _seen(person_id))


@allowed(Action.VOUCH)
@sure
@writes
def vouch_post(person_id: int) -> Response | tuple[str, int]:
    """Sends the link to the address that the viewer vouches for."""
    form, found = EmailForm(), _seen(person_id)
    if not form.validate():
        return _vouch_page(form, found), 400
    email = form.email.data.lower()
    try:
        session = writing()
        if not viewer().is_staff:
            emails.may_be_vouched_for(session, viewer().organisation_id, person_id)
        emails.vouch(session, house().clock, house().letterhead, viewer().actor, person_id, email=email)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _vouch_page(form, found), 409
    flash(_on_its_way(email), "moss")
    return redirect(elsewhere("home"), code=303)


@public
def confirm(secret: str) -> str | tuple[str, int]:
    """Says what the link does. Looking spends nothing: the button does."""
    change = emails.look(db(), house().clock, TokenPurpose.CONFIRM_EMAIL, secret)
    return (
        _used()
        if change is None
        else render_template("licences/account/email_confirm.html", change=change, form=PressForm())
    )


@public
def confirm_post(secret: str) -> Response | tuple[str, int]:
    """Makes the new address count."""
    clock, letterhead = house().clock, house().letterhead
    roll_back()
    try:
        email = house().database.run(lambda session: emails.confirm(session, clock, letterhead, secret))
    except Refused as refusal:
        return _used(refusal.message)
    flash(f"Your new address is {email}. Sign in with it from now on.", "moss")
    return redirect(url_for("account.account") if viewer_or_none() else elsewhere("sign in"), code=303)


@public
def keep(secret: str) -> str | tuple[str, int]:
    """Says what objecting does. Looking spends nothing."""
    change = emails.look(db(), house().clock, TokenPurpose.OBJECT_TO_EMAIL, secret)
    return (
        _used()
        if change is None
        else render_template("licences/account/email_keep.html", change=change, form=PressForm())
    )


@public
def keep_post(secret: str) -> str | tuple[str, int]:
    """Puts the old address back."""
    clock, letterhead = house().clock, house().letterhead
    roll_back()
    try:
        email = house().database.run(lambda session: emails.object_to(session, clock, letterhead, secret))
    except Refused as refusal:
        return _used(refusal.message)
    return render_template("licences/account/email_kept.html", email=email)


def _seen(person_id: int) -> Member:
    """Whoever the viewer may know of: staff anybody, a manager the people of their own organisation."""
    if viewer().is_staff:
        return memberships.first_place(db(), person_id)
    return memberships.member_in(db(), viewer().organisation_id, person_id)


def _on_its_way(email: str) -> str:
    return f"A mail is on its way to {email}. The new address counts when the link in it is used, within two days."


def _ask_page(form: EmailForm) -> str:
    return render_template("licences/account/email.html", form=form, me=viewer())


def _vouch_page(form: EmailForm, found: Member) -> str:
    return render_template("licences/account/email_vouch.html", form=form, person=found)


def _used(words: str = "") -> tuple[str, int]:
    return render_template("licences/account/email_used.html", words=words), 410
