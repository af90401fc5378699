"""Files that cannot be prepared, and why, in words that the person who uploaded one can act on."""

from enum import StrEnum

import pikepdf

LARGEST_FILE = 250 * 1024 * 1024  # bytes
MOST_PAGES = 3000


class RefusalReason(StrEnum):
    """Why a file cannot be prepared."""

    NOT_A_PDF = "not a PDF"
    LOCKED = "locked for some people"
    NEEDS_PASSWORD = "needs a password"  # noqa: S105 - a reason, not a secret
    DAMAGED = "damaged"
    NO_PAGES = "no pages"
    PORTFOLIO = "portfolio"
    XFA_FORM = "XFA form"
    TOO_LARGE = "too large"
    TOO_MANY_PAGES = "too many pages"
    SIGNED = "signed"
    PAGE_TOO_SMALL = "page too small"
    TOO_MANY_SIZES = "too many page sizes"


MESSAGES = {
    RefusalReason.NOT_A_PDF: "This file is not a PDF. Export or print it to PDF, then upload that file.",
    RefusalReason.NEEDS_PASSWORD: "This PDF needs a password to open. Save it without one, then upload it again.",
    RefusalReason.LOCKED: (
        "This PDF is locked with certificates: only the people named in it can open it. "
        "Ask whoever locked it for an open one."
    ),
    RefusalReason.DAMAGED: "This PDF is damaged and cannot be read. Export it again from where it was made.",
    RefusalReason.NO_PAGES: "This PDF has no pages. Export it again from where it was made.",
    RefusalReason.PORTFOLIO: "This PDF is a portfolio, a folder of other files. Upload each file in it by itself.",
    RefusalReason.XFA_FORM: "This PDF is an Adobe LiveCycle (XFA) form. Print it to PDF, then upload that file.",
    RefusalReason.TOO_LARGE: f"This PDF is larger than {LARGEST_FILE // 1024**2} MB. Save it with smaller pictures.",
    RefusalReason.TOO_MANY_PAGES: f"This PDF has more than {MOST_PAGES:,} pages. Split it into parts.",
    RefusalReason.SIGNED: (
        "This PDF has a digital signature, and stamping breaks it. Upload it unsigned, "
        "or have copies made without the signature."
    ),
    RefusalReason.TOO_MANY_SIZES: "The pages of this PDF have too many different sizes. Print it to PDF on A4 pages.",
}


class CannotPrepare(Exception):
    """The file cannot carry a stamp; the message is for the person who uploaded it."""

    def __init__(self, reason: RefusalReason, message: str | None = None) -> None:
        self.reason = reason
        self.message = message or MESSAGES[reason]
        super().__init__(self.message)


def refuse_unfit(pdf: pikepdf.Pdf) -> None:
    """Raises CannotPrepare for a file that can be opened but must not or cannot be stamped."""
    if len(pdf.pages) == 0:
        raise CannotPrepare(RefusalReason.NO_PAGES)
    if len(pdf.pages) > MOST_PAGES:
        raise CannotPrepare(RefusalReason.TOO_MANY_PAGES)
    if "/Collection" in pdf.Root:
        raise CannotPrepare(RefusalReason.PORTFOLIO)
    form = pdf.Root.get("/AcroForm")
    if isinstance(form, pikepdf.Dictionary) and "/XFA" in form:
        raise CannotPrepare(RefusalReason.XFA_FORM)
