import pytest
from reportlab.lib.colors import black

from kit.pdf.fonts import register
from kit.pdf.tags import Node
from kit.pdf.tags_text import Run, Text, TextStyle
from materials.documents.tables import column_widths

STYLE = TextStyle(11, 15, black, black)


@pytest.fixture(autouse=True)
def _fonts() -> None:
    register()


def widths(*rows: tuple[str, ...], width: float = 400) -> list[float]:
    return column_widths([[Text([Run(cell)], STYLE, Node("P")) for cell in row] for row in rows], width)


def test_columns_fill_the_width() -> None:
    for found in (widths(("a", "b")), widths(("long " * 40, "b")), widths(("x" * 90, "y" * 90))):
        assert sum(found) == pytest.approx(400)


def test_a_longer_text_gets_more_room_but_no_word_is_squeezed() -> None:
    first, second = widths(("Time", "A long account of what is done then"), ("responsibility", "and then more " * 20))

    assert second > first
    assert first > max(word.width for word in Text([Run("responsibility")], STYLE, Node("P")).words)


def test_an_empty_column_takes_the_spare_room() -> None:
    first, second = widths(("Question", "Our plan"), ("Who tells the child?", ""))

    assert second > 2 * first
