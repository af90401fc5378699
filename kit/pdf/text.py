"""Text that people typed, made safe to draw on one line of a page."""

import unicodedata

# Tabs, line ends and the like become spaces; other controls, bidi overrides and zero-width marks would only hide
# or reorder what is drawn, so they go.
_SPACES = {"Zs", "Zl", "Zp"}
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
JOINERS = "\u200c\u200d"  # ZWNJ, ZWJ
_VOWEL_KILLER = 9  # the combining class of the sign that takes a letter's vowel away (virama)


def single_line(text: str) -> str:
    """`text` in NFC, without control, format or unassigned characters, each run of white space one space.

    Joiners stay where they tell how the letters beside them are written.
    """
    if text.isascii() and text.isprintable():  # most names and every code: there is nothing of all that in them
        return " ".join(text.split())
    whole = unicodedata.normalize("NFC", text)
    kept = (
        character
        if character in JOINERS and _shapes(whole[max(0, at - 1) : at], whole[at + 1 : at + 2])
        else _seen(character)
        for at, character in enumerate(whole)
    )
    return " ".join("".join(kept).split())


def _shapes(before: str, after: str) -> bool:
    """Whether a joiner here changes shapes: beside a virama, as in Sinhala or Bengali, or between letters that join,
    as in Persian (Unicode, 9.2 and 12.1; RFC 5892, A.1 and A.2, asks for the same)."""
    if not before or not after:
        return False
    if _VOWEL_KILLER in (unicodedata.combining(before[-1]), unicodedata.combining(after[0])):
        return True
    return unicodedata.bidirectional(before[-1]) in ("AL", "NSM") and unicodedata.bidirectional(after[0]) == "AL"


def _seen(character: str) -> str:
    category = unicodedata.category(character)
    if category in _SPACES or character in "\t\n\r\v\f\x85":
        return " "
    return "" if category in _UNSEEN else character
