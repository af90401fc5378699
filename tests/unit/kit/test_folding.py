"""Folding: what people mean when they leave out capitals and accents, and the same answer from both databases."""

import unicodedata

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.folding import fold, folded


@pytest.mark.parametrize(
    ("written", "looked_for"),
    [
        ("Łukasz Müller", "LUKASZ MULLER"),
        ("Siân Ó Briain", "sian o briain"),
        ("Søren Kjær", "soren kjaer"),
        ("Đặng Þóra", "dang thora"),
        ("Weiß", "WEISS"),
        ("WEIẞ", "weiss"),
        ("O’Neill", "o'neill"),
        ("Anne‑Marie", "anne-marie"),
        ("İpek Işık", "ipek isik"),
        ("ﬁne", "fine"),
    ],
)
def test_names_without_their_accents(written: str, looked_for: str) -> None:
    assert fold(written) == fold(looked_for)


def test_other_scripts_keep_their_letters() -> None:
    assert fold("Ελένη") == fold("ΕΛΈΝΗ")
    assert fold("Наталья") == "наталья"
    assert fold("李 %_/\\") == "李 %_/\\"


def letters() -> list[str]:
    """Every letter, number, mark and punctuation of the Latin, Greek and Cyrillic blocks, and those made of them."""
    wanted = [*range(0x20, 0x0530), *range(0x1E00, 0x2000), *range(0x2010, 0x2070), *range(0xFB00, 0xFB07)]
    return [chr(code) for code in wanted if unicodedata.category(chr(code)) != "Cn"]


def test_the_database_folds_as_python_does(session: Session) -> None:
    every = letters()
    for start in range(0, len(every), 500):
        some = every[start : start + 500]
        told = session.execute(sa.select(*(folded(letter) for letter in some))).one()
        assert list(told) == [fold(letter) for letter in some]


def test_nothing_folds_to_nothing(session: Session) -> None:
    assert session.scalar(sa.select(folded(sa.null()))) is None
