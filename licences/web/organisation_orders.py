"""An order as its licence manager sees it, and the purchase order number that comes for it later."""

from dataclasses import replace

from flask import Blueprint, render_template, url_for
from sqlalchemy.orm import Session

from kit.clock import in_words, today
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, writes
from licences import seats
from licences.billing import notices, orders, parts
from licences.billing.orders import OrderFacts
from licences.guard import allowed, viewer
from licences.policy import Action
from licences.web.asking import Answer, Asking, answer, ask
from licences.web.organisation_money import own_licence


class NumberForm(forms.Form):
    """A purchase order that came."""

    po_number = forms.text("Purchase order number", missing="Write the purchase order number", max_length=60, width=20)


class ReleasesForm(forms.Form):
    """Whose seats are released."""

    releases = forms.several(
        "Whose seats are released?", hint="They keep theirs until the new year begins. What they took stays."
    )


def add_to(made: Blueprint) -> None:
    """Puts the addresses on the organisation's blueprint."""
    made.get("/orders/<int:order_id>")(one_order)
    made.get("/orders/<int:order_id>/number")(number)
    made.post("/orders/<int:order_id>/number")(number_post)
    made.get("/orders/<int:order_id>/releases")(releases)
    made.post("/orders/<int:order_id>/releases")(releases_post)


@allowed(Action.RENEW)
def one_order(order_id: int) -> str:
    """What was ordered, and what happens next."""
    order = orders.order_facts(db(), order_id)
    found = parts.in_two(order.starts_on, order.ends_on, order.net_pence, order.vat_basis_points)
    return render_template(
        "licences/organisation_order.html",
        order=order,
        licence=own_licence(order.licence_id),
        parts=found if order.in_two_parts else (),
        today=today(house().clock),
    )


@allowed(Action.RENEW)
def number(order_id: int) -> str:
    """Asks for the number of this order."""
    return ask(NumberForm(), _of_number(orders.order_facts(db(), order_id)))


@allowed(Action.RENEW)
@writes
def number_post(order_id: int) -> Answer:
    """Notes it: what was ordered counts from its first day on."""
    order, form = orders.order_facts(db(), order_id), NumberForm()
    asking = _of_number(order)

    def act(session: Session) -> str:
        orders.note_po(session, house().clock, viewer().actor, order_id, form.po_number.data)
        notices.catch_up(session, house().clock, house().letterhead, order.licence_id)
        return asking.back

    return answer(form, asking, act, done="The number is here. The invoice follows, with it.")


@allowed(Action.RENEW)
def releases(order_id: int) -> str:
    """Asks anew whose seats a smaller year releases."""
    order = orders.order_facts(db(), order_id)
    named = [str(person_id) for person_id, _ in order.named]
    return ask(_with_holders(ReleasesForm(data={"releases": named}), order), _of_releases(order))


@allowed(Action.RENEW)
@writes
def releases_post(order_id: int) -> Answer:
    """Notes them in place of those before."""
    order = orders.order_facts(db(), order_id)
    form, asking = _with_holders(ReleasesForm(), order), _of_releases(order)

    def act(session: Session) -> str:
        people = [int(one) for one in form.releases.data or ()]
        orders.name_releases(session, house().clock, viewer().actor, order_id, people)
        return asking.back

    return answer(form, asking, act, done="It is noted whose seats are released.")


def _with_holders(form: ReleasesForm, order: OrderFacts) -> ReleasesForm:
    form.releases.choices = [(str(one.person_id), one.person_name) for one in seats.seats_of(db(), order.licence_id)]
    return form


def _of_releases(order: OrderFacts) -> Asking:
    licence = own_licence(order.licence_id)
    count = "1 seat is" if order.seats == 1 else f"{order.seats} seats are"
    lead = f"From {in_words(order.starts_on)} {count} ordered; {licence.seats_in_use} are in use now."
    return replace(_of_number(order), title="Whose seats are released?", button="Note them", lead=lead)


def _of_number(order: OrderFacts) -> Asking:
    licence, back = own_licence(order.licence_id), url_for(".one_order", order_id=order.id)
    trail = ((viewer().organisation_name, url_for(".organisation")), ("Your order", back))
    days = f"{in_words(order.starts_on)} to {in_words(order.ends_on)}"
    about = f"{licence.programme_name}, {'licence' if order.is_year else 'more seats'} from {days}"
    return Asking("Send the purchase order", about, "Send the number", trail, back)
