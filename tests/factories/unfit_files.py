"""Files that cannot carry a stamp, one for each reason."""

import random
from collections.abc import Callable, Mapping
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf

from kit.pdf.stamping import RefusalReason
from kit.pdf.stamping.refusals import MOST_PAGES
from tests.factories.pdf_files import add_page, pdf_file, signed_file

CHANGES: Mapping[RefusalReason, Callable[[Pdf], object]] = {
    RefusalReason.NO_PAGES: lambda pdf: pdf.pages.__delitem__(0),
    RefusalReason.PORTFOLIO: lambda pdf: pdf.Root.__setitem__("/Collection", Dictionary(Type=Name.Collection)),
    RefusalReason.XFA_FORM: lambda pdf: pdf.Root.__setitem__("/AcroForm", Dictionary(XFA=Array([]))),
    RefusalReason.PAGE_TOO_SMALL: lambda pdf: add_page(pdf, box=(0, 0, 90, 60)),
    RefusalReason.TOO_MANY_PAGES: lambda pdf: [pdf.pages.append(pdf.pages[0]) for _ in range(MOST_PAGES)],
    RefusalReason.TOO_MANY_SIZES: lambda pdf: [add_page(pdf, box=(0, 0, 260 + 17 * n, 350)) for n in range(68)],
}
CONTENTS: Mapping[RefusalReason, bytes] = {
    RefusalReason.NOT_A_PDF: b"PK\x03\x04 a spreadsheet",
    RefusalReason.DAMAGED: b"%PDF-1.7\n" + random.Random(7).randbytes(5000),
}
LOCKS: Mapping[RefusalReason, tuple[bytes, bytes]] = {
    RefusalReason.NEEDS_PASSWORD: (b"", b""),
    RefusalReason.LOCKED: (b"/Filter /Standard", b"/Filter /Adobe.PubSec"),
}


def unfit_file(path: Path, reason: RefusalReason) -> Path:
    """A file that is refused for this reason. There is none that is too large: that would be a large file."""
    if reason in CONTENTS:
        path.write_bytes(CONTENTS[reason])
    elif reason is RefusalReason.SIGNED:
        signed_file(path)
    else:
        with pikepdf.open(pdf_file(path), allow_overwriting_input=True) as pdf:
            CHANGES.get(reason, lambda _: None)(pdf)
            if reason in LOCKS:
                pdf.save(path, encryption=pikepdf.Encryption(owner="owner", user="user"))
            else:  # packed, thousands of pages stay small enough to be sent without a file of their own
                pdf.save(path, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    if reason in LOCKS:
        path.write_bytes(path.read_bytes().replace(*LOCKS[reason]))
    return path
