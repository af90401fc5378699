"""Text set in tagged lines: plain runs in, wrapped lines out. There is no markup to parse, so nothing to inject."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import cast

from reportlab.lib.colors import Color
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus.flowables import Flowable

from kit.pdf.fonts import BOLD, ITALIC, REGULAR, glyph_table
from kit.pdf.tags import Node, TaggedCanvas

SAFETY = 0.01  # points; widths are sums of floats

RUNT = 0.15  # of the measure: a last line shorter than this looks lost

# A line may break at a space, but not between a word such as “page” and its number.
BREAK = re.compile(r"(?<!page)(?<!pages)(?<!Day)(?<!Chapter)(?<!chapter) +| +(?!\d)")


class UndrawableTextError(ValueError):
    """The typeface lacks some characters of a text; `characters` holds them, each once."""

    def __init__(self, characters: str) -> None:
        super().__init__(f"The typeface cannot draw: {' '.join(characters)}")
        self.characters = characters


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one cut. `link` is `#place`, an address, or nothing. A newline breaks the line."""

    text: str
    bold: bool = False
    italic: bool = False
    link: str = ""

    def font(self, bold: bool = False) -> str:
        """Name of the cut; there is no bold italic, bold wins."""
        if self.bold or bold:
            return BOLD
        return ITALIC if self.italic else REGULAR


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How a text is set; lengths in points. `snap` rounds the height up to its multiple, to keep the baseline grid."""

    size: float
    leading: float
    colour: Color
    link_colour: Color
    bold: bool = False
    before: float = 0
    after: float = 0
    centred: bool = False
    flush_right: bool = False
    balanced: bool = False
    snap: float = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a word in one run."""

    run: Run
    text: str
    width: float


@dataclass(frozen=True, slots=True)
class Word:
    """What a line break cannot divide; `ends_line` when the author broke the line after it."""

    pieces: tuple[Piece, ...]
    width: float
    space: float
    ends_line: bool = False


