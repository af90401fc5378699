"""Coming in with a passkey alone: the device has made sure of the person itself, so it counts for both steps."""

from flask import Blueprint, flash, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web.elsewhere import elsewhere
from kit.web.house import house
from kit.web.redirects import onward, wanted_page
from kit.web.transactions import roll_back
from licences.guard import public
from licences.people import passkeys, sessions
from licences.web import entering
from licences.web.second_step import party


def blueprint() -> Blueprint:
    """What the door's passkey form is sent to."""
    made = Blueprint("passkey_door", __name__)
    made.post("/sign-in/passkey")(come_in_post)
    return made


@public
def come_in_post() -> Response:
    """Checks the passkey and opens a session in one transaction."""
    clock, sealer, us, rules = house().clock, entering.sealer(), party(), entering.rules()
    browser, answer, wanted = entering.browser_words(), request.form.get("answer", ""), wanted_page()
    roll_back()

    def come(session: Session) -> str:
        person_id = passkeys.shown_by(session, clock, sealer, us, answer)
        place = passkeys.place_behind(session, person_id, demo_too=rules.demo_may_enter)
        return sessions.begin(session, clock, place, browser, how="passkey", is_proved=True)

    try:
        entering.enter(house().database.run(come))
    except Refused as refusal:
        flash(refusal.message, "brick")
        return redirect(elsewhere("sign in", next=wanted), code=303)
    return onward(wanted, elsewhere("home"))
