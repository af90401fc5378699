"""More seats within a year: what they cost to the penny, and the order, at once or later at the same price."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.clock import today
from kit.refusals import Refused
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences.billing import added_seats, notices
from licences.billing.added_seats import MOST_SEATS, SeatsOfferFacts
from licences.guard import allowed, viewer
from licences.policy import Action
from licences.web.organisation_money import own_licence


class SeatsForm(forms.Form):
    """How many more."""

    seats = forms.whole_number(
        "Seats to add", missing="Write how many seats", hint="On top of those you have.", least=1, most=MOST_SEATS
    )


class NumberForm(forms.Form):
    """The purchase order number, if it is here."""

    po_number = forms.text(
        "Purchase order number",
        hint="Leave it empty if it comes later. The seats count when the number or the payment is here.",
        max_length=60,
        width=20,
    )


def add_to(made: Blueprint) -> None:
    """Puts the addresses on the organisation's blueprint."""
    made.get("/licences/<int:licence_id>/more-seats")(more_seats)
    made.post("/licences/<int:licence_id>/more-seats")(more_seats_post)
    made.get("/more-seats/<int:offer_id>")(seats_offer)
    made.post("/more-seats/<int:offer_id>")(seats_offer_post)


@allowed(Action.RENEW)
def more_seats(licence_id: int) -> str:
    """Asks how many, and shows the prices that still stand."""
    return _page(licence_id, SeatsForm())


@allowed(Action.RENEW)
@writes
def more_seats_post(licence_id: int) -> Response | tuple[str, int]:
    """Works out what they cost, and keeps it."""
    own_licence(licence_id)
    form = SeatsForm()
    if not form.validate():
        return _page(licence_id, form), 400
    try:
        made = added_seats.make_offer(writing(), house().clock, viewer().actor, licence_id, form.seats.data)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _page(licence_id, form), 409
    return redirect(url_for(".seats_offer", offer_id=made), code=303)


@allowed(Action.RENEW)
def seats_offer(offer_id: int) -> str:
    """What they cost, until when that stands, and the order."""
    return _offer_page(added_seats.offer_facts(db(), offer_id), NumberForm())


@allowed(Action.RENEW)
@writes
def seats_offer_post(offer_id: int) -> Response | tuple[str, int]:
    """Sends the order."""
    found = added_seats.offer_facts(db(), offer_id)
    own_licence(found.licence_id)
    form = NumberForm()
    if not form.validate():
        return _offer_page(found, form), 400
    session, clock = writing(), house().clock
    try:
        order_id = added_seats.take_up(session, clock, viewer().actor, offer_id, form.po_number.data or None)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _offer_page(found, form), 409
    notices.catch_up(session, clock, house().letterhead, found.licence_id)
    return redirect(url_for(".one_order", order_id=order_id), code=303)


def _page(licence_id: int, form: SeatsForm) -> str:
    return render_template(
        "licences/more_seats.html",
        licence=own_licence(licence_id),
        form=form,
        offers=added_seats.open_offers(db(), house().clock, licence_id),
        next_year=added_seats.seats_of_next_year(db(), house().clock, licence_id),
    )


def _offer_page(found: SeatsOfferFacts, form: NumberForm) -> str:
    return render_template(
        "licences/more_seats_offer.html",
        licence=own_licence(found.licence_id),
        offer=found,
        form=form,
        stands=found.stands_on(today(house().clock)),
        next_year=added_seats.seats_of_next_year(db(), house().clock, found.licence_id),
    )
