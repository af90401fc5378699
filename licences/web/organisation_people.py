"""What a licence manager does for one person of the organisation: looks, changes the role, ends their place."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.clock import today
from kit.refusals import Refused
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences import directory, seats, terms
from licences.guard import allowed, viewer
from licences.people import memberships
from licences.people.kinds import Role
from licences.people.memberships import Member
from licences.policy import Action
from licences.web.choices import first_capital

ROLES = (
    (Role.TRAINER, "Takes copies, with a seat and an accreditation."),
    (Role.MANAGER, "Invites people, gives seats, sees how the licence stands. May hold a seat as well."),
    (Role.FINANCE, "Sees what is paid for, and nothing else."),
)
ROLE_CHOICES = [(role.value, first_capital(role.value)) for role, _ in ROLES]
ROLE_ITEMS = [{"hint": {"text": hint}} for _, hint in ROLES]  # parameters of GOV.UK's macro, in the same order


class RoleForm(forms.Form):
    """What somebody is here."""

    role = forms.choice("Role", ROLE_CHOICES, missing="Choose a role")


def add_to(made: Blueprint) -> None:
    """Puts the addresses on the organisation's blueprint."""
    made.get("/people/<int:person_id>")(one_person)
    made.post("/people/<int:person_id>")(change_role_post)
    made.get("/people/<int:person_id>/leave")(leave)
    made.post("/people/<int:person_id>/leave")(leave_post)


@allowed(Action.MANAGE_PEOPLE)
def one_person(person_id: int) -> str:
    """One person: role, seats, accreditation, account, and what can be done."""
    found = _member(person_id)
    return person_page(RoleForm(data={"role": found.role.value}), found)


@allowed(Action.MANAGE_PEOPLE)
@writes
def change_role_post(person_id: int) -> Response | tuple[str, int]:
    """Changes what somebody is here."""
    found = _member(person_id)
    form = RoleForm()
    if not form.validate():
        return person_page(form, found), 400
    role = Role(form.role.data)
    try:
        seats.change_role(writing(), house().clock, viewer().actor, found.membership_id, role)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return person_page(form, found), 409
    if found.id == viewer().person_id and role is not Role.MANAGER:
        return redirect("/", code=303)  # this screen is not theirs any more
    flash(f"{found.name} is {role.value} now.", "moss")
    return redirect(url_for(".one_person", person_id=person_id), code=303)


@allowed(Action.MANAGE_PEOPLE)
def leave(person_id: int) -> str:
    """Says what happens when somebody leaves the organisation."""
    return _leave_page(_member(person_id))


@allowed(Action.MANAGE_PEOPLE)
@writes
def leave_post(person_id: int) -> Response | tuple[str, int]:
    """Ends somebody's place here; their seats are free, their history stays."""
    found = _member(person_id)
    try:
        seats.leave(writing(), house().clock, viewer().actor, found.membership_id)
    except Refused as refusal:
        roll_back()
        return _leave_page(found, refusal.message), 409
    flash(f"{found.name} does not belong to {found.organisation_name} any more. Their history is kept.", "moss")
    return redirect(url_for(".organisation"), code=303)


def person_page(form: RoleForm, found: Member) -> str:
    """The page of one person of the viewer's organisation."""
    licences = terms.licences_of(db(), house().clock, found.organisation_id)
    listed = directory.with_rights(db(), [found])[0]
    held = {seat.licence_id for seat in listed.seats}
    here = {licence.programme_id for licence in licences}
    return render_template(
        "licences/organisation_person.html",
        form=form,
        person=found,
        licences=licences,
        held=held,
        accreditations=[fact for fact in listed.accreditations if fact.programme_id in here],
        is_oneself=found.id == viewer().person_id,
        role_items=ROLE_ITEMS,
        today=today(house().clock),
    )


def _leave_page(found: Member, refused: str = "") -> str:
    held = directory.with_rights(db(), [found])[0].seats
    return render_template(
        "licences/organisation_leave.html",
        person=found,
        seats=held,
        refused=refused,
        is_oneself=found.id == viewer().person_id,
    )


def _member(person_id: int) -> Member:
    return memberships.member_in(db(), viewer().organisation_id, person_id)
