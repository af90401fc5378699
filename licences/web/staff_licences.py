"""Staff screens of licences: granting periods, suspending and restoring."""

from datetime import date, timedelta

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kit.clock import today
from kit.refusals import NotThere, Refused
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences import history, programmes, seats, terms
from licences.billing import outlook, overrides
from licences.guard import allowed, viewer
from licences.people import memberships, organisations
from licences.people.kinds import OrganisationKind, Role
from licences.policy import Action
from licences.standing import Cause
from licences.terms import LicenceFacts
from licences.web import alphabet

MOST_SEATS = 10_000


class OfProgramme:
    """Mixed in first, since a form's fields stand in the order in which they were written."""

    programme = forms.pick("Programme", missing="Choose the programme")


class PeriodForm(forms.Form):
    """A period of a licence that there is."""

    starts_on = forms.day("First day", missing="Write the first day")
    ends_on = forms.day("Last day", missing="Write the last day")
    seats = forms.whole_number(
        "Seats", missing="Write how many seats", hint="From now on, all together.", least=0, most=MOST_SEATS
    )
    reason = forms.text(
        "Reason",
        missing="Say why, for the record",
        hint="Such as “Purchase order 4500081734” or “Pilot, agreed on 3 May”.",
        max_length=500,
    )


class LicenceForm(OfProgramme, PeriodForm):
    """A licence with its first period."""


class ReasonForm(forms.Form):
    """Why a licence is suspended or restored."""

    reason = forms.long_text("Reason", missing="Say why", max_length=500, rows=3)


class SeatGiven(forms.Form):
    """Who is given a seat."""

    person = forms.pick("Give a seat to", missing="Choose a person")


@allowed(Action.MANAGE_LICENCES)
def new_licence() -> Response | str:
    """The form for an organisation's licence. Without an organisation: to their list."""
    place = _organisation_asked()
    if place is None:
        return redirect(url_for(".organisation_list"), code=303)
    day = today(house().clock)
    return _new_page(_licence_form({"starts_on": day, "ends_on": last_day_of_year(day)}), place)


@allowed(Action.MANAGE_LICENCES)
@writes
def new_licence_post() -> Response | tuple[str, int]:
    """Grants a licence with its first period."""
    place = _organisation_asked()
    if place is None:
        raise NotThere
    form = _licence_form()
    if not form.validate():
        return _new_page(form, place), 400
    try:
        licence_id = _grant(form, place.id, int(form.programme.data))
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _new_page(form, place), 409
    flash(f"The licence of {place.name} is granted. Next: give its seats to trainers.", "moss")
    return redirect(url_for(".one_licence", licence_id=licence_id), code=303)


@allowed(Action.MANAGE_LICENCES)
def one_licence(licence_id: int) -> str:
    """One licence: standing, periods, seats, and what happened."""
    facts = terms.licence_facts(db(), house().clock, licence_id)
    return licence_page(facts, seat_form(facts))


@allowed(Action.MANAGE_LICENCES)
def new_period(licence_id: int) -> str:
    """The form for another period; it begins where the last one ends."""
    facts = terms.licence_facts(db(), house().clock, licence_id)
    periods = terms.periods_of(db(), licence_id)
    last = max((period.ends_on for period in periods), default=None)
    starts = last + timedelta(days=1) if last else today(house().clock)
    data = {"starts_on": starts, "ends_on": last_day_of_year(starts), "seats": facts.seats_bought}
    return _period_page(PeriodForm(data=data), facts)


@allowed(Action.MANAGE_LICENCES)
@writes
def new_period_post(licence_id: int) -> Response | tuple[str, int]:
    """Grants another period."""
    facts = terms.licence_facts(db(), house().clock, licence_id)
    form = PeriodForm()
    if not form.validate():
        return _period_page(form, facts), 400
    try:
        _grant(form, facts.organisation_id, facts.programme_id)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _period_page(form, facts), 409
    flash("The period is granted.", "moss")
    return redirect(url_for(".one_licence", licence_id=licence_id), code=303)


@allowed(Action.MANAGE_LICENCES)
def suspend(licence_id: int) -> Response | str:
    """Asks for the reason, and says what will happen."""
    facts = terms.licence_facts(db(), house().clock, licence_id)
    if facts.standing.cause is Cause.STOPPED:
        return _back(licence_id)
    return _reason_page(ReasonForm(), facts, "suspend")


