"""A sheet about money on A4: a title, facts, tables of amounts, words. Tagged; the same facts give the same bytes."""

from dataclasses import dataclass, replace
from io import BytesIO

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.platypus.flowables import Flowable
from reportlab.platypus.frames import Frame
from reportlab.platypus.tables import Table, TableStyle

from kit.pdf import furniture
from kit.pdf.fonts import BOLD, REGULAR, glyph_table
from kit.pdf.tags import Node, TaggedCanvas
from kit.pdf.tags_flow import pour
from kit.pdf.tags_text import Run, Text, TextStyle
from kit.pdf.tags_write import Particulars, write_tagged

LEFT, MEASURE = 62.0, 471.0
TOP, BOTTOM = 742.0, 60.0
INK, SOFT, DUSK, DAMSON = HexColor("#271c29"), HexColor("#5a4d5c"), HexColor("#2c1730"), HexColor("#4b2350")
HONEY, LINE = HexColor("#e39a2d"), HexColor("#cbb3c9")
FACTS = (0.3, 0.7)

_BODY = TextStyle(12, 18, INK, DAMSON, after=9)
_TITLE = replace(_BODY, size=26, leading=34, colour=DUSK, bold=True, after=6)
_HEADING = replace(_BODY, size=16, leading=22, colour=DAMSON, bold=True, before=14, after=4)
_HEAD_CELL = replace(_BODY, colour=DAMSON, bold=True, after=0)
_CELL = replace(_BODY, after=0)


@dataclass(frozen=True)
class Grid:
    """A table with heads. `widths` are shares of the measure.

    The last `amounts` columns stand at the right; the last `sums` rows are bold.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    amounts: int = 1
    sums: int = 1


@dataclass(frozen=True)
class Section:
    """A part of a sheet, in this order: heading, facts (each with its name), table, sentences, an address."""

    heading: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    grid: Grid | None = None
    notes: tuple[str, ...] = ()
    address: str = ""


@dataclass(frozen=True)
class Sheet:
    """What stands on the paper, in words already."""

    brand: str
    title: str
    sections: tuple[Section, ...]


def undrawable(text: str) -> str:
    """The characters of a text that the paper's typeface lacks, each once."""
    return "".join(dict.fromkeys(glyph_table(REGULAR).missing(text) + glyph_table(BOLD).missing(text)))


def drawable(text: str) -> str:
    """The text with a question mark for each character that the paper's typeface lacks: for names from elsewhere."""
    return text.translate(dict.fromkeys(map(ord, undrawable(text)), "?"))


def with_drawable_words(sheet: Sheet) -> Sheet:
    """The sheet with every text `drawable`, so that no name that anybody typed keeps it from being made."""
    return Sheet(drawable(sheet.brand), drawable(sheet.title), tuple(map(_with_drawable_words, sheet.sections)))


def _with_drawable_words(section: Section) -> Section:
    facts = tuple((drawable(name), drawable(value)) for name, value in section.facts)
    rows = tuple(tuple(map(drawable, row)) for row in section.grid.rows) if section.grid else ()
    grid = replace(section.grid, rows=rows) if section.grid else None
    return replace(section, facts=facts, grid=grid, notes=tuple(map(drawable, section.notes)))


def build_sheet(sheet: Sheet) -> bytes:
    """The PDF. Raises `kit.pdf.tags_text.UndrawableTextError` for characters that `undrawable` finds."""
    drawn = BytesIO()
    canvas = TaggedCanvas(drawn, A4)
    root = canvas.root.add("Sect")
    story: list[Flowable] = [_text(sheet.title, _TITLE, root.add("H1"))]
    for section in sheet.sections:
        story += _story(section, root)

    def next_page() -> Frame:
        canvas.showPage()
        return _begin_page(canvas, sheet.brand)

    pour(story, canvas, _begin_page(canvas, sheet.brand), next_page)
    canvas.showPage()
    canvas.save()
    written = BytesIO()
    write_tagged(drawn, canvas, written, Particulars(f"{sheet.title}, {sheet.brand}", sheet.brand))
    return written.getvalue()


def _story(section: Section, root: Node) -> list[Flowable]:
    found: list[Flowable] = []
    if section.heading:
        found.append(_text(section.heading, _HEADING, root.add("H2")))
    if section.facts:
        found.append(_facts(section.facts, root))
    if section.grid:
        found.append(_grid(section.grid, root))
    found += [_text(note, _BODY, root.add("P")) for note in section.notes]
    if section.address:
        found.append(Text([Run(section.address, link=section.address)], _BODY, root.add("P")))
    return found


def _text(words: str, style: TextStyle, node: Node) -> Text:
    return Text([Run(words)], style, node)


def _facts(pairs: tuple[tuple[str, str], ...], root: Node) -> Table:
    """Two columns; each row has its own head."""
    node = root.add("Table")
    cells: list[list[Text]] = []
    for name, value in pairs:
        row = node.add("TR")
        head = _text(name, _HEAD_CELL, row.add("TH", scope="Row").add("P"))
        cells.append([head, _text(value, _CELL, row.add("TD").add("P"))])
    return _ruled(cells, FACTS, repeated=0)


def _grid(grid: Grid, root: Node) -> Table:
    """Heads above columns, again on each further page."""
    node = root.add("Table")
    first_amount = len(grid.heads) - grid.amounts
    top = node.add("TR")
    cells = [
        [
            _text(word, _at_side(_HEAD_CELL, place >= first_amount), top.add("TH", scope="Column").add("P", once=True))
            for place, word in enumerate(grid.heads)
        ]
    ]
    for number, words in enumerate(grid.rows):
        row = node.add("TR")
        style = replace(_CELL, bold=number >= len(grid.rows) - grid.sums)
        cells.append(
            [
                _text(word, _at_side(style, place >= first_amount), row.add("TD").add("P"))
                for place, word in enumerate(words)
            ]
        )
    return _ruled(cells, grid.widths, repeated=1)


def _at_side(style: TextStyle, is_amount: bool) -> TextStyle:
    return replace(style, flush_right=is_amount)


def _ruled(cells: list[list[Text]], widths: tuple[float, ...], *, repeated: int) -> Table:
    columns = [MEASURE * width for width in widths]
    made = Table([[[cell] for cell in row] for row in cells], colWidths=columns, repeatRows=repeated, hAlign="LEFT")
    made.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0),
                              ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
                              ("LINEBELOW", (0, 0), (-1, -1), 0.6, LINE)]))  # fmt: skip
    made.spaceBefore, made.spaceAfter = 4, 12
    return made


def _begin_page(canvas: TaggedCanvas, brand: str) -> Frame:
    furniture.arch(canvas, LEFT, 784, 16, 20, HONEY)
    canvas.setFillColor(SOFT)
    canvas.setFont(REGULAR, 11)
    canvas.drawString(LEFT + 24, 788, brand)
    return Frame(LEFT, BOTTOM, MEASURE, TOP - BOTTOM, 0, 0, 0, 0)
