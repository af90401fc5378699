"""What people typed, on one line: nothing that hides or turns words, but the joiners that some names need."""

import pytest

from kit.pdf.text import single_line

ZWNJ, ZWJ = "\u200c", "\u200d"
JOINED = {
    "Persian": f"علی{ZWNJ}رضا",
    "Persian with a vowel sign": f"عليِ{ZWNJ}رضا",
    "Sinhala": f"ශ්{ZWJ}රී",
    "Bengali, before the virama": f"র{ZWJ}্যাব",
    "Marathi": f"दर्{ZWJ}या",
    "Kannada": f"ರ್{ZWNJ}ಕ",
}


@pytest.mark.parametrize("name", JOINED)
def test_a_joiner_that_shapes_letters_stays(name: str) -> None:
    assert single_line(JOINED[name]) == JOINED[name]


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (f"An{ZWJ}n Ot{ZWNJ}her", "Ann Other"),
        (f"{ZWNJ}علی{ZWJ}", "علی"),
        (f"李{ZWJ}小龙", "李小龙"),
        ("Ann\u202eOther", "AnnOther"),
        ("Ann\u200bOther", "AnnOther"),
        ("Ann\u00a0\t Other\r\n", "Ann Other"),
        ("A\u0301nn\x00", "Ánn"),
        ("  Ann  Other ", "Ann Other"),
    ],
)
def test_what_hides_or_turns_words_goes(typed: str, line: str) -> None:
    assert single_line(typed) == line
