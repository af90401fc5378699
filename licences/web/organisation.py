"""The organisation's own screen: how its licences stand, why, what is next, who is here and who is invited."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from flask import Blueprint, render_template, request
from flask import Response as FlaskResponse

from kit.clock import today
from kit.web import forms
from kit.web.csv_export import csv_response
from kit.web.house import house
from kit.web.pages import day
from kit.web.transactions import db
from licences import directory, joining, terms
from licences.billing import outlook
from licences.directory import ListedPerson, PeopleWanted
from licences.guard import allowed, viewer
from licences.people import invitations
from licences.people.kinds import Role
from licences.policy import Action
from licences.terms import LicenceFacts
from licences.web import alphabet
from licences.web import organisation_invitations as invited
from licences.web import organisation_money as money
from licences.web import organisation_more_seats as more_seats
from licences.web import organisation_orders as orders
from licences.web import organisation_people as people
from licences.web import organisation_renewing as renewing
from licences.web import organisation_seats as seats

CSV_HEADS = ("Name", "E-mail address", "Role", "Account", "Seats", "Accredited", "Accredited until")
# Fewer are seen at one look; a box to search them would only be in the way.
SEARCH_FROM = 20


class PeopleAsked(forms.Query):
    """Who is looked for among the people of the organisation."""

    q = forms.text("Name or e-mail address", max_length=120)
    seat = forms.pick("Seat", [("", "With or without"), ("yes", "With a seat"), ("no", "Without a seat")])


def blueprint() -> Blueprint:
    """The screen of one's own organisation, and what its licence managers do from there."""
    made = Blueprint("organisation", __name__, url_prefix="/organisation", template_folder="../templates")
    made.get("")(organisation)
    made.get("/people.csv")(people_csv)
    invited.add_to(made)
    money.add_to(made)
    orders.add_to(made)
    renewing.add_to(made)
    more_seats.add_to(made)
    people.add_to(made)
    seats.add_to(made)
    return made


@allowed(Action.SEE_ORGANISATION)
def organisation() -> str:
    """Standing, seats, people and invitations of the viewer's own organisation.

    A finance contact sees what is paid for and not who is accredited: that is between trainers and their manager.
    """
    place, clock = viewer().organisation_id, house().clock
    licences = terms.licences_of(db(), clock, place)
    facts = {"licences": licences, "outlooks": outlook.outlooks(db(), clock, licences), "today": today(clock)}
    if viewer().role is not Role.MANAGER:
        return render_template("licences/organisation.html", page=None, **facts)
    rows = [_of_this_place(one, licences) for one in directory.people(db(), _wanted(place), alphabet.turn())]
    asked, count = PeopleAsked(request.args), directory.count_people(db(), place)
    return render_template(
        "licences/organisation.html",
        page=alphabet.page(rows),
        count=count,
        asked=asked if count > SEARCH_FROM or asked.in_use() else None,
        invitations=invitations.open_invitations(db(), clock, place),
        without_seat=joining.without_seat(db(), clock, place),
        **facts,
    )


@allowed(Action.MANAGE_PEOPLE)
def people_csv() -> FlaskResponse:
    """Everybody here and everybody invited, one line for each."""
    place = viewer().organisation_id
    licences = terms.licences_of(db(), house().clock, place)
    waiting = invitations.open_invitations(db(), house().clock, place)
    return csv_response("people.csv", CSV_HEADS, _csv_rows(_wanted(place), licences, waiting))


def _wanted(organisation_id: int) -> PeopleWanted:
    seat = {"yes": True, "no": False}.get(request.args.get("seat", ""))
    return PeopleWanted(words=request.args.get("q", "")[:120], organisation_id=organisation_id, has_seat=seat)


def _of_this_place(listed: ListedPerson, licences: Sequence[LicenceFacts]) -> ListedPerson:
    """Without accreditations for programmes that only another organisation of theirs has licensed."""
    here = {licence.programme_id for licence in licences}
    return replace(listed, accreditations=tuple(one for one in listed.accreditations if one.programme_id in here))


def _csv_rows(
    wanted: PeopleWanted, licences: Sequence[LicenceFacts], waiting: Sequence[invitations.InvitationFacts]
) -> Iterator[tuple[object, ...]]:
    for listed in directory.all_people(db(), wanted):
        one = _of_this_place(listed, licences)
        yield (
            one.person.name,
            one.person.email,
            one.person.role.value,
            "ready" if one.person.has_password else "no password yet",
            "; ".join(seat.programme_name for seat in one.seats),
            "; ".join(fact.programme_name for fact in one.accreditations),
            "; ".join(fact.until_on.isoformat() for fact in one.accreditations),
        )
    for invitation in waiting:
        account = f"invited on {day(invitation.invited_at)}: {invitation.arrival.value}"
        yield (invitation.name, invitation.email, invitation.role.value, account, "", "", "")
