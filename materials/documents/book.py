"""A trainer manual from Markdown: cover, contents, chapters that open on a left-hand page, text with side notes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from pathlib import Path

from reportlab.platypus.flowables import Flowable
from reportlab.platypus.frames import Frame

from kit.pdf.tags import Node, Place, TaggedCanvas
from kit.pdf.tags_flow import pour
from kit.pdf.tags_write import Particulars, write_tagged
from materials.documents import book_pages as pages
from materials.documents.blocks import Typesetter
from materials.documents.contents import contents
from materials.documents.looks import BOOK, GRID
from materials.documents.markdown import Block, Heading, Item, Listing, Paragraph, Source, read
from materials.documents.places import Directory, Entry


@dataclass(frozen=True, slots=True)
class HeadingFact:
    """A heading and the first and last page of its part, from 1, as printed; the part ends where the next begins."""

    level: int
    title: str
    name: str
    page: int
    last_page: int


@dataclass(frozen=True, slots=True)
class BookFacts:
    """What was built."""

    pages: int
    title: str
    subtitle: str
    edition: str
    headings: tuple[HeadingFact, ...]

    def pages_of(self, title: str) -> tuple[int, int] | None:
        """First and last page of the part with this heading; nothing when there is no such heading."""
        wanted = title.strip().casefold()
        found = next((fact for fact in self.headings if fact.title.casefold() == wanted), None)
        return (found.page, found.last_page) if found else None


@dataclass(frozen=True, slots=True)
class Chapter:
    """Blocks between two chapter titles; `lead` and `promises` belong on the opening page."""

    heading: Heading
    lead: Paragraph | None
    promises: tuple[Item, ...]
    blocks: tuple[Block, ...]


def build_book(markdown: str, target: Path) -> BookFacts:
    """Set `markdown` as an A4 book and write it to `target`, tagged (PDF/UA-1); the same text gives the same bytes.

    Raises UnreadableContentError, UndrawableTextError or DoesNotFitError, whose messages name what is wrong.
    """
    source = read(markdown)
    first = _Book(source, {})  # the first pass is only for the page numbers in the contents
    first.draw()
    book = _Book(source, first.canvas.places)
    book.draw()
    book.canvas.save()
    write_tagged(book.drawn, book.canvas, target, Particulars(_window_title(source), source.credit))
    return _facts(source, book)


def split_chapters(blocks: tuple[Block, ...]) -> tuple[tuple[Block, ...], list[Chapter]]:
    """What stands before the first chapter, and the chapters."""
    starts = [index for index, block in enumerate(blocks) if isinstance(block, Heading) and block.level == 1]
    edges = [*starts, len(blocks)]
    return blocks[: edges[0]], [_chapter(blocks[start:end]) for start, end in pairwise(edges)]


def _chapter(blocks: tuple[Block, ...]) -> Chapter:
    heading, rest = blocks[0], blocks[1:]
    assert isinstance(heading, Heading)
    lead: Paragraph | None = None
    promises: tuple[Item, ...] = ()
    if rest and isinstance(rest[0], Paragraph):
        lead, rest = rest[0], rest[1:]
        if rest and isinstance(rest[0], Listing):
            promises, rest = rest[0].items, rest[1:]
    return Chapter(heading, lead, promises, rest)


@dataclass
class _Book:
    """One pass over the whole book."""

    source: Source
    known: Mapping[str, Place]
    drawn: BytesIO = field(default_factory=BytesIO)

    def __post_init__(self) -> None:
        self.canvas = TaggedCanvas(self.drawn, (pages.WIDTH, pages.HEIGHT))
        self.directory = Directory.of(self.source.blocks)
        self.side = pages.SideColumn()
        self.head = ""
        self.setter = Typesetter(BOOK, pages.TEXT, self.directory, side_note=self.side.note, step=GRID)

    def draw(self) -> None:
        """Draw every page."""
        before, chapters = split_chapters(self.source.blocks)
        self._front(before)
        for chapter in chapters:
            self._draw_chapter(chapter)

    def _front(self, before: tuple[Block, ...]) -> None:
        root = self.canvas.root
        front = root.add("Sect")
        pages.cover(self.canvas, self.source, front)
        self.canvas.showPage()
        pages.imprint(self.canvas, self.source, front)
        self.canvas.showPage()
        if self.directory.entries:
            self._pour(contents(self.directory.entries, self.known, root.add("Sect")))
        if before:
            self._pour(self.setter.flow(before, root.add("Sect")))

    def _draw_chapter(self, chapter: Chapter) -> None:
        if pages.is_right(self.canvas.page_number):
            pages.notes_page(self.canvas, self.canvas.page_number, self.canvas.root.add("Sect"))
            self.canvas.showPage()
        section = self.canvas.root.add("Sect")
        entry = self._open(chapter, section)
        self.head = f"{entry.chapter}   {entry.title}"
        self.canvas.showPage()
        if chapter.blocks:
            self._pour(self.setter.flow(chapter.blocks, section))

    def _open(self, chapter: Chapter, section: Node) -> Entry:
        entry = self.directory.entry(chapter.heading)
        title = pages.opening_title(entry, chapter.heading.runs, section.add("H1"))
        lead = self.setter.runs(chapter.lead.runs) if chapter.lead else ()
        firsts = [item.blocks[0] for item in chapter.promises if item.blocks]
        promises = [self.setter.runs(first.runs) for first in firsts if isinstance(first, Paragraph)]
        pages.opening(self.canvas, entry, title, lead, promises, section)
        return entry

    def _pour(self, story: list[Flowable]) -> None:
        pour(story, self.canvas, self._begin_page(), self._next_page)
        self.canvas.showPage()

    def _next_page(self) -> Frame:
        self.canvas.showPage()
        return self._begin_page()

    def _begin_page(self) -> Frame:
        page = self.canvas.page_number
        pages.folio(self.canvas, page)
        if self.head:
            pages.running_head(self.canvas, page, self.head)
        return pages.text_frame(page)


def _window_title(source: Source) -> str:
    parts = [source.title, source.subtitle, f"edition {source.edition}" if source.edition else ""]
    return ", ".join(part for part in parts if part) or "Untitled"


def _facts(source: Source, book: _Book) -> BookFacts:
    count = len(book.canvas.pages) - 1
    entries = book.directory.entries
    facts = tuple(_heading_fact(entries, index, book.canvas.places, count) for index in range(len(entries)))
    return BookFacts(count, source.title, source.subtitle, source.edition, facts)


def _heading_fact(entries: list[Entry], index: int, places: Mapping[str, Place], count: int) -> HeadingFact:
    entry = entries[index]
    page = places[entry.name].page
    after = next((other for other in entries[index + 1 :] if other.level <= entry.level), None)
    last = count if after is None else _page_before(places[after.name], after.level)
    return HeadingFact(entry.level, entry.title, entry.name, page, max(page, last))


def _page_before(place: Place, level: int) -> int:
    """The last page that holds something above `place`; chapters have their opening page to themselves."""
    return place.page - 1 if level == 1 or place.top > pages.TOP else place.page
