"""Renewing with a purchase order: three pages and one field; on another page with other seats, or in two parts."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kit.refusals import NotThere, Refused
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences import seats
from licences.billing import notices, offers, outlook, parts
from licences.billing.offers import Offer, Renewing
from licences.guard import allowed, viewer
from licences.policy import Action
from licences.terms import LicenceFacts
from licences.web import paying
from licences.web.choices import two_parts
from licences.web.organisation_money import own_licence

MOST_SEATS = 1_000
OTHERWISE = ("seats", "releases", "in_two_parts")


def fields() -> tuple[Any, Any, Any, Any]:
    """What a renewal is ordered with: fields of the form's own, which stand where they were made."""
    return (
        forms.text(
            "Purchase order number",
            hint="A new one from your finance office: last year’s does not count.",
            max_length=60,
            width=20,
        ),
        forms.whole_number("Seats", hint="For the whole year.", least=1, most=MOST_SEATS),
        forms.several(
            "Whose seats are released?",
            hint="Only if you order fewer seats than are in use. They keep theirs until the new year begins.",
        ),
        two_parts(),
    )


class AskedRenewal(forms.Query):
    """A renewal on its way to be looked at once more."""

    po_number, seats, releases, in_two_parts = fields()


class RenewalForm(forms.Form):
    """The renewal that was looked at."""

    po_number, seats, releases, in_two_parts = fields()


def add_to(made: Blueprint) -> None:
    """Puts the addresses on the organisation's blueprint."""
    made.get("/licences/<int:licence_id>/renew")(renew)
    made.get("/licences/<int:licence_id>/renew/other")(renew_otherwise)
    made.get("/licences/<int:licence_id>/renew/check")(renew_check)
    made.post("/licences/<int:licence_id>/renew")(renew_post)


@allowed(Action.RENEW)
def renew(licence_id: int) -> str:
    """The next licence year, filled in: one number is missing."""
    licence = own_licence(licence_id)
    return _page(licence, _with_holders(AskedRenewal(), licence))


@allowed(Action.RENEW)
def renew_otherwise(licence_id: int) -> str:
    """The same with another number of seats, or with its invoice in two parts."""
    licence = own_licence(licence_id)
    found = offers.offer(db(), house().clock, licence_id)
    form = AskedRenewal(request.args or None, data={"seats": found.seats if found else None})
    return _page(licence, _with_holders(form, licence), otherwise=True)


@allowed(Action.RENEW)
def renew_check(licence_id: int) -> str | tuple[str, int]:
    """Everything once more, before the order is sent."""
    licence = own_licence(licence_id)
    form = _with_holders(AskedRenewal(request.args), licence)
    if not form.validate():
        return _page(licence, form, otherwise=_is_otherwise(request.args)), 400
    try:
        found = offers.check(db(), house().clock, licence_id, _renewing(form))
    except Refused as refusal:
        form.refuse(refusal)
        return _page(licence, form, otherwise=_is_otherwise(request.args)), 409
    if found is None:
        return _page(licence, form), 400
    released = [words for value, words, *_ in form.releases.choices if value in (form.releases.data or ())]
    return render_template(
        "licences/renew_check.html", offer=found, form=form, released=released, parts=_parts(form, found)
    )


@allowed(Action.RENEW)
@writes
def renew_post(licence_id: int) -> Response | tuple[str, int]:
    """Sends the order."""
    licence = own_licence(licence_id)
    form = _with_holders(RenewalForm(), licence)
    if not form.validate():
        return _page(licence, form, otherwise=_is_otherwise(request.form)), 400
    session, clock = writing(), house().clock
    try:
        order_id = offers.accept(session, clock, viewer().actor, licence_id, _renewing(form))
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _page(licence, form, otherwise=_is_otherwise(request.form)), 409
    notices.catch_up(session, clock, house().letterhead, licence_id)
    following = ".one_order" if form.po_number.data else "paying.payment"
    return redirect(url_for(following, order_id=order_id), code=303)


def _renewing(form: Any) -> Renewing:
    """Raises `Refused` without a number, unless it can be paid first."""
    releases = tuple(int(one) for one in form.releases.data or ())
    if not form.po_number.data and not _collects():
        raise Refused(offers.NO_NUMBER, "po_number")
    return Renewing(form.po_number.data or None, form.seats.data, releases, form.in_two_parts.data)


def _collects() -> bool:
    """Whether somebody collects by card and Direct Debit."""
    try:
        paying.till()
    except NotThere:
        return False
    return True


def _with_holders(form: Any, licence: LicenceFacts) -> Any:
    form.releases.choices = [(str(one.person_id), one.person_name) for one in seats.seats_of(db(), licence.id)]
    return form


def _is_otherwise(sent: Any) -> bool:
    return any(sent.get(name) for name in OTHERWISE)


def _parts(form: Any, found: Offer) -> tuple[parts.Part, ...]:
    """How its invoice is divided; nothing when it is not."""
    if not form.in_two_parts.data or not found.can_be_in_two_parts:
        return ()
    return parts.in_two(found.starts_on, found.ends_on, found.net_pence, found.vat_basis_points)


def _page(licence: LicenceFacts, form: Any, *, otherwise: bool = False) -> str:
    return render_template(
        "licences/renew_otherwise.html" if otherwise else "licences/renew.html",
        licence=licence,
        offer=offers.offer(db(), house().clock, licence.id),
        outlook=outlook.outlooks(db(), house().clock, [licence])[licence.id],
        form=form,
    )
