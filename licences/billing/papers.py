"""What a finance office files: an invoice as it is recorded, a receipt, a credit note and the statement, as PDF.

The owner's own finance system raises the invoices; these sheets repeat what was recorded of them. VAT stands on them
line by line where there is any, and not at all where there is none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from kit.clock import in_words
from kit.mail import Letterhead
from kit.money import pounds
from kit.refusals import NotThere
from licences.billing.account import InvoiceFacts
from licences.billing.invoices import Line
from licences.billing.payee import PayeeFacts, on_one_line, payee
from licences.documents.sheet import Grid, Section, Sheet, build_sheet, with_drawable_words
from licences.kinds import InvoiceState
from licences.people import organisations
from licences.terms import LicenceFacts

OWED, LINES, MOVES = (0.52, 0.24, 0.24), (0.36, 0.2, 0.24, 0.2), (0.25, 0.35, 0.18, 0.22)
KEEP_THEIRS = "For VAT, keep what our finance office sent you: this sheet repeats it for your records."


@dataclass(frozen=True)
class Sender:
    """Whose papers these are: the brand's name, where a question about one is answered, and whom to pay if known."""

    brand: str
    help_email: str
    payee: PayeeFacts | None = None


@dataclass(frozen=True)
class Receiver:
    """Whom a paper is for: the organisation's name, its address if known, and the programme."""

    name: str
    address: str
    programme: str


@dataclass(frozen=True)
class Paper:
    """A PDF and the name of its file."""

    file_name: str
    data: bytes


@dataclass(frozen=True)
class Movement:
    """One line of a statement: what was invoiced, or came, or was credited on a day; amounts in pence."""

    day: date
    words: str
    invoiced_pence: int = 0
    settled_pence: int = 0


def sender(session: Session, letterhead: Letterhead) -> Sender:
    """The sender of every paper, with the bank details that count now."""
    return Sender(letterhead.brand_name, letterhead.help_email, payee(session))


def receiver(session: Session, licence: LicenceFacts) -> Receiver:
    """Whom the papers of a licence are for."""
    place = organisations.organisation(session, licence.organisation_id)
    return Receiver(place.name, place.particulars.address, licence.programme_name)


def invoice_paper(sender: Sender, invoice: InvoiceFacts, to: Receiver) -> Paper:
    """The invoice as it was issued, whatever came for it since; one that is void or given up says so."""
    facts = (
        *_from(sender, invoice),
        ("To", on_one_line(to.name, to.address)),
        ("For", to.programme),
        ("Purchase order", invoice.po_number or "None"),
        ("Date of issue", in_words(invoice.issued_on)),
        ("To be paid by", in_words(invoice.due_on)),
    )
    sections = (
        Section(facts=facts),
        Section("What it is for", grid=_lines(invoice)),
        *(_how_to_pay(sender, invoice.number) if invoice.may_be_paid else ()),
        Section("What to know", notes=(*_standing_of(invoice), *_about(sender, invoice))),
    )
    return _paper(sender, f"Invoice {invoice.number}", sections)


def receipt_paper(sender: Sender, invoice: InvoiceFacts, to: Receiver) -> Paper:
    """What came for an invoice, and what is left to pay. Raises `NotThere` while nothing came."""
    money = [one for one in invoice.payments if not one.taken_back]
    if not money:
        raise NotThere
    rows = [(in_words(one.paid_on), _came(one.kind.value, one.reference), pounds(one.amount_pence)) for one in money]
    rows += [
        (in_words(one.issued_on), f"Credit note {one.number}", pounds(one.amount_pence)) for one in invoice.credits
    ]
    sums = [("In all", "Invoiced", pounds(invoice.total_pence)), ("", "Left to pay", pounds(invoice.owed_pence))]
    if invoice.too_much_pence:
        sums.append(("", "Paid beyond what was owed", pounds(invoice.too_much_pence)))
    facts = (
        ("From", to.name),
        ("For", to.programme),
        ("Invoice", f"{invoice.number} of {in_words(invoice.issued_on)}"),
        ("Purchase order", invoice.po_number or "None"),
    )
    grid = Grid(("Date", "What came", "Amount"), (*rows, *sums), (0.28, 0.48, 0.24), sums=len(sums))
    sections = (
        Section(facts=facts),
        Section("What came", grid=grid),
        Section(notes=tuple(_about(sender, invoice))),
    )
    return _paper(sender, f"Receipt for invoice {invoice.number}", sections)


