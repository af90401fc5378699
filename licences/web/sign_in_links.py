"""Asking for a link by mail, and coming in by it. The words are the same for known and unknown addresses."""

from flask import Blueprint, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web import forms
from kit.web.elsewhere import elsewhere
from kit.web.house import house
from kit.web.redirects import onward, wanted_page
from kit.web.transactions import db, roll_back, writes, writing
from licences.guard import public
from licences.people import sessions, sign_in_links
from licences.people.kinds import TokenPurpose
from licences.web import entering


class AddressForm(forms.Form):
    """Where the link goes."""

    email = forms.email(missing="Write your e-mail address", autocomplete="username")


class ComeInForm(forms.Form):
    """One button."""


def blueprint() -> Blueprint:
    """The pages around links by mail."""
    made = Blueprint("links", __name__, template_folder="../templates")
    made.get("/sign-in/link")(ask_link)
    made.post("/sign-in/link")(ask_link_post)
    made.get("/sign-in/forgotten")(forgotten)
    made.post("/sign-in/forgotten")(forgotten_post)
    made.get("/sign-in/link/<secret>")(come_in)
    made.post("/sign-in/link/<secret>")(come_in_post)
    return made


@public
def ask_link() -> str:
    """The form for a link to sign in with."""
    return _ask_page(AddressForm(), TokenPurpose.SIGN_IN)


@public
@writes
def ask_link_post() -> Response | str | tuple[str, int]:
    """Has the link sent. Reached from the door, too, where the address is in the form already."""
    return _asked(TokenPurpose.SIGN_IN)


@public
def forgotten() -> str:
    """The form for a link to set a new password with."""
    return _ask_page(AddressForm(), TokenPurpose.SET_PASSWORD)


@public
@writes
def forgotten_post() -> Response | str | tuple[str, int]:
    """Has the link sent."""
    return _asked(TokenPurpose.SET_PASSWORD)


@public
def come_in(secret: str) -> str | tuple[str, int]:
    """Says whom the link signs in. Looking spends nothing: the button does."""
    owner = sign_in_links.owner_of(db(), house().clock, secret)
    return _used_up() if owner is None else render_template("licences/come_in.html", owner=owner, form=ComeInForm())


@public
def come_in_post(secret: str) -> Response | tuple[str, int]:
    """Spends the link, opens a session in the same transaction, and leads to the page that was wanted."""
    clock, browser = house().clock, entering.browser_words()
    roll_back()

    def come(writing_session: Session) -> tuple[str, str]:
        arrival = sign_in_links.spend(writing_session, clock, secret)
        return sessions.begin(writing_session, clock, arrival.membership_id, browser, how="link"), arrival.wanted

    try:
        opened, wanted = house().database.run(come)
    except Refused:
        return _used_up()
    entering.enter(opened)
    return onward(wanted, elsewhere("home"))


def _asked(purpose: TokenPurpose) -> str | tuple[str, int]:
    form = AddressForm()
    if not form.validate():
        return _ask_page(form, purpose), 400
    email = form.email.data.lower()
    try:
        sign_in_links.ask(
            writing(),
            house().clock,
            purpose,
            email=email,
            place=entering.network_place(),
            wanted=wanted_page() or "",
            demo_too=entering.rules().demo_may_enter,
        )
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _ask_page(form, purpose), 429
    return render_template("licences/link_asked.html", email=email, is_password=purpose is TokenPurpose.SET_PASSWORD)


def _ask_page(form: AddressForm, purpose: TokenPurpose) -> str:
    return render_template(
        "licences/link_ask.html",
        form=form,
        is_password=purpose is TokenPurpose.SET_PASSWORD,
        next=wanted_page(),
    )


def _used_up() -> tuple[str, int]:
    return render_template("licences/come_in_used.html"), 410
