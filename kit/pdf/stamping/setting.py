"""Words into lines: how large, how many, and in which typeface. Pure arithmetic on the advances of characters."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

SEPARATOR = "·"
LARGEST = 7.0  # points
ONE_LINE_SMALLEST = 6.0  # below this two lines are easier to read than one
SMALLEST = 5.0  # points: nothing smaller is legible in print
SIZES = (LARGEST, 6.5, 6.0, 5.5, SMALLEST)
LEADING = 1.2

Word = TypeVar("Word")
Piece = tuple[str, float]
"""A word, perhaps with a separator after it, and its width at one point."""


class NameNotDrawable(ValueError):
    """No embedded typeface has a shape for `characters`; drawing boxes in place of a name is never right."""

    def __init__(self, characters: str) -> None:
        super().__init__(f"the stamp's typefaces cannot draw: {characters}")
        self.characters = characters


class DoesNotFit(ValueError):
    """The words are longer than a stamp can hold even at the smallest legible size."""


@dataclass(frozen=True)
class Faces:
    """Advances in thousandths of the size: of the house typeface, and of the one for words that it cannot draw."""

    house: Mapping[str, int]
    companion: Mapping[str, int]

    def face(self, word: str) -> Mapping[str, int]:
        """The typeface of a word: always one, so that no name changes its look half way. Raises NameNotDrawable."""
        if set(word) <= self.house.keys():
            return self.house
        if missing := dict.fromkeys(character for character in word if character not in self.companion):
            raise NameNotDrawable("".join(missing))
        return self.companion

    def width(self, word: str) -> float:
        """Width of a word at one point."""
        return sum(map(self.face(word).__getitem__, word)) / 1000

    def broken(self, word: str, width: float) -> list[Piece]:
        """`word` in as many parts as its width at one point asks for; every part holds at least one character."""
        face, at, parts = self.face(word), 0, []
        for count in filled((face[character] / 1000 for character in word), width):
            part = word[at : at + count]
            parts.append((part, sum(face[character] for character in part) / 1000))
            at += count
        return parts

    def pieces(self, text: str) -> list[Piece]:
        """The words of `text`. A separator stays with the word before it, so that no line begins with one.

        Raises NameNotDrawable with every character of the text that cannot be drawn.
        """
        words: list[str] = []
        missing: dict[str, None] = {}
        for word in text.split(" "):
            if word == SEPARATOR and words:
                words[-1] += f" {SEPARATOR}"
            else:
                words.append(word)
        pieces = []
        for word in words:
            try:
                pieces.append((word, self.width(word)))
            except NameNotDrawable as lacking:
                missing |= dict.fromkeys(lacking.characters)
        if missing:
            raise NameNotDrawable("".join(missing))
        return pieces


def fitted(
    pieces: list[tuple[Word, float]],
    space: float,
    width: float,
    height: float,
    broken: Callable[[Word, float], list[tuple[Word, float]]],
    leading: float = LEADING,
) -> tuple[float, list[list[tuple[Word, float]]]]:
    """The font size in points and the lines: one, at need a little smaller, else two or more, down to the smallest.

    `space` is the width of a space at one point, `width` and `height` the room in points, `leading` the distance of
    lines at one point; `broken` tears a word that is wider than a line. Raises DoesNotFit.
    """
    whole = sum(piece[1] for piece in pieces) + space * (len(pieces) - 1)
    one_line = min(LARGEST, int(10 * width / (whole or 1)) / 10)
    if one_line >= ONE_LINE_SMALLEST:
        return one_line, [pieces]
    wrapped = [(size, _wrapped(pieces, space, width / size, broken)) for size in SIZES]
    fitting = [(size, lines) for size, lines in wrapped if len(lines) * size * leading <= height]
    if not fitting:
        raise DoesNotFit(f"the words do not fit in {width:.0f} by {height:.0f} points")
    # Few lines before large letters; a single tiny line only where there is no room for two.
    return min(fitting, key=lambda tried: (len(tried[1]) == 1, len(tried[1]), -tried[0]))


def _wrapped(
    pieces: list[tuple[Word, float]],
    space: float,
    width: float,
    broken: Callable[[Word, float], list[tuple[Word, float]]],
) -> list[list[tuple[Word, float]]]:
    """Lines no wider than `width`, measured at one point; a word wider than a line goes on in the next one."""
    lines: list[list[tuple[Word, float]]] = [[]]
    used = 0.0
    for word, needed in pieces:
        if lines[-1] and used + space + needed <= width:
            lines[-1].append((word, needed))
            used += space + needed
            continue
        parts = broken(word, width) if needed > width else [(word, needed)]
        lines += [[part] for part in parts]
        used = parts[-1][1]
    return lines[1:]


def filled(widths: Iterable[float], room: float) -> list[int]:
    """How many of the things with these widths go into each of the lines no wider than `room`; always one at least."""
    counts, used = [0], 0.0
    for needed in widths:
        if counts[-1] and used + needed > room:
            counts.append(0)
            used = 0.0
        counts[-1] += 1
        used += needed
    return counts
