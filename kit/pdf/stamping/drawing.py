"""The objects of a stamp inside a PDF: typeface, QR, slots, and one form for each shape of page."""

import zlib
from dataclasses import dataclass, field

import pikepdf
import segno
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from kit.pdf.fonts import COMPANION, FILES, REGULAR, glyph_table, to_unicode
from kit.pdf.stamping.personal import COMPANION_FONT, GREY, HOUSE_FONT, PAD, ROOM, stored
from kit.pdf.stamping.placement import PageShape, Placement, placed
from kit.pdf.stamping.setting import SMALLEST

MODULE = 1.0  # points: 0.35 mm, which a telephone reads from print
QUIET_MODULES = 4  # white around a QR, asked for by ISO/IEC 18004
ADDRESS_SIZE = 6.0  # points
QUESTION = "Is this the current edition? "
SLOT_NAME = "/Slot"
FACES = {HOUSE_FONT: REGULAR, COMPANION_FONT: COMPANION}


def packed(pdf: Pdf, content: bytes, **entries: object) -> Stream:
    """A compressed stream; the file as a whole is saved without touching any compression."""
    return pdf.make_stream(zlib.compress(content, 9), Filter=Name.FlateDecode, **entries)


def readable(address: str) -> str:
    """The address as people read it: without https://, which browsers add."""
    return address.removeprefix("https://")


def embedded_font(pdf: Pdf, name: str) -> pikepdf.Object:
    """A whole typeface, addressed by Unicode, so that what a slot holds does not depend on glyph numbers."""
    table = glyph_table(name)
    codes = sorted((ord(character), glyph) for character, glyph in table.glyphs.items())
    base = Name(f"/{FILES[name].stem}")
    cid_font = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=base,
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
        CIDToGIDMap=packed(pdf, _glyphs_by_code(codes)),
        DW=600,
        W=Array([entry for code, _ in codes for entry in (code, Array([table.advances[chr(code)]]))]),
        FontDescriptor=pdf.make_indirect(_descriptor(pdf, name, base)),
    )
    whole = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=base,
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([pdf.make_indirect(cid_font)]),
        ToUnicode=packed(pdf, to_unicode({code: chr(code) for code, _ in codes})),
    )
    return pdf.make_indirect(whole)


def _descriptor(pdf: Pdf, name: str, base: Name) -> Dictionary:
    """The measures of a typeface, in thousandths of its size, and its file."""
    table, file = glyph_table(name), FILES[name].read_bytes()
    return Dictionary(
        Type=Name.FontDescriptor,
        FontName=base,
        Flags=32,
        FontBBox=Array([-200, table.descent, 1300, table.ascent]),
        ItalicAngle=0,
        Ascent=table.ascent,
        Descent=table.descent,
        CapHeight=table.cap_height,
        StemV=80,
        FontFile2=packed(pdf, file, Length1=len(file)),
    )


def _glyphs_by_code(codes: list[tuple[int, int]]) -> bytes:
    """Two bytes for each code up to the last: the number of its glyph, or 0."""
    to_glyphs = bytearray(2 * (codes[-1][0] + 1))
    for code, glyph in codes:
        to_glyphs[2 * code : 2 * code + 2] = glyph.to_bytes(2, "big")
    return bytes(to_glyphs)


