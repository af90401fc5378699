"""Looks at a stamped copy with poppler's eyes, page by page, and says what is wrong with its stamps.

Nothing here knows where the product put a stamp: words and their places come from `pdftotext`, pixels from `pdftoppm`.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pikepdf
import zxingcpp
from PIL import Image, ImageChops

from kit.pdf.stamping import Prepared, StampFacts, personal_text
from kit.pdf.stamping.drawing import qr_drawing
from kit.pdf.stamping.pages import shape_of

SMALLEST = 5.0  # points as displayed
LARGEST_SHARE = 0.12  # of a page
RESOLUTION = 72  # pixels an inch at a page of A4; less on larger pages
MOST_PIXELS = 900  # of the longer side
CODE_PIXELS = 240  # of the side of a square code when it is read: some five for each of its modules
SECONDS = 300
_PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.DOTALL)
_WORD = re.compile(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>')

Box = tuple[float, float, float, float]
"""Left, top, right, bottom from the upper left corner of the page as displayed, in the page's units."""


@dataclass(frozen=True)
class Seen:
    """A page as displayed: its size in the page's units, and its words with their boxes in reading order."""

    width: float
    height: float
    words: list[tuple[str, Box]]


def seen_pages(path: Path) -> Iterator[Seen]:
    """Every page of a file."""
    command = ["pdftotext", "-bbox", "-cropbox", str(path), "-"]
    found = subprocess.run(command, capture_output=True, check=True, timeout=SECONDS).stdout.decode("utf-8", "replace")
    for width, height, body in _PAGE.findall(found):
        words = [(unescape(word[4]), tuple(map(float, word[:4]))) for word in _WORD.findall(body)]
        yield Seen(float(width), float(height), words)  # type: ignore[arg-type]


def stamp_words(page: Seen, expected: set[str]) -> dict[str, Box]:
    """The boxes of the stamp's words; where a page has the same word itself, the one nearest to its foot."""
    return {word: box for word, box in sorted(page.words, key=lambda one: one[1][3]) if word in expected}


def wrong_words(page: Seen, expected: set[str], unit: float) -> str:
    """What is wrong with the words of a page's stamp; empty when nothing is."""
    ours = stamp_words(page, expected)
    if missing := expected - set(ours):
        return f"not extracted: {' '.join(sorted(missing))}"
    for word, (left, top, right, bottom) in ours.items():
        if left < -0.5 or top < -0.5 or right > page.width + 0.5 or bottom > page.height + 0.5:
            return f"outside the visible page: {word}"
        if (bottom - top) * unit < SMALLEST:
            return f"smaller than {SMALLEST} points: {word}"
        if len(word) > 5 and right - left < bottom - top:
            return f"not upright: {word}"
    return ""


def covered(page: Seen, expected: set[str], unit: float, address: str | None) -> tuple[Box, Box | None]:
    """The box of the stamp's words with the white around them, and that of its square code; None for no address."""
    boxes = list(stamp_words(page, expected).values())
    step = max(1.0, (page.width * page.height * unit * unit / (595.28 * 841.89)) ** 0.5) / unit
    around = 4 * step
    words = (
        min(box[0] for box in boxes) - around, min(box[1] for box in boxes) - around,
        max(box[2] for box in boxes) + around, max(box[3] for box in boxes) + around,
    )  # fmt: skip
    if address is None:
        return words, None
    side = qr_drawing(address)[0] * step
    margin = min(24.0 * step, page.width * 0.04)
    foot = min(9.0 * step, page.height * 0.02)
    right, bottom = page.width - margin, page.height - foot
    return words, (right - side - 1, bottom - side - 1, right + 1, bottom + 1)


def picture(path: Path, number: int, folder: Path, scale_to: int, *part: str) -> Image.Image | None:
    """A page as displayed, in grey, `scale_to` pixels long; None where poppler does not draw all of it.

    `part` are options of `pdftoppm` that name what of it to draw.
    """
    target, written = folder / "page", folder / "page.pgm"
    size = ["-scale-to", str(scale_to), "-f", str(number), "-l", str(number), "-singlefile"]
    command = ["pdftoppm", "-cropbox", "-gray", *size, *part, str(path), str(target)]
    drawn = subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
    if b"Too few" in drawn.stderr or not written.exists():
        return None  # poppler stops at an operator that lacks operands, or cannot draw the page at all
    with Image.open(written) as opened:
        copy = opened.copy()
    written.unlink()
    return copy


def wrong_picture(
    before: Path, after: Path, number: int, page: Seen, boxes: tuple[Box, Box | None], folder: Path
) -> str:
    """What differs between a page and its stamped copy outside the stamp; empty when nothing does."""
    scale_to = min(MOST_PIXELS, max(120, int(max(page.width, page.height) * RESOLUTION / 72)))
    original, copy = (picture(path, number, folder, scale_to) for path in (before, after))
    if copy is None:
        return "poppler does not draw it"
    if original is None or original.size == (1, 1):
        return ""  # poppler cannot draw that page of the original, and can that of the copy
    if original.size != copy.size:
        return f"the page was {original.size}, the copy's is {copy.size}"
    scale = copy.width / page.width
    changed = ImageChops.difference(original, copy).point(lambda grey: 255 if grey > 24 else 0)
    if changed.getbbox() is None:
        return "nothing was drawn"
    for box in boxes:
        if box is not None:
            left, top, right, bottom = box
            changed.paste(
                0, (int(left * scale) - 1, int(top * scale) - 1, int(right * scale) + 2, int(bottom * scale) + 2)
            )
    outside = changed.getbbox()
    return f"the page differs outside the stamp: {outside} of {copy.size}" if outside else ""


