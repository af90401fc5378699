"""Reads a trial copy with other eyes: does every page draw a stamp, and does the stamp say what it should?"""

import re
import zlib
from pathlib import Path

import pikepdf

from kit.pdf.stamping.contents import drawn
from kit.pdf.stamping.drawing import SLOT_NAME
from kit.pdf.stamping.personal import personal_text
from kit.pdf.stamping.prepared import Prepared, StampFacts

_SHOWN = re.compile(rb"<([0-9A-F]+)> Tj")


class ReadBackFailed(Exception):
    """A copy does not carry the stamp that it should; nothing may be published from this file."""


def read_back(path: Path, prepared: Prepared, facts: StampFacts) -> None:
    """Raises ReadBackFailed unless every page of the copy at `path` draws a stamp with exactly the words of `facts`.

    For names that the embedded typefaces can draw: a copy that brings others is longer, and counts as wrong.
    """
    if path.stat().st_size != prepared.size:
        raise ReadBackFailed(f"{path.stat().st_size} bytes, expected {prepared.size}")
    expected = personal_text(prepared.style, facts).replace(" ", "")
    checked: set[tuple[int, int]] = set()
    with pikepdf.open(path, suppress_warnings=True) as pdf:
        if len(pdf.pages) != prepared.page_count:
            raise ReadBackFailed(f"{len(pdf.pages)} pages, expected {prepared.page_count}")
        for number, page in enumerate(pdf.pages, 1):
            slot = _slot(page.obj, number)
            if slot.objgen in checked:
                continue
            if _words(slot) != expected:
                raise ReadBackFailed(f"the stamp of page {number} does not say what it should")
            checked.add(slot.objgen)


def _slot(page: pikepdf.Object, number: int) -> pikepdf.Object:
    """The slot that the page's last operators draw."""
    name = drawn(page).last
    if name is None:
        raise ReadBackFailed(f"page {number} does not end with its stamp")
    try:
        form = page["/Resources"]["/XObject"][name]
        return form["/Resources"]["/XObject"][SLOT_NAME]
    except (KeyError, TypeError) as error:
        raise ReadBackFailed(f"page {number} does not know its stamp") from error


def _words(slot: pikepdf.Object) -> str | None:
    """What a slot says; None when it cannot be unpacked, checksum included (pikepdf itself would let that pass)."""
    try:
        return said(zlib.decompress(slot.read_raw_bytes()))
    except zlib.error:
        return None


def said(slot: bytes) -> str:
    """The words in a slot's stream without spaces, since lines end where spaces were."""
    return "".join(bytes.fromhex(shown.decode()).decode("utf-16-be") for shown in _SHOWN.findall(slot)).replace(" ", "")
