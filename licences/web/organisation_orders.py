"""An order as its licence manager sees it, and the purchase order number that comes for it later."""

from flask import Blueprint, render_template, url_for
from sqlalchemy.orm import Session

from kit.clock import in_words, today
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, writes
from licences.billing import notices, orders, parts
from licences.billing.orders import OrderFacts
from licences.guard import allowed, viewer
from licences.policy import Action
from licences.web.asking import Answer, Asking, answer, ask
from licences.web.organisation_money import own_licence


class NumberForm(forms.Form):
    """A purchase order that came."""

    po_number = forms.text("Purchase order number", missing="Write the purchase order number", max_length=60, width=20)


def add_to(made: Blueprint) -> None:
    """Puts the addresses on the organisation's blueprint."""
    made.get("/orders/<int:order_id>")(one_order)
    made.get("/orders/<int:order_id>/number")(number)
    made.post("/orders/<int:order_id>/number")(number_post)


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


def _of_number(order: OrderFacts) -> Asking:
    licence, back = own_licence(order.licence_id), url_for(".one_order", order_id=order.id)
    trail = ((viewer().organisation_name, url_for(".organisation")), ("Your order", back))
    days = f"{in_words(order.starts_on)} to {in_words(order.ends_on)}"
    about = f"{licence.programme_name}, {'licence' if order.is_year else 'more seats'} from {days}"
    return Asking("Send the purchase order", about, "Send the number", trail, back)
