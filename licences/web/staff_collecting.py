"""Staff screens of what is collected by card and Direct Debit: messages that came, and our records against theirs."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences import terms
from licences.billing import orders
from licences.gateway import CannotReach, Declined
from licences.guard import allowed, viewer
from licences.payments import inbox, pages, reconciling
from licences.people.kinds import Role
from licences.people.memberships import people_with_roles
from licences.policy import Action
from licences.web.paying import till


def add_to(made: Blueprint) -> None:
    """Puts the addresses on the staff blueprint."""
    made.get("/collecting")(collecting)
    made.post("/collecting/reconcile")(reconcile_post)
    made.post("/collecting/messages/<told_id>/again")(again_post)
    made.post("/orders/<int:order_id>/bill")(send_bill_post)


@allowed(Action.MANAGE_LICENCES)
def collecting() -> str:
    """The messages that came, those that wait first, and when our records were last compared."""
    till()
    return render_template(
        "licences/staff/collecting.html",
        waiting=inbox.messages(db(), waiting=True),
        messages=inbox.messages(db(), limit=50),
        last=reconciling.last_time(db()),
    )


@allowed(Action.MANAGE_LICENCES)
@writes
def reconcile_post() -> Response:
    """Has the worker compare our records with theirs."""
    till()
    reconciling.ask_for(writing())
    flash("The worker compares now. Reload in a moment to see what came of it.", "moss")
    return redirect(url_for(".collecting"), code=303)


@allowed(Action.MANAGE_LICENCES)
@writes
def again_post(told_id: str) -> Response:
    """Has a message handled once more."""
    try:
        inbox.try_again(writing(), house().clock, viewer().actor, told_id)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
    else:
        flash("The worker tries again now.", "moss")
    return redirect(url_for(".collecting"), code=303)


@allowed(Action.MANAGE_LICENCES)
def send_bill_post(order_id: int) -> Response:
    """Sends the bill of an order through whoever collects."""
    at_hand = till()
    licence = terms.licence_facts(db(), house().clock, orders.order_facts(db(), order_id).licence_id)
    people = people_with_roles(db(), licence.organisation_id, Role.FINANCE, Role.MANAGER)
    email = people[0].email if people else house().letterhead.help_email
    roll_back()
    words, tone = "The bill is out, and among the invoices. It can be paid by card, Direct Debit or transfer.", "moss"
    try:
        pages.send_bill(at_hand, viewer().actor, order_id, email=email)
    except (Refused, Declined) as refusal:
        words, tone = str(refusal), "honey"
    except CannotReach:
        words, tone = "Nobody answers over there just now. Press again in a few minutes: it is sent once.", "honey"
    flash(words, tone)
    return redirect(url_for(".one_licence", licence_id=licence.id), code=303)
