"""Staff screens of organisations."""

from collections.abc import Iterator
from dataclasses import asdict

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kit.clock import today
from kit.refusals import Refused
from kit.web import forms
from kit.web.csv_export import csv_response
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences import directory, history, merging, terms
from licences.billing import outlook
from licences.directory import NO_LICENCE, OrganisationsWanted
from licences.guard import allowed, viewer
from licences.people import invitations, memberships, organisations
from licences.people.kinds import OrganisationKind
from licences.people.organisations import Particulars
from licences.policy import Action
from licences.register import lookup
from licences.standing import Standing
from licences.web import alphabet
from licences.web import staff_register as registered
from licences.web.choices import offered, read_as
from licences.web.register_numbers import LA_CODE, TRUST_UID, UKPRN, URN, written_as

CSV_HEADS = (
    "Organisation", "Kind", "People", "Programme", "Standing", "Reason", "Next step", "Until",
    "Seats bought", "Seats in use",
)  # fmt: skip

CUSTOMERS = [(kind, words) for kind, words in offered(OrganisationKind) if kind != OrganisationKind.LICENSOR]


class OrganisationForm(forms.Form):
    """Who an organisation is."""

    name = forms.text(
        "Name", missing="Write the organisation’s name", hint="As it is written on its letters.", max_length=120
    )
    kind = forms.choice("Kind", CUSTOMERS, missing="Choose what kind of organisation it is")
    address = forms.long_text("Address", hint="For invoices and letters. It may be empty.", max_length=500, rows=3)
    urn = forms.text("URN", hint="Six figures, for a single school.", max_length=6, width=10, checks=[written_as(URN)])
    ukprn = forms.text("UKPRN", hint="Eight figures.", max_length=8, width=10, checks=[written_as(UKPRN)])
    trust_uid = forms.text(
        "Trust UID", hint="Of a trust, such as TR01234.", max_length=10, width=10, checks=[written_as(TRUST_UID)]
    )
    la_code = forms.text(
        "LA code",
        hint="Three figures, of a council and its teams.",
        max_length=3,
        width=5,
        checks=[written_as(LA_CODE)],
    )

    @property
    def particulars(self) -> Particulars:
        numbers = (self.urn, self.ukprn, self.trust_uid, self.la_code)
        return Particulars(self.address.data, *(field.data or None for field in numbers))


class OrganisationsAsked(forms.Query):
    """What is looked for in the list."""

    q = forms.text("Name", max_length=120)
    kind = forms.pick("Kind", offered(OrganisationKind, "Any kind"))
    standing = forms.pick("Licence", [*offered(Standing, "Any standing"), (NO_LICENCE, "No licence")])


@allowed(Action.MANAGE_LICENCES)
def organisation_list() -> str:
    """Organisations by name, with how their licences stand."""
    rows = directory.organisations(db(), house().clock, _wanted(), alphabet.turn())
    return render_template(
        "licences/staff/organisations.html", page=alphabet.page(rows), asked=OrganisationsAsked(request.args)
    )


@allowed(Action.MANAGE_LICENCES)
def organisations_csv() -> FlaskResponse:
    """The same organisations, all of them, one line for each licence."""
    return csv_response("organisations.csv", CSV_HEADS, _csv_rows(_wanted()))


@allowed(Action.MANAGE_LICENCES)
def new_organisation() -> str:
    """The form for a new organisation, filled in from the register when it was chosen there, or with a quote's name."""
    chosen = registered.chosen()
    named = {"name": request.args.get("name", "")[:120]}
    return _form_page(OrganisationForm(data=registered.filled_in(chosen) if chosen else named), chosen=chosen)


@allowed(Action.MANAGE_LICENCES)
@writes
def new_organisation_post() -> Response | tuple[str, int]:
    """Adds an organisation."""
    form = OrganisationForm()
    if not form.validate():
        return _form_page(form), 400
    try:
        made = organisations.create_organisation(
            writing(),
            house().clock,
            viewer().actor,
            name=form.name.data,
            kind=OrganisationKind(form.kind.data),
            particulars=form.particulars,
        )
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _form_page(form), 409
    flash(f"{made.name} is here. Next: its people, and a licence.", "moss")
    return redirect(url_for(".one_organisation", organisation_id=made.id), code=303)


