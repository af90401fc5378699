"""Text that people typed, made safe to draw on one line of a page."""

import unicodedata

# Tabs, line ends and the like become spaces; other controls, bidi overrides and zero-width marks would only hide
# or reorder what is drawn, so they go.
_SPACES = {"Zs", "Zl", "Zp"}
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}


def single_line(text: str) -> str:
    """`text` in NFC, without control, format or unassigned characters, each run of white space one space."""
    if text.isascii() and text.isprintable():  # most names and every code: there is nothing of all that in them
        return " ".join(text.split())
    return " ".join("".join(_seen(character) for character in unicodedata.normalize("NFC", text)).split())


def _seen(character: str) -> str:
    category = unicodedata.category(character)
    if category in _SPACES or character in "\t\n\r\v\f\x85":
        return " "
    return "" if category in _UNSEEN else character
