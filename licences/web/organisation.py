"""The organisation's own screen: how its licences stand, why, what is next, and who holds a seat."""

from flask import Blueprint, render_template

from kit.clock import today
from kit.web.house import house
from kit.web.transactions import db
from licences import directory, terms
from licences.guard import allowed, viewer
from licences.people.kinds import Role
from licences.people.memberships import people_of
from licences.policy import Action


def blueprint() -> Blueprint:
    """One screen."""
    made = Blueprint("organisation", __name__, template_folder="../templates")
    made.get("/organisation")(organisation)
    return made


@allowed(Action.SEE_ORGANISATION)
def organisation() -> str:
    """Standing, seats and people of the viewer's own organisation.

    A finance contact sees what is paid for and not who is accredited: that is between trainers and their manager.
    """
    place = viewer().organisation_id
    sees_people = viewer().role is Role.MANAGER
    return render_template(
        "licences/organisation.html",
        licences=terms.licences_of(db(), house().clock, place),
        people=directory.with_rights(db(), people_of(db(), place)) if sees_people else None,
        today=today(house().clock),
    )
