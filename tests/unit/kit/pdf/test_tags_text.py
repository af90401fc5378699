import pytest
from reportlab.lib.colors import black

from kit.pdf.fonts import register
from kit.pdf.tags import Node
from kit.pdf.tags_text import Run, Text, TextStyle, UndrawableTextError, balance, break_lines, words_of

STYLE = TextStyle(12, 18, black, black, after=9)


@pytest.fixture(autouse=True)
def _fonts() -> None:
    register()


def text_lines(text: str, width: float) -> list[str]:
    lines = break_lines(words_of([Run(text)], STYLE), width)
    return [" ".join("".join(piece.text for piece in word.pieces) for word in line) for line in lines]


def made(text: str, **more: float) -> Text:
    return Text([Run(text)], STYLE, Node("P"), **more)


def test_lines_fill_the_measure_and_lose_no_word() -> None:
    text = "Come alongside rather than in front, and lower your voice before you lower your expectations."
    lines = text_lines(text, 200)

    assert " ".join(lines) == text
    assert 3 <= len(lines) <= 4
    assert all(sum(word.width for word in words_of([Run(line)], STYLE)) <= 200 for line in lines)


def test_a_short_word_is_not_left_alone_on_the_last_line() -> None:
    text = "It is a matter of who is the grown-up in the room and who is not so"
    widths = [width for width in range(120, 300) if len(text_lines(text, width)) > 1]

    assert not any(text_lines(text, width)[-1] == "so" for width in widths)
    assert all(" ".join(text_lines(text, width)) == text for width in widths)


def test_a_word_stays_with_its_number() -> None:
    assert all("pages 41–44" in " ".join(text_lines("Read them on pages 41–44 now", width)) for width in (80, 120))
    assert not any(
        line.endswith("pages") for width in range(60, 200, 5) for line in text_lines("See pages 41–44", width)
    )


def test_punctuation_stays_with_the_word_in_another_cut() -> None:
    words = words_of([Run("very "), Run("bold", bold=True), Run(", and so on")], STYLE)

    assert ["".join(piece.text for piece in word.pieces) for word in words] == ["very", "bold,", "and", "so", "on"]


def test_a_word_wider_than_the_line_is_cut_not_lost() -> None:
    address = "https://example.org/" + "a" * 120
    lines = text_lines(address, 150)

    assert "".join(lines) == address
    assert len(lines) > 4


def test_markup_is_only_text() -> None:
    text = '</b><img src="/etc/passwd"/> & <a href="x">'

    assert made(text).plain == text
    assert " ".join(text_lines(text, 1000)) == text


def test_characters_that_the_typeface_lacks_are_named() -> None:
    with pytest.raises(UndrawableTextError) as caught:
        made("A name: 李小龙")

    assert caught.value.characters == "李小龙"


def test_split_leaves_no_line_alone() -> None:
    text = made("word " * 60)
    text.wrap(200, 1000)
    lines = len(text.lines)

    assert text.split(200, 18) == []
    head, tail = text.split(200, 18 * (lines - 1) + 1)
    assert isinstance(head, Text)
    assert isinstance(tail, Text)
    head.wrap(200, 1000)
    tail.wrap(200, 1000)
    assert (len(head.lines), len(tail.lines)) == (lines - 2, 2)
    assert head.node is tail.node is text.node
    assert head.getSpaceAfter() == 0
    assert tail.getSpaceAfter() == 9


def test_balanced_lines_are_of_even_length() -> None:
    words = words_of([Run("Planning sessions and setting goals together")], STYLE)
    plain, even = break_lines(words, 220), balance(words, 220)

    assert len(plain) == len(even) == 2
    assert abs(width(even[0]) - width(even[1])) <= abs(width(plain[0]) - width(plain[1]))


def width(line: tuple[object, ...]) -> float:
    return sum(word.width for word in line)  # type: ignore[attr-defined]


def test_an_empty_text_is_one_line_high() -> None:
    assert Text([], STYLE, Node("P")).wrap(100, 100) == (100, 18)
