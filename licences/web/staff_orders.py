"""Staff screens of orders: a licence year or more seats, the purchase order that came, and taking an order back."""

from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, request, url_for
from sqlalchemy.orm import Session

from kit.clock import in_words, today
from kit.refusals import NotThere, Refused
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, writes
from licences import programmes, terms
from licences.billing import added_seats, orders, parts, prices, renewals
from licences.billing.orders import OrderFacts, Wanted
from licences.billing.years import LicenceYear, stretch, year_from
from licences.guard import allowed, viewer
from licences.payments import asking
from licences.people import organisations
from licences.people.kinds import OrganisationKind
from licences.people.organisations import OrganisationFacts
from licences.policy import Action
from licences.standing import DAY
from licences.terms import LicenceFacts
from licences.web.alphabet import row_id
from licences.web.asking import Answer, Asking, answer, ask
from licences.web.choices import offered, two_parts
from licences.web.staff_licences import MOST_SEATS

NO_PRICE = "No price is announced for these days. Write the amount."
FOLLOWING = "following"
PO_HINT = "From their finance office. Without it the licence waits for it."


def backing() -> tuple[Any, Any, Any]:
    """What an order costs and how it is backed: fields of the form's own, which stand where they were made."""
    return (
        forms.pounds("Amount without VAT", hint="Leave it empty for the announced price.", least=0),
        forms.text("Purchase order number", hint=PO_HINT, max_length=60, width=20),
        forms.tick("This organisation buys without purchase orders"),
    )


class OrderForm(forms.Form):
    """A licence year."""

    programme = forms.pick("Programme", missing="Choose the programme")
    year = forms.choice("Licence year", missing="Choose the licence year")
    seats = forms.whole_number("Seats", missing="Write how many seats", least=1, most=MOST_SEATS)
    net, po_number, po_waived = backing()
    in_two_parts = two_parts()


class SeatsOrderForm(forms.Form):
    """Seats added within a licence year."""

    seats = forms.whole_number(
        "Seats to add", missing="Write how many seats", hint="On top of those there are.", least=1, most=MOST_SEATS
    )
    net, po_number, po_waived = backing()


class NumberForm(forms.Form):
    """A purchase order that came."""

    po_number = forms.text("Purchase order number", missing="Write the number", max_length=60, width=20)


class ReasonForm(forms.Form):
    """Why something is taken back."""

    reason = forms.long_text("Reason", missing="Say why, for the record", max_length=500, rows=3)


def add_to(made: Blueprint) -> None:
    """Puts the addresses on the staff blueprint."""
    made.get("/organisations/<int:organisation_id>/order")(new_order)
    made.post("/organisations/<int:organisation_id>/order")(new_order_post)
    made.get("/licences/<int:licence_id>/more-seats")(more_seats)
    made.post("/licences/<int:licence_id>/more-seats")(more_seats_post)
    made.get("/orders/<int:order_id>/purchase-order")(purchase_order)
    made.post("/orders/<int:order_id>/purchase-order")(purchase_order_post)
    made.get("/orders/<int:order_id>/withdraw")(withdraw)
    made.post("/orders/<int:order_id>/withdraw")(withdraw_post)


@allowed(Action.MANAGE_LICENCES)
def new_order(organisation_id: int) -> str:
    """The form for a licence year that an organisation ordered."""
    place = _customer(organisation_id)
    return ask(_order_form(place), _of_new_order(place))


@allowed(Action.MANAGE_LICENCES)
@writes
def new_order_post(organisation_id: int) -> Answer:
    """Records the order."""
    place = _customer(organisation_id)
    form = _order_form(place)

    def act(session: Session) -> str:
        programme_id = int(form.programme.data)
        starts_on, ends_on = _days(session, place, programme_id, form.year.data)
        price = prices.price_on(prices.all_prices(session), programme_id, starts_on)
        announced = price.net_pence(form.seats.data, starts_on, ends_on) if price else None
        halved = form.in_two_parts.data
        if halved and parts.turn_of_year(starts_on, ends_on) is None:
            raise Refused("Only a whole year from 1 September has two parts.", "in_two_parts")
        wanted = replace(_wanted(form, starts_on, ends_on, announced, price), in_two_parts=halved)
        order_id = orders.place(
            session,
            house().clock,
            viewer().actor,
            organisation_id=organisation_id,
            programme_id=programme_id,
            wanted=wanted,
        )
        return _money_of(orders.order_facts(session, order_id).licence_id)

    return answer(form, _of_new_order(place), act, done="The order is recorded. Next: its invoice.")


@allowed(Action.MANAGE_LICENCES)
def more_seats(licence_id: int) -> str:
    """The form for seats added within a licence year."""
    return ask(SeatsOrderForm(), _of_more_seats(_licence(licence_id)))


@allowed(Action.MANAGE_LICENCES)
@writes
def more_seats_post(licence_id: int) -> Answer:
    """Records the order of more seats, from today to the last day of the year that runs."""
    facts, form = _licence(licence_id), SeatsOrderForm()

    def act(session: Session) -> str:
        rest = added_seats.rest_of_year(session, house().clock, facts)
        announced = rest.price.added_pence(form.seats.data, rest.starts_on, rest.ends_on) if rest.price else None
        wanted = _wanted(form, rest.starts_on, rest.ends_on, announced, rest.price)
        orders.add_seats(session, house().clock, viewer().actor, licence_id, wanted)
        return _money_of(licence_id)

    return answer(form, _of_more_seats(facts), act, done="The order is recorded. Next: its invoice.")


