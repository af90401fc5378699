"""One invoice by its link, for whoever pays it, without an account; and the links themselves, made and withdrawn.

The page shows that invoice and nothing else. Links that never were, are too old or were withdrawn get the same words.
"""

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.clock import today
from kit.refusals import NotThere, Refused
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences import terms
from licences.billing import account, notices, pay_links, payee
from licences.billing.account import InvoiceFacts
from licences.guard import allowed, public, viewer
from licences.payments import pages
from licences.policy import Action
from licences.terms import LicenceFacts
from licences.web.papers import any_invoice, invoice_file, own_invoice
from licences.web.quote_pages import unlisted


def blueprint() -> Blueprint:
    """The page of a link for everybody, and the page of an invoice's links for its organisation and for staff."""
    made = Blueprint("pay", __name__, template_folder="../templates")
    made.get("/pay/<secret>")(pay)
    made.get("/pay/<secret>/invoice.pdf")(pay_pdf)
    for start, views in (("/organisation", (own_links, own_links_post, own_withdraw_post, own_send_post)),
                         ("/admin", (links, links_post, withdraw_post, send_post))):  # fmt: skip
        page, make, withdraw, send = views
        made.get(f"{start}/invoices/<int:invoice_id>/pay-links")(page)
        made.post(f"{start}/invoices/<int:invoice_id>/pay-links")(make)
        made.post(f"{start}/invoices/<int:invoice_id>/pay-links/withdraw")(withdraw)
        made.post(f"{start}/invoices/<int:invoice_id>/send")(send)
    return made


@public
def pay(secret: str) -> Response:
    """The invoice: what is to be paid, by when, with which purchase order, and how."""
    found = _behind(secret)
    if found is None:
        return _gone()
    invoice, licence = found
    page = render_template(
        "licences/pay.html",
        invoice=invoice,
        licence=licence,
        secret=secret,
        payee=payee.payee(db()),
        pay_at=pages.address_of(db(), invoice.id),
        today=today(house().clock),
        address=house().links.to(pay_links.path_of(secret)),
    )
    return _unlisted(make_response(page))


@public
def pay_pdf(secret: str) -> Response:
    """The same on paper."""
    found = _behind(secret)
    if found is None:
        return _gone()
    return _unlisted(invoice_file(found[0].id))


@allowed(Action.SEE_ORGANISATION)
def own_links(invoice_id: int) -> str:
    """The links to an invoice of one's own organisation."""
    return _links_page(*own_invoice(invoice_id))


@allowed(Action.SEE_ORGANISATION)
@writes
def own_links_post(invoice_id: int) -> Response:
    """Makes one, and leads to what it shows: its address is there, to be handed on."""
    own_invoice(invoice_id)
    return _made(invoice_id, ".own_links")


@allowed(Action.SEE_ORGANISATION)
@writes
def own_withdraw_post(invoice_id: int) -> Response:
    """Withdraws them all."""
    own_invoice(invoice_id)
    return _withdrawn(invoice_id, ".own_links")


@allowed(Action.MANAGE_LICENCES)
def links(invoice_id: int) -> str:
    """The links to any invoice."""
    return _links_page(*any_invoice(invoice_id))


@allowed(Action.MANAGE_LICENCES)
@writes
def links_post(invoice_id: int) -> Response:
    """Makes one."""
    return _made(invoice_id, ".links")


@allowed(Action.MANAGE_LICENCES)
@writes
def withdraw_post(invoice_id: int) -> Response:
    """Withdraws them all."""
    return _withdrawn(invoice_id, ".links")


@allowed(Action.SEE_ORGANISATION)
@writes
def own_send_post(invoice_id: int) -> Response:
    """Sends an invoice of one's own organisation to its finance contacts once more."""
    own_invoice(invoice_id)
    return _sent(invoice_id, ".own_links")


@allowed(Action.MANAGE_LICENCES)
@writes
def send_post(invoice_id: int) -> Response:
    """Sends any."""
    return _sent(invoice_id, ".links")


def _sent(invoice_id: int, page: str) -> Response:
    here = house()
    try:
        names = notices.send_invoice(writing(), here.clock, viewer().actor, here.letterhead, invoice_id)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
    else:
        flash(f"The invoice is on its way to {names}.", "moss")
    return redirect(url_for(page, invoice_id=invoice_id), code=303)


def _behind(secret: str) -> tuple[InvoiceFacts, LicenceFacts] | None:
    try:
        invoice = account.invoice(db(), pay_links.invoice_behind(db(), house().clock, secret))
    except NotThere:
        return None
    return invoice, terms.licence_facts(db(), house().clock, invoice.licence_id)


def _gone() -> Response:
    return _unlisted(make_response(render_template("licences/pay_gone.html"), 404))


def _unlisted(response: Response) -> Response:
    """Kept nowhere, listed nowhere, and no page that it leads to learns its address."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return unlisted(response)


def _links_page(invoice: InvoiceFacts, licence: LicenceFacts) -> str:
    return render_template(
        "licences/pay_links.html",
        invoice=invoice,
        licence=licence,
        links=pay_links.working_links(db(), house().clock, invoice.id),
        own=licence.organisation_id == viewer().organisation_id,
    )


def _made(invoice_id: int, page: str) -> Response:
    try:
        secret = pay_links.make(writing(), house().clock, viewer().actor, invoice_id)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
        return redirect(url_for(page, invoice_id=invoice_id), code=303)
    return redirect(url_for(".pay", secret=secret), code=303)


def _withdrawn(invoice_id: int, page: str) -> Response:
    count = pay_links.withdraw(writing(), house().clock, viewer().actor, invoice_id)
    flash("The links show nothing any more." if count else "There was no link left to withdraw.", "moss")
    return redirect(url_for(page, invoice_id=invoice_id), code=303)
