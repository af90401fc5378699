"""What people type, made plain: one form for each letter, nothing hidden, names of files without paths."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

from wtforms.validators import StopValidation

Check = Callable[[Any, Any], None]

# Marks that turn the direction of what follows: with them a name or a file name reads as another (Unicode TR 36).
TURNING = frozenset(map(chr, (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))))
# Control characters (Cc), lone surrogates (Cs), line and paragraph separators (Zl, Zp), private use (Co).
HIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp", "Co"})
# Letters and marks that draw nothing: two names that look the same must be the same. Joiners (U+200C, U+200D) are
# welcome, since some scripts are written with them.
BLANK = (0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x200B, *range(0x2060, 0x2065), 0x2800, 0x3164, 0xFFA0)
ALSO_HIDDEN = frozenset(
    map(chr, (*BLANK, *range(0x206A, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFE), *range(0xE0000, 0xE0080)))
)

# What a header takes without quotes (RFC 5322, dot-atom): anything else could be kept and never be written to.
LOCAL_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
EMAIL = re.compile(
    rf"(?=[^@]{{1,64}}@){LOCAL_ATOM}(?:\.{LOCAL_ATOM})*@(?:[A-Za-z0-9-]{{1,63}}\.)+[A-Za-z0-9-]{{2,63}}", re.ASCII
)
# What mail programs make a link of by themselves: with a scheme, or two words with a full stop between them; initials
# before a name (A.Smith) are welcome unless a path follows.
ADDRESS = re.compile(r"://|@|\b[\w-]{2,}[.\u3002\uff0e\uff61]\w{2,}|\w[.\u3002\uff0e\uff61][\w.-]{2,}/")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def clean(value: object) -> str:
    """Return typed text with one form for each letter (NFC), plain line ends, and no spaces around it.

    What is not text (a file sent under a text field's name) counts as nothing typed.
    """
    text = value if isinstance(value, str) else ""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def one_line(value: object) -> str:
    """The same for one line, where several spaces are one: names that look the same are the same."""
    return re.sub(r" {2,}", " ", clean(value))


def hidden_in(text: str, lines: bool = False) -> bool:
    """Say whether text holds characters that nobody sees; with `lines`, line ends and tabs are welcome."""
    return any(
        (letter in TURNING or letter in ALSO_HIDDEN or unicodedata.category(letter) in HIDDEN_CATEGORIES)
        and not (lines and letter in "\n\t")
        for letter in text
    )


def plain_text(max_length: int, lines: bool = False, markup: bool = False) -> Check:
    """Return a validator: at most `max_length` characters, nothing hidden, no < or > unless `markup`."""

    def check(form: Any, field: Any) -> None:
        text = field.data or ""
        if len(text) > max_length:
            raise StopValidation(f"This has {len(text):,} characters. Shorten it to {max_length:,}.")
        if hidden_in(text, lines):
            raise StopValidation("This holds characters that cannot be seen. Type it anew instead of pasting it.")
        if not markup and ("<" in text or ">" in text):
            raise StopValidation("Leave out the signs < and >.")

    return check


def email_address(form: Any, field: Any) -> None:
    """Refuse what cannot be an e-mail address; whether it reaches somebody, only a mail can tell."""
    address = field.data or ""
    if len(address) > 254 or hidden_in(address) or not EMAIL.fullmatch(address):
        raise StopValidation("Write an e-mail address such as name@school.example.")


def no_addresses(form: Any, field: Any) -> None:
    """Refuse a name that holds an address: a mail to somebody who asked for nothing would show it as a link."""
    if ADDRESS.search(field.data or ""):
        raise StopValidation("Leave out web and e-mail addresses, and write a space after each full stop.")


def filled(missing: str) -> Check:
    """Return the validator that begins every chain: empty is wrong with the sentence `missing`, or fine without one.

    Either way the checks after it are spared, as they are when what was typed could not be read at all.
    """

    def check(form: Any, field: Any) -> None:
        if field.errors:
            raise StopValidation()
        if field.data is None or field.data is False or field.data in ("", []):
            raise StopValidation(missing)

    return check


def british_day(parts: list[str]) -> date:
    """Return the date of a day, a month (figures or name) and a year; raise ValueError with the sentence to show."""
    typed_day, typed_month, typed_year = parts
    if not re.fullmatch(r"[0-9]{4}", typed_year):
        raise ValueError("Write the year with four figures, such as 2027.")
    try:
        return date(int(typed_year), month_number(typed_month), int(re.sub(r"(st|nd|rd|th)$", "", typed_day)))
    except (ValueError, OverflowError):
        raise ValueError("There is no such day. Write it like 31\u00a03\u00a02027.") from None


def month_number(typed: str) -> int:
    """Return the month of “3”, “03”, “Mar” or “March”; raise ValueError for anything else."""
    if re.fullmatch(r"[0-9]{1,2}", typed):
        return int(typed)
    return MONTHS.index(typed.lower()[:3]) + 1


def file_name(given: str) -> str:
    """Return the last part of a file's name without paths, hidden characters or quotes, 120 characters at most."""
    last = re.split(r"[\\/]", clean(given))[-1]
    kept = "".join(letter for letter in last if not hidden_in(letter) and letter not in '"<>|:*?').strip(" .")
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[:110]}.{ending[:9]}" if dot and stem else kept[:120]
