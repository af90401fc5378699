"""One's own account: name, password, organisations, and the browsers in which one is signed in."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web import forms
from kit.web.elsewhere import elsewhere
from kit.web.house import house
from kit.web.pages import plural
from kit.web.transactions import db, roll_back, writes, writing
from licences.guard import signed_in, sure, viewer
from licences.people import accounts, authenticators, memberships, sessions
from licences.web.browser_words import in_words
from licences.web.new_password import NewPasswordForm


class NameForm(forms.Form):
    """How one is called."""

    name = forms.text(
        "Full name", "Write your name", "As it should stand on copies.", max_length=120, autocomplete="name"
    )


class PlaceForm(forms.Form):
    """Where one works now."""

    place = forms.choice("Organisation", missing="Choose an organisation")


def blueprint() -> Blueprint:
    """The account."""
    made = Blueprint("account", __name__, url_prefix="/account", template_folder="../templates")
    made.get("")(account)
    made.get("/name")(name)
    made.post("/name")(name_post)
    made.get("/password")(password)
    made.post("/password")(password_post)
    made.post("/place")(place_post)
    made.post("/sessions/<handle>/end")(end_session_post)
    made.post("/sessions/end")(end_others_post)
    return made


@signed_in
def account() -> str:
    """Everything about oneself on one page."""
    return _account_page(_place_form())


@signed_in
def name() -> str:
    """One's name, to be corrected."""
    return render_template("licences/account/name.html", form=NameForm(data={"name": viewer().name}))


@signed_in
@writes
def name_post() -> Response | tuple[str, int]:
    """Corrects one's name."""
    form = NameForm()
    if not form.validate():
        return render_template("licences/account/name.html", form=form), 400
    memberships.rename_person(writing(), house().clock, viewer().actor, viewer().person_id, name=form.name.data)
    flash("Your name is saved. Copies taken before keep the name they were stamped with.", "moss")
    return _back()


@signed_in
@sure
def password() -> str:
    """The form for a new password."""
    return render_template("licences/account/password.html", form=NewPasswordForm())


@signed_in
@sure
def password_post() -> Response | tuple[str, int]:
    """Hashes outside any transaction, then sets the password and ends every other session."""
    form, who, clock, letterhead = NewPasswordForm(), viewer(), house().clock, house().letterhead
    if not form.validate():
        return render_template("licences/account/password.html", form=form), 400
    roll_back()
    try:
        hashed = accounts.hash_password(form.password.data)
    except Refused as refusal:
        form.refuse(refusal)
        return render_template("licences/account/password.html", form=form), 400
    house().database.run(lambda session: accounts.change_password(session, clock, letterhead, who, hashed))
    flash("Your new password is set. Everywhere else you are signed out.", "moss")
    return _back()


@signed_in
@writes
def place_post() -> Response | tuple[str, int]:
    """Goes on in another organisation of one's own."""
    form = _place_form()
    if not form.validate():
        return _account_page(form), 400
    sessions.move_to(writing(), house().clock, viewer(), int(form.place.data))
    return redirect(elsewhere("home"), code=303)


@signed_in
@writes
def end_session_post(handle: str) -> Response:
    """Ends one of one's sessions."""
    sessions.end_one(writing(), house().clock, viewer(), handle)
    flash("That browser is signed out.", "moss")
    return _back()


@signed_in
@sure
@writes
def end_others_post() -> Response:
    """Ends every session but this one."""
    ended = sessions.end_others(writing(), house().clock, viewer())
    flash(f"You are signed out of {plural(ended, 'other browser')}.", "moss")
    return _back()


def _place_form() -> PlaceForm:
    form = PlaceForm(data={"place": str(viewer().membership_id)})
    form.place.choices = [
        (str(one.membership_id), f"{one.organisation_name} ({one.role.value})")
        for one in memberships.live_places(db(), viewer().person_id)
    ]
    return form


def _account_page(form: PlaceForm) -> str:
    who = viewer()
    return render_template(
        "licences/account/account.html",
        form=form,
        me=who,
        has_password=accounts.candidate(db(), who.email) is not None,
        proofs=authenticators.proofs_of(db(), who.person_id),
        codes_left=authenticators.codes_left(db(), who.person_id),
        sessions=[(one, in_words(one.browser)) for one in sessions.open_sessions(db(), house().clock, who)],
        count=len(form.place.choices),
    )


def _back() -> Response:
    return redirect(url_for("account.account"), code=303)
