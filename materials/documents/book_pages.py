"""The pages of a book that are drawn whole (cover, imprint, chapter opening, notes) and the furniture of text pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.platypus.flowables import Flowable
from reportlab.platypus.frames import Frame

from kit.pdf import furniture
from kit.pdf.fonts import BOLD, REGULAR
from kit.pdf.tags import Node, TaggedCanvas
from kit.pdf.tags_text import Anchor, Run, Text, TextStyle
from materials.documents.looks import BOOK
from materials.documents.markdown import Source
from materials.documents.palette import (
    DAMSON,
    DAMSON_LIGHT,
    DAMSON_PALE,
    DUSK,
    HEATHER,
    HEATHER_LINE,
    HONEY,
    MOON,
    OAT,
    SOFT_INK,
    WHITE,
)
from materials.documents.places import Entry

WIDTH, HEIGHT = A4
INNER = 62.0
TEXT = 372.0
OUTER = 54.0
SIDE_GAP = 20.0
SIDE = WIDTH - INNER - TEXT - SIDE_GAP - OUTER
TOP = 768.0
LINES = 39  # of 18 points: the text ends 66 above the edge; the lowest 26 belong to the stamp
HEAD = 790.0
FOLIO = (34.0, 36.0)
FOLIO_FOOT = 52.0  # clear of the stamp, whose code stands beside it

LIGHT_BODY = replace(BOOK.body, colour=WHITE, after=6)


def is_right(page: int) -> bool:
    """Odd pages are right-hand ones."""
    return page % 2 == 1


def text_left(page: int) -> float:
    """Left edge of the text column: the wide margin is always outside."""
    return INNER if is_right(page) else WIDTH - INNER - TEXT


def text_frame(page: int) -> Frame:
    """The column of running text on `page`."""
    tall = LINES * 18.0
    return Frame(text_left(page), TOP - tall, TEXT, tall, 0, 0, 0, 0)


def folio(canvas: TaggedCanvas, page: int, fill: Color = HEATHER, ink: Color = DAMSON) -> None:
    """The page number in a small arch on the outside; decoration, since readers have their own page labels."""
    x = WIDTH - OUTER - FOLIO[0] if is_right(page) else OUTER
    furniture.arch(canvas, x, FOLIO_FOOT, *FOLIO, fill)
    canvas.setFillColor(ink)
    canvas.setFont(BOLD, 11)
    canvas.drawCentredString(x + FOLIO[0] / 2, FOLIO_FOOT + 10, str(page))


def running_head(canvas: TaggedCanvas, page: int, text: str) -> None:
    """The chapter's number and title above the text; decoration too."""
    canvas.setFillColor(SOFT_INK)
    canvas.setFont(REGULAR, 10)
    canvas.drawString(text_left(page), HEAD, text)


def put(canvas: TaggedCanvas, text: Flowable, x: float, top: float, width: float) -> float:
    """Draw `text` with its top at `top`; returns where it ends."""
    _, height = text.wrapOn(canvas, width, HEIGHT)
    text.drawOn(canvas, x, top - height)
    return top - height


@dataclass(slots=True)
class SideColumn:
    """Notes in the outer margin; a note starts below the one before it and stays above the page number."""

    lowest: dict[int, float] = field(default_factory=dict)

    def place(self, page: int, top: float, height: float) -> float:
        """Where the top of a note of `height` can be, at best `top`."""
        top = max(min(top, self.lowest.get(page, HEIGHT) - 9), FOLIO_FOOT + FOLIO[1] + 12 + height)
        self.lowest[page] = top - height
        return top

    def note(self, text: Text) -> Flowable:
        """`text` as a note beside the block that follows it."""
        return _SideNote(text, self)


class _SideNote(Flowable):
    beside = True

    def __init__(self, text: Text, column: SideColumn) -> None:
        super().__init__()
        self.text = text
        self.column = column

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self.width, self.height = width, 0
        return width, 0

    def draw(self) -> None:
        canvas = self.canv
        page = canvas.getPageNumber()
        x = INNER + TEXT + SIDE_GAP if is_right(page) else OUTER
        _, height = self.text.wrapOn(canvas, SIDE, HEIGHT)
        left, base = canvas.absolutePosition(0, 0)
        top = self.column.place(page, base - 2, height)
        self.text.drawOn(canvas, x - left, top - height - base)


def cover(canvas: TaggedCanvas, source: Source, parent: Node) -> None:
    """The front cover: nested arches on oat, title and edition on the hill."""
    _ground(canvas)
    furniture.nested_arches(
        canvas,
        WIDTH / 2,
        250,
        [(471, 542, DAMSON), (360, 430, DAMSON_LIGHT), (250, 322, DAMSON_PALE), (124, 200, HONEY)],
    )
    furniture.hill(canvas, WIDTH, 330, 66, DUSK)
    y = put(canvas, _light([Run(source.title)], 40, 46, parent.add("P"), bold=True), INNER, 306, 471)
    if source.subtitle:
        y = put(canvas, _light([Run(source.subtitle)], 17, 25, parent.add("P"), MOON), INNER, y - 10, 440)
    if source.edition:
        put(
            canvas,
            _light([Run(f"Edition {source.edition}")], 14, 20, parent.add("P"), HONEY, bold=True),
            INNER,
            y - 22,
            440,
        )


