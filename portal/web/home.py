"""Where people land, and the page of help."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.clock import today
from kit.ids import new_code
from kit.web.house import house
from kit.web.transactions import db
from licences.entitlements import Entitlement
from licences.guard import allowed, public, viewer, viewer_or_none
from licences.people.kinds import Role
from licences.policy import Action
from licences.reminders import reminding
from materials.on_shelf import OnShelf, all_on_shelf

_LANDING = {
    Role.STAFF: "staff.overview",
    Role.MANAGER: "organisation.organisation",
    Role.FINANCE: "organisation.organisation",
}


def blueprint() -> Blueprint:
    """The front page, the trainer's home and help."""
    made = Blueprint("home", __name__)
    made.get("/")(home)
    made.get("/home")(trainer)
    made.get("/help")(help_page)
    return made


@public
def home() -> Response | str:
    """Signed in: the page of one's role. Else: the way in."""
    who = viewer_or_none()
    if who is None:
        return redirect(url_for("door.sign_in"), code=303)
    if who.role is Role.TRAINER:
        return _trainer_page()
    return redirect(url_for(_LANDING[who.role]), code=303)


@allowed(Action.TAKE_COPY)
def trainer() -> str:
    """A trainer's home, also for a licence manager who delivers."""
    return _trainer_page()


@public
def help_page() -> str:
    """How things are done here, and who answers."""
    return render_template("portal/help.html")


def _trainer_page() -> str:
    clock = house().clock
    shelves = all_on_shelf(db(), clock, viewer())
    newer = [item for item in shelves if item.held_last and item.current and not item.holds_current]
    unread = [item for item in shelves if item.holds_current and item.to_read]
    answers = _by_programme(shelves)
    return render_template(
        "portal/home.html",
        now=clock.now(),
        today=today(clock),
        shelves=shelves,
        newer=newer,
        unread=unread,
        all_current=not unread
        and all(item.holds_current for item in shelves)
        and all(item.entitlement.allowed for item in shelves),
        answers=answers,
        reminding=reminding(db(), clock, viewer(), answers),
        press=new_code,
    )


def _by_programme(shelves: list[OnShelf]) -> list[Entitlement]:
    return list({item.entitlement.programme.id: item.entitlement for item in shelves}.values())
