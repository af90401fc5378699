"""Files that nobody thought of: made by chance from the oddities of real ones, and, with `make soak`, real ones.

`SOAK=1` makes many more, and tries every PDF in the folder named by TEST_PDFS, if there is one.
"""

import os
import random
import shutil
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.campaign.pdfs import REFUSED, RIGHT, WRONG, files_in, limited, tried
from tests.factories.pdf_files import add_page, page_content, tag
from tests.faults.plan import SEED, SOAK

FILES = 400 if SOAK else 8
SIZES = ((595, 842), (612, 792), (842, 1191), (1920, 1080), (420, 595), (720, 405), (841, 594), (2384, 3370))
FOLDER = os.environ.get("TEST_PDFS")


def odd_file(path: Path, chance: random.Random) -> Path:
    """A file of one to five pages, each odd in its own way, saved in one of the ways that there are."""
    with pikepdf.new() as pdf:
        for _ in range(chance.randint(1, 5)):
            _odd_page(pdf, chance)
        if chance.random() < 0.3:
            tag(pdf)
        if chance.random() < 0.3:
            pdf.attachments["notes.txt"] = b"notes"
            with pdf.open_outline() as outline:
                outline.root.append(pikepdf.OutlineItem("First page", 0))
        inherits = chance.random() < 0.3
        if inherits:
            cropped = any("/CropBox" in page.obj for page in pdf.pages)  # it must stay inside of the MediaBox
            _inherit(pdf, chance.choice(("/Resources", "/Rotate", "/Resources" if cropped else "/MediaBox")))
        encryption = pikepdf.Encryption(owner="secret", user="") if chance.random() < 0.2 else False
        modes = (pikepdf.ObjectStreamMode.generate, pikepdf.ObjectStreamMode.disable)
        # A linearized file must not inherit: poppler and qpdf see different pages in one that does.
        linearize = not inherits and chance.random() < 0.4
        pdf.save(path, encryption=encryption, object_stream_mode=chance.choice(modes), linearize=linearize)
    return path


def _odd_page(pdf: pikepdf.Pdf, chance: random.Random) -> None:
    width, height = chance.choice(SIZES)
    left, bottom = (chance.choice((0, 0, -300, 17.5)) for _ in range(2))
    box = (left, bottom, left + width, bottom + height)
    opening = chance.choice((b"", b"", b"q ", b".9 0 0 .9 20 20 cm ", b".1 0 .2 rg -9999 -9999 29999 29999 re f "))
    entries = {}
    if chance.random() < 0.4:
        entries["CropBox"] = Array([box[0] + 20, box[1] + 31, box[2] - 12, box[3] - 40])
    if chance.random() < 0.2:
        entries["UserUnit"] = chance.choice((2, 1.5))
    add_page(pdf, opening + page_content("Words", box), box, Rotate=chance.choice((0, 0, 90, 180, 270)), **entries)
    if chance.random() < 0.2:
        _form(pdf)


def _form(pdf: pikepdf.Pdf) -> None:
    """A text field in the middle of the last page."""
    page = pdf.pages[-1].obj
    left, bottom = float(page["/MediaBox"][0]) + 100, float(page["/MediaBox"][1]) + 200
    rectangle = Array([left, bottom, left + 150, bottom + 20])
    field = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("Name"), Rect=rectangle)
    page["/Annots"] = Array([pdf.make_indirect(field)])
    form = pdf.Root.get("/AcroForm", Dictionary(Fields=Array()))
    form["/Fields"].append(page["/Annots"][0])
    pdf.Root["/AcroForm"] = form


def _inherit(pdf: pikepdf.Pdf, key: str) -> None:
    """An entry of the first page becomes one of all pages."""
    pdf.Root["/Pages"][key] = pdf.pages[0].obj[key]
    for page in pdf.pages:
        del page.obj[key]


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
@pytest.mark.parametrize("number", range(FILES))
def test_a_file_made_by_chance_is_stamped_right(tmp_path: Path, number: int) -> None:
    outcome = tried(odd_file(tmp_path / "a.pdf", random.Random(SEED * 1000 + number)))
    assert (outcome.outcome, outcome.detail) == (RIGHT, ""), f"{outcome.detail} ({', '.join(outcome.kinds)})"


@pytest.mark.skipif(not (SOAK and FOLDER), reason="only with SOAK=1 and a folder of PDFs in TEST_PDFS")
def test_every_real_file_is_stamped_right_or_refused_with_a_reason() -> None:
    outcomes = [limited(path) for path in files_in([Path(FOLDER or "")])]
    assert outcomes
    assert all(one.detail for one in outcomes if one.outcome == REFUSED)
    assert [(one.path, one.detail) for one in outcomes if one.outcome == WRONG] == []