def qr_drawing(address: str) -> tuple[float, bytes]:
    """The side of the QR of `address` with its quiet zone, in points, and its operators, lower left corner at 0, 0."""
    whole = address if "://" in address else f"https://{address}"
    rows = [list(row) for row in segno.make(whole, micro=False).matrix_iter(border=QUIET_MODULES)]
    side = len(rows) * MODULE
    runs = []
    for index, row in enumerate(rows):
        start = None
        for column, dark in enumerate([*row, 0]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                left, bottom = start * MODULE, side - (index + 1) * MODULE
                runs.append(f"{left:g} {bottom:g} {(column - start) * MODULE:g} {MODULE:g} re")
                start = None
    # One path, one fill: squares that touch are painted without hairlines between them.
    return side, f"1 g 0 0 {side:g} {side:g} re f 0 g\n{chr(10).join(runs)}\nf\n".encode("ascii")


@dataclass
class StampSet:
    """The stamp's objects in one file. Pages of one shape share a form; forms of like width share a slot."""

    pdf: Pdf
    token: str
    address: str | None
    fonts: Dictionary
    qr: Stream | None = None
    qr_size: float = 0.0
    slots: dict[float, Stream] = field(default_factory=dict)
    heights: dict[float, float] = field(default_factory=dict)
    forms: dict[PageShape, Stream | None] = field(default_factory=dict)
    without_qr: int = 0

    @classmethod
    def begun(cls, pdf: Pdf, token: str, address: str | None) -> "StampSet":
        """The parts that every page shares; `address` is None for a stamp without one."""
        fonts = {f"/{name}": embedded_font(pdf, face) for name, face in FACES.items()}
        made = cls(pdf, token, address, pdf.make_indirect(Dictionary(fonts)))
        if address:
            made.qr_size, content = qr_drawing(address)
            box = Array([0, 0, made.qr_size, made.qr_size])
            made.qr = packed(pdf, content, Type=Name.XObject, Subtype=Name.Form, BBox=box, Resources=Dictionary())
        return made

    def form(self, shape: PageShape) -> Stream | None:
        """The stamp for pages of this shape, or None where the page is too small for one."""
        if shape not in self.forms:
            placement = placed(shape, self.qr_size, glyph_table().width(readable(self.address or ""), SMALLEST))
            self.forms[shape] = self._drawn(placement) if placement else None
        return self.forms[shape]

    def empty(self, width: float) -> bytes:
        """What the slot for this text width holds until its place in the saved file has been found: a comment."""
        return stored(f"% {self.token} {width:g} ".encode("ascii").ljust(ROOM))

    def _drawn(self, placement: Placement) -> Stream:
        names = Dictionary({SLOT_NAME: self._slot(placement)})
        lines = [f"q 1 0 0 1 {placement.left:.3f} {placement.bottom:.3f} cm {SLOT_NAME} Do Q"]
        if self.address:
            lines.insert(0, self._address_line(self.address, placement))
        if self.qr is not None and placement.qr is not None:
            names["/QR"] = self.qr
            lines.insert(0, f"q 1 0 0 1 {placement.qr:.3f} {placement.foot:.3f} cm /QR Do Q")
        elif self.qr is not None:
            self.without_qr += 1
        return packed(
            self.pdf,
            "\n".join(lines).encode("ascii"),
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, _real(placement.width), _real(placement.height)]),
            Matrix=Array([_real(number) for number in placement.matrix]),
            Resources=Dictionary(Font=self.fonts, XObject=names),
        )

    def _slot(self, placement: Placement) -> Stream:
        width = placement.text_width
        self.heights[width] = min(placement.text_height, self.heights.get(width, placement.text_height))
        if width not in self.slots:
            self.slots[width] = self.pdf.make_stream(
                self.empty(width),
                Filter=Name.FlateDecode,
                Type=Name.XObject,
                Subtype=Name.Form,
                BBox=Array([_real(-PAD), 0, _real(width + PAD), 2000]),
                Resources=Dictionary(Font=self.fonts),
            )
        return self.slots[width]

    def _address_line(self, address: str, placement: Placement) -> str:
        """The address with its question, or alone where the page is too narrow for both."""
        text = QUESTION + readable(address)
        if glyph_table().width(text, SMALLEST) > placement.text_width:
            text = readable(address)
        width = glyph_table().width(text, 1.0)
        size = min(ADDRESS_SIZE, placement.text_width / width)
        codes = text.encode("utf-16-be").hex().upper()
        return (
            f"1 g {placement.left - PAD:.3f} {placement.foot - PAD:.3f} {width * size + 2 * PAD:.3f} "
            f"{placement.bottom - placement.foot + PAD:.3f} re f\n"
            f"{GREY} g BT /{HOUSE_FONT} {size:.2f} Tf {placement.left:.3f} {placement.foot + 0.25 * size:.3f} Td "
            f"<{codes}> Tj ET"
        )


def _real(number: float) -> float:
    return round(number, 4)