@allowed(Action.MANAGE_LICENCES)
@writes
def suspend_post(licence_id: int) -> Response | tuple[str, int]:
    """Suspends the licence: no copies from the next request on."""
    facts = terms.licence_facts(db(), house().clock, licence_id)
    form = ReasonForm()
    if not form.validate():
        return _reason_page(form, facts, "suspend"), 400
    try:
        terms.suspend(writing(), house().clock, viewer().actor, licence_id, reason=form.reason.data)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
        return _back(licence_id)
    flash("The licence is suspended. Its people read your reason on their pages.", "moss")
    return _back(licence_id)


@allowed(Action.MANAGE_LICENCES)
def restore(licence_id: int) -> Response | str:
    """Asks for the reason, and says what will happen."""
    facts = terms.licence_facts(db(), house().clock, licence_id)
    if facts.standing.cause is not Cause.STOPPED:
        return _back(licence_id)
    return _reason_page(ReasonForm(), facts, "restore")


@allowed(Action.MANAGE_LICENCES)
@writes
def restore_post(licence_id: int) -> Response | tuple[str, int]:
    """Lifts the suspension."""
    facts = terms.licence_facts(db(), house().clock, licence_id)
    form = ReasonForm()
    if not form.validate():
        return _reason_page(form, facts, "restore"), 400
    try:
        terms.restore(writing(), house().clock, viewer().actor, licence_id, reason=form.reason.data)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
        return _back(licence_id)
    flash("The licence is restored.", "moss")
    return _back(licence_id)


def licence_page(facts: LicenceFacts, form: SeatGiven) -> str:
    """The page of one licence, with the form that gives a seat."""
    return render_template(
        "licences/staff/licence.html",
        licence=facts,
        form=form,
        seats=seats.seats_of(db(), facts.id),
        periods=terms.periods_of(db(), facts.id),
        outlook=outlook.outlooks(db(), house().clock, [facts])[facts.id],
        overrides=overrides.open_overrides(db(), house().clock, facts.id),
        happenings=history.history_of_licence(db(), facts.organisation_id, facts.id),
        today=today(house().clock),
    )


def seat_form(facts: LicenceFacts) -> SeatGiven:
    """The form that gives a seat: those who may have one and have none."""
    holders = {person for _, person in seats.holders_in(db(), [facts.id])}
    free = [
        (str(person.id), person.name)
        for person in memberships.people_with_roles(db(), facts.organisation_id, Role.TRAINER, Role.MANAGER)
        if person.id not in holders
    ]
    form = SeatGiven()
    form.person.choices = [("", "Choose a person"), *free] if free else []
    return form


def last_day_of_year(starts: date) -> date:
    """The last day of a year that begins on this day."""
    try:
        return starts.replace(year=starts.year + 1) - timedelta(days=1)
    except ValueError:  # begins on 29 February
        return date(starts.year + 1, 2, 28)


def _organisation_asked() -> organisations.OrganisationFacts | None:
    asked = alphabet.row_id(request.args.get("organisation", ""))
    if asked is None:
        return None
    place = organisations.organisation(db(), asked)
    if place.kind is OrganisationKind.LICENSOR:  # licenses to others, and needs none itself
        raise NotThere
    return place


def _licence_form(data: dict[str, object] | None = None) -> LicenceForm:
    form = LicenceForm(data=data)
    known = [(str(one.id), one.name) for one in programmes.programmes(db())]
    form.programme.choices = [("", "Choose a programme"), *known]
    return form


def _grant(form: PeriodForm, organisation_id: int, programme_id: int) -> int:
    return terms.grant(
        writing(),
        house().clock,
        viewer().actor,
        organisation_id=organisation_id,
        programme_id=programme_id,
        starts_on=form.starts_on.data,
        ends_on=form.ends_on.data,
        seats=form.seats.data,
        reason=form.reason.data,
    )


def _new_page(form: LicenceForm, place: organisations.OrganisationFacts) -> str:
    return render_template("licences/staff/licence_new.html", form=form, organisation=place)


def _period_page(form: PeriodForm, facts: LicenceFacts) -> str:
    return render_template("licences/staff/period.html", form=form, licence=facts)


def _reason_page(form: ReasonForm, facts: LicenceFacts, verb: str) -> str:
    return render_template(f"licences/staff/{verb}.html", form=form, licence=facts)


def _back(licence_id: int) -> Response:
    return redirect(url_for(".one_licence", licence_id=licence_id), code=303)
