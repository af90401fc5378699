"""Makes the typefaces in `typefaces/world/` from Debian's packages of Noto; run by hand, never by the product.

    apt-get download fonts-noto-core fonts-noto-cjk        (then dpkg-deb -x each of them into one folder)
    python -m kit.pdf.vendor_world_fonts <that folder>

They keep their layout tables, which say how letters join, stack and change places, and lose their hinting, which no
PDF needs. Of the Chinese, Japanese and Korean face only the characters that names are written with are kept, in two
cuts: one with Chinese shapes and Korean, one with the shapes that Japan uses. The licence (SIL OFL 1.1) comes along.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import uharfbuzz as hb

from kit.pdf.world import CHINESE, JAPANESE, SCRIPTS, WORLD, tags

NOTO = Path("usr/share/fonts/truetype/noto")
CJK = Path("usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
JAPANESE_IN_COLLECTION, CHINESE_IN_COLLECTION = 0, 2
TERMS = Path("usr/share/doc/fonts-noto-core/copyright")

PUNCTUATION = (
    range(0x20, 0x7F),
    range(0xA0, 0x100),
    range(0x2010, 0x2028),
    range(0x3000, 0x3040),
    range(0xFF00, 0xFFF0),
)
CHINESE_AND_KOREAN = (
    *PUNCTUATION,
    range(0x3100, 0x3130),  # Bopomofo
    range(0x31A0, 0x31C0),
    range(0x3131, 0x318F),  # Hangul letters by themselves
    range(0xAC00, 0xD7A4),  # Hangul syllables
    range(0x4E00, 0xA000),  # the unified ideographs, simplified and traditional
)
KANA = (*PUNCTUATION, range(0x3040, 0x3100), range(0x31F0, 0x3200))


def reduced(face: hb.Face, wanted: Iterable[int] | None, *, layout: bool) -> bytes:
    """The face with the `wanted` characters (all for None), without hinting; with or without its layout tables."""
    asked = hb.SubsetInput()
    asked.unicode_set.update(set(face.unicodes) if wanted is None else set(wanted))
    asked.flags = hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE
    if not layout:
        asked.drop_table_tag_set.update(tags("GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG"))
        asked.flags |= hb.SubsetFlags.CFF_IDENTITY_CHARSET  # so that a glyph's number is also its name in a PDF
    return bytes(hb.subset(face, asked).blob.data)


def japanese() -> set[int]:
    """The characters of JIS X 0208, with which names in Japan are written, and the kana."""
    found = {code for block in KANA for code in block}
    for first in range(0xA1, 0xFF):
        for second in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes((first, second)).decode("euc_jp")))
            except UnicodeDecodeError:
                continue
    return found


def vendor(package: Path) -> list[Path]:
    """Write every face and the licence; the paths written."""
    WORLD.mkdir(exist_ok=True)
    written = {}
    for name in SCRIPTS:
        face = hb.Face(hb.Blob.from_file_path(str(package / NOTO / f"{name}-Regular.ttf")))
        written[WORLD / f"{name}.ttf"] = reduced(face, None, layout=True)
    collection = hb.Blob.from_file_path(str(package / CJK))
    chinese = {code for block in CHINESE_AND_KOREAN for code in block}
    for name, place, wanted in (
        (CHINESE, CHINESE_IN_COLLECTION, chinese),
        (JAPANESE, JAPANESE_IN_COLLECTION, japanese()),
    ):
        written[WORLD / f"{name}.otf"] = reduced(hb.Face(collection, place), wanted, layout=False)
    written[WORLD / "OFL.txt"] = _licence((package / TERMS).read_text())
    for path, content in written.items():
        path.write_bytes(content)
    return list(written)


def _licence(terms: str) -> bytes:
    """The licence's text and whose the typefaces are, from Debian's machine-readable copyright file."""
    text = terms[terms.index("License: OFL-1.1\n PREAMBLE") :].split("\n\n")[0]
    lines = [re.sub(r"^ \.?", "", line) for line in text.splitlines()[1:]]
    head = (
        "Noto: Copyright 2010, 2012-2020 Google Inc. and 2014-2021 Adobe (CJK).\nSIL Open Font License, Version 1.1\n\n"
    )
    return (head + "\n".join(lines) + "\n").encode()


if __name__ == "__main__":
    for written_path in vendor(Path(sys.argv[1])):
        print(f"{written_path.name}: {written_path.stat().st_size:,} bytes")
