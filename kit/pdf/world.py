"""Typefaces for names in the scripts of the world, beside those of the house: Noto, by script, with HarfBuzz.

Only a stamp whose name the house's typefaces cannot draw comes here. A face is read from disk when it is first needed,
by memory map, so a process that meets no such name pays nothing.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import uharfbuzz as hb

from kit.pdf.fonts import TYPEFACES

WORLD = TYPEFACES / "world"
CHINESE, JAPANESE = "NotoSansCJK-SC", "NotoSansCJK-JP"
# In the order in which they are asked whether they can draw a character.
SCRIPTS = (
    "NotoSans",  # Latin, Greek and Cyrillic with every accent, beyond what the house's companion keeps
    "NotoSansArabic",
    "NotoSansHebrew",
    "NotoSansDevanagari",
    "NotoSansBengali",
    "NotoSansGurmukhi",
    "NotoSansGujarati",
    "NotoSansTamil",
    "NotoSansTelugu",
    "NotoSansKannada",
    "NotoSansMalayalam",
    "NotoSansOriya",
    "NotoSansSinhala",
    "NotoSansThai",
    "NotoSansLao",
    "NotoSansKhmer",
    "NotoSansMyanmar",
    "NotoSansGeorgian",
    "NotoSansArmenian",
    "NotoSansEthiopic",
    "NotoSansThaana",
    "NotoSansSyriac",
    "NotoSansNKo",
    "NotoSansTifinagh",
    "NotoSansCherokee",
    "NotoSansCanadianAboriginal",
    "NotoSansMongolian",
    "NotoSerifTibetan",
)
KANA = range(0x3040, 0x3100)


@dataclass(frozen=True)
class Face:
    """One typeface, open."""

    name: str
    file: Path
    face: hb.Face
    font: hb.Font
    characters: frozenset[int]

    @property
    def is_cff(self) -> bool:
        return self.file.suffix == ".otf"

    def thousandths(self, units: int) -> float:
        """The font's own units in thousandths of its size."""
        return float(units * 1000 / self.face.upem)


@cache
def face(name: str) -> Face:
    """A typeface of this module by its name."""
    file = WORLD / f"{name}.{'otf' if name in (CHINESE, JAPANESE) else 'ttf'}"
    opened = hb.Face(hb.Blob.from_file_path(str(file)))
    return Face(name, file, opened, hb.Font(opened), frozenset(opened.unicodes))


def is_japanese(text: str) -> bool:
    """Whether ideographs beside these words are to have the shapes of Japan: what is written with kana is Japanese."""
    return any(ord(character) in KANA for character in text)


def face_for(character: str, japanese: bool = False) -> Face | None:
    """The typeface that draws a character, or None."""
    code = ord(character)
    names = (*SCRIPTS, *((JAPANESE, CHINESE) if japanese else (CHINESE, JAPANESE)))
    return next((found for name in names if code in (found := face(name)).characters), None)


def font_file(used: Face, glyphs: frozenset[int]) -> bytes:
    """The face with these glyphs only, each under the number that it has in the whole face."""
    asked = hb.SubsetInput()
    asked.glyph_set.update(glyphs)
    asked.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE | hb.SubsetFlags.NO_LAYOUT_CLOSURE
    if not used.is_cff:  # there the numbers are kept as names of the glyphs
        asked.flags |= hb.SubsetFlags.RETAIN_GIDS
    asked.drop_table_tag_set.update(tags("GSUB", "GPOS", "GDEF", "name", "OS/2", "post", "STAT", "BASE", "cmap"))
    return bytes(hb.subset(used.face, asked).blob.data)


def tags(*names: str) -> set[int]:
    """Names of font tables as HarfBuzz counts them."""
    return {int.from_bytes(name.ljust(4).encode("ascii"), "big") for name in names}


def cff_table(file: bytes) -> bytes:
    """The outlines of a font file by themselves, as a PDF wants them."""
    return bytes(hb.Face(file).reference_table("CFF ").data)
