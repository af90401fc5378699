"""The second step of signing in: a code of the app, a passkey, or a recovery code."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web import forms
from kit.web.elsewhere import elsewhere
from kit.web.house import house
from kit.web.pages import plural
from kit.web.redirects import onward, wanted_page
from kit.web.transactions import db, roll_back
from licences.guard import half_signed_in, viewer
from licences.people import authenticators, passkeys, sessions
from licences.people.kinds import AuthenticatorKind, Step
from licences.web import entering


class CodeForm(forms.Form):
    """Six figures from the app."""

    code = forms.text(
        "Code", "Write the six figures that your app shows", max_length=20, width=10, autocomplete="one-time-code"
    )


class RecoveryForm(forms.Form):
    """One of the ten codes on paper."""

    code = forms.text("Recovery code", "Write one of your recovery codes", max_length=60, autocomplete="off")


class PasskeyForm(forms.Form):
    """What the browser answers."""

    answer = forms.text("Passkey", "This needs the script of the page", max_length=20_000)


def blueprint() -> Blueprint:
    """The pages between the first step and being in."""
    made = Blueprint("second_step", __name__, template_folder="../templates")
    made.get("/sign-in/second")(second_step)
    made.post("/sign-in/second")(second_step_post)
    made.post("/sign-in/second/passkey")(passkey_post)
    made.get("/sign-in/second/recovery")(recovery)
    made.post("/sign-in/second/recovery")(recovery_post)
    return made


@half_signed_in
def second_step() -> Response | str:
    """Asks for the second step; who has none yet is sent to set one up, who is in is sent on."""
    if viewer().step is Step.DONE:
        return _on()
    if viewer().step is Step.TO_SET_UP:
        return redirect(url_for("account_steps.steps", next=wanted_page()), code=303)
    return _page(CodeForm())


@half_signed_in
def second_step_post() -> Response | tuple[str, int]:
    """Takes a code of the app."""
    form = CodeForm()
    if not form.validate():
        return _page(form), 400
    try:
        is_right = shows_code(form.code.data)
    except Refused as refusal:
        form.refuse(refusal)
        return _page(form), 429
    if not is_right:
        form.refuse(authenticators.WRONG_CODE, "code")
        return _page(form), 400
    return _proved("authenticator app")


@half_signed_in
def passkey_post() -> Response | tuple[str, int]:
    """Takes the answer of a passkey."""
    form = CodeForm(formdata=None)
    try:
        shows_passkey(request.form.get("answer", ""))
    except Refused as refusal:
        form.refuse(refusal)
        return _page(form), 400
    return _proved("passkey")


@half_signed_in
def recovery() -> str:
    """The form for a recovery code."""
    return _recovery_page(RecoveryForm())


@half_signed_in
def recovery_post() -> Response | tuple[str, int]:
    """Takes a recovery code, which is used up then."""
    form, who, clock = RecoveryForm(), viewer(), house().clock
    if not form.validate():
        return _recovery_page(form), 400
    roll_back()

    def use(session: Session) -> bool:
        return authenticators.use_recovery_code(session, clock, who.actor, form.code.data)

    if not house().database.run(use):
        form.refuse("This is none of your unused recovery codes. Each works once.", "code")
        return _recovery_page(form), 400
    response = _proved("recovery code")
    left = plural(authenticators.codes_left(db(), who.person_id), "recovery code")
    flash(f"You have {left} left. Lost your telephone or key? Remove it below and add a new one.", "honey")
    return response


def shows_code(code: str) -> bool:
    """Whether the viewer's app shows this code; wrong ones are counted. Raises `Refused` after too many."""
    who, clock, sealer = viewer(), house().clock, entering.sealer()
    counted_as = entering.counted_as(who.person_id)
    roll_back()
    return house().database.run(
        lambda session: authenticators.shows_code(session, clock, sealer, who.person_id, code, counted_as)
    )


def shows_passkey(answer: str) -> None:
    """Checks a passkey of the viewer's. Raises `Refused`."""
    who, clock, sealer, us = viewer(), house().clock, entering.sealer(), party()
    roll_back()
    house().database.run(lambda session: passkeys.shown_by(session, clock, sealer, us, answer, who.person_id))


def party() -> passkeys.Party:
    """Who we are to a browser."""
    return passkeys.party(house().links, house().letterhead.brand_name)


def ways() -> dict[str, object]:
    """What a page needs to offer the viewer's app and passkeys."""
    kinds = {proof.kind for proof in authenticators.proofs_of(db(), viewer().person_id)}
    options = None
    if AuthenticatorKind.PASSKEY in kinds:
        options = passkeys.options_to_show(db(), entering.sealer(), party(), viewer().person_id)
    return {"has_app": AuthenticatorKind.APP in kinds, "passkey_options": options}


def _proved(how: str) -> Response:
    who, clock = viewer(), house().clock
    entering.go_on(house().database.run(lambda session: sessions.prove(session, clock, who, how)))
    return _on()


def _on() -> Response:
    return onward(wanted_page(), elsewhere("home"))


def _page(form: CodeForm) -> str:
    return render_template("licences/second_step.html", form=form, next=wanted_page(), **ways())


def _recovery_page(form: RecoveryForm) -> str:
    return render_template("licences/second_step_recovery.html", form=form, next=wanted_page())
