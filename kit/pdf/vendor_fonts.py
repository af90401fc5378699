"""Makes the TrueType files in `typefaces/` from the npm package of the typeface; run by hand, never by the product.

    npm pack @fontsource/atkinson-hyperlegible-next   (then unpack it)
    python -m kit.pdf.vendor_fonts <unpacked folder "package">

The package splits each cut into a "latin" and a "latin-ext" web font. A PDF needs one file per cut, so the two are
merged; layout tables go, because nothing that draws our PDFs shapes text. The licence (SIL OFL 1.1, no reserved font
name) comes along.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from fontTools.merge import Merger, Options
from fontTools.subset import Options as SubsetOptions
from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont

from kit.pdf.fonts import TYPEFACES

CUTS = {"400-normal": "Regular", "700-normal": "Bold", "400-italic": "Italic"}
SCRIPTS = ("latin", "latin-ext")
DROPPED_TABLES = ["GDEF", "GPOS", "GSUB", "GlyphOrder", "STAT"]


def merged(web_fonts: list[Path]) -> TTFont:
    """One font with every character of `web_fonts`; where two hold the same character the first one's glyph wins."""
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
    subsetter.populate(unicodes=font.getBestCmap())
    subsetter.subset(font)
    return font


def vendor(package: Path, target: Path = TYPEFACES) -> list[Path]:
    """Write the TrueType files and the licence of the unpacked npm `package` into `target`; the paths written."""
    target.mkdir(exist_ok=True)
    written = []
    for cut, name in CUTS.items():
        sources = [package / "files" / f"atkinson-hyperlegible-next-{script}-{cut}.woff2" for script in SCRIPTS]
        font = merged(sources)
        published = TTFont(sources[0])["head"].modified
        font["head"].created = font["head"].modified = published  # so that every run writes the same bytes
        font.recalcTimestamp = False
        path = target / f"AtkinsonHyperlegibleNext-{name}.ttf"
        font.save(path)
        written.append(path)
    written.append(target / "OFL.txt")
    shutil.copyfile(package / "LICENSE", target / "OFL.txt")
    return written


if __name__ == "__main__":
    for written_path in vendor(Path(sys.argv[1])):
        print(f"{written_path.name}: {written_path.stat().st_size:,} bytes")