@allowed(Action.MANAGE_LICENCES)
def one_organisation(organisation_id: int) -> str:
    """One organisation: facts, licences, seats, people, who is invited, and what happened."""
    found = organisations.organisation(db(), organisation_id)
    people = memberships.people_of(db(), organisation_id)
    licences = terms.licences_of(db(), house().clock, organisation_id)
    return render_template(
        "licences/staff/organisation.html",
        organisation=found,
        licences=licences,
        outlooks=outlook.outlooks(db(), house().clock, licences),
        people=directory.with_rights(db(), people),
        invitations=invitations.open_invitations(db(), house().clock, organisation_id),
        happenings=history.history_of(db(), "organisation", organisation_id),
        is_licensor=found.kind is OrganisationKind.LICENSOR,
        merged=_merged(organisation_id),
        registered=lookup.entries_of(db(), registered.numbers_of(found.particulars)),
        today=today(house().clock),
    )


def _merged(organisation_id: int) -> merging.MergeFacts | None:
    """The merge by which it became part of another one, while it stands."""
    known = merging.merges(db(), "organisation", organisation_id)
    return next((one for one in known if one.gone_id == organisation_id and one.undone_at is None), None)


@allowed(Action.MANAGE_LICENCES)
def edit_organisation(organisation_id: int) -> str:
    """An organisation's name and kind, to be corrected; its numbers are those of the register when chosen there."""
    found = organisations.organisation(db(), organisation_id)
    chosen = registered.chosen()
    data = {"name": found.name, "kind": found.kind.value} | asdict(found.particulars)
    if chosen:
        data |= {name: value for name, value in registered.filled_in(chosen).items() if name not in ("name", "kind")}
    return _form_page(_form_for(found, data=data), found, chosen)


@allowed(Action.MANAGE_LICENCES)
@writes
def edit_organisation_post(organisation_id: int) -> Response | tuple[str, int]:
    """Corrects an organisation's name and kind."""
    found = organisations.organisation(db(), organisation_id)
    form = _form_for(found)
    if not form.validate():
        return _form_page(form, found), 400
    kind = OrganisationKind(form.kind.data)
    try:
        organisations.rename_organisation(
            writing(),
            house().clock,
            viewer().actor,
            organisation_id,
            name=form.name.data,
            kind=kind,
            particulars=form.particulars,
        )
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _form_page(form, found), 409
    flash(f"{form.name.data} is saved.", "moss")
    return redirect(url_for(".one_organisation", organisation_id=organisation_id), code=303)


def _form_for(found: organisations.OrganisationFacts, data: dict[str, str] | None = None) -> OrganisationForm:
    """The programme team's own organisation stays what it is; the others may become any other kind."""
    form = OrganisationForm(data=data)
    if found.kind is OrganisationKind.LICENSOR:
        form.kind.choices = [(OrganisationKind.LICENSOR.value, "Licensor")]
    return form


def _form_page(
    form: OrganisationForm,
    found: organisations.OrganisationFacts | None = None,
    chosen: lookup.EntryFacts | None = None,
) -> str:
    return render_template(
        "licences/staff/organisation_form.html",
        form=form,
        organisation=found,
        chosen=chosen,
        read_at=lookup.read_last(db()),
    )


def _wanted() -> OrganisationsWanted:
    standing = request.args.get("standing", "")
    return OrganisationsWanted(
        words=request.args.get("q", "")[:120],
        kind=read_as(OrganisationKind, request.args.get("kind", "")),
        standing=NO_LICENCE if standing == NO_LICENCE else read_as(Standing, standing),
    )


def _csv_rows(wanted: OrganisationsWanted) -> Iterator[tuple[object, ...]]:
    for listed in directory.all_organisations(db(), house().clock, wanted):
        start = (listed.organisation.name, listed.organisation.kind.value, listed.people)
        if not listed.licences:
            yield (*start, *[""] * (len(CSV_HEADS) - len(start)))
        for licence in listed.licences:
            state = licence.standing
            yield (
                *start, licence.programme_name, state.standing.value, state.reason, state.next_step, state.until,
                licence.seats_bought, licence.seats_in_use,
            )  # fmt: skip
