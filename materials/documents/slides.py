"""A slide deck from Markdown: 960 × 540 points, one slide between two `---`, large type, the brand's arch and hill."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import groupby
from pathlib import Path

from reportlab.lib.colors import Color
from reportlab.platypus.flowables import Flowable

from kit.pdf import furniture
from kit.pdf.fonts import BOLD, REGULAR
from kit.pdf.tags import Node, TaggedCanvas
from kit.pdf.tags_flow import DoesNotFitError, Stack
from kit.pdf.tags_text import Run, TextStyle
from kit.pdf.tags_write import Particulars, write_tagged
from materials.documents.blocks import Typesetter
from materials.documents.looks import SLIDE, Look, scaled
from materials.documents.markdown import Block, Box, Divider, Heading, Paragraph, Source, Speech, plain, read
from materials.documents.palette import (
    DAMSON,
    DAMSON_LIGHT,
    DAMSON_PALE,
    DUSK,
    HEATHER,
    HONEY,
    MOON,
    OAT,
    SOFT_INK,
    WHITE,
)
from materials.documents.places import Directory

WIDTH, HEIGHT = 960.0, 540.0
LEFT, MEASURE = 72.0, 800.0
TOP, BOTTOM = 486.0, 78.0  # the lowest 26 points belong to the stamp, the next 40 to the foot line
SIZES = (1.0, 0.92, 0.84, 0.76, 0.68, 0.6, 0.52)


@dataclass(frozen=True, slots=True)
class DeckFacts:
    """What was built. `titles` holds a slide's heading, or its first words, in order."""

    pages: int
    title: str
    edition: str
    titles: tuple[str, ...]

    def pages_of(self, title: str) -> tuple[int, int] | None:
        """First and last slide with this heading, from 1; nothing when there is none."""
        wanted = title.strip().casefold()
        found = [number for number, one in enumerate(self.titles, 1) if one.casefold() == wanted]
        return (found[0], found[-1]) if found else None


def build_slides(markdown: str, target: Path) -> DeckFacts:
    """Set `markdown` as a deck and write it to `target`, tagged; the same text gives the same bytes.

    Raises UnreadableContentError, UndrawableTextError, or DoesNotFitError naming the slide that holds too much.
    """
    source = read(markdown)
    slides = list(_slides(source.blocks))
    drawn = BytesIO()
    canvas = TaggedCanvas(drawn, (WIDTH, HEIGHT))
    deck = _Deck(source, canvas, Directory.of(source.blocks))
    for slide in slides:
        deck.draw(slide)
        canvas.showPage()
    canvas.save()
    write_tagged(drawn, canvas, target, Particulars(_window_title(source), source.credit))
    return DeckFacts(len(slides), source.title, source.edition, tuple(_title(slide) for slide in slides))


def _slides(blocks: Iterable[Block]) -> Iterable[tuple[Block, ...]]:
    for is_border, part in groupby(blocks, key=lambda block: isinstance(block, Divider)):
        if not is_border:
            yield tuple(part)


def _title(slide: tuple[Block, ...]) -> str:
    first = slide[0]
    if isinstance(first, Heading | Box):
        return first.title
    if isinstance(first, Speech) and first.blocks:
        first = first.blocks[0]
    return plain(first.runs) if isinstance(first, Paragraph) else ""


def _window_title(source: Source) -> str:
    parts = [source.title, source.subtitle, f"edition {source.edition}" if source.edition else ""]
    return ", ".join(part for part in parts if part) or "Untitled"