def wrong_code(copy: Path, number: int, page: Seen, box: Box, folder: Path, address: str) -> str:
    """Whether a telephone that looks at the page's square code would be led to another address, or nowhere."""
    left, top, right, _ = box
    scale = CODE_PIXELS / (right - left)  # the picture is so large that the code has its pixels, and only it is drawn
    place = ["-x", int(left * scale), "-y", int(top * scale), "-W", CODE_PIXELS, "-H", CODE_PIXELS]
    drawn = picture(copy, number, folder, int(max(page.width, page.height) * scale), *map(str, place))
    read = zxingcpp.read_barcodes(drawn, zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)) if drawn else []
    if [code.text for code in read] == [address]:
        return ""
    return f"the square code says {' and '.join(code.text for code in read) or 'nothing'}"


def wrong_share(page: Seen, boxes: tuple[Box, Box | None]) -> str:
    """Whether the stamp covers too much of its page."""
    area = sum((box[2] - box[0]) * (box[3] - box[1]) for box in boxes if box is not None)
    share = area / (page.width * page.height)
    return f"covers {share:.0%} of the page" if share > LARGEST_SHARE + 0.01 else ""  # a point more around our boxes


@dataclass(frozen=True)
class Sheet:
    """What the eye cannot tell of a page: its UserUnit, whether it lies on its side, whether it should show a code."""

    unit: float
    on_its_side: bool
    has_code: bool

    @classmethod
    def of(cls, page: pikepdf.Object) -> "Sheet":
        shape = shape_of(page)
        return cls(shape.unit, shape.rotation % 180 != 0, "/QR" in _stamp(page)["/Resources"]["/XObject"])

    def upright(self, page: Seen) -> Seen:
        """The page as its reader holds it: `pdftotext` turns the words but not the page's size."""
        return Seen(page.height, page.width, page.words) if self.on_its_side else page


def sheets(path: Path) -> list[Sheet]:
    """Every page of a copy."""
    with pikepdf.open(path, suppress_warnings=True) as pdf:
        return [Sheet.of(page.obj) for page in pdf.pages]


def wrong_glyphs(path: Path) -> str:
    """Whether any code shown in a slot leads to the empty box, in the typefaces as they are embedded."""
    with pikepdf.open(path, suppress_warnings=True) as pdf:
        for slot in _slots(pdf):
            fonts, current = slot["/Resources"]["/Font"], None
            for operands, operator in pikepdf.parse_content_stream(slot):
                if str(operator) == "Tf":
                    current = fonts[str(operands[0])]["/DescendantFonts"][0]
                    continue
                shown = _codes(operands[0]) if str(operator) in ("Tj", "TJ") and current is not None else []
                if current is not None and (empty := _empty_boxes(current, shown)):
                    return f"an empty box for {empty}"
    return ""


def _codes(shown: pikepdf.Object) -> list[int]:
    parts = list(shown) if isinstance(shown, pikepdf.Array) else [shown]
    text = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
    return [int.from_bytes(text[at : at + 2], "big") for at in range(0, len(text), 2)]


def _empty_boxes(font: pikepdf.Object, codes: list[int]) -> list[int]:
    """The codes for which the embedded file has no shape: those that lead to glyph 0, or to none of its own."""
    places = font.get("/CIDToGIDMap", pikepdf.Name.Identity)
    if isinstance(places, pikepdf.Stream):
        glyphs = places.read_bytes()
        return [code for code in codes if glyphs[2 * code : 2 * code + 2] in (b"\0\0", b"")]
    known = {int(entry) for at, entry in enumerate(font["/W"]) if at % 2 == 0}
    return [code for code in codes if code == 0 or code not in known]


def _slots(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    forms = {form.objgen: form for page in pdf.pages for form in (_stamp(page.obj),)}
    for form in forms.values():
        yield form["/Resources"]["/XObject"]["/Slot"]


def _stamp(page: pikepdf.Object) -> pikepdf.Object:
    """The form that the page draws last."""
    contents = page["/Contents"]
    name = re.findall(rb"/Stamp[0-9a-f]{8}", contents[len(contents) - 1].read_bytes())[-1]
    return page["/Resources"]["/XObject"][name.decode()]


def expected_words(prepared: Prepared, facts: StampFacts, address: str) -> set[str]:
    """Every word that a stamp must show, its address included."""
    return set(personal_text(prepared.style, facts).split()) - {"·"} | {address.removeprefix("https://")}


def findings(
    original: Path, copy: Path, prepared: Prepared, facts: StampFacts, address: str, looked_at: list[int], folder: Path
) -> list[str]:
    """Everything wrong with a copy. Words are read on every page, pictures drawn of the pages `looked_at`."""
    expected = expected_words(prepared, facts, address)
    found = []
    if wrong := wrong_glyphs(copy):
        found.append(wrong)
    pages = list(seen_pages(copy))
    if len(pages) != prepared.page_count:
        return [*found, f"poppler sees {len(pages)} pages of {prepared.page_count}"]
    for number, (page, sheet) in enumerate(zip(pages, sheets(copy), strict=True), 1):
        page = sheet.upright(page)
        wrong = wrong_words(page, expected, sheet.unit)
        if not wrong:
            boxes = covered(page, expected, sheet.unit, address if sheet.has_code else None)
            wrong = wrong_share(page, boxes)
            if not wrong and number in looked_at:
                wrong = wrong_picture(original, copy, number, page, boxes, folder)
            if not wrong and number in looked_at and boxes[1]:
                wrong = wrong_code(copy, number, page, boxes[1], folder, address)
        if wrong:
            found.append(f"page {number}: {wrong}")
    return found
