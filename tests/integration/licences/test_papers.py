"""What finance opens over HTTP: papers, and the page of a link, which shows one invoice to whoever has it."""

import io
import re
from html import unescape
from pathlib import Path

import pikepdf
from pikepdf import Dictionary, Name, String

from kit.pdf.stamping import RefusalReason
from licences.billing import invoices, orders
from licences.billing.invoices import Line, Paid, Raised
from licences.billing.orders import Wanted
from licences.gateway import Credited
from licences.kinds import PaymentKind
from tests.browser_like import Browser
from tests.factories.pdf_files import pdf_file
from tests.factories.unfit_files import unfit_file
from tests.world import FINANCE, MANAGER, STAFF, STRANGER_MANAGER, TEAM, World

GONE = "This link shows nothing"


def words_on(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.split("<main")[1].split("</main>")[0])).split())


def billed(world: World, name: str = "SB-<1>") -> int:
    """An open invoice of Lakeshire's next year, £900.00 and VAT."""
    clock = world.house.clock
    with world.house.database.write() as session:
        day = clock.now().date().replace(year=clock.now().year + 3)
        wanted = Wanted(day, day.replace(year=day.year + 1), 2, 90_000, 2000, "PO & <b>7</b>")
        order = orders.place(session, clock, TEAM, organisation_id=world.lakeshire, programme_id=world.programme,
                             wanted=wanted)  # fmt: skip
        today = clock.now().date()
        raised = Raised(name, today, today, (Line("A licence <i>&", 90_000, 2000),))
        return invoices.record_invoice(session, clock, TEAM, order, raised)


def made_link(browser: Browser, start: str) -> str:
    browser.get(f"{start}/pay-links")
    response = browser.post(f"{start}/pay-links")
    assert response.status_code == 303
    return str(response.headers["Location"])


def test_a_link_is_made_opened_by_anybody_and_withdrawn(world: World) -> None:
    number, finance, anybody = billed(world), world.browser(FINANCE), world.browser()
    start = f"/organisation/invoices/{number}"
    link = made_link(finance, start)
    page = anybody.get(link)
    told = words_on(page.text)
    for wanted in ("Invoice SB-<1>", "To pay: £1,080.00", "PO & <b>7</b>", "Lakeshire Council"):
        assert wanted in told
    assert "<b>7</b>" not in page.text
    for path, kind in ((link, "text/html"), (f"{link}/invoice.pdf", "application/pdf"), ("/pay/wrong", "text/html")):
        answer = anybody.get(path)
        assert answer.mimetype == kind
        named = ("Cache-Control", "Referrer-Policy", "X-Robots-Tag")
        assert [answer.headers[name] for name in named] == ["no-store", "no-referrer", "noindex, nofollow"]
    shown = set(re.findall(r'href="(/[^"]*)"', page.text.split("<main")[1].split("</main>")[0]))
    assert shown == {f"{link}/invoice.pdf"}, "nothing else can be reached from there"
    assert "Janet" not in page.text
    again = made_link(world.browser(STAFF), f"/admin/invoices/{number}")
    manager = world.browser(MANAGER)
    listed = manager.get(f"{start}/pay-links").text
    assert words_on(listed).count("2027") >= 2
    assert link.removeprefix("/pay/") not in listed, "not even who made it sees it again"
    assert manager.post(f"{start}/pay-links/withdraw").status_code == 303
    resent = manager.post(f"{start}/send")
    assert "is on its way to Colin Marsh." in manager.get(resent.headers["Location"]).text
    gone = [anybody.get(path) for path in (link, again, f"{link}/invoice.pdf", "/pay/x", "/pay/yy/invoice.pdf")]
    assert {answer.status_code for answer in gone} == {404}
    assert len({words_on(answer.text) for answer in gone}) == 1, "wrong and withdrawn links say the same words"
    assert GONE in words_on(gone[0].text)
    other = world.browser(STRANGER_MANAGER)
    other.get("/organisation")
    for path in ("", "/pay-links", "/invoice.pdf", "/receipt.pdf"):
        assert other.get(start + path).status_code == 404, path
    assert other.post(f"{start}/pay-links").status_code == 404


def test_papers_come_as_files_with_their_names(world: World) -> None:
    number, finance = billed(world), world.browser(FINANCE)
    start = f"/organisation/invoices/{number}"
    assert finance.get(f"{start}/receipt.pdf").status_code == 404, "nothing came yet"
    with world.house.database.write() as session:
        clock, day = world.house.clock, world.house.clock.now().date()
        invoices.record_payment(session, clock, TEAM, number, Paid(100, day, PaymentKind.TRANSFER, ""))
        invoices.credit(session, clock, TEAM, number, Credited("CN/1", 100, day, "<script>"))
    names = {
        f"{start}/invoice.pdf": "invoice-sb-1.pdf",
        f"{start}/receipt.pdf": "receipt-for-invoice-sb-1.pdf",
        f"{start}/credit-notes/1.pdf": "credit-note-cn-1.pdf",
        "/organisation/statement.pdf": "statement-of-",
    }
    linked = unescape(finance.get(start).text + finance.get("/organisation/invoices").text)
    for path, name in names.items():
        answer = finance.get(path)
        assert (answer.status_code, answer.mimetype, answer.data[:5]) == (200, "application/pdf", b"%PDF-"), path
        assert f'inline; filename="{name}' in answer.headers["Content-Disposition"]
        assert f'href="{path}"' in linked, path
    for place in ("0", "2", "99999999999999999999"):
        assert finance.get(f"{start}/credit-notes/{place}.pdf").status_code == 404


def test_no_file_goes_to_a_finance_office_that_is_no_plain_pdf(world: World, tmp_path: Path) -> None:
    number, staff = billed(world), world.browser(STAFF)
    plain = pdf_file(tmp_path / "plain.pdf").read_bytes()
    with pikepdf.open(io.BytesIO(plain)) as pdf:
        pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.launchURL('https://a.example')"))
        pdf.save(tmp_path / "acts.pdf")
    reasons = (RefusalReason.NEEDS_PASSWORD, RefusalReason.DAMAGED, RefusalReason.PORTFOLIO)
    tries = {
        "start by themselves": (tmp_path / "acts.pdf").read_bytes(),
        "not a PDF": b"<html>%PD",
        "is damaged": b"%PDF-1.7 and nothing else",
        **{reason.value: unfit_file(tmp_path / f"{reason.name}.pdf", reason).read_bytes() for reason in reasons},
    }
    page = f"/admin/invoices/{number}"
    staff.get(f"{page}/file")
    for words, data in tries.items():
        answer = staff.post(
            f"{page}/file", {"file": (io.BytesIO(data), "bill.pdf")}, content_type="multipart/form-data"
        )
        assert (answer.status_code, words in answer.text) == (400, True), words
    sent = staff.post(
        f"{page}/file", {"file": (io.BytesIO(plain), "bi\u202ell.pdf")}, content_type="multipart/form-data"
    )
    assert sent.headers["Location"].endswith(page)
    shown = world.browser(FINANCE).get(f"/organisation/invoices/{number}/invoice.pdf")
    assert (shown.mimetype, shown.data) == ("application/pdf", plain)