def imprint(canvas: TaggedCanvas, source: Source, parent: Node) -> None:
    """The back of the cover: what this book is, and who made it."""
    small = replace(BOOK.body, size=11, leading=16, colour=SOFT_INK)
    name = (
        [Run(source.title, italic=True), Run(f". {source.subtitle}." if source.subtitle else ".")]
        if source.title
        else []
    )
    edition = [Run(f"Edition {source.edition}")] if source.edition else []
    lines = [Text(runs, small, parent.add("P")) for runs in (name, edition, [Run(source.credit)]) if runs]
    y = 250.0
    for line in lines:
        y = put(canvas, line, text_left(canvas.page_number), y, 330) - 8


def opening(
    canvas: TaggedCanvas,
    entry: Entry,
    title: Text,
    lead: Sequence[Run],
    promises: Sequence[Sequence[Run]],
    parent: Node,
) -> None:
    """A chapter's first page: number in the honey arch, title, lead and promises on the hill."""
    texts = [_light(lead, 14, 21, parent.add("P"), MOON)] if lead else []
    bottom = FOLIO_FOOT + FOLIO[1] + 14
    needed = _height(canvas, title, 471) + sum(_height(canvas, text, 440) + 12 for text in texts)
    rise = max(0.0, needed + 22 + 24 * len(promises) + bottom - 296)
    _ground(canvas)
    canvas.saveState()
    canvas.translate(0, rise)
    _opening_art(canvas, rise)
    with canvas.marked(title.node):
        canvas.setFillColor(DUSK)
        canvas.setFont(BOLD, 84)
        canvas.drawCentredString(WIDTH / 2, 372, str(entry.chapter))
        canvas.setFont(BOLD, 1)
        canvas.drawString(WIDTH / 2 + 60, 372, " ")
    canvas.restoreState()
    y = put(canvas, title, INNER, 296 + rise, 471)
    for text in texts:
        y = put(canvas, text, INNER, y - 12, 440)
    _promises(canvas, promises, parent, y - 22)
    folio(canvas, canvas.page_number)


def _opening_art(canvas: TaggedCanvas, rise: float) -> None:
    sizes = [(471.0, 580 - rise, DAMSON), (360.0, 468 - rise, DAMSON_LIGHT), (250.0, 360 - rise, DAMSON_PALE)]
    furniture.nested_arches(canvas, WIDTH / 2, 200, sizes)
    furniture.arch(canvas, WIDTH / 2 - 62, 330, 124, 176, HONEY)
    canvas.setFillColor(DUSK)
    canvas.rect(0, -rise, WIDTH, rise + 1, fill=1, stroke=0)
    furniture.hill(canvas, WIDTH, 322, 50, DUSK)


def _promises(canvas: TaggedCanvas, promises: Sequence[Sequence[Run]], parent: Node, top: float) -> None:
    if not promises:
        return
    listing = parent.add("L", numbering="Disc")
    for runs in promises:
        text = Text(runs, LIGHT_BODY, listing.add("LI").add("LBody").add("P"))
        furniture.arch(canvas, INNER, top - 14, 9, 11, HONEY)
        top = put(canvas, text, INNER + 20, top, 420) - 6


def notes_page(canvas: TaggedCanvas, page: int, parent: Node) -> None:
    """A right-hand page that would have stayed empty: room for the reader's own notes."""
    heading = Text([Run("Your notes")], replace(BOOK.headings[1], before=0), parent.add("P"))
    put(canvas, heading, text_left(page), TOP, TEXT)
    left = text_left(page)
    furniture.ruled_lines(canvas, left, left + TEXT, TOP - 72, 27, 23, HEATHER_LINE)
    folio(canvas, page)


def opening_title(entry: Entry, runs: Sequence[Run], node: Node) -> Text:
    """The chapter's title, which is also its bookmark."""
    style = TextStyle(33, 39, WHITE, WHITE, bold=True, balanced=True)
    return Text(runs, style, node, anchors=[Anchor(entry.name, f"{entry.chapter}. {entry.title}", 0)])


def _light(
    runs: Sequence[Run], size: float, leading: float, node: Node, colour: Color = WHITE, *, bold: bool = False
) -> Text:
    return Text(runs, TextStyle(size, leading, colour, colour, bold=bold, balanced=bold), node)


def _height(canvas: TaggedCanvas, text: Text, width: float) -> float:
    _, height = text.wrapOn(canvas, width, HEIGHT)
    return height


def _ground(canvas: TaggedCanvas) -> None:
    canvas.setFillColor(OAT)
    canvas.rect(0, 0, WIDTH, HEIGHT, fill=1, stroke=0)
