"""What a licence manager does with seats: gives one, takes one back, hands one from a leaver to a successor."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kit.refusals import NotThere, Refused
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences import seats, terms
from licences.guard import allowed, viewer
from licences.people import memberships
from licences.people.kinds import Role
from licences.people.memberships import Member
from licences.policy import Action
from licences.terms import LicenceFacts


class SuccessorForm(forms.Form):
    """Who gets the seat next."""

    successor = forms.pick("Who gets the seat", missing="Choose who gets the seat")


def add_to(made: Blueprint) -> None:
    """Puts the addresses on the organisation's blueprint."""
    seat = "/people/<int:person_id>/seats/<int:licence_id>"
    made.post(f"{seat}/give")(give_seat_post)
    made.get(f"{seat}/release")(release_seat)
    made.post(f"{seat}/release")(release_seat_post)
    made.get(f"{seat}/hand-over")(hand_over)
    made.post(f"{seat}/hand-over")(hand_over_post)


@allowed(Action.MANAGE_PEOPLE)
@writes
def give_seat_post(person_id: int, licence_id: int) -> Response:
    """Gives a seat, and goes back to the page that the button stood on."""
    person, licence = _member(person_id), _licence(licence_id)
    try:
        seats.give(writing(), house().clock, viewer().actor, licence.id, person.id)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
    else:
        flash(f"{person.name} has a seat for {licence.programme_name} now.", "moss")
    if request.args.get("then") == "list":
        return redirect(url_for(".organisation"), code=303)
    return redirect(url_for(".one_person", person_id=person_id), code=303)


@allowed(Action.MANAGE_PEOPLE)
def release_seat(person_id: int, licence_id: int) -> str:
    """Says what happens when this seat is taken back."""
    person, licence = _holder(person_id, licence_id)
    return render_template("licences/organisation_release.html", person=person, licence=licence)


@allowed(Action.MANAGE_PEOPLE)
@writes
def release_seat_post(person_id: int, licence_id: int) -> Response:
    """Takes a seat back."""
    person, licence = _member(person_id), _licence(licence_id)
    try:
        seats.release(writing(), house().clock, viewer().actor, licence.id, person.id)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
    else:
        flash(f"The seat of {person.name} is free. What they took with it stays in the history.", "moss")
    return redirect(url_for(".organisation"), code=303)


@allowed(Action.MANAGE_PEOPLE)
def hand_over(person_id: int, licence_id: int) -> str:
    """The form that names a successor."""
    person, licence = _holder(person_id, licence_id)
    return _hand_over_page(_successor_form(person, licence), person, licence)


@allowed(Action.MANAGE_PEOPLE)
@writes
def hand_over_post(person_id: int, licence_id: int) -> Response | tuple[str, int]:
    """Moves the seat in one step; what the leaver took and did stays with the leaver."""
    person, licence = _member(person_id), _licence(licence_id)
    form = _successor_form(person, licence)
    if not form.validate():
        return _hand_over_page(form, person, licence), 400
    successor = _member(int(form.successor.data))
    clock, actor = house().clock, viewer().actor
    try:
        seats.hand_over(writing(), clock, actor, licence.id, leaver_id=person.id, successor_id=successor.id)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal.message)
        return _hand_over_page(form, person, licence), 409
    flash(f"{successor.name} has the seat of {person.name} now. The history of {person.name} is kept.", "moss")
    return redirect(url_for(".organisation"), code=303)


def _successor_form(person: Member, licence: LicenceFacts) -> SuccessorForm:
    """Those who may hold a seat and have none."""
    form = SuccessorForm()
    holders = {one.person_id for one in seats.seats_of(db(), licence.id)} | {person.id}
    able = memberships.people_with_roles(db(), licence.organisation_id, Role.TRAINER, Role.MANAGER)
    free = [(str(one.id), one.name) for one in able if one.id not in holders]
    form.successor.choices = [("", "Choose somebody"), *free]
    return form


def _hand_over_page(form: SuccessorForm, person: Member, licence: LicenceFacts) -> str:
    return render_template(
        "licences/organisation_hand_over.html",
        form=form,
        person=person,
        licence=licence,
        somebody_can=len(form.successor.choices) > 1,
    )


def _holder(person_id: int, licence_id: int) -> tuple[Member, LicenceFacts]:
    """Who holds a seat of one of the organisation's licences. Raises `NotThere` without one."""
    person, licence = _member(person_id), _licence(licence_id)
    if (licence.id, person.id) not in seats.holders_in(db(), [licence.id]):
        raise NotThere
    return person, licence


def _member(person_id: int) -> Member:
    return memberships.member_in(db(), viewer().organisation_id, person_id)


def _licence(licence_id: int) -> LicenceFacts:
    """A licence of the viewer's own organisation. Raises `NotThere` for any other."""
    found = terms.licence_facts(db(), house().clock, licence_id)
    if found.organisation_id != viewer().organisation_id:
        raise NotThere
    return found
