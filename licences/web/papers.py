"""Invoices, receipts, credit notes and statements as PDF: for staff, and for the organisation they went to."""

from flask import Blueprint
from flask import Response as FlaskResponse

from kit.clock import today
from kit.refusals import NotThere
from kit.web.files import as_pdf
from kit.web.house import house
from kit.web.transactions import db
from licences import terms
from licences.billing import account, invoice_files, papers
from licences.billing.account import InvoiceFacts
from licences.billing.papers import Paper, Receiver, Sender
from licences.guard import allowed, viewer
from licences.people import organisations
from licences.policy import Action
from licences.terms import LicenceFacts


def blueprint() -> Blueprint:
    """The same papers at two addresses each: below the organisation's own page, and below the staff's."""
    made = Blueprint("papers", __name__)
    own, staff = "/organisation", "/admin"
    made.get(f"{own}/statement.pdf")(own_statement)
    made.get(f"{own}/invoices/<int:invoice_id>/invoice.pdf")(own_invoice_pdf)
    made.get(f"{own}/invoices/<int:invoice_id>/receipt.pdf")(own_receipt)
    made.get(f"{own}/invoices/<int:invoice_id>/credit-notes/<int:place>.pdf")(own_credit)
    made.get(f"{staff}/organisations/<int:organisation_id>/statement.pdf")(statement)
    made.get(f"{staff}/invoices/<int:invoice_id>/invoice.pdf")(invoice_pdf)
    made.get(f"{staff}/invoices/<int:invoice_id>/receipt.pdf")(receipt)
    made.get(f"{staff}/invoices/<int:invoice_id>/credit-notes/<int:place>.pdf")(credit)
    return made


@allowed(Action.SEE_ORGANISATION)
def own_statement() -> FlaskResponse:
    """What one's own organisation was invoiced, paid and owes today."""
    return _statement(viewer().organisation_id)


@allowed(Action.SEE_ORGANISATION)
def own_invoice_pdf(invoice_id: int) -> FlaskResponse:
    """An invoice of one's own organisation."""
    own_invoice(invoice_id)
    return invoice_file(invoice_id)


@allowed(Action.SEE_ORGANISATION)
def own_receipt(invoice_id: int) -> FlaskResponse:
    """What came for it."""
    return _sent(papers.receipt_paper(_sender(), *_addressed(own_invoice(invoice_id))))


@allowed(Action.SEE_ORGANISATION)
def own_credit(invoice_id: int, place: int) -> FlaskResponse:
    """One of its credit notes."""
    return _sent(papers.credit_paper(_sender(), *_addressed(own_invoice(invoice_id)), place))


@allowed(Action.MANAGE_LICENCES)
def statement(organisation_id: int) -> FlaskResponse:
    """What any organisation was invoiced, paid and owes today."""
    return _statement(organisation_id)


@allowed(Action.MANAGE_LICENCES)
def invoice_pdf(invoice_id: int) -> FlaskResponse:
    """Any invoice."""
    return invoice_file(invoice_id)


@allowed(Action.MANAGE_LICENCES)
def receipt(invoice_id: int) -> FlaskResponse:
    """What came for it."""
    return _sent(papers.receipt_paper(_sender(), *_addressed(any_invoice(invoice_id))))


@allowed(Action.MANAGE_LICENCES)
def credit(invoice_id: int, place: int) -> FlaskResponse:
    """One of its credit notes."""
    return _sent(papers.credit_paper(_sender(), *_addressed(any_invoice(invoice_id)), place))


def _sender() -> Sender:
    """Whose papers these are."""
    return papers.sender(db(), house().letterhead)


def _statement(organisation_id: int) -> FlaskResponse:
    place = organisations.organisation(db(), organisation_id)
    licences = terms.licences_of(db(), house().clock, organisation_id)
    found = account.invoices_of(db(), [licence.id for licence in licences])
    return _sent(papers.statement_paper(_sender(), place.name, found, today(house().clock)))


def invoice_file(invoice_id: int) -> FlaskResponse:
    """The PDF of an invoice. Raises `NotThere`."""
    here = house()
    return _sent(invoice_files.file_of(db(), here.clock, here.letterhead, here.store, invoice_id))


def own_invoice(invoice_id: int) -> tuple[InvoiceFacts, LicenceFacts]:
    """An invoice with its licence. Raises `NotThere` for one of another organisation, as for one that never existed."""
    found, licence = any_invoice(invoice_id)
    if licence.organisation_id != viewer().organisation_id:
        raise NotThere
    return found, licence


def any_invoice(invoice_id: int) -> tuple[InvoiceFacts, LicenceFacts]:
    """The same for staff. Raises `NotThere` when there is none."""
    found = account.invoice(db(), invoice_id)
    return found, terms.licence_facts(db(), house().clock, found.licence_id)


def _addressed(found: tuple[InvoiceFacts, LicenceFacts]) -> tuple[InvoiceFacts, Receiver]:
    invoice, licence = found
    return invoice, papers.receiver(db(), licence)


def _sent(paper: Paper) -> FlaskResponse:
    return as_pdf(paper.data, paper.file_name)
