"""The list of contents: a linked line for each chapter and section, with its page."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reportlab.platypus.flowables import Flowable

from kit.pdf import furniture
from kit.pdf.fonts import BOLD, REGULAR
from kit.pdf.tags import Node, Place, TaggedCanvas
from kit.pdf.tags_flow import Kept
from kit.pdf.tags_text import Run, Text
from materials.documents.looks import BOOK
from materials.documents.palette import DAMSON, DUSK, HONEY, INK
from materials.documents.places import Entry

INDENT = 34.0
NUMBER_ROOM = 40.0


def contents(entries: Sequence[Entry], places: Mapping[str, Place], parent: Node) -> list[Flowable]:
    """Heading and lines for chapters (level 1) and sections (level 2); unknown places as page 0."""
    heading = Text([Run("Contents")], replace(BOOK.headings[0], after=18), parent.add("H1"))
    listing = parent.add("TOC")
    shown = [entry for entry in entries if entry.level < 3]
    lines = [ContentsLine(entry, _page(places.get(entry.name)), listing) for entry in shown]
    return [heading, *_kept_chapters(lines)]


def _page(place: Place | None) -> int:
    return place.page if place else 0


def _kept_chapters(lines: list["ContentsLine"]) -> list[Flowable]:
    """A chapter's line stays with its first section."""
    found: list[Flowable] = []
    for line in lines:
        last = found[-1] if found else None
        if isinstance(last, ContentsLine) and last.entry.level == 1 and line.entry.level == 2:
            found[-1] = Kept([last, line])
        else:
            found.append(line)
    return found


class ContentsLine(Flowable):
    """One entry: number in an arch for chapters, title, page number; the whole line is the link."""

    def __init__(self, entry: Entry, page: int, listing: Node) -> None:
        super().__init__()
        self.entry = entry
        self.page = page
        self.node = listing.add("TOCI").add("Link")
        self.chapter = entry.level == 1
        style = replace(BOOK.body, size=13 if self.chapter else 11, colour=DUSK if self.chapter else INK)
        self.text = Text([Run(entry.title, bold=self.chapter)], style, self.node)
        self.spaceBefore = 13.5 if self.chapter else 0
        self.spaceAfter = 0

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """As tall as the title, which keeps clear of the page number."""
        _, tall = self.text.wrap(width - INDENT - NUMBER_ROOM, height)
        self.width, self.height = width, tall
        return width, tall

    def draw(self) -> None:
        """Number, title and page in one mark each, then the link over the whole line."""
        canvas: TaggedCanvas = self.canv  # type: ignore[assignment]
        first, last = self.height - 13.5, 4.5
        if self.chapter:
            self._draw_chapter(canvas, first)
        self.text.drawOn(canvas, INDENT, 0)
        with canvas.marked(self.node):
            canvas.setFillColor(DUSK)
            canvas.setFont(BOLD if self.chapter else REGULAR, 11)
            canvas.drawRightString(self.width, last, f" {self.page}")
        description = f"Go to “{self.entry.title}”, page {self.page}"
        canvas.link(self.node, (0, 0, self.width, self.height), f"#{self.entry.name}", description)

    def _draw_chapter(self, canvas: TaggedCanvas, y: float) -> None:
        furniture.arch(canvas, 0, y - 4, 22, 24, HONEY)
        with canvas.marked(self.node):
            canvas.setFillColor(DUSK)
            canvas.setFont(BOLD, 11)
            canvas.drawCentredString(11, y + 1, str(self.entry.chapter))
            canvas.setFillColor(DAMSON)
            canvas.drawString(22, y + 1, " ")
