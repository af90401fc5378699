"""What a licence manager and a finance contact see of the money; renewals promised, given up and taken up again."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.clock import in_words, today
from kit.refusals import NotThere, Refused
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences import terms
from licences.billing import account, notices, outlook, payee, renewals
from licences.guard import allowed, viewer
from licences.payments import pages
from licences.policy import Action
from licences.terms import LicenceFacts


def add_to(made: Blueprint) -> None:
    """Puts the addresses on the organisation's blueprint."""
    made.get("/invoices")(all_invoices)
    made.get("/invoices/<int:invoice_id>")(one_invoice)
    made.post("/licences/<int:licence_id>/promise")(promise_post)
    made.get("/licences/<int:licence_id>/not-renewing")(decline)
    made.post("/licences/<int:licence_id>/not-renewing")(decline_post)
    made.post("/licences/<int:licence_id>/renewing")(think_again_post)


@allowed(Action.SEE_ORGANISATION)
def all_invoices() -> str:
    """Orders, invoices and receipts of all the organisation's licences."""
    licences = terms.licences_of(db(), house().clock, viewer().organisation_id)
    return render_template(
        "licences/organisation_invoices.html",
        licences=licences,
        outlooks=outlook.outlooks(db(), house().clock, licences),
        today=today(house().clock),
    )


@allowed(Action.SEE_ORGANISATION)
def one_invoice(invoice_id: int) -> str:
    """One invoice: what it is for, and what came for it."""
    found = account.invoice(db(), invoice_id)
    return render_template(
        "licences/organisation_invoice.html",
        payee=payee.payee(db()),
        pay_at=pages.address_of(db(), invoice_id),
        invoice=found,
        licence=own_licence(found.licence_id),
        today=today(house().clock),
    )


@allowed(Action.RENEW)
@writes
def promise_post(licence_id: int) -> Response:
    """Promises the renewal: copies go on for thirty days after the last day."""
    own_licence(licence_id)
    try:
        until = renewals.promise(writing(), house().clock, viewer().actor, licence_id)
    except Refused as refusal:
        return _refused(refusal)
    return _home(f"The renewal is promised: copies go on until {in_words(until)}.")


@allowed(Action.RENEW)
def decline(licence_id: int) -> str:
    """What not renewing means, before it is said; and the way back when it was."""
    licence = own_licence(licence_id)
    found = outlook.outlooks(db(), house().clock, [licence])[licence_id]
    return render_template("licences/not_renewing.html", licence=licence, outlook=found, today=today(house().clock))


@allowed(Action.RENEW)
@writes
def decline_post(licence_id: int) -> Response:
    """Notes that the licence is not renewed; it can be taken back at any time before the end."""
    own_licence(licence_id)
    try:
        renewals.decline(writing(), house().clock, viewer().actor, licence_id)
        notices.catch_up(writing(), house().clock, house().letterhead, licence_id)
    except Refused as refusal:
        return _refused(refusal)
    return _home("It is noted that you do not renew. Until its last day the licence goes on, and you can still renew.")


@allowed(Action.RENEW)
@writes
def think_again_post(licence_id: int) -> Response:
    """Takes that back."""
    own_licence(licence_id)
    try:
        renewals.think_again(writing(), house().clock, viewer().actor, licence_id)
        notices.catch_up(writing(), house().clock, house().letterhead, licence_id)
    except Refused as refusal:
        return _refused(refusal)
    return _home("Good: we ask you for the purchase order when it is time.")


def _home(words: str) -> Response:
    flash(words, "moss")
    return redirect(url_for(".organisation"), code=303)


def _refused(refusal: Refused) -> Response:
    roll_back()
    flash(refusal.message, "honey")
    return redirect(url_for(".organisation"), code=303)


def own_licence(licence_id: int) -> LicenceFacts:
    """A licence of the viewer's own organisation. Raises `NotThere` for any other."""
    found = terms.licence_facts(db(), house().clock, licence_id)
    if found.organisation_id != viewer().organisation_id:
        raise NotThere
    return found