def credit_paper(sender: Sender, invoice: InvoiceFacts, to: Receiver, place: int) -> Paper:
    """The credit note at a place among those of its invoice, counted from 1. Raises `NotThere` when there is none."""
    if not 1 <= place <= len(invoice.credits):
        raise NotThere
    note = invoice.credits[place - 1]
    facts = (
        ("To", to.name),
        ("Of invoice", f"{invoice.number} of {in_words(invoice.issued_on)}"),
        ("Purchase order", invoice.po_number or "None"),
        ("Date of issue", in_words(note.issued_on)),
        ("Reason", note.reason),
    )
    amount = "Credited, with VAT" if invoice.vat_pence else "Credited"
    grid = Grid(("What", "Amount"), ((amount, pounds(note.amount_pence)),), (0.7, 0.3))
    sections = (
        Section(facts=facts),
        Section("What is credited", grid=grid),
        Section(notes=tuple(_about(sender, invoice))),
    )
    return _paper(sender, f"Credit note {note.number}", sections)


def statement_paper(sender: Sender, organisation: str, invoices: Sequence[InvoiceFacts], day: date) -> Paper:
    """All that an organisation was invoiced, paid and was credited up to a day, and what it owes by when."""
    moves = sorted(_movements(invoices), key=lambda one: one.day)
    owing = sorted((one for one in invoices if one.owed_pence), key=lambda one: (one.due_on, one.id))
    sections = [Section(facts=(("For", organisation), ("Date", in_words(day)), *_sums(invoices)))]
    if owing:
        rows = tuple(_owing(one) for one in owing)
        whole = ("In all", "", pounds(sum(one.owed_pence for one in owing)))
        grid = Grid(("Invoice", "To be paid by", "To pay"), (*rows, whole), OWED)
        sections.append(Section("What is to be paid", grid=grid))
        sections += _how_to_pay(sender, "The number of the invoice")
    if moves:
        told = tuple((in_words(one.day), one.words, _or_none(one.invoiced_pence), _or_none(one.settled_pence))
                     for one in moves)  # fmt: skip
        sums = ("In all", "", pounds(sum(one.invoiced_pence for one in moves)),
                pounds(sum(one.settled_pence for one in moves)))  # fmt: skip
        heads = ("Date", "What", "Invoiced", "Paid or credited")
        grid = Grid(heads, (*told, sums), MOVES, amounts=2)
        sections.append(Section("What was invoiced and what came", grid=grid))
    else:
        sections.append(Section(notes=("Nothing has been invoiced yet.",)))
    sections.append(Section(notes=(_question(sender),)))
    return _paper(sender, f"Statement of {in_words(day)}", tuple(sections))


def _movements(invoices: Sequence[InvoiceFacts]) -> Iterator[Movement]:
    """What is void was never owed; money that came for it all the same is told."""
    for invoice in invoices:
        if invoice.state is not InvoiceState.VOID:
            order = f", purchase order {invoice.po_number}" if invoice.po_number else ""
            yield Movement(invoice.issued_on, f"Invoice {invoice.number}{order}", invoice.total_pence)
            for note in invoice.credits:
                words = f"Credit note {note.number} for {invoice.number}"
                yield Movement(note.issued_on, words, settled_pence=note.amount_pence)
        for money in invoice.payments:
            if not money.taken_back:
                words = f"{_came(money.kind.value, money.reference)} for {invoice.number}"
                yield Movement(money.paid_on, words, settled_pence=money.amount_pence)


