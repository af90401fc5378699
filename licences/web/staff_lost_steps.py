"""Somebody lost their telephone or key, and their recovery codes: staff make sure who it is, and remove them."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.refusals import NotThere
from kit.web.house import house
from kit.web.transactions import db, writes, writing
from licences.guard import allowed, sure, viewer
from licences.people import authenticators, memberships
from licences.policy import Action


def blueprint() -> Blueprint:
    """One page with one button."""
    made = Blueprint("lost_steps", __name__, template_folder="../templates")
    made.get("/admin/people/<int:person_id>/second-step")(lost_steps)
    made.post("/admin/people/<int:person_id>/second-step")(lost_steps_post)
    return made


@allowed(Action.MANAGE_LICENCES)
@sure
def lost_steps(person_id: int) -> str:
    """Says what will happen."""
    found = memberships.first_place(db(), person_id)
    proofs = authenticators.proofs_of(db(), person_id)
    return render_template("licences/staff/lost_steps.html", person=found, proofs=proofs)


@allowed(Action.MANAGE_LICENCES)
@sure
@writes
def lost_steps_post(person_id: int) -> Response:
    """Removes every app and passkey, and signs the person out everywhere. Nobody does it for themselves here."""
    if person_id == viewer().person_id:
        raise NotThere
    session = writing()
    found = memberships.first_place(session, person_id)
    authenticators.remove_lost(session, house().clock, house().letterhead, viewer().actor, person_id)
    flash(f"{found.name} has no second step now, is signed out everywhere, and reads so in a mail.", "moss")
    return redirect(url_for("licence_staff.one_person", person_id=person_id), code=303)
