"""The typeface of everything we print: Atkinson Hyperlegible Next, embedded, in three cuts.

Its companion, Noto Sans, stands in for names with letters that it lacks (Vietnamese, Yoruba, Greek, Cyrillic).

`register()` makes it known to ReportLab; `glyph_table()` is the light reader that stamping needs at request time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unicodedata import combining

from fontTools.ttLib import TTFont as FontFile

TYPEFACES = Path(__file__).parent / "typefaces"

REGULAR = "Hyperlegible"
BOLD = "Hyperlegible-Bold"
ITALIC = "Hyperlegible-Italic"
COMPANION = "NotoSans-Names"

FILES = {
    REGULAR: TYPEFACES / "AtkinsonHyperlegibleNext-Regular.ttf",
    BOLD: TYPEFACES / "AtkinsonHyperlegibleNext-Bold.ttf",
    ITALIC: TYPEFACES / "AtkinsonHyperlegibleNext-Italic.ttf",
    COMPANION: TYPEFACES / "NotoSans-Names.ttf",
}


def register() -> None:
    """Make the cuts known to ReportLab under the names above; calling it again does nothing.

    There is no bold italic: ReportLab falls back to bold for it, never to a standard font that is not embedded.
    """
    from reportlab.pdfbase import pdfmetrics  # here, so that a process that only stamps does not load ReportLab
    from reportlab.pdfbase.ttfonts import TTFont

    known = set(pdfmetrics.getRegisteredFontNames())
    for name, path in FILES.items():
        if name not in known:
            pdfmetrics.registerFont(TTFont(name, str(path)))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=ITALIC, boldItalic=BOLD)


@dataclass(frozen=True)
class GlyphTable:
    """Glyph numbers and advances of one cut, without ReportLab; advances are in thousandths of the font size."""

    glyphs: dict[str, int]
    advances: dict[str, int]
    ascent: int
    descent: int
    cap_height: int

    def missing(self, text: str) -> str:
        """The characters of `text` that the cut cannot draw, each once, in order of appearance."""
        return "".join(dict.fromkeys(character for character in text if character not in self.glyphs))

    def width(self, text: str, size: float) -> float:
        """Width of `text` set at `size` points, in points. Raises KeyError for a character the cut cannot draw."""
        return sum(self.advances[character] for character in text) * size / 1000

    def hex(self, text: str) -> str:
        """`text` as four hexadecimal digits a glyph. Raises KeyError for a character the cut cannot draw."""
        return "".join(f"{self.glyphs[character]:04X}" for character in text)


@cache
def glyph_table(name: str = REGULAR) -> GlyphTable:
    """The glyph table of the cut `name`; read once a process."""
    with FontFile(FILES[name], lazy=True) as font:
        scale = 1000 / font["head"].unitsPerEm
        metrics = font["hmtx"]
        drawable = {chr(code): glyph for code, glyph in font.getBestCmap().items() if font.getGlyphID(glyph) != 0}
        if name != COMPANION:  # its accents stand beside the letter before them, the companion's above it
            drawable = {character: glyph for character, glyph in drawable.items() if not combining(character)}
        return GlyphTable(
            glyphs={character: font.getGlyphID(glyph) for character, glyph in drawable.items()},
            advances={character: round(metrics[glyph][0] * scale) for character, glyph in drawable.items()},
            ascent=round(font["hhea"].ascent * scale),
            descent=round(font["hhea"].descent * scale),
            cap_height=round(font["OS/2"].sCapHeight * scale),
        )


def to_unicode(says: Mapping[int, str]) -> bytes:
    """The map by which readers extract text: what each code of an embedded typeface says (ISO 32000-1, 9.10.3)."""
    lines = [f"<{code:04X}> <{says[code].encode('utf-16-be').hex().upper()}>" for code in sorted(says)]
    blocks = [lines[at : at + 100] for at in range(0, len(lines), 100)]  # 100: the most that one block may hold
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        f"{body}\nendcmap CMapName currentdict /CMap defineresource pop end end\n"
    ).encode("ascii")
