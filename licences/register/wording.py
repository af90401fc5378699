"""How names, numbers and postcodes are cut into words: the same way when the register is read and when it is searched.

St Mary’s, ST. MARYS and Saint Mary's are one name; C.E., CofE and Church of England one word.
"""

import re
from dataclasses import dataclass

from kit.folding import fold

MOST_WORDS = 8
LONGEST_WORD = 40
# People write “Lakeshire County Council”; the register says “Lakeshire”.
AUTHORITY_WORDS = frozenset(
    {"council", "county", "city", "borough", "metropolitan", "district", "unitary", "local", "authority", "la"}
)

_SHORTER = (
    (re.compile(r"\b(church of england|c of e|cofe)\b"), "ce"),
    (re.compile(r"\broman catholic\b"), "rc"),
)
_INITIALS = re.compile(r"\b(\w)\.(?=\w\b)")
_POSTCODE = re.compile(r"\b([a-z]{1,2}[0-9][a-z0-9]?)\s*([0-9][a-z]{2})\b")
_SCHOOL_NUMBER = re.compile(r"\b([0-9]{3})\s*/\s*([0-9]{4})\b")  # a council’s code and a school’s number within it
_NUMBER = re.compile(r"(tr)?[0-9]{2,}")


@dataclass(frozen=True)
class Sought:
    """A word that somebody looks for: its beginning is enough, unless it is a number or a postcode."""

    word: str
    whole: bool


def words_of(text: str, *, shortened: bool = True) -> list[str]:
    """The words of a name, in their order; what is often shortened (Church of England) is, unless asked otherwise."""
    plain = _INITIALS.sub(r"\1", fold(text).replace("&", " and ").replace("'", ""))
    for longer, short in _SHORTER if shortened else ():
        plain = longer.sub(short, plain)
    found = re.split(r"[\W_]+", plain)
    return ["st" if word == "saint" else word[:LONGEST_WORD] for word in found if word]


def plain_name(text: str) -> str:
    """A name as searches compare it: its words with one space between them."""
    return " ".join(words_of(text))[:200]


def postcode_word(postcode: str) -> str:
    """A postcode as the one word under which it is found."""
    return "".join(words_of(postcode))[:LONGEST_WORD]


def sought(text: str) -> list[Sought]:
    """What is looked for, each word once, at most `MOST_WORDS` of them."""
    plain = _SCHOOL_NUMBER.sub(r"\1\2", fold(text))
    postcodes = [Sought(first + second, whole=True) for first, second in _POSTCODE.findall(plain)]
    rest = [Sought(word, bool(_NUMBER.fullmatch(word))) for word in words_of(_POSTCODE.sub(" ", plain))]
    return list(dict.fromkeys([*postcodes, *rest]))[:MOST_WORDS]
