"""Sign in and sign out."""

from flask import Blueprint, make_response, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kit.web import forms
from kit.web.house import house
from kit.web.redirects import onward, wanted_page
from kit.web.transactions import db, roll_back, writes, writing
from licences.guard import is_half_way, leaving, public, viewer, viewer_or_none
from licences.people import accounts, limits, passkeys, sessions
from licences.people.accounts import Candidate
from licences.people.limits import Limit
from licences.web import entering
from licences.web.second_step import party

WRONG = "This e-mail address and password do not belong together. Check both and try again."
TOO_OFTEN = "Too many tries. Wait 15 minutes, then try again once, or have a sign-in link sent to you now."
WAIT_SECONDS = 15 * 60


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
        return onward(wanted_page(), url_for("home.home"))
    if is_half_way():
        return redirect(url_for("second_step.second_step", next=wanted_page()), code=303)
    return _page(SignInForm())


@public
def sign_in_post() -> Response | tuple[str, int]:
    """Checks the password outside any writing transaction, then opens a session in one of its own."""
    form = SignInForm()
    if not form.validate():
        return _page(form), 400
    email = form.email.data.lower()
    account = accounts.candidate(db(), email)
    counts = _counts(account, email)
    if any(limits.is_over(db(), house().clock, limit, key) for limit, key in counts):
        return _too_often(form)
    roll_back()
    if not accounts.password_fits(account, form.password.data) or account is None or not _may_enter(account):
        house().database.run(lambda writing: _count(writing, counts))
        form.refuse(WRONG, "password")
        return _page(form), 400
    _enter(account, counts)
    return onward(wanted_page(), url_for("home.home"))


@leaving
@writes
def sign_out() -> Response:
    """Ends the session on the server: the cookie is worth nothing afterwards."""
    sessions.end(writing(), house().clock, viewer())
    entering.leave()
    return onward(None, url_for("door.sign_in"))


def _enter(account: Candidate, counts: list[tuple[Limit, str]]) -> None:
    clock, browser = house().clock, entering.browser_words()

    def begin(writing: Session) -> str:
        for limit, key in counts:
            if limit in (limits.SIGN_IN_BY_ACCOUNT, limits.SIGN_IN_BY_BROWSER):
                limits.forget(writing, limit, key)
        return sessions.begin(writing, clock, account.membership_id, browser)

    entering.enter(house().database.run(begin))


def _may_enter(account: Candidate) -> bool:
    """Demo accounts have a password that everybody knows: they cannot sign in to production."""
    return entering.rules().demo_may_enter or not account.is_demo


def _counts(account: Candidate | None, email: str) -> list[tuple[Limit, str]]:
    """Under what a wrong password is counted: a browser that the person has used before answers for itself alone."""
    known, place = entering.known_browser(), entering.network_place()
    if known and account and known.person_id == account.person_id:
        return [(limits.SIGN_IN_BY_BROWSER, known.name)]
    return [
        (limits.SIGN_IN_BY_PLACE, place),
        (limits.SIGN_IN_BY_ACCOUNT, f"{email} {place}"),
        (limits.SIGN_IN_BY_EMAIL, email),
    ]


def _count(writing: Session, counts: list[tuple[Limit, str]]) -> None:
    for limit, key in counts:
        limits.count(writing, house().clock, limit, key)


def _too_often(form: SignInForm) -> Response:
    form.refuse(TOO_OFTEN, "password")
    response = make_response(_page(form), 429)
    response.headers["Retry-After"] = str(WAIT_SECONDS)
    return response


def _page(form: SignInForm) -> str:
    return render_template(
        "portal/sign_in.html",
        form=form,
        next=wanted_page(),
        passkey_options=passkeys.options_to_show(db(), entering.sealer(), party()),
    )
