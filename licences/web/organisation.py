"""The organisation's own screen: how its licences stand, why, what is next, and who holds a seat."""

from flask import Blueprint, render_template

from kit.web.house import house
from kit.web.transactions import db
from licences import accreditations, seats, terms
from licences.guard import allowed, viewer
from licences.people.organisations import people_of
from licences.policy import Action


def blueprint() -> Blueprint:
    """One screen."""
    made = Blueprint("organisation", __name__, template_folder="../templates")
    made.get("/organisation")(organisation)
    return made


@allowed(Action.SEE_ORGANISATION)
def organisation() -> str:
    """Standing, seats and people of the viewer's own organisation."""
    place = viewer().organisation_id
    people = people_of(db(), place)
    licences = terms.licences_of(db(), house().clock, place)
    return render_template(
        "licences/organisation.html",
        licences=licences,
        people=people,
        holders=seats.holders_in(db(), [licence.id for licence in licences]),
        accreditations=accreditations.accreditations_of(db(), [person.id for person in people]),
    )
