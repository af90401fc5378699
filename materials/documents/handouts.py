"""Handouts from Markdown: A4, a new page for each `# ` heading, room to write."""

from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.platypus.flowables import Flowable
from reportlab.platypus.frames import Frame

from kit.pdf import furniture
from kit.pdf.fonts import BOLD, REGULAR
from kit.pdf.tags import TaggedCanvas
from kit.pdf.tags_flow import pour
from kit.pdf.tags_write import Particulars, write_tagged
from materials.documents.blocks import Typesetter
from materials.documents.looks import HANDOUT, scaled
from materials.documents.markdown import Block, Heading, Source, read
from materials.documents.palette import DAMSON, HEATHER, HONEY, SOFT_INK
from materials.documents.places import Directory

WIDTH, HEIGHT = A4
LEFT, MEASURE = 62.0, 471.0
TOP, BOTTOM = 760.0, 46.0  # the lowest 26 points belong to the stamp
SIZES = (1.0, 0.94, 0.88)


@dataclass(frozen=True, slots=True)
class HandoutFacts:
    """What was built: `titles` of the handouts and the page on which each begins, from 1."""

    pages: int
    title: str
    edition: str
    titles: tuple[tuple[str, int], ...]

    def pages_of(self, title: str) -> tuple[int, int] | None:
        """First and last page of the handout with this title; nothing when there is none."""
        wanted = title.strip().casefold()
        ends = [*(page - 1 for _, page in self.titles[1:]), self.pages]
        spans = zip(self.titles, ends, strict=False)
        return next(((first, last) for (one, first), last in spans if one.casefold() == wanted), None)


def build_handouts(markdown: str, target: Path) -> HandoutFacts:
    """Set `markdown` as handouts and write them to `target`, tagged; the same text gives the same bytes.

    Raises UnreadableContentError, UndrawableTextError or DoesNotFitError, whose messages name what is wrong.
    """
    source = read(markdown)
    sheets = _Sheets(source)
    for blocks in _handouts(source.blocks):
        sheets.draw(blocks)
    sheets.canvas.save()
    parts = [source.title, source.subtitle, f"edition {source.edition}" if source.edition else ""]
    title = ", ".join(part for part in parts if part) or "Untitled"
    write_tagged(sheets.drawn, sheets.canvas, target, Particulars(title, source.credit))
    places = sheets.canvas.places
    titles = tuple((entry.title, places[entry.name].page) for entry in sheets.directory.entries if entry.level == 1)
    return HandoutFacts(len(sheets.canvas.pages) - 1, source.title, source.edition, titles)


def _handouts(blocks: tuple[Block, ...]) -> list[tuple[Block, ...]]:
    starts = [index for index, block in enumerate(blocks) if isinstance(block, Heading) and block.level == 1]
    edges = sorted({0, *starts, len(blocks)})
    return [blocks[start:end] for start, end in pairwise(edges)]


@dataclass
class _Sheets:
    source: Source
    drawn: BytesIO = field(default_factory=BytesIO)

    def __post_init__(self) -> None:
        self.canvas = TaggedCanvas(self.drawn, A4)
        self.directory = Directory.of(self.source.blocks)

    def draw(self, blocks: tuple[Block, ...]) -> None:
        """One handout, a little smaller where that saves a page."""
        tried = [(self._trial(blocks, size), size) for size in SIZES]
        fewest = min(pages for pages, _ in tried)
        self._pour(blocks, next(size for pages, size in tried if pages == fewest))

    def _trial(self, blocks: tuple[Block, ...], size: float) -> int:
        """How many pages the handout takes at `size`."""
        trial = _Sheets(self.source)
        trial.directory = self.directory
        trial._pour(blocks, size)
        return len(trial.canvas.pages) - 1

    def _pour(self, blocks: tuple[Block, ...], size: float) -> None:
        setter = Typesetter(scaled(HANDOUT, size), MEASURE, self.directory)
        story: list[Flowable] = setter.flow(blocks, self.canvas.root.add("Sect"))
        pour(story, self.canvas, self._begin_page(), self._next_page)
        self.canvas.showPage()

    def _next_page(self) -> Frame:
        self.canvas.showPage()
        return self._begin_page()

    def _begin_page(self) -> Frame:
        canvas = self.canvas
        furniture.arch(canvas, LEFT, 786, 14, 17, HONEY)
        canvas.setFillColor(SOFT_INK)
        canvas.setFont(REGULAR, 10)
        canvas.drawString(LEFT + 22, 789, self.source.title)
        furniture.arch(canvas, WIDTH - LEFT - 30, 778, 30, 32, HEATHER)
        canvas.setFillColor(DAMSON)
        canvas.setFont(BOLD, 11)
        canvas.drawCentredString(WIDTH - LEFT - 15, 787, str(canvas.page_number))
        return Frame(LEFT, BOTTOM, MEASURE, TOP - BOTTOM, 0, 0, 0, 0)
