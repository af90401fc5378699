"""Splitting an organisation: a county that becomes two, a team that leaves a trust."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web import forms
from kit.web.addresses import row_id
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences import splitting, terms
from licences.guard import allowed, sure, viewer
from licences.people import memberships, organisations
from licences.people.kinds import OrganisationKind
from licences.policy import Action
from licences.web.staff_organisations import CUSTOMERS


class SplitForm(forms.Form):
    """The new organisation and who goes there."""

    name = forms.text("Name of the new organisation", missing="Write the name of the new organisation", max_length=120)
    kind = forms.choice("Kind", CUSTOMERS, missing="Choose what kind of organisation it is")
    people = forms.several("Who goes there")


def add_to(made: Blueprint) -> None:
    """Puts these views on the staff blueprint."""
    made.get("/organisations/<int:organisation_id>/split")(split)
    made.post("/organisations/<int:organisation_id>/split")(split_post)


@allowed(Action.MANAGE_LICENCES)
@sure
def split(organisation_id: int) -> str:
    """The form: the new organisation, its people, and how many seats go along."""
    return _page(organisation_id, _form(organisation_id, {}))


@allowed(Action.MANAGE_LICENCES)
@sure
@writes
def split_post(organisation_id: int) -> Response | tuple[str, int]:
    """Splits the organisation."""
    form = _form(organisation_id)
    licences = terms.licences_of(db(), house().clock, organisation_id)
    if not form.validate():
        return _page(organisation_id, form), 400
    seats = {one.id: form[f"seats_{one.id}"].data or 0 for one in licences}
    try:
        made = splitting.split(
            writing(),
            house().clock,
            viewer().actor,
            organisation_id,
            name=form.name.data,
            kind=OrganisationKind(form.kind.data),
            people=[row_id(each) for each in form.people.data],
            seats_moved={key: count for key, count in seats.items() if count},
        )
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _page(organisation_id, form), 409
    flash(f"{made.name} is here, with {len(form.people.data)} people. To undo, merge it back.", "moss")
    return redirect(url_for(".one_organisation", organisation_id=made.id), code=303)


def _form(organisation_id: int, data: dict[str, object] | None = None) -> SplitForm:
    """With a number field for each licence; its name begins with `seats_`."""
    licences = terms.licences_of(db(), house().clock, organisation_id)
    fields = {
        f"seats_{one.id}": forms.whole_number(
            f"Seats for {one.programme_name}",
            hint=f"Of {one.seats_bought} now; {one.seats_in_use} are in use. Empty means none.",
            least=0,
            most=one.seats_bought,
        )
        for one in licences
    }
    form = type("SplitForm", (SplitForm,), fields)(data=data)
    people = memberships.people_of(db(), organisation_id)
    form.people.choices = [(str(one.id), f"{one.name}, {one.role.value}") for one in people]
    return form  # type: ignore[no-any-return]


def _page(organisation_id: int, form: SplitForm) -> str:
    found = organisations.organisation(db(), organisation_id)
    numbers = [field for field in form if field.name.startswith("seats_")]
    return render_template("licences/staff/split.html", organisation=found, form=form, numbers=numbers)
