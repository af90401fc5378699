"""The vendored typeface: complete, embedded, known to ReportLab."""

import io
import subprocess

import pytest
from reportlab.lib.fonts import ps2tt, tt2ps
from reportlab.pdfgen.canvas import Canvas

from kit.pdf import fonts

NAMES = "Łukasz Wójcik, Siân Ŵyn, Đorđe Ğül, José Ñuñez, Ștefan Țepeș, Zoë O’Brien, Ádám Őry, STRAẞE"


HOUSE = (fonts.REGULAR, fonts.BOLD, fonts.ITALIC)


@pytest.mark.parametrize("cut", HOUSE)
def test_each_cut_draws_the_letters_of_european_names(cut: str) -> None:
    assert fonts.glyph_table(cut).missing(NAMES + "·–—‘’“”…£€•0123456789") == ""


def test_the_companion_draws_what_else_names_need_and_all_that_the_house_typeface_does() -> None:
    companion = fonts.glyph_table(fonts.COMPANION)
    assert companion.missing("Nguyễn Đặng Ọlá Ṣọlá Adébọ́ Ψυχή Жуковський Їжак Əliyev Ẓāhir") == ""
    assert companion.missing("".join(fonts.glyph_table().glyphs)) in ("", "∕")


def test_what_the_cut_cannot_draw_is_named_once() -> None:
    assert fonts.glyph_table().missing("李 Ann 小龙 李") == "李小龙"


def test_register_twice_leaves_a_complete_family() -> None:
    fonts.register()
    fonts.register()
    assert tt2ps("Hyperlegible", 1, 0) == fonts.BOLD
    assert tt2ps("Hyperlegible", 0, 1) == fonts.ITALIC
    assert tt2ps("Hyperlegible", 1, 1) == fonts.BOLD
    assert ps2tt(fonts.REGULAR) == ("hyperlegible", 0, 0)


def test_names_come_back_out_of_a_reportlab_file() -> None:
    fonts.register()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, initialFontName=fonts.REGULAR)
    for line, cut in enumerate(fonts.FILES):
        canvas.setFont(cut, 10)
        canvas.drawString(40, 700 - 20 * line, NAMES)
    canvas.save()
    text = subprocess.run(["pdftotext", "-", "-"], input=buffer.getvalue(), capture_output=True, check=True).stdout
    assert text.decode().count(NAMES) == len(fonts.FILES)


def test_the_light_reader_measures_as_reportlab_does() -> None:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    fonts.register()
    for cut in fonts.FILES:
        assert fonts.glyph_table(cut).width(NAMES, 9) == pytest.approx(stringWidth(NAMES, cut, 9), abs=0.2)


def test_the_licence_travels_with_the_files() -> None:
    assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts.TYPEFACES / "OFL.txt").read_text()