@dataclass(slots=True)
class _Deck:
    source: Source
    canvas: TaggedCanvas
    directory: Directory

    def draw(self, slide: tuple[Block, ...]) -> None:
        """Draw one slide in the look that its content asks for."""
        section = self.canvas.root.add("Sect")
        first = slide[0]
        if isinstance(first, Heading) and first.level == 1:
            self._draw_title(slide, section)
        elif any(isinstance(block, Box) and block.kind == "pause" for block in slide):
            self._draw_activity(slide, section)
        elif isinstance(first, Speech):
            self._draw_quote(slide, section)
        else:
            self._draw_content(slide, section)

    def _draw_title(self, slide: tuple[Block, ...], section: Node) -> None:
        self._ground(OAT)
        sizes = [
            (380.0, 362.0, DAMSON),
            (292.0, 290.0, DAMSON_LIGHT),
            (204.0, 220.0, DAMSON_PALE),
            (104.0, 152.0, HONEY),
        ]
        furniture.nested_arches(self.canvas, 690, 150, sizes)
        furniture.hill(self.canvas, WIDTH, 208, 34, DUSK)
        look = _light(SLIDE)
        self._fit(slide, section, look, width=700, top=186, bottom=34)

    def _draw_quote(self, slide: tuple[Block, ...], section: Node) -> None:
        self._ground(HEATHER)
        self._fit(slide, section, SLIDE, middle=True)
        self._foot()

    def _draw_activity(self, slide: tuple[Block, ...], section: Node) -> None:
        self._ground(OAT)
        self.canvas.saveState()
        self.canvas.translate(40, 72)
        furniture.shouldered(self.canvas, WIDTH - 80, HEIGHT - 112, 84, 10, HEATHER)
        self.canvas.restoreState()
        furniture.arch(self.canvas, LEFT, 408, 44, 52, HONEY)
        furniture.clock(self.canvas, LEFT + 22, 430, 24, DUSK)
        self._fit(slide, section, SLIDE, width=760, top=392, bottom=92, as_activity=True)
        self._foot()

    def _draw_content(self, slide: tuple[Block, ...], section: Node) -> None:
        self._ground(OAT)
        self._fit(slide, section, SLIDE)
        self._foot()

    def _ground(self, colour: Color) -> None:
        self.canvas.setFillColor(colour)
        self.canvas.rect(0, 0, WIDTH, HEIGHT, fill=1, stroke=0)

    def _fit(
        self,
        slide: tuple[Block, ...],
        section: Node,
        look: Look,
        *,
        width: float = MEASURE,
        top: float = TOP,
        bottom: float = BOTTOM,
        middle: bool = False,
        as_activity: bool = False,
    ) -> None:
        for size in SIZES:
            section.children.clear()
            setter = Typesetter(scaled(look, size), width, self.directory)
            stack = Stack(self._flow(setter, slide, section, as_activity))
            _, height = stack.wrapOn(self.canvas, width, HEIGHT)
            if height <= top - bottom:
                upper = (top + bottom + height) / 2 if middle else top
                stack.drawOn(self.canvas, LEFT, upper - height)
                return
        raise DoesNotFitError(f"Slide {self.canvas.page_number} (“{_title(slide)}”) holds too much: make two of it")

    def _flow(self, setter: Typesetter, slide: tuple[Block, ...], section: Node, as_activity: bool) -> list[Flowable]:
        if not as_activity:
            return setter.flow(slide, section)
        box = next(block for block in slide if isinstance(block, Box))
        title = setter.text([Run(box.title)], setter.look.box_title, section.add("P"))
        others = tuple(block for block in slide if block is not box)
        return [*setter.flow(others, section), title, *setter.flow(box.blocks, section)]

    def _foot(self) -> None:
        page = self.canvas.page_number
        furniture.arch(self.canvas, WIDTH - 72 - 34, 34, 34, 34, HEATHER)
        self.canvas.setFillColor(DAMSON)
        self.canvas.setFont(BOLD, 12)
        self.canvas.drawCentredString(WIDTH - 72 - 17, 44, str(page))
        self.canvas.setFillColor(SOFT_INK)
        self.canvas.setFont(REGULAR, 12)
        self.canvas.drawString(LEFT, 44, self.source.title)


def _light(look: Look) -> Look:
    def white(style: TextStyle, colour: Color = WHITE) -> TextStyle:
        return replace(style, colour=colour, link_colour=colour)

    first, second, third = look.headings
    return replace(look, headings=(white(first), white(second), white(third)), body=white(look.body, MOON))
