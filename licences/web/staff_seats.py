"""Staff screens of a licence's seats: how many, who has one, and taking one back."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.refusals import NotThere, Refused
from kit.web import forms
from kit.web.house import house
from kit.web.pages import plural
from kit.web.transactions import db, roll_back, writes, writing
from licences import seats, terms
from licences.guard import allowed, viewer
from licences.people import memberships
from licences.policy import Action
from licences.web.staff_licences import MOST_SEATS, licence_page, seat_form


class SeatsForm(forms.Form):
    """How many seats a licence has."""

    seats = forms.whole_number("Seats", missing="Write how many seats", least=0, most=MOST_SEATS)
    reason = forms.text("Reason", missing="Say why, for the record", max_length=500)


@allowed(Action.MANAGE_LICENCES)
def change_seats(licence_id: int) -> str:
    """The form for the number of seats."""
    facts = terms.licence_facts(db(), house().clock, licence_id)
    return _page(SeatsForm(data={"seats": facts.seats_bought}), facts)


@allowed(Action.MANAGE_LICENCES)
@writes
def change_seats_post(licence_id: int) -> Response | tuple[str, int]:
    """Sets the number of seats."""
    facts = terms.licence_facts(db(), house().clock, licence_id)
    form = SeatsForm()
    if not form.validate():
        return _page(form, facts), 400
    try:
        terms.change_seats(
            writing(), house().clock, viewer().actor, licence_id, seats=form.seats.data, reason=form.reason.data
        )
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _page(form, facts), 409
    flash(f"The licence has {plural(form.seats.data, 'seat')} now.", "moss")
    return _back(licence_id)


@allowed(Action.MANAGE_LICENCES)
@writes
def give_seat_post(licence_id: int) -> Response | tuple[str, int]:
    """Gives a seat to the person chosen on the licence's page."""
    facts = terms.licence_facts(db(), house().clock, licence_id)
    form = seat_form(facts)
    if (form.person.data or "") in {str(one.person_id) for one in seats.seats_of(db(), licence_id)}:
        form.refuse("This person has a seat already.")  # given in another tab, or by a colleague
        return licence_page(facts, form), 400
    if not form.validate():
        return licence_page(facts, form), 400
    person_id = int(form.person.data)
    try:
        seats.give(writing(), house().clock, viewer().actor, licence_id, person_id)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return licence_page(facts, form), 409
    flash(f"{memberships.first_place(db(), person_id).name} has a seat now.", "moss")
    return _back(licence_id)


@allowed(Action.MANAGE_LICENCES)
def release_seat(licence_id: int, person_id: int) -> str:
    """Says what will happen when this seat is taken back."""
    facts = terms.licence_facts(db(), house().clock, licence_id)
    if (licence_id, person_id) not in seats.holders_in(db(), [licence_id]):
        raise NotThere
    person = memberships.first_place(db(), person_id)
    return render_template("licences/staff/release.html", licence=facts, person=person)


@allowed(Action.MANAGE_LICENCES)
@writes
def release_seat_post(licence_id: int, person_id: int) -> Response:
    """Takes a seat back."""
    try:
        seats.release(writing(), house().clock, viewer().actor, licence_id, person_id)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
        return _back(licence_id)
    flash("The seat is free. What was taken with it stays in the history.", "moss")
    return _back(licence_id)


def _page(form: SeatsForm, facts: terms.LicenceFacts) -> str:
    return render_template("licences/staff/seats.html", form=form, licence=facts)


def _back(licence_id: int) -> Response:
    return redirect(url_for(".one_licence", licence_id=licence_id), code=303)