@allowed(Action.MANAGE_LICENCES)
def purchase_order(order_id: int) -> str:
    """The form for a purchase order that came."""
    return ask(NumberForm(), _of_order(orders.order_facts(db(), order_id), "Note a purchase order", "Note the number"))


@allowed(Action.MANAGE_LICENCES)
@writes
def purchase_order_post(order_id: int) -> Answer:
    """Notes it."""
    order, form = orders.order_facts(db(), order_id), NumberForm()

    def act(session: Session) -> str:
        orders.note_po(session, house().clock, viewer().actor, order_id, form.po_number.data)
        return _money_of(order.licence_id)

    return answer(form, _of_order(order, "Note a purchase order", "Note the number"), act, done="The number is noted.")


@allowed(Action.MANAGE_LICENCES)
def withdraw(order_id: int) -> str:
    """Asks why an order is taken back."""
    return ask(ReasonForm(), _of_withdrawal(orders.order_facts(db(), order_id)))


@allowed(Action.MANAGE_LICENCES)
@writes
def withdraw_post(order_id: int) -> Answer:
    """Takes the order back."""
    order, form = orders.order_facts(db(), order_id), ReasonForm()

    def act(session: Session) -> str:
        orders.withdraw(session, house().clock, viewer().actor, order_id, reason=form.reason.data)
        asking.refuse_while_open(session, order_id)
        return _money_of(order.licence_id)

    return answer(form, _of_withdrawal(order), act, done="The order is taken back.")


def trail_to(facts: LicenceFacts) -> tuple[tuple[str, str], ...]:
    """The way to a licence's page."""
    return (
        ("Organisations", url_for(".organisation_list")),
        (facts.organisation_name, url_for(".one_organisation", organisation_id=facts.organisation_id)),
        (facts.programme_name, url_for(".one_licence", licence_id=facts.id)),
    )


def _customer(organisation_id: int) -> OrganisationFacts:
    place = organisations.organisation(db(), organisation_id)
    if place.kind is OrganisationKind.LICENSOR:  # licenses to others, and needs none itself
        raise NotThere
    return place


def _order_form(place: OrganisationFacts) -> OrderForm:
    """With the programme that was asked for, and the year that follows a licence first where there is one."""
    known = {one.programme_id: one for one in terms.licences_of(db(), house().clock, place.id)}
    asked = row_id(request.args.get("programme", "")) or next(iter(known), None)
    facts = known.get(asked) if asked else None
    form = OrderForm(data={"programme": str(asked or ""), "seats": facts.seats_bought or None if facts else None})
    all_programmes = [(str(one.id), one.name) for one in programmes.programmes(db())]
    form.programme.choices = [("", "Choose a programme"), *all_programmes]
    last = renewals.last_day(db(), facts.id) if facts else None
    following = [(FOLLOWING, f"The year after the last one, from {_british(last)}")] if last else []
    form.year.choices = [*following, *offered(LicenceYear)]
    return form


def _british(last: date) -> str:
    return in_words(last + DAY)


def _days(session: Session, place: OrganisationFacts, programme_id: int, year: str) -> tuple[date, date]:
    """First and last day of what was chosen."""
    if year != FOLLOWING:
        return stretch(LicenceYear(year), today(house().clock))
    known = {one.programme_id: one for one in terms.licences_of(session, house().clock, place.id)}
    last = renewals.last_day(session, known[programme_id].id) if programme_id in known else None
    if last is None:
        raise Refused("There is no licence year yet that this one could follow.", "year")
    return last + DAY, year_from(last + DAY)


def _wanted(
    form: forms.Form, starts_on: date, ends_on: date, announced: int | None, price: prices.PriceFacts | None
) -> Wanted:
    net = announced if form.net.data is None else form.net.data
    if net is None:
        raise Refused(NO_PRICE, "net")
    return Wanted(
        starts_on,
        ends_on,
        form.seats.data,
        net,
        price.vat_basis_points if price else 0,
        form.po_number.data or None,
        form.po_waived.data,
    )


def _licence(licence_id: int) -> LicenceFacts:
    return terms.licence_facts(db(), house().clock, licence_id)


def _money_of(licence_id: int) -> str:
    return url_for(".one_licence", licence_id=licence_id, _anchor="money")


def _of_new_order(place: OrganisationFacts) -> Asking:
    back = url_for(".one_organisation", organisation_id=place.id)
    trail = (("Organisations", url_for(".organisation_list")), (place.name, back))
    return Asking("Record an order", place.name, "Record the order", trail, back)


def _of_more_seats(facts: LicenceFacts) -> Asking:
    about = f"{facts.organisation_name}: {facts.programme_name}"
    return Asking("Record more seats", about, "Record the order", trail_to(facts), _money_of(facts.id))


def _of_order(order: OrderFacts, title: str, button: str, lead: str = "", *, warning: bool = False) -> Asking:
    facts = _licence(order.licence_id)
    days = f"{in_words(order.starts_on)} to {in_words(order.ends_on)}"
    about = f"{facts.organisation_name}: order from {days}"
    return Asking(title, about, button, trail_to(facts), _money_of(facts.id), lead, warning)


def _of_withdrawal(order: OrderFacts) -> Asking:
    lead = "Its licence year goes with it. Everything stays in the history."
    return _of_order(order, "Take this order back?", "Take the order back", lead, warning=True)