Line = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place that links can lead to; with a `level` from 0 it is a bookmark in the outline too."""

    name: str
    title: str
    level: int | None = None


@lru_cache(maxsize=20_000)
def _width(text: str, font: str, size: float) -> float:
    return float(stringWidth(text, font, size))


def words_of(runs: Sequence[Run], style: TextStyle) -> tuple[Word, ...]:
    """Cut runs into words with their widths. Raises UndrawableTextError for characters that the typeface lacks."""
    words: list[Word] = []
    pieces: list[Piece] = []

    def close(run: Run, ends_line: bool = False) -> None:
        if pieces:
            space = _width(" ", run.font(style.bold), style.size)
            words.append(Word(tuple(pieces), sum(piece.width for piece in pieces), space, ends_line))
            pieces.clear()

    for run in runs:
        if missing := glyph_table(run.font(style.bold)).missing(run.text.replace("\n", "")):
            raise UndrawableTextError(missing)
        for number, line in enumerate(run.text.split("\n")):
            if number:
                close(run, ends_line=True)
            for index, text in enumerate(BREAK.split(line)):
                if index:
                    close(run)
                if text:
                    pieces.append(Piece(run, text, _width(text, run.font(style.bold), style.size)))
        last = run
    if runs:
        close(last)
    return tuple(words)


def break_lines(words: Sequence[Word], width: float) -> list[Line]:
    """Fill lines greedily, ragged right. A word wider than the line is cut between characters."""
    lines: list[Line] = []
    line: list[Word] = []
    used = 0.0
    for word in (part for whole in words for part in _fitting(whole, width)):
        gap = line[-1].space if line else 0.0
        if line and used + gap + word.width > width + SAFETY:
            lines.append(tuple(line))
            line, used, gap = [], 0.0, 0.0
        line.append(word)
        used += gap + word.width
        if word.ends_line:
            lines.append(tuple(line))
            line, used = [], 0.0
    if line:
        lines.append(tuple(line))
    return _without_runt(lines, width)


def _without_runt(lines: list[Line], width: float) -> list[Line]:
    """A short word alone on the last line gets the word before it for company."""
    if len(lines) < 2 or len(lines[-1]) > 1 or lines[-1][0].width > width * RUNT or len(lines[-2]) < 3:
        return lines
    *rest, last = lines[-2]
    return lines if last.ends_line else [*lines[:-2], tuple(rest), (last, *lines[-1])]


def _fitting(word: Word, width: float) -> list[Word]:
    if word.width <= width + SAFETY:
        return [word]
    parts: list[Word] = []
    held: list[Piece] = []
    used = 0.0
    for piece in word.pieces:
        each = piece.width / max(len(piece.text), 1) * 1.25  # generous, so that a part never overruns
        room = max(1, int(width / each))
        for start in range(0, len(piece.text), room):
            text = piece.text[start : start + room]
            part = Piece(piece.run, text, piece.width * len(text) / len(piece.text))
            if held and used + part.width > width:
                parts.append(Word(tuple(held), used, 0.0))
                held, used = [], 0.0
            held.append(part)
            used += part.width
    return [*parts, Word(tuple(held), used, word.space, word.ends_line)]


def balance(words: Sequence[Word], width: float) -> list[Line]:
    """Lines of even length: the narrowest measure that needs no more lines than `width` does."""
    lines = break_lines(words, width)
    low, high = width / max(len(lines), 1), width
    if len(lines) < 2 or max(word.width for word in words) > width:
        return lines
    while high - low > 2:
        middle = (low + high) / 2
        if len(break_lines(words, middle)) > len(lines) or max(word.width for word in words) > middle:
            low = middle
        else:
            high = middle
    return break_lines(words, high)


@dataclass(slots=True)
class _Stretch:
    node: Node
    font: str
    run: Run
    x: float
    y: float
    text: str = ""
    width: float = 0

    def add(self, text: str, width: float) -> None:
        self.text += text
        self.width += width


class Text(Flowable):
    """A paragraph, heading or cell: draws its lines inside the mark of `node`, links inside nodes of their own.

    Splits between lines, never leaving one line alone. `indent` moves the text in from the left; `label` (a number,
    with a node of its own) hangs in that indent, or an `ornament`, decoration drawn by a call with the canvas and the
    height of the first baseline.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        style: TextStyle,
        node: Node,
        *,
        indent: float = 0,
        label: tuple[str, Node] | None = None,
        ornament: Callable[[Canvas, float], None] | None = None,
        anchors: Sequence[Anchor] = (),
        links: dict[int, Node] | None = None,
        words: tuple[Word, ...] | None = None,
    ) -> None:
        super().__init__()
        self.runs = tuple(runs)
        self.style = style
        self.node = node
        self.indent = indent
        self.label = label
        self.ornament = ornament
        self.anchors = tuple(anchors)
        self.continues = False
        self.links = links if links is not None else _link_nodes(self.runs, node)
        self.words = words_of(runs, style) if words is None else words
        self.lines: list[Line] = []
        self.spaceBefore = style.before
        self.spaceAfter = style.after

    @property
    def plain(self) -> str:
        """The text without its cuts."""
        return "".join(run.text for run in self.runs).replace("\n", " ")

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Break into lines for `width`; the height does not matter."""
        self.width = width
        breaker = balance if self.style.balanced else break_lines
        self.lines = breaker(self.words, width - self.indent)
        self.height = self._tall(max(len(self.lines), 1))  # an empty text (a cell to write in) is one line high
        return width, self.height

    def _tall(self, lines: int) -> float:
        tall = lines * self.style.leading
        snap = self.style.snap
        return -(-tall // snap) * snap if snap else tall

    def split(self, width: float, height: float) -> list[Flowable]:
        """Head and tail, each of two lines at least; nothing when that cannot be."""
        self.wrap(width, height)
        fitting = int((height + SAFETY) // self.style.leading)
        keep = min(fitting, len(self.lines) - 2)
        if keep < 2:
            return []
        head = self._part([word for line in self.lines[:keep] for word in line])
        head.label, head.ornament, head.anchors = self.label, self.ornament, self.anchors
        head.continues, head.spaceAfter, head.spaceBefore = True, 0, self.spaceBefore
        tail = self._part([word for line in self.lines[keep:] for word in line])
        tail.continues, tail.spaceBefore = self.continues, 0
        return [head, tail]

    def _part(self, words: list[Word]) -> "Text":
        part = type(self)(self.runs, self.style, self.node, indent=self.indent, links=self.links, words=tuple(words))
        part.spaceAfter = self.spaceAfter
        return part

    def draw(self) -> None:
        """Draw at the origin; the last line ends in no space, the others do, so that words stay apart when read."""
        canvas = cast(TaggedCanvas, self.canv)
        self._set_places(canvas)
        if self.label:
            self._draw_label(canvas, *self.label)
        if self.ornament:
            self.ornament(canvas, self._baseline(0))
        stretches = self._stretches()
        for node, together in groupby(stretches, key=lambda stretch: stretch.node):
            with canvas.marked(node):
                for stretch in together:
                    canvas.setFillColor(self.style.link_colour if stretch.run.link else self.style.colour)
                    canvas.setFont(stretch.font, self.style.size)
                    canvas.drawString(stretch.x, stretch.y, stretch.text)
        if self.node.once and not self.continues:
            canvas.close_once(self.node)
        for stretch in stretches:
            if stretch.run.link:
                self._draw_link(canvas, stretch)

    def _set_places(self, canvas: TaggedCanvas) -> None:
        _, top = canvas.absolutePosition(0, self.height + 12)
        for anchor in self.anchors:
            canvas.place(anchor.name, top)
            if anchor.level is not None:
                canvas.addOutlineEntry(anchor.title, anchor.name, anchor.level, closed=anchor.level > 0)

    def _baseline(self, line: int) -> float:
        style = self.style
        # capitals (0.67 of the size high) sit in the middle of the line
        return self.height - line * style.leading - (style.leading + 0.67 * style.size) / 2

    def _draw_label(self, canvas: TaggedCanvas, text: str, node: Node) -> None:
        with canvas.marked(node):
            canvas.setFillColor(self.style.colour)
            canvas.setFont(BOLD, self.style.size)
            canvas.drawString(0, self._baseline(0), text + " ")

    def _stretches(self) -> list[_Stretch]:
        stretches: list[_Stretch] = []
        for number, line in enumerate(self.lines):
            last = number == len(self.lines) - 1 and not self.continues
            stretches += self._line_stretches(line, self._baseline(number), last)
        return stretches

    def _line_stretches(self, line: Line, y: float, last: bool) -> list[_Stretch]:
        length = sum(word.width for word in line) + sum(word.space for word in line[:-1])
        spare = self.width - self.indent - length
        x = self.indent + (spare if self.style.flush_right else spare / 2 if self.style.centred else 0)
        found: list[_Stretch] = []
        for index, word in enumerate(line):
            for piece in word.pieces:
                if not found or found[-1].run is not piece.run:
                    found.append(self._start(piece.run, x, y))
                found[-1].add(piece.text, piece.width)
                x += piece.width
            if index < len(line) - 1:
                following = line[index + 1].pieces[0].run
                if found[-1].run.link and found[-1].run is not following:  # the space after a link is not part of it
                    found.append(self._start(following, x, y))
                found[-1].add(" ", word.space)
                x += word.space
            elif word.space and not last:
                found[-1].add(" ", 0)
        return found

    def _start(self, run: Run, x: float, y: float) -> _Stretch:
        return _Stretch(self.links.get(id(run), self.node), run.font(self.style.bold), run, x, y)

    def _draw_link(self, canvas: TaggedCanvas, stretch: _Stretch) -> None:
        size = self.style.size
        canvas.setStrokeColor(self.style.link_colour)
        canvas.setLineWidth(size / 18)
        canvas.line(stretch.x, stretch.y - 0.14 * size, stretch.x + stretch.width, stretch.y - 0.14 * size)
        box = (stretch.x, stretch.y - 0.28 * size, stretch.x + stretch.width, stretch.y + 0.85 * size)
        canvas.link(stretch.node, box, stretch.run.link, f"{stretch.run.text.strip()} ({_spoken(stretch.run.link)})")


def _link_nodes(runs: Sequence[Run], node: Node) -> dict[int, Node]:
    # by identity: the same words may lead to the same place twice in one paragraph, as two links
    return {id(run): node.add("Link", inline=True) for run in runs if run.link}


def _spoken(target: str) -> str:
    return "in this document" if target.startswith("#") else target.removeprefix("mailto:")
