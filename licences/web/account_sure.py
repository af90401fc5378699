"""Asked again, before what cannot be undone: the password, a code of the app, or a passkey."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web import forms
from kit.web.house import house
from kit.web.redirects import onward, wanted_page
from kit.web.transactions import db, roll_back
from licences.guard import half_signed_in, viewer
from licences.people import accounts, limits, sessions
from licences.people.kinds import Step
from licences.web import entering, second_step
from licences.web.second_step import CodeForm


class PasswordForm(forms.Form):
    """The password that the person has."""

    password = forms.password(missing="Write your password")


def blueprint() -> Blueprint:
    """One page, and a form for each way to answer."""
    made = Blueprint("account_sure", __name__, template_folder="../templates")
    made.get("/account/sure")(make_sure)
    made.post("/account/sure")(password_post)
    made.post("/account/sure/code")(code_post)
    made.post("/account/sure/passkey")(passkey_post)
    return made


@half_signed_in
def make_sure() -> Response | str:
    """Asks."""
    if viewer().step is Step.TO_SHOW:
        return redirect(url_for("second_step.second_step", next=wanted_page()), code=303)
    return _page(PasswordForm(), CodeForm())


@half_signed_in
def password_post() -> Response | tuple[str, int]:
    """Takes the password. It is checked outside any writing transaction."""
    form, who, clock = PasswordForm(), viewer(), house().clock
    if not form.validate():
        return _page(form, CodeForm(formdata=None)), 400
    counted_as = entering.counted_as(who.person_id)
    if limits.is_over(db(), clock, limits.SURE_BY_PERSON, counted_as):
        form.refuse("Too many tries. Wait 15 minutes, then try again once.", "password")
        return _page(form, CodeForm(formdata=None)), 429
    account = accounts.candidate(db(), who.email)
    roll_back()
    if not accounts.password_fits(account, form.password.data) or viewer().step is Step.TO_SHOW:
        house().database.run(lambda session: limits.count(session, clock, limits.SURE_BY_PERSON, counted_as))
        form.refuse("This is not your password.", "password")
        return _page(form, CodeForm(formdata=None)), 400
    return _is_sure("password")


@half_signed_in
def code_post() -> Response | tuple[str, int]:
    """Takes a code of the app."""
    form = CodeForm()
    if not form.validate():
        return _page(PasswordForm(formdata=None), form), 400
    try:
        is_right = viewer().step is not Step.TO_SHOW and second_step.shows_code(form.code.data)
    except Refused as refusal:
        form.refuse(refusal)
        return _page(PasswordForm(formdata=None), form), 429
    if not is_right:
        form.refuse("This code is not right, or it was used already. Wait for the next one.", "code")
        return _page(PasswordForm(formdata=None), form), 400
    return _is_sure("authenticator app")


@half_signed_in
def passkey_post() -> Response | tuple[str, int]:
    """Takes the answer of a passkey."""
    form = PasswordForm(formdata=None)
    try:
        if viewer().step is Step.TO_SHOW:
            raise Refused("Finish signing in first.")
        second_step.shows_passkey(request.form.get("answer", ""))
    except Refused as refusal:
        form.refuse(refusal)
        return _page(form, CodeForm(formdata=None)), 400
    return _is_sure("passkey")


def _is_sure(how: str) -> Response:
    who, clock = viewer(), house().clock
    entering.go_on(house().database.run(lambda session: sessions.make_sure(session, clock, who, how)))
    return onward(wanted_page(), url_for("account.account"))


def _page(form: PasswordForm, code_form: CodeForm) -> str:
    account = accounts.candidate(db(), viewer().email)
    return render_template(
        "licences/account/sure.html",
        forms=[form, code_form],
        password_form=form,
        code_form=code_form,
        has_password=account is not None,
        me=viewer(),
        next=wanted_page(),
        **second_step.ways(),
    )
