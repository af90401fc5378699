"""Acting for a person: staff see and do what that person can, under a banner, with both names in the audit trail."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web import forms
from kit.web.elsewhere import elsewhere
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences.guard import allowed, leaving, sure, viewer
from licences.people import memberships, sessions
from licences.policy import Action


class ActForm(forms.Form):
    """Why, for the audit trail."""

    reason = forms.text("Why", missing="Write why, for the audit trail", hint="Such as: asked by telephone.")


def add_to(made: Blueprint) -> None:
    """Puts these views on the staff blueprint."""
    made.get("/members/<int:membership_id>/act")(act)
    made.post("/members/<int:membership_id>/act")(act_post)
    made.post("/acting/stop")(stop_post)


@allowed(Action.MANAGE_LICENCES)
@sure
def act(membership_id: int) -> str:
    """Says what acting means, and asks why."""
    return _page(membership_id, ActForm())


@allowed(Action.MANAGE_LICENCES)
@sure
@writes
def act_post(membership_id: int) -> Response | tuple[str, int]:
    """From the next request on the session is that person's."""
    form = ActForm()
    if not form.validate():
        return _page(membership_id, form), 400
    try:
        sessions.begin_acting(writing(), house().clock, viewer(), membership_id, reason=form.reason.data)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _page(membership_id, form), 409
    return redirect(elsewhere("home"), code=303)


@leaving
@writes
def stop_post() -> Response:
    """The member of staff is themselves again, on the page of the person they acted for."""
    person = viewer()
    sessions.stop_acting(writing(), house().clock, person)
    flash(f"You are yourself again. What you did for {person.name} is in the audit trail with both names.", "moss")
    return redirect(url_for(".one_person", person_id=person.person_id), code=303)


def _page(membership_id: int, form: ActForm) -> str:
    return render_template("licences/staff/act.html", member=memberships.member(db(), membership_id), form=form)
