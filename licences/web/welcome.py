"""Setting a password from a one-use link: the first one of somebody new, or the next of who has forgotten it."""

from flask import Blueprint, flash, render_template
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web.elsewhere import elsewhere
from kit.web.house import house
from kit.web.redirects import onward
from kit.web.transactions import db, roll_back
from licences.guard import public
from licences.people import accounts
from licences.web.new_password import NewPasswordForm


def blueprint() -> Blueprint:
    """The page behind the link."""
    made = Blueprint("welcome", __name__, template_folder="../templates")
    made.get("/welcome/<secret>")(welcome)
    made.post("/welcome/<secret>")(welcome_post)
    return made


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


def _welcome_page(form: NewPasswordForm, secret: str) -> str | tuple[str, int]:
    person = accounts.person_of_link(db(), house().clock, secret)
    if person is None:
        return render_template("licences/link_used.html"), 410
    return render_template("licences/welcome.html", form=form, person=person)
