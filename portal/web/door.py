"""Sign in and sign out."""

from flask import Blueprint, abort, current_app, render_template, request, session, url_for
from flask_login import login_user, logout_user
from sqlalchemy.orm import Session
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from kit.web import forms
from kit.web.house import house
from kit.web.redirects import is_ours, onward
from kit.web.transactions import db, roll_back, writes, writing
from licences.guard import public, signed_in, viewer, viewer_or_none
from licences.people import accounts, limits
from licences.people.accounts import Candidate

WRONG = "This e-mail address and password do not belong together. Check both and try again."


class SignInForm(forms.Form):
    """The two fields of the door."""

    email = forms.email(missing="Write your e-mail address", autocomplete="username")
    password = forms.password(missing="Write your password")


def blueprint() -> Blueprint:
    """Sign-in and sign-out."""
    made = Blueprint("door", __name__)
    made.get("/sign-in")(sign_in)
    made.post("/sign-in")(sign_in_post)
    made.post("/sign-out")(sign_out)
    return made


@public
def sign_in() -> Response | str:
    """The form; somebody who is signed in is sent on."""
    if viewer_or_none():
        return onward(request.args.get("next"), url_for("home.home"))
    return _page(SignInForm())


@public
def sign_in_post() -> Response | tuple[str, int]:
    """Checks the password outside any writing transaction, then opens a session in one of its own."""
    form = SignInForm()
    if not form.validate():
        return _page(form), 400
    email, place = form.email.data.lower(), request.remote_addr or ""
    if _is_over(email, place):
        raise TooManyRequests(retry_after=15 * 60)
    account = accounts.candidate(db(), email)
    roll_back()
    if not accounts.password_fits(account, form.password.data) or account is None or not _may_enter(account):
        house().database.run(lambda writing: _count(writing, email, place))
        form.refuse(WRONG, "password")
        return _page(form), 400
    _enter(account, email, place)
    return onward(request.args.get("next"), url_for("home.home"))


@signed_in
@writes
def sign_out() -> Response:
    """Ends the session on the server: the cookie is worth nothing afterwards."""
    accounts.end_session(writing(), house().clock, viewer())
    logout_user()
    session.clear()  # words and form secrets meant for this person go with them
    return onward(None, url_for("door.sign_in"))


def _enter(account: Candidate, email: str, place: str) -> None:
    clock, browser = house().clock, request.headers.get("User-Agent", "")

    def begin(writing: Session) -> str:
        limits.forget(writing, limits.SIGN_IN_BY_ACCOUNT, f"{email} {place}")
        return accounts.begin_session(writing, clock, account.membership_id, browser)

    secret = house().database.run(begin)
    with house().database.read() as reading:
        found = accounts.viewer_of(reading, clock, secret)
    if found is None:
        abort(503)
    session.clear()  # whatever was planted before signing in, form secrets included, counts no more
    login_user(found[0])


def _may_enter(account: Candidate) -> bool:
    """Demo accounts have a password that everybody knows: they cannot sign in to production."""
    return not (account.is_demo and current_app.extensions["settings"].is_production)


def _is_over(email: str, place: str) -> bool:
    clock = house().clock
    return limits.is_over(db(), clock, limits.SIGN_IN_BY_PLACE, place) or limits.is_over(
        db(), clock, limits.SIGN_IN_BY_ACCOUNT, f"{email} {place}"
    )


def _count(writing: Session, email: str, place: str) -> None:
    limits.count(writing, house().clock, limits.SIGN_IN_BY_PLACE, place)
    limits.count(writing, house().clock, limits.SIGN_IN_BY_ACCOUNT, f"{email} {place}")


def _page(form: SignInForm) -> str:
    wanted = request.args.get("next")
    return render_template("portal/sign_in.html", form=form, next=wanted if is_ours(wanted) else None)
