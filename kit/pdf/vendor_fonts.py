"""Makes the TrueType files in `typefaces/` from the npm package of the typeface; run by hand, never by the product.

    npm pack @fontsource/atkinson-hyperlegible-next @fontsource/noto-sans   (then unpack each)
    python -m kit.pdf.vendor_fonts <unpacked "package" of the first> <of the second>

The packages split each cut by script into web fonts. A PDF needs one file per cut, so they are merged; layout tables
go, because nothing that draws our PDFs shapes text. The licences (SIL OFL 1.1, no reserved font names) come along.
Of Noto Sans only what names need is kept, the house typeface's own characters included: a word is never set in two.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from fontTools.merge import Merger, Options
from fontTools.subset import Options as SubsetOptions
from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont

from kit.pdf.fonts import COMPANION, FILES, REGULAR, TYPEFACES

CUTS = {"400-normal": "Regular", "700-normal": "Bold", "400-italic": "Italic"}
SCRIPTS = ("latin", "latin-ext")
COMPANION_SCRIPTS = ("latin", "latin-ext", "vietnamese", "greek", "cyrillic")
NAMES = (
    range(0x0100, 0x0250),  # Latin, extended A and B: African and Balkan letters
    range(0x0259, 0x025A),  # the Azerbaijani schwa
    range(0x0300, 0x0332),  # accents by themselves, for letters that exist only with an accent apart
    range(0x0370, 0x0460),  # Greek, Cyrillic
    range(0x1E00, 0x1F00),  # Vietnamese, Yoruba and others
)
DROPPED_TABLES = ["GDEF", "GPOS", "GSUB", "GlyphOrder", "STAT"]


def merged(web_fonts: list[Path], wanted: Callable[[int], bool] = lambda code: True) -> TTFont:
    """One font with the wanted characters of `web_fonts`; where two hold the same one the first one's glyph wins."""
    with tempfile.TemporaryDirectory() as folder:
        plain = []
        for web_font in web_fonts:
            font = TTFont(web_font)
            font.flavor = None
            target = Path(folder) / f"{web_font.stem}.ttf"
            font.save(target)
            plain.append(str(target))
        font = Merger(options=Options(drop_tables=DROPPED_TABLES)).merge(plain)
    # The second font's copies of shared characters are left without a code: subsetting to the codes drops them.
    options = SubsetOptions(notdef_outline=True, name_IDs=["*"], recalc_timestamp=False, glyph_names=True)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=filter(wanted, font.getBestCmap()))
    subsetter.subset(font)
    published = TTFont(web_fonts[0])["head"].modified
    font["head"].created = font["head"].modified = published  # so that every run writes the same bytes
    font.recalcTimestamp = False
    return font


def vendor(package: Path, target: Path = TYPEFACES) -> list[Path]:
    """Write the TrueType files and the licence of the unpacked npm `package` into `target`; the paths written."""
    target.mkdir(exist_ok=True)
    written = []
    for cut, name in CUTS.items():
        sources = [package / "files" / f"atkinson-hyperlegible-next-{script}-{cut}.woff2" for script in SCRIPTS]
        font = merged(sources)
        path = target / f"AtkinsonHyperlegibleNext-{name}.ttf"
        font.save(path)
        written.append(path)
    written.append(target / "OFL.txt")
    shutil.copyfile(package / "LICENSE", target / "OFL.txt")
    return written


def vendor_companion(package: Path, target: Path = TYPEFACES) -> list[Path]:
    """Write what Noto Sans adds for names, and its licence; the paths written."""
    with TTFont(FILES[REGULAR]) as house:
        known = set(house.getBestCmap())
    sources = [package / "files" / f"noto-sans-{script}-400-normal.woff2" for script in COMPANION_SCRIPTS]
    for_names = merged(sources, lambda code: code in known or any(code in block for block in NAMES))
    for_names.save(FILES[COMPANION])
    licence = target / "OFL-NotoSans.txt"
    shutil.copyfile(package / "LICENSE", licence)
    return [FILES[COMPANION], licence]


if __name__ == "__main__":
    for written_path in vendor(Path(sys.argv[1])) + vendor_companion(Path(sys.argv[2])):
        print(f"{written_path.name}: {written_path.stat().st_size:,} bytes")
