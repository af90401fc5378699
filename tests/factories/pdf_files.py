"""Small PDFs with the oddities of real ones, and what poppler sees on them."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

A4 = (0, 0, 595.28, 841.89)


def page_content(text: str, box: Sequence[float] = A4) -> bytes:
    """A dark frame near the page's middle and a line of Helvetica in it."""
    left, bottom, right, top = box
    x, y = left + (right - left) / 4, bottom + (top - bottom) / 2
    frame = f"q .2 .1 .3 rg {x} {y} {(right - left) / 2} 30 re f Q"
    return f"{frame} BT /F1 12 Tf 1 g {x + 4} {y + 9} Td ({text}) Tj ET".encode()


def add_page(pdf: pikepdf.Pdf, content: bytes | None = None, box: Sequence[float] = A4, **entries: Any) -> pikepdf.Page:
    """Append a page with its own resources; `entries` go into its dictionary as they are."""
    helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array(box),
        Resources=Dictionary(Font=Dictionary(F1=helvetica)),
        Contents=pdf.make_stream(page_content(f"Page {len(pdf.pages) + 1}", box) if content is None else content),
    )
    for key, value in entries.items():
        page[f"/{key}"] = value
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    return pdf.pages[-1]


def pdf_file(path: Path, *contents: bytes, pages: int = 1) -> Path:
    """A file of A4 pages: one for each of `contents`, else `pages` of the usual kind."""
    with pikepdf.new() as pdf:
        for content in contents or [None] * pages:
            add_page(pdf, content)
        pdf.save(path)
    return path


def signed_file(path: Path) -> Path:
    """A file with a signature field that holds something; what it holds is no real signature."""
    with pikepdf.open(pdf_file(path), allow_overwriting_input=True) as pdf:
        value = pdf.make_indirect(Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), Contents=b"\0" * 64))
        box = Array([50, 700, 200, 750])
        field = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String("Signed"), V=value, Rect=box)
        pdf.pages[0].obj["/Annots"] = Array([pdf.make_indirect(field)])
        pdf.Root["/AcroForm"] = Dictionary(Fields=Array([pdf.pages[0].obj["/Annots"][0]]), SigFlags=3)
        pdf.save(path)
    return path


def tag(pdf: pikepdf.Pdf) -> None:
    """Makes a tagged file of one: its first page's marked content 0 is a paragraph."""
    page = pdf.pages[0].obj
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    leaf = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.P, P=root, Pg=page, K=0))
    root["/K"], root["/ParentTree"] = Array([leaf]), Dictionary(Nums=Array([0, Array([leaf])]))
    page["/StructParents"] = 0
    pdf.Root["/StructTreeRoot"], pdf.Root["/MarkInfo"] = root, Dictionary(Marked=True)


def text_of(path: Path, page: int | None = None) -> str:
    """The page's words as poppler extracts them, line ends as spaces; of the whole file without `page`."""
    pages = ["-f", str(page), "-l", str(page)] if page else []
    found = subprocess.run(["pdftotext", *pages, str(path), "-"], capture_output=True, check=True, text=True)
    return " ".join(found.stdout.split())


def word_boxes(path: Path, page: int) -> list[tuple[str, float, float, float, float]]:
    """Each word with its left, top, right and bottom on the page as displayed, in the page's own units."""
    command = ["pdftotext", "-bbox", "-cropbox", "-f", str(page), "-l", str(page), str(path), "-"]
    xml = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    words = re.findall(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>', xml)
    return [(word[4], *map(float, word[:4])) for word in words]


def picture(path: Path, page: int, folder: Path, resolution: int = 72) -> Image.Image:
    """The page as displayed, drawn by poppler, in shades of grey."""
    target = folder / f"{path.stem}-{page}"
    command = ["pdftoppm", "-cropbox", "-gray", "-r", str(resolution), "-f", str(page), "-l", str(page), "-singlefile"]
    subprocess.run([*command, str(path), str(target)], check=True, capture_output=True)
    with Image.open(target.with_suffix(".pgm")) as drawn:
        return drawn.copy()


def complaints(path: Path) -> str:
    """What qpdf finds wrong with the file; empty when it is sound."""
    checked = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    return "" if checked.returncode == 0 else checked.stdout + checked.stderr
