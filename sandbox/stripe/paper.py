"""A pretend invoice as a PDF of one page, for whoever attaches Stripe's to a mail. The portal's own are better."""

from sandbox.stripe.account import Object
from sandbox.stripe.control import pounds, words

TOP, LEFT, LEADING = 780, 60, 18
MOST_LINES = 40


def invoice_pdf(invoice: Object) -> bytes:
    """A PDF that says what the invoice says, in a font that every reader has."""
    said = ["PRETEND INVOICE: a stand-in for Stripe made this; nothing is owed.", ""]
    said += [f"Invoice {invoice['number']}", f"For {invoice['customer_name'] or invoice['customer']}"]
    said += [f"{field['name']}: {field['value']}" for field in invoice["custom_fields"] or []]
    said += [f"Due {words(invoice['due_date'])}"] if invoice["due_date"] else []
    said += ["", *(f"{line['description']}: {pounds(line['amount'])}" for line in invoice["lines"]["data"])]
    said += [f"VAT: {pounds(tax['amount'])}" for tax in invoice["total_taxes"]]
    said += [f"Total: {pounds(invoice['total'])}", f"To pay: {pounds(invoice['amount_remaining'])}"]
    text = "".join(f"({_safe(line)}) Tj T*\n" for line in said[:MOST_LINES])
    content = f"BT /F1 12 Tf {LEADING} TL {LEFT} {TOP} Td\n{text}ET".encode("cp1252")
    return _file(
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en-GB) >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R "
        b"/Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    )


def _safe(line: str) -> str:
    known = line.encode("cp1252", "replace").decode("cp1252")
    return known.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _file(*bodies: bytes) -> bytes:
    written, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(bodies) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    return (
        written + head + table + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(written))
    )
