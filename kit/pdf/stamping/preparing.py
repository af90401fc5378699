"""Once for each uploaded file: draw the stamp on every page with its slots still empty, and note where they are."""

import mmap
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pikepdf
from pikepdf import Pdf

from kit.pdf.fonts import COMPANION, REGULAR, glyph_table
from kit.pdf.stamping.contents import Wrapping
from kit.pdf.stamping.drawing import StampSet
from kit.pdf.stamping.ending import ending_of
from kit.pdf.stamping.pages import Resources, shape_of
from kit.pdf.stamping.prepared import Prepared, Slot, StampStyle
from kit.pdf.stamping.refusals import LARGEST_FILE, CannotPrepare, RefusalReason, refuse_unfit
from kit.pdf.stamping.scripts import take_out_scripts
from kit.pdf.stamping.signatures import is_signed, take_out_signatures

MOST_SLOTS = 64
SIGNATURE_GONE = "The file has a digital signature. Copies are without it; the original is kept as it was signed."
SCRIPTS_GONE = "The file held scripts or actions that start by themselves. Copies are without them."
HEADER_WITHIN = 1024  # bytes: readers look for %PDF- this far

Progress = Callable[[int, int], None]
"""Called with the number of pages done and of all pages."""

# A damaged file makes pikepdf raise nearly anything; each of these has been met on one.
_NONSENSE = (
    pikepdf.PdfError,
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
)


def prepare(
    source: Path,
    target: Path,
    *,
    style: StampStyle,
    address: str,
    edition_label: str,
    without_signature: bool = False,
    progress: Progress | None = None,
) -> Prepared:
    """Write `source` to `target` ready for stamping, whole or not at all.

    `address` is where to ask for the current edition; it is printed and drawn as a QR on a full stamp only.
    `without_signature` is the decision to stamp a signed file: its copies are without the signature, which would be
    broken. It changes nothing for other files.
    Raises CannotPrepare with a reason and a message for the person who uploaded the file.
    """
    _refuse_before_opening(source)
    part = target.with_name(target.name + ".part")
    try:
        with _nonsense_refused(), pikepdf.open(source, suppress_warnings=True) as pdf:
            refuse_unfit(pdf)
            notes = _taken_out(pdf, without_signature=without_signature)
            prepared = _prepared(pdf, part, style, address, edition_label, progress or _quietly)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return replace(prepared, notes=(*notes, *prepared.notes))


def acts_by_itself(file: BinaryIO) -> bool:
    """Whether a PDF that is passed on as it is holds scripts, or actions that start by themselves.

    Raises CannotPrepare for a file that cannot be opened, needs a password, or is no PDF of pages.
    """
    with _nonsense_refused(), pikepdf.open(file, suppress_warnings=True) as pdf:
        refuse_unfit(pdf)
        return take_out_scripts(pdf)


def _refuse_before_opening(source: Path) -> None:
    if source.stat().st_size > LARGEST_FILE:
        raise CannotPrepare(RefusalReason.TOO_LARGE)
    with source.open("rb") as file:
        if b"%PDF-" not in file.read(HEADER_WITHIN):
            raise CannotPrepare(RefusalReason.NOT_A_PDF)


@contextmanager
def _nonsense_refused() -> Iterator[None]:
    """Turns what pikepdf raises over a file that it cannot work with into a refusal."""
    try:
        yield
    except pikepdf.PasswordError as error:
        raise CannotPrepare(RefusalReason.NEEDS_PASSWORD) from error
    except _NONSENSE as error:
        locked = "unsupported encryption filter" in str(error)
        raise CannotPrepare(RefusalReason.LOCKED if locked else RefusalReason.DAMAGED) from error


def _taken_out(pdf: Pdf, *, without_signature: bool) -> list[str]:
    """Takes out what no copy may carry, and tells so. Raises CannotPrepare for a signature that nobody gave up."""
    notes = []
    if is_signed(pdf):
        if not without_signature:
            raise CannotPrepare(RefusalReason.SIGNED)
        take_out_signatures(pdf)
        notes.append(SIGNATURE_GONE)
    if take_out_scripts(pdf):
        notes.append(SCRIPTS_GONE)
    return notes


def _quietly(done: int, pages: int) -> None:
    """Nobody is watching."""


def _prepared(
    pdf: Pdf, target: Path, style: StampStyle, address: str, edition_label: str, progress: Progress
) -> Prepared:
    stamps = StampSet.begun(pdf, secrets.token_hex(16), address if style is StampStyle.FULL else None)
    page_count = _draw(pdf, stamps, progress)
    pdf.save(
        target,
        encryption=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,  # what is compressed, the slots too, stays as it is
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
    )
    slots = tuple(_found(target, stamps))
    return Prepared(
        style=style,
        page_count=page_count,
        size=target.stat().st_size,
        tagged=_tagged(pdf),
        edition_label=edition_label,
        slots=slots,
        widths=glyph_table(REGULAR).advances,
        companion_widths=glyph_table(COMPANION).advances,
        notes=tuple(_notes(pdf, stamps)),
        ending=ending_of(target, slots),
        address=address,
    )


def _draw(pdf: Pdf, stamps: StampSet, progress: Progress) -> int:
    name = f"/Stamp{stamps.token[:8]}"  # a name that no page of the file uses for something of its own
    wrapping, resources = Wrapping(pdf, name), Resources(pdf, name)
    page_count = len(pdf.pages)
    for number, page in enumerate(pdf.pages, 1):
        form = stamps.form(shape_of(page.obj))
        if form is None:
            message = (
                f"Page {number} of this PDF is too small to carry a stamp. Leave it out, or put it on a larger page."
            )
            raise CannotPrepare(RefusalReason.PAGE_TOO_SMALL, message)
        if len(stamps.slots) > MOST_SLOTS:
            raise CannotPrepare(RefusalReason.TOO_MANY_SIZES)
        wrapping.wrap(page.obj)
        resources.add(page.obj, form)
        progress(number, page_count)
    return page_count


def _tagged(pdf: Pdf) -> bool:
    """Whether the file says that it is tagged, and has the structure to show for it."""
    mark = pdf.Root.get("/MarkInfo")
    return "/StructTreeRoot" in pdf.Root and isinstance(mark, pikepdf.Dictionary) and bool(mark.get("/Marked", False))


def _notes(pdf: Pdf, stamps: StampSet) -> list[str]:
    notes = []
    if pdf.is_encrypted:
        notes.append("The file had restrictions set with an owner password. Copies are not restricted.")
    if pdf.get_warnings():
        notes.append("The file has faults that were mended. Look through the preview before you publish.")
    if not _tagged(pdf):
        notes.append("The file is not tagged for screen readers. If you can, export it again with tags.")
    if stamps.without_qr:
        notes.append("Some pages are too small for the square code; they carry the address as text.")
    return notes


def _found(path: Path, stamps: StampSet) -> list[Slot]:
    """Where each slot's bytes stand in the saved file."""
    slots = []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as saved:
        for width, height in sorted(stamps.heights.items()):
            empty = stamps.empty(width)
            offset = saved.find(empty)
            if offset < 0:
                raise AssertionError("a slot was not written as it was made")
            slots.append(Slot(offset, len(empty), width, height))
    return slots
