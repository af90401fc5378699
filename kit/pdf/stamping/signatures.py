"""Digital signatures: a stamp breaks them, so a file that has one is stamped only when somebody has decided so.

Then they are taken out: a copy that every reader calls forged would be worse than one without a signature.
"""

from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf

READ_ONLY = 1  # bit of a form field's /Ff (ISO 32000-1, table 221)


def is_signed(pdf: Pdf) -> bool:
    """Whether the file holds a signature; an empty field for one does no harm."""
    return "/Perms" in pdf.Root or any("/V" in field for field in _signature_fields(pdf))


def take_out_signatures(pdf: Pdf) -> None:
    """Takes out what is broken by any change. A field keeps its picture, so that pages look as they did."""
    for field in _signature_fields(pdf):
        if "/V" in field:
            del field["/V"]
        field["/Ff"] = int(field.get("/Ff", 0)) | READ_ONLY  # nobody is asked to sign a copy
        for key in ("/Lock", "/SV"):
            if key in field:
                del field[key]
    form = pdf.Root.get("/AcroForm")
    if isinstance(form, Dictionary) and "/SigFlags" in form:
        del form["/SigFlags"]
    for key in ("/Perms", "/DSS"):
        if key in pdf.Root:
            del pdf.Root[key]


def _signature_fields(pdf: Pdf) -> Iterator[pikepdf.Object]:
    """Every field for a signature, once."""
    form = pdf.Root.get("/AcroForm")
    waiting = list(form.get("/Fields", Array())) if isinstance(form, Dictionary) else []
    seen: set[tuple[int, int]] = set()
    while waiting:
        field = waiting.pop()
        if not isinstance(field, Dictionary) or (field.is_indirect and field.objgen in seen):
            continue
        seen.add(field.objgen)
        if field.get("/FT") == Name.Sig:
            yield field
        waiting.extend(field.get("/Kids", Array()))
