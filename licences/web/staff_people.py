"""Staff screens of people: who is where, with which role, seats and accreditations."""

from collections.abc import Iterator

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kit.clock import today
from kit.refusals import NotThere, Refused
from kit.web import forms
from kit.web.addresses import row_id
from kit.web.csv_export import csv_response
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences import accreditations, directory, history, programmes, seats, terms
from licences.directory import PeopleWanted
from licences.guard import allowed, viewer
from licences.people import accounts, mailing, memberships, organisations
from licences.people.kinds import OrganisationKind, Role
from licences.policy import Action
from licences.web import alphabet
from licences.web.choices import first_capital, offered, read_as

CSV_HEADS = ("Name", "E-mail address", "Organisation", "Role", "Account", "Seats", "Accredited", "Accredited until")


class PersonForm(forms.Form):
    """A person in an organisation."""

    name = forms.text(
        "Full name", missing="Write the person’s name", hint="As it should stand on copies.", max_length=120
    )
    email = forms.email(hint="Their own address at work. They sign in with it.", autocomplete="off")
    role = forms.choice("Role", missing="Choose a role")


class AccreditationForm(forms.Form):
    """From when until when somebody is accredited for a programme."""

    programme = forms.pick("Programme", missing="Choose the programme")
    from_on = forms.day("First day", missing="Write the first day")
    until_on = forms.day("Last day", missing="Write the last day")
    note = forms.text(
        "Note", hint="For the record, such as “Five days in June, first delivery signed off”.", max_length=500
    )


class PeopleAsked(forms.Query):
    """Who is looked for in the list."""

    q = forms.text("Name or e-mail address", max_length=120)
    kind = forms.pick("Kind of organisation", offered(OrganisationKind, "Any kind"))
    role = forms.pick("Role", offered(Role, "Any role"))


@allowed(Action.MANAGE_LICENCES)
def people_list() -> str:
    """People by name, with their seats and accreditations."""
    rows = directory.people(db(), _wanted(), alphabet.turn())
    return render_template(
        "licences/staff/people.html",
        page=alphabet.page(rows),
        asked=PeopleAsked(request.args),
        today=today(house().clock),
    )


@allowed(Action.MANAGE_LICENCES)
def people_csv() -> FlaskResponse:
    """The same people, all of them, one line for each."""
    return csv_response("people.csv", CSV_HEADS, _csv_rows(_wanted()))


@allowed(Action.MANAGE_LICENCES)
def new_person(organisation_id: int) -> str:
    """The form for somebody new in an organisation."""
    place = organisations.organisation(db(), organisation_id)
    return _new_page(_form_in(place), place)


@allowed(Action.MANAGE_LICENCES)
@writes
def new_person_post(organisation_id: int) -> Response | tuple[str, int]:
    """Adds a person, and queues the mail with which they set a password."""
    place = organisations.organisation(db(), organisation_id)
    form = _form_in(place)
    if not form.validate():
        return _new_page(form, place), 400
    try:
        made = memberships.add_person(
            writing(),
            house().clock,
            viewer().actor,
            organisation_id,
            name=form.name.data,
            email=form.email.data,
            role=Role(form.role.data),
        )
        mailing.send_welcome(writing(), house().clock, viewer().actor, house().letterhead, made.id)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _new_page(form, place), 409
    flash(f"{made.name} is added. A mail to {made.email} is on its way, with a link to set a password.", "moss")
    return redirect(url_for(".one_person", person_id=made.id), code=303)


@allowed(Action.MANAGE_LICENCES)
def one_person(person_id: int) -> str:
    """One person: facts, every place with its role and seats, accreditations, and what happened."""
    places = directory.with_rights(db(), memberships.places_of(db(), person_id))
    first = places[0]
    return render_template(
        "licences/staff/person.html",
        listed=first,
        person=first.person,
        places=places,
        licences=terms.licences_of(db(), house().clock, first.person.organisation_id),
        happenings=history.history_of(db(), "person", person_id),
        today=today(house().clock),
    )


@allowed(Action.MANAGE_LICENCES)
def edit_person(person_id: int) -> str:
    """A person's name, address and role in one place, to be corrected."""
    found = _place(person_id)
    data = {"name": found.name, "email": found.email, "role": found.role.value}
    return _edit_page(_form_of(found, data), found)


@allowed(Action.MANAGE_LICENCES)
@writes
def edit_person_post(person_id: int) -> Response | tuple[str, int]:
    """Corrects a person's name, address and role in one place."""
    found = _place(person_id)
    form = _form_of(found)
    if not form.validate():
        return _edit_page(form, found), 400
    clock, actor = house().clock, viewer().actor
    try:
        if found.ended_at is None:
            seats.change_role(writing(), clock, actor, found.membership_id, Role(form.role.data))
        memberships.rename_person(writing(), clock, actor, person_id, name=form.name.data)
        accounts.change_email(writing(), clock, actor, person_id, email=form.email.data)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _edit_page(form, found), 409
    flash(f"{form.name.data} is saved.", "moss")
    return redirect(url_for(".one_person", person_id=person_id), code=303)


