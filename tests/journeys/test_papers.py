"""Finance: our bank details by two people, an invoice as PDF, and a link that shows it without an account."""

import io

from pypdf import PdfReader

from tests.journeys.conftest import MakeVisitor
from tests.journeys.demo import Demo

STAFF, SECOND, FINANCE = "staff@demo.example", "dev@demo.example", "finance@lakeshire.example"


def test_whom_to_pay_and_an_invoice_without_an_account(demo: Demo, visitor: MakeVisitor) -> None:
    """One writes, another agrees; a finance contact hands on a link; whoever has it sees that invoice and no more."""
    staff, second, finance, anybody = (visitor(demo) for _ in range(4))
    staff.sign_in(STAFF)
    staff.press("Our bank details")
    staff.press("Change them")
    for label, text in (("Name of whom they pay", "Lakeshire Psychology Service"), ("Address", "1 Hill Road\nLakeside"),
                        ("VAT number", "GB 123 4567 89"), ("Name of the account", "Psychology income"),
                        ("Sort code", "12-34-5"), ("Account number", "87654321")):  # fmt: skip
        staff.write(label, text)
    staff.press("Ask a second person")
    staff.reads("A sort code has six figures")
    staff.look("bank-details-wrong")
    staff.write("Sort code", "12-34-56")
    staff.press("Ask a second person")
    staff.reads("waits for a second person")
    assert staff.page.get_by_role("button", name="Agree to it").count() == 0
    second.sign_in(SECOND)
    second.open("/admin/bank-details")
    second.look("bank-details-waiting")
    second.press("Agree to it")
    second.reads("It counts from now on")
    second.look("bank-details")
    finance.sign_in(FINANCE)
    finance.press("Invoices and receipts")
    finance.look("own-invoices")
    finance.activate(finance.page.get_by_role("row").nth(1).get_by_role("link").first)
    finance.look("own-invoice")
    finance.press("Links that show it without an account")
    finance.look("pay-links-none")
    finance.press("Make a link")
    link = finance.page.url.removeprefix(demo.address)
    anybody.open(link)
    anybody.look("pay")
    paper = anybody.fetch(f"{link}/invoice.pdf")
    words = PdfReader(io.BytesIO(paper.body())).pages[0].extract_text()
    assert "87654321" in words
    finance.open("/organisation/invoices")
    finance.activate(finance.page.get_by_role("row").nth(1).get_by_role("link").first)
    finance.press("Links that show it without an account")
    finance.look("pay-links")
    finance.press("Withdraw all links")
    finance.reads("The links show nothing any more.")
    anybody.open(link)
    anybody.reads("This link shows nothing")
    anybody.look("pay-gone")