def _sums(invoices: Sequence[InvoiceFacts]) -> Iterator[tuple[str, str]]:
    counting = [one for one in invoices if one.state is not InvoiceState.VOID]
    yield "Invoiced", pounds(sum(one.total_pence for one in counting))
    yield "Paid", pounds(sum(one.paid_pence for one in invoices))
    credited = sum(one.credited_pence for one in counting)
    if credited:
        yield "Credited", pounds(credited)
    yield "To pay", pounds(sum(one.owed_pence for one in invoices))
    too_much = sum(one.too_much_pence for one in invoices)
    if too_much:
        yield "Paid beyond what was owed", pounds(too_much)


def _owing(invoice: InvoiceFacts) -> tuple[str, str, str]:
    order = f", purchase order {invoice.po_number}" if invoice.po_number else ""
    return f"{invoice.number}{order}", in_words(invoice.due_on), pounds(invoice.owed_pence)


def _lines(invoice: InvoiceFacts) -> Grid:
    if not invoice.vat_pence:
        plain = tuple((line.words, pounds(line.net_pence)) for line in invoice.lines)
        return Grid(("What", "Amount"), (*plain, ("To pay", pounds(invoice.total_pence))), (0.7, 0.3))
    rows = tuple(
        (line.words, pounds(line.net_pence), _vat(line), pounds(line.net_pence + line.vat_pence))
        for line in invoice.lines
    )
    sums = ("To pay", pounds(invoice.net_pence), pounds(invoice.vat_pence), pounds(invoice.total_pence))
    return Grid(("What", "Without VAT", "VAT", "With VAT"), (*rows, sums), LINES, amounts=3)


def _vat(line: Line) -> str:
    """The rate beside its amount: one invoice may mix rates."""
    return f"{pounds(line.vat_pence)} ({line.vat_basis_points / 100:g}%)"


def _from(sender: Sender, invoice: InvoiceFacts) -> Iterator[tuple[str, str]]:
    if sender.payee is not None:
        yield "From", sender.payee.name_and_address
        if invoice.vat_pence and sender.payee.vat_number:
            yield "VAT number", sender.payee.vat_number


def _how_to_pay(sender: Sender, reference: str) -> Iterator[Section]:
    if sender.payee is not None:
        account = sender.payee
        yield Section("How to pay", facts=(
            ("Account name", account.account_name), ("Sort code", account.sort_code_in_pairs),
            ("Account number", account.account_number), ("Reference", reference),
        ))  # fmt: skip


def _standing_of(invoice: InvoiceFacts) -> Iterator[str]:
    if invoice.state is InvoiceState.VOID:
        yield f"This invoice is void, and nothing is to be paid for it. The reason: {invoice.closed_reason}"
    elif invoice.state is InvoiceState.GIVEN_UP:
        yield f"This invoice was given up. The reason: {invoice.closed_reason}"


def _about(sender: Sender, invoice: InvoiceFacts) -> Iterator[str]:
    if invoice.vat_pence and not (sender.payee and sender.payee.vat_number):
        yield KEEP_THEIRS
    yield _question(sender)


def _question(sender: Sender) -> str:
    return f"A question about this sheet? Write to {sender.help_email}."


def _came(kind: str, reference: str) -> str:
    words = kind[:1].upper() + kind[1:]
    return f"{words}, {reference}" if reference else words


def _or_none(pence: int) -> str:
    return pounds(pence) if pence else "–"


def _paper(sender: Sender, title: str, sections: tuple[Section, ...]) -> Paper:
    sheet = with_drawable_words(Sheet(sender.brand, title, sections))
    name = "-".join("".join(letter if letter.isalnum() else " " for letter in title.lower()).split())
    return Paper(f"{name}.pdf", build_sheet(sheet))