@allowed(Action.MANAGE_LICENCES)
@writes
def send_link_post(person_id: int) -> Response:
    """Sends a new link to set a password; the one before stops working."""
    found = memberships.first_place(db(), person_id)
    mailing.send_welcome(writing(), house().clock, viewer().actor, house().letterhead, person_id)
    flash(f"A new link is on its way to {found.email}. Older ones no longer work.", "moss")
    return redirect(url_for(".one_person", person_id=person_id), code=303)


@allowed(Action.MANAGE_LICENCES)
def accreditation(person_id: int) -> str:
    """The form for an accreditation; what is recorded for the programme asked for is filled in."""
    found = memberships.first_place(db(), person_id)
    asked = alphabet.row_id(request.args.get("programme", ""))
    known = next(
        (fact for fact in accreditations.accreditations_of(db(), [person_id]) if fact.programme_id == asked), None
    )
    data = {"programme": str(asked or "")} | (
        {"from_on": known.from_on, "until_on": known.until_on, "note": known.note} if known else {}
    )
    return _accreditation_page(_accreditation_form(data), found, is_known=known is not None)


@allowed(Action.MANAGE_LICENCES)
@writes
def accreditation_post(person_id: int) -> Response | tuple[str, int]:
    """Records or corrects an accreditation."""
    found = memberships.first_place(db(), person_id)
    form = _accreditation_form()
    if not form.validate():
        return _accreditation_page(form, found), 400
    try:
        accreditations.record_accreditation(
            writing(),
            house().clock,
            viewer().actor,
            person_id=person_id,
            programme_id=int(form.programme.data),
            from_on=form.from_on.data,
            until_on=form.until_on.data,
            note=form.note.data,
        )
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _accreditation_page(form, found), 409
    flash(f"The accreditation of {found.name} is recorded.", "moss")
    return redirect(url_for(".one_person", person_id=person_id), code=303)


def _place(person_id: int) -> memberships.Member:
    """The place that the address names, or their first. Raises `NotThere` for a place that is not theirs."""
    places = memberships.places_of(db(), person_id)
    if "place" not in request.args:
        return places[0]
    wanted = row_id(request.args["place"])
    for place in places:
        if place.membership_id == wanted:
            return place
    raise NotThere


def _form_in(place: organisations.OrganisationFacts) -> PersonForm:
    form = PersonForm()
    form.role.choices = _roles(place.kind is OrganisationKind.LICENSOR)
    return form


def _form_of(found: memberships.Member, data: dict[str, str] | None = None) -> PersonForm:
    """Where a place has ended, there is no role to change."""
    form = PersonForm(data=data)
    if found.ended_at is None:
        form.role.choices = _roles(found.role is Role.STAFF)
    else:
        del form.role
    return form


def _roles(is_licensor: bool) -> list[tuple[str, str]]:
    """Everybody in the programme team's organisation is staff, and nobody elsewhere."""
    return [(role.value, first_capital(role.value)) for role in Role if (role is Role.STAFF) == is_licensor]


def _accreditation_form(data: dict[str, object] | None = None) -> AccreditationForm:
    form = AccreditationForm(data=data)
    known = [(str(one.id), one.name) for one in programmes.programmes(db())]
    form.programme.choices = [("", "Choose a programme"), *known]
    return form


def _new_page(form: PersonForm, place: organisations.OrganisationFacts) -> str:
    return render_template("licences/staff/person_new.html", form=form, organisation=place)


def _edit_page(form: PersonForm, found: memberships.Member) -> str:
    return render_template("licences/staff/person_edit.html", form=form, person=found)


def _accreditation_page(form: AccreditationForm, found: memberships.Member, is_known: bool = False) -> str:
    return render_template("licences/staff/accreditation.html", form=form, person=found, is_known=is_known)


def _wanted() -> PeopleWanted:
    return PeopleWanted(
        words=request.args.get("q", "")[:120],
        kind=read_as(OrganisationKind, request.args.get("kind", "")),
        role=read_as(Role, request.args.get("role", "")),
    )


def _csv_rows(wanted: PeopleWanted) -> Iterator[tuple[object, ...]]:
    for listed in directory.all_people(db(), wanted):
        person = listed.person
        yield (
            person.name,
            person.email,
            person.organisation_name,
            person.role.value,
            "password set" if person.has_password else "no password yet",
            "; ".join(seat.programme_name for seat in listed.seats),
            "; ".join(fact.programme_name for fact in listed.accreditations),
            "; ".join(fact.until_on.isoformat() for fact in listed.accreditations),
        )
