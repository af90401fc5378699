"""Papers for finance: every fact of an invoice, a receipt, a credit note and a statement, VAT rightly or not at all."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.refusals import NotThere
from licences.billing import account, invoices, papers, payee
from licences.billing.invoices import Line, Raised
from licences.billing.papers import Paper, Receiver, Sender
from licences.billing.payee import Details
from licences.gateway import Credited
from tests.unit.kit.pdf.tags_checks import assert_accessible, structure_text
from tests.unit.licences.billing.place import LETTERHEAD, Council

FREE, BOOKS = Line("Licence", 100_000, 0), Line("E-books", 1_050, 0)
TO = Receiver("Lakeshire Council", "County Hall\nLakeside", "ABM")
Read = Callable[[Paper], str]
SENDER = Sender("Secure Base", "help@securebase.example")


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """The words of a paper as a screen reader has them, once it passed the checks of accessible files."""

    def words(paper: Paper) -> str:
        path = tmp_path / paper.file_name
        path.write_bytes(paper.data)
        assert_accessible(path, body=(62, 742))
        return " ".join(" ".join(re.findall(r'^\s*"(.*)"\s*$', structure_text(path), re.MULTILINE)).split())

    return words


def billed(council: Council, *lines: Line) -> int:
    raised = Raised("SB-1", council.day, council.day, lines)
    return invoices.record_invoice(council.session, council.clock, council.ruth, council.order(), raised)


def test_an_invoice_says_what_its_finance_office_asks_for(council: Council, read: Read) -> None:
    number = council.invoice(council.order())
    paper = papers.invoice_paper(SENDER, council.bill(number), TO)
    assert paper.file_name == "invoice-sb-1.pdf"
    told = read(paper)
    for wanted in ("Invoice SB-1", "To Lakeshire Council, County Hall, Lakeside",
                   "Purchase order PO 1", "Date of issue 10 November 2026",
                   "To be paid by 10 December 2026", "Licence £1,000.00 £200.00 (20%) £1,200.00",
                   "To pay £1,000.00 £200.00 £1,200.00", "help@securebase.example"):  # fmt: skip
        assert wanted in told
    assert paper == papers.invoice_paper(SENDER, council.bill(number), TO), "the same facts, the same bytes"
    council.pay(number, 100)
    assert paper == papers.invoice_paper(SENDER, council.bill(number), TO), "as it was issued"


def test_without_vat_nothing_speaks_of_it(council: Council, read: Read) -> None:
    number = billed(council, FREE, BOOKS)
    told = read(papers.invoice_paper(SENDER, council.bill(number), TO))
    assert "VAT" not in told
    assert "Licence £1,000.00 E-books £10.50 To pay £1,010.50" in told


def test_rates_are_told_line_by_line(council: Council, read: Read) -> None:
    number = billed(council, Line("Licence", 100_000, 2000), BOOKS)
    told = read(papers.invoice_paper(SENDER, council.bill(number), TO))
    assert "E-books £10.50 £0.00 (0%) £10.50" in told
    assert "To pay £1,010.50 £200.00 £1,210.50" in told


def test_a_void_invoice_says_so(council: Council, read: Read) -> None:
    number = council.invoice(council.order())
    invoices.void(council.session, council.clock, council.ruth, number, reason="The wrong <council> 李.")
    told = read(papers.invoice_paper(SENDER, council.bill(number), TO))
    assert "This invoice is void, and nothing is to be paid for it. The reason: The wrong <council> ?." in told


def test_receipts_credit_notes_and_the_statement_agree(council: Council, read: Read) -> None:
    number = council.invoice(council.order())
    with pytest.raises(NotThere):
        papers.receipt_paper(SENDER, council.bill(number), TO)
    with pytest.raises(NotThere):
        papers.credit_paper(SENDER, council.bill(number), TO, 1)
    council.clock.move(days=1)
    council.pay(number, 50_000)
    credited = Credited("CN-1", 20_000, council.day, "Two months late.")
    invoices.credit(council.session, council.clock, council.ruth, number, credited)
    bill = council.bill(number)
    told = read(papers.receipt_paper(SENDER, bill, TO))
    assert "Receipt for invoice SB-1" in told
    assert "11 November 2026 Bank transfer, BACS 1 £500.00" in told
    assert "Credit note CN-1 £200.00 In all Invoiced £1,200.00 Left to pay £500.00" in told
    told = read(papers.credit_paper(SENDER, bill, TO, 1))
    assert "Credit note CN-1" in told
    assert "Two months late." in told
    assert "Credited, with VAT £200.00" in told
    found = account.invoices_of(council.session, [council.licence.id])
    told = read(papers.statement_paper(SENDER, "Lakeshire Council", found, council.day))
    for wanted in ("Statement of 11 November 2026", "Invoiced £1,200.00 Paid £500.00 Credited £200.00 To pay £500.00",
                   "SB-1, purchase order PO 1 10 December 2026 £500.00", "In all £1,200.00 £700.00"):  # fmt: skip
        assert wanted in told


def test_a_statement_tells_what_came_too_much_and_leaves_out_what_was_void(council: Council, read: Read) -> None:
    order = council.order()
    invoices.void(council.session, council.clock, council.ruth, council.invoice(order, "SB-0"), reason="x")
    council.pay(council.invoice(order), 130_000)
    found = account.invoices_of(council.session, [council.licence.id])
    told = read(papers.statement_paper(SENDER, "Lakeshire Council", found, council.day))
    assert "To pay £0.00 Paid beyond what was owed £100.00" in told
    assert "SB-0" not in told
    assert "What is to be paid" not in told
    told = read(papers.statement_paper(SENDER, "Nobody", [], council.day))
    assert "Nothing has been invoiced yet." in told


def test_our_bank_details_stand_on_invoice_and_statement(council: Council, read: Read) -> None:
    details = Details("Lakeshire & <Co>", "County Hall", "GB123456789", "LCC Income", "123456", "12345678")
    waits = payee.ask(council.session, council.clock, council.ruth, LETTERHEAD, details)
    payee.agree(council.session, council.clock, council.dev, LETTERHEAD, waits)
    number = council.invoice(council.order())
    sender = papers.sender(council.session, LETTERHEAD)
    to = papers.receiver(council.session, council.licence)
    account_told = "Account name LCC Income Sort code 12-34-56 Account number 12345678 Reference"
    told = read(papers.invoice_paper(sender, council.bill(number), to))
    assert "From Lakeshire & <Co>, County Hall VAT number GB123456789 To Lakeshire Council" in told
    assert f"How to pay {account_told} SB-1" in told
    assert papers.KEEP_THEIRS not in told
    found = account.invoices_of(council.session, [council.licence.id])
    assert f"{account_told} The number of the invoice" in read(papers.statement_paper(sender, "L", found, council.day))
    invoices.void(council.session, council.clock, council.ruth, number, reason="x")
    assert "How to pay" not in read(papers.invoice_paper(sender, council.bill(number), to))
