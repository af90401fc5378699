"""Staff screens of what comes in: the renewals by month, prices, and licences that are kept open for a while."""

from collections.abc import Iterator
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from flask import Response as FlaskResponse
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kit.clock import today
from kit.refusals import Refused
from kit.web import forms
from kit.web.csv_export import csv_response
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences import attention, programmes, terms
from licences.billing import notices, overrides, prices, renewals
from licences.billing.prices import PriceFacts
from licences.guard import allowed, sure, viewer
from licences.policy import Action
from licences.terms import LicenceFacts
from licences.web import renewals_chart
from licences.web.asking import Answer, Asking, answer, ask
from licences.web.choices import VAT_RATES
from licences.web.staff_licences import MOST_SEATS
from licences.web.staff_orders import trail_to

CSV_HEADS = ("Month", "Organisation", "Programme", "Licence year begins", "Seats", "Pounds without VAT", "Stage", "Why")
CAN_WAIT = timedelta(days=overrides.ALONE_DAYS - 1)


class OverrideForm(forms.Form):
    """Until when a licence is kept open, and why."""

    until_on = forms.day("Keep it open until", missing="Write the last day")
    reason = forms.long_text(
        "Reason",
        missing="Say why",
        hint="Its manager, its trainers and all staff read these words.",
        max_length=500,
        rows=3,
    )


class PriceForm(forms.Form):
    """A price from a day on."""

    from_on = forms.day("For licence years that begin on or after", missing="Write the first day")
    licence = forms.pounds("A licence for a year, without VAT", missing="Write the price of a licence")
    seats_included = forms.whole_number("Seats included", missing="Write how many seats", least=0, most=MOST_SEATS)
    seat = forms.pounds("Each further seat for a year, without VAT", missing="Write the price of a seat", least=0)
    rate = forms.choice("VAT", VAT_RATES, missing="Choose the VAT")


def add_to(made: Blueprint) -> None:
    """Puts the addresses on the staff blueprint."""
    made.get("/renewals")(all_renewals)
    made.get("/renewals.csv")(renewals_csv)
    made.get("/programmes/<int:programme_id>/prices")(programme_prices)
    made.post("/programmes/<int:programme_id>/prices")(programme_prices_post)
    made.get("/licences/<int:licence_id>/keep-open")(keep_open)
    made.post("/licences/<int:licence_id>/keep-open")(keep_open_post)
    made.post("/overrides/<int:override_id>/agree")(agree_post)
    made.post("/overrides/<int:override_id>/end")(end_post)


@allowed(Action.MANAGE_LICENCES)
def all_renewals() -> str:
    """The money by the month in which its licence year begins, and what is at risk."""
    months = renewals.pipeline(db(), house().clock)
    return render_template(
        "licences/staff/renewals.html",
        months=months,
        to_invoice=attention.orders_to_invoice(db()),
        chart=renewals_chart.draw(months) if months else None,
        stages=renewals_chart.STAGES,
        classes=renewals_chart.CLASSES,
        risks=renewals.at_risk(months),
        totals={stage: sum(month.pence(stage) for month in months) for stage in renewals_chart.STAGES},
    )


@allowed(Action.MANAGE_LICENCES)
def renewals_csv() -> FlaskResponse:
    """Every renewal of the same months, one line for each."""
    return csv_response("renewals.csv", CSV_HEADS, _csv_rows())


def _csv_rows() -> Iterator[tuple[object, ...]]:
    for month in renewals.pipeline(db(), house().clock):
        for one in month.renewals:
            pounds = "" if one.net_pence is None else f"{one.net_pence / 100:.2f}"
            yield (
                f"{month.first:%Y-%m}", one.organisation_name, one.programme_name, one.begins.isoformat(), one.seats,
                pounds, one.stage.value, one.why,
            )  # fmt: skip


@allowed(Action.MANAGE_LICENCES)
def programme_prices(programme_id: int) -> str:
    """The prices of a programme, and the form for the next."""
    return _prices_page(programme_id, PriceForm())


@allowed(Action.MANAGE_LICENCES)
@writes
def programme_prices_post(programme_id: int) -> Response | tuple[str, int]:
    """Announces a price."""
    form = PriceForm()
    if not form.validate():
        return _prices_page(programme_id, form), 400
    try:
        price = PriceFacts(
            programme_id,
            form.from_on.data,
            form.licence.data,
            form.seats_included.data,
            form.seat.data,
            int(form.rate.data),
        )
        prices.announce(writing(), house().clock, viewer().actor, price)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _prices_page(programme_id, form), 409
    flash("The price is announced. Renewals and orders of those years go by it.", "moss")
    return redirect(url_for(".programme_prices", programme_id=programme_id), code=303)


@allowed(Action.MANAGE_LICENCES)
@sure
def keep_open(licence_id: int) -> str:
    """The form that keeps a licence open."""
    form = OverrideForm(data={"until_on": today(house().clock) + CAN_WAIT})
    return ask(form, _of_keeping(terms.licence_facts(db(), house().clock, licence_id)))


@allowed(Action.MANAGE_LICENCES)
@sure
@writes
def keep_open_post(licence_id: int) -> Answer:
    """Keeps it open, or asks a second person to agree; all staff are told."""
    facts, form = terms.licence_facts(db(), house().clock, licence_id), OverrideForm()

    def act(session: Session) -> str:
        overrides.keep_open(
            session,
            house().clock,
            viewer().actor,
            house().letterhead,
            licence_id,
            until_on=form.until_on.data,
            reason=form.reason.data,
        )
        notices.catch_up(session, house().clock, house().letterhead, licence_id)
        return _licence(licence_id)

    return answer(form, _of_keeping(facts), act, done="It is noted, and all staff are told.")


@allowed(Action.MANAGE_LICENCES)
@sure
@writes
def agree_post(override_id: int) -> Response:
    """The second person agrees."""
    session = writing()
    try:
        licence_id = overrides.agree(session, house().clock, viewer().actor, house().letterhead, override_id)
        notices.catch_up(session, house().clock, house().letterhead, licence_id)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
        return redirect(_licence(overrides.licence_of(db(), override_id)), code=303)
    flash("The licence is kept open, and all staff are told.", "moss")
    return redirect(_licence(licence_id), code=303)


@allowed(Action.MANAGE_LICENCES)
@writes
def end_post(override_id: int) -> Response:
    """Ends it: the licence stands as its facts say."""
    session = writing()
    try:
        licence_id = overrides.end(session, house().clock, viewer().actor, override_id)
        notices.catch_up(session, house().clock, house().letterhead, licence_id)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
        return redirect(_licence(overrides.licence_of(db(), override_id)), code=303)
    flash("It is ended. The licence stands as its payments say.", "moss")
    return redirect(_licence(licence_id), code=303)


def _licence(licence_id: int) -> str:
    return url_for(".one_licence", licence_id=licence_id)


def _prices_page(programme_id: int, form: PriceForm) -> str:
    return render_template(
        "licences/staff/prices.html",
        form=form,
        programme=programmes.programme(db(), programme_id),
        prices=prices.prices_of(db(), programme_id),
        today=today(house().clock),
    )


def _of_keeping(facts: LicenceFacts) -> Asking:
    lead = "Copies go on, whatever is owed. Up to fourteen days you decide alone; for longer a second person agrees."
    back = _licence(facts.id)
    return Asking("Keep this licence open", facts.subject.label, "Keep it open", trail_to(facts), back, lead)
