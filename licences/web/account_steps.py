"""One's second step: adding an authenticator app or a passkey, recovery codes, and removing what is lost."""

from collections.abc import Callable

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kit.refusals import NotThere, Refused
from kit.web import forms
from kit.web.elsewhere import elsewhere
from kit.web.house import house
from kit.web.redirects import wanted_page
from kit.web.transactions import db, roll_back, writes, writing
from licences.guard import half_signed_in, signed_in, sure, viewer
from licences.people import authenticators, passkeys, sessions
from licences.people.authenticators import AppToSetUp, Proof
from licences.people.kinds import Step
from licences.web import entering
from licences.web.second_step import party


class AppForm(forms.Form):
    """A name for the app, and its first code."""

    name = forms.text("Name", "Write a name for it", "Such as “My telephone”.", max_length=80, autocomplete="off")
    code = forms.text(
        "Code", "Write the six figures that your app shows", max_length=20, width=10, autocomplete="one-time-code"
    )


class PasskeyForm(forms.Form):
    """A name for the passkey; the browser's answer is in a field of its own."""

    name = forms.text("Name", "Write a name for it", "Such as “Work laptop”.", max_length=80, autocomplete="off")


def blueprint() -> Blueprint:
    """The pages of the second step in the account."""
    made = Blueprint("account_steps", __name__, url_prefix="/account/second-step", template_folder="../templates")
    made.get("")(steps)
    made.get("/app")(app)
    made.post("/app")(app_post)
    made.get("/passkey")(passkey)
    made.post("/passkey")(passkey_post)
    made.post("/codes")(codes_post)
    made.get("/<int:proof_id>/remove")(remove)
    made.post("/<int:proof_id>/remove")(remove_post)
    return made


@half_signed_in
def steps() -> Response | str:
    """What the person has, and what can be added. Who must have a second step lands here when they have none."""
    if viewer().step is Step.TO_SHOW:
        return _to_show()
    return render_template(
        "licences/account/steps.html",
        proofs=authenticators.proofs_of(db(), viewer().person_id),
        codes_left=authenticators.codes_left(db(), viewer().person_id),
        must=viewer().step is Step.TO_SET_UP,
        next=wanted_page(),
    )


@half_signed_in
@sure
def app() -> Response | str:
    """A fresh secret as a picture and in letters."""
    return _to_show() if viewer().step is Step.TO_SHOW else _app_page(AppForm(), _new_app())


@half_signed_in
@sure
def app_post() -> Response | str | tuple[str, int]:
    """Adds the app when its first code is right."""
    if viewer().step is Step.TO_SHOW:
        return _to_show()
    form, sealed = AppForm(), request.form.get("sealed", "")
    if not form.validate():
        return _app_page(form, _same_app(sealed)), 400
    clock, letterhead, sealer, actor = house().clock, house().letterhead, entering.sealer(), viewer().actor

    def add(session: Session) -> None:
        name, code = form.name.data, form.code.data
        authenticators.add_app(session, clock, letterhead, sealer, actor, sealed=sealed, name=name, code=code)

    try:
        return _added(add, "authenticator app")
    except Refused as refusal:
        form.refuse(refusal)
        return _app_page(form, _same_app(sealed)), 409


@half_signed_in
@sure
def passkey() -> Response | str:
    """The form that asks the browser for a passkey."""
    return _to_show() if viewer().step is Step.TO_SHOW else _passkey_page(PasskeyForm())


@half_signed_in
@sure
def passkey_post() -> Response | str | tuple[str, int]:
    """Adds the passkey that the browser made."""
    if viewer().step is Step.TO_SHOW:
        return _to_show()
    form = PasskeyForm()
    if not form.validate():
        return _passkey_page(form), 400
    clock, letterhead, sealer, us, actor = house().clock, house().letterhead, entering.sealer(), party(), viewer().actor
    name, answer = form.name.data, request.form.get("answer", "")
    try:
        return _added(
            lambda session: passkeys.add(session, clock, letterhead, sealer, us, actor, answer=answer, name=name),
            "passkey",
        )
    except Refused as refusal:
        form.refuse(refusal)
        return _passkey_page(form), 409


@signed_in
@sure
@writes
def codes_post() -> Response | str:
    """Makes ten new recovery codes and shows them, this once."""
    if not authenticators.proofs_of(db(), viewer().person_id):
        return redirect(url_for(".steps"), code=303)
    codes = authenticators.new_recovery_codes(writing(), house().clock, house().letterhead, viewer().actor)
    return _codes_page(codes, "Ten new recovery codes")


@signed_in
@sure
def remove(proof_id: int) -> str:
    """Asks before removing."""
    found = _own(proof_id)
    is_last = len(authenticators.proofs_of(db(), viewer().person_id)) == 1
    return render_template("licences/account/step_remove.html", proof=found, is_last=is_last)


@signed_in
@sure
@writes
def remove_post(proof_id: int) -> Response:
    """Removes an app or a passkey."""
    name = authenticators.remove(writing(), house().clock, house().letterhead, viewer().actor, proof_id)
    flash(f"{name} is removed.", "moss")
    return redirect(url_for(".steps"), code=303)


def _added(add: Callable[[Session], None], how: str) -> str:
    """Adds it, and takes it as shown; the first comes with recovery codes. Raises `Refused`."""
    who, clock, letterhead = viewer(), house().clock, house().letterhead
    roll_back()

    def in_one(session: Session) -> tuple[str, list[str]]:
        add(session)
        is_first = authenticators.codes_left(session, who.person_id) == 0
        codes = authenticators.new_recovery_codes(session, clock, letterhead, who.actor) if is_first else []
        return sessions.prove(session, clock, who, how), codes

    secret, codes = house().database.run(in_one)
    entering.go_on(secret)
    return _codes_page(codes, f"Your {how} is added")


def _own(proof_id: int) -> Proof:
    for proof in authenticators.proofs_of(db(), viewer().person_id):
        if proof.id == proof_id:
            return proof
    raise NotThere


def _new_app() -> AppToSetUp:
    who = viewer()
    return authenticators.app_to_set_up(entering.sealer(), who.person_id, who.email, house().letterhead.brand_name)


def _same_app(sealed: str) -> AppToSetUp:
    who = viewer()
    brand = house().letterhead.brand_name
    return authenticators.same_app(entering.sealer(), who.person_id, sealed, who.email, brand) or _new_app()


def _to_show() -> Response:
    return redirect(url_for("second_step.second_step", next=wanted_page()), code=303)


def _app_page(form: AppForm, app: AppToSetUp) -> str:
    picture = segno.make(app.address, error="m").svg_inline(scale=5, border=4, svgclass="sb-qr", lineclass=None)
    groups = " ".join(app.secret[start : start + 4] for start in range(0, len(app.secret), 4))
    return render_template(
        "licences/account/step_app.html",
        form=form,
        app=app,
        picture=Markup(picture),  # noqa: S704 - drawn by segno from figures, letters and an escaped address
        groups=groups,
        next=wanted_page(),
    )


def _passkey_page(form: PasskeyForm) -> str:
    who = viewer()
    options = passkeys.options_to_add(db(), entering.sealer(), party(), who.person_id, who.email, who.name)
    return render_template("licences/account/step_passkey.html", form=form, options=options, next=wanted_page())


def _codes_page(codes: list[str], title: str) -> str:
    return render_template(
        "licences/account/codes.html", codes=codes, heading=title, onward=wanted_page() or elsewhere("home")
    )
