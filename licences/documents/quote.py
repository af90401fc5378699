"""A quote on A4: what, for whom, at which price, and until when it stands. Tagged; same facts, same bytes."""

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

WIDTH, HEIGHT = A4
LEFT, MEASURE = 62.0, 471.0
TOP, BOTTOM = 742.0, 60.0
INK, SOFT, DUSK, DAMSON = HexColor("#271c29"), HexColor("#5a4d5c"), HexColor("#2c1730"), HexColor("#4b2350")
HONEY, LINE = HexColor("#e39a2d"), HexColor("#cbb3c9")

_BODY = TextStyle(12, 18, INK, DAMSON, after=9)
_TITLE = replace(_BODY, size=26, leading=34, colour=DUSK, bold=True, after=6)
_HEADING = replace(_BODY, size=16, leading=22, colour=DAMSON, bold=True, before=14, after=4)
_HEAD_CELL = replace(_BODY, colour=DAMSON, bold=True, after=0)
_CELL = replace(_BODY, after=0)


@dataclass(frozen=True)
class QuoteSheet:
    """What stands on the paper, in words already. `lines` are (what, amount); the last one is the sum."""

    brand: str
    title: str
    facts: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    address: str


def undrawable(text: str) -> str:
    """The characters of a text that the paper's typeface lacks, each once."""
    return "".join(dict.fromkeys(glyph_table(REGULAR).missing(text) + glyph_table(BOLD).missing(text)))


def drawable(text: str) -> str:
    """The text with a question mark for each character that the paper's typeface lacks: for names from elsewhere."""
    return text.translate(dict.fromkeys(map(ord, undrawable(text)), "?"))


def build_quote(sheet: QuoteSheet) -> bytes:
    """The PDF. Raises `kit.pdf.tags_text.UndrawableTextError` for characters that `undrawable` finds."""
    drawn = BytesIO()
    canvas = TaggedCanvas(drawn, A4)
    root = canvas.root.add("Sect")
    story: list[Flowable] = [
        _text(sheet.title, _TITLE, root.add("H1")),
        _table(("About this quote", ""), sheet.facts, root, heads=False),
        _text("What it costs", _HEADING, root.add("H2")),
        _table(("What", "Amount"), sheet.lines, root, heads=True),
        _text("What to know", _HEADING, root.add("H2")),
        *(_text(note, _BODY, root.add("P")) for note in sheet.notes),
        Text([Run(sheet.address, link=sheet.address)], _BODY, root.add("P")),
    ]

    def next_page() -> Frame:
        canvas.showPage()
        return _begin_page(canvas, sheet.brand)

    pour(story, canvas, _begin_page(canvas, sheet.brand), next_page)
    canvas.showPage()
    canvas.save()
    written = BytesIO()
    write_tagged(drawn, canvas, written, Particulars(f"{sheet.title}, {sheet.brand}", sheet.brand))
    return written.getvalue()


def _text(words: str, style: TextStyle, node: Node) -> Text:
    return Text([Run(words)], style, node)


def _table(head: tuple[str, str], rows: tuple[tuple[str, str], ...], root: Node, *, heads: bool) -> Table:
    """Two columns: what, and how much. With `heads` the columns have heads, else each row has its own."""
    node = root.add("Table")
    cells: list[list[Text]] = []
    if heads:
        top = node.add("TR")
        cells.append([_text(word, _HEAD_CELL, top.add("TH", scope="Column").add("P")) for word in head])
    for number, (what, amount) in enumerate(rows, start=1):
        row = node.add("TR")
        first = row.add("TD") if heads else row.add("TH", scope="Row")
        is_sum = heads and number == len(rows)
        second = replace(_CELL, bold=is_sum)
        style = second if heads else _HEAD_CELL
        cells.append([_text(what, style, first.add("P")), _text(amount, second, row.add("TD").add("P"))])
    widths = [MEASURE * 0.7, MEASURE * 0.3] if heads else [MEASURE * 0.3, MEASURE * 0.7]
    made = Table([[[cell] for cell in row] for row in cells], colWidths=widths, hAlign="LEFT")
    made.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0),
                              ("LINEBELOW", (0, 0), (-1, -1), 0.6, LINE)]))  # fmt: skip
    made.spaceBefore, made.spaceAfter = 4, 12
    return made


def _begin_page(canvas: TaggedCanvas, brand: str) -> Frame:
    furniture.arch(canvas, LEFT, 784, 16, 20, HONEY)
    canvas.setFillColor(SOFT)
    canvas.setFont(REGULAR, 11)
    canvas.drawString(LEFT + 24, 788, brand)
    return Frame(LEFT, BOTTOM, MEASURE, TOP - BOTTOM, 0, 0, 0, 0)
