"""Staff add an invoice as their own finance system printed it: that file then goes out in place of our sheet."""

from typing import BinaryIO

from flask import Blueprint, url_for
from sqlalchemy.orm import Session

from kit.pdf.stamping import CannotPrepare, acts_by_itself
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import writes
from kit.web.typed_text import file_name
from licences.billing import invoice_files
from licences.billing.account import InvoiceFacts
from licences.guard import allowed, viewer
from licences.policy import Action
from licences.terms import LicenceFacts
from licences.web.asking import Answer, Asking, answer, ask
from licences.web.papers import any_invoice

HEAD = 1024  # bytes at the start of a PDF within which readers look for its mark
ACTS = "This PDF holds scripts or actions that start by themselves. Print it to PDF, then choose that file."
NOT_A_PDF = "This file is not a PDF. Print the invoice to PDF, then choose that file."


class FileForm(forms.Form):
    """One invoice in one file."""

    file = forms.file(
        "PDF of the invoice", missing="Choose the file", hint="This invoice alone, at most 2 MB.", endings=("pdf",)
    )


def blueprint() -> Blueprint:
    """Below the page of an invoice."""
    made = Blueprint("invoice_file", __name__, url_prefix="/admin/invoices", template_folder="../templates")
    made.get("/<int:invoice_id>/file")(invoice_file)
    made.post("/<int:invoice_id>/file")(invoice_file_post)
    return made


@allowed(Action.MANAGE_LICENCES)
def invoice_file(invoice_id: int) -> str:
    """The form."""
    return ask(FileForm(), _asking(*any_invoice(invoice_id)))


@allowed(Action.MANAGE_LICENCES)
@writes
def invoice_file_post(invoice_id: int) -> Answer:
    """Stores the file, then has it stand for the invoice."""
    form, asking = FileForm(), _asking(*any_invoice(invoice_id))
    if not form.validate():
        return ask(form, asking), 400
    upload = form.file.data
    if wrong := _fault(upload.stream):
        form.refuse(wrong, "file")
        return ask(form, asking), 400
    upload.stream.seek(0)
    stored = house().store.put(upload.stream, "application/pdf")

    def act(session: Session) -> str:
        name = file_name(upload.filename or "")
        invoice_files.keep(session, house().clock, viewer().actor, invoice_id, stored, name)
        return url_for("licence_staff.one_invoice", invoice_id=invoice_id)

    return answer(form, asking, act, done="The file stands for the invoice from now on.")


def _fault(file: BinaryIO) -> str:
    """Why a file is not sent to finance offices; empty for one that is."""
    if b"%PDF-" not in file.read(HEAD):
        return NOT_A_PDF
    file.seek(0)
    try:
        return ACTS if acts_by_itself(file) else ""
    except CannotPrepare as why:
        return why.message


def _asking(invoice: InvoiceFacts, licence: LicenceFacts) -> Asking:
    back = url_for("licence_staff.one_invoice", invoice_id=invoice.id)
    lead = "It goes with mails that are still to be sent, and stands behind every link to the PDF of this invoice."
    about = f"{licence.organisation_name}: invoice {invoice.number}"
    trail = ((f"Invoice {invoice.number}", back),)
    return Asking("Add the invoice of your finance system", about, "Add the file", trail, back, lead, files=True)
