"""Tables with a tagged grid, repeated heads and columns as wide as their words ask."""

from collections.abc import Sequence

from reportlab.platypus.flowables import Flowable
from reportlab.platypus.tables import Table, TableStyle

from kit.pdf.tags import Node
from kit.pdf.tags_text import Run, Text
from materials.documents.looks import Look
from materials.documents.markdown import Grid
from materials.documents.palette import DAMSON, LINE

PADDING = 9.0  # points between columns
ROW_PADDING = 6.0
WHOLE_BELOW = 220.0  # a table shorter than this is not split
ROOMY = 500.0  # most of a page: what does not fit here fits nowhere
EMPTY_COLUMN = 110.0  # what a column to write in would like


class GridTable(Table):
    """A table whose height and the space after it fill whole steps of `grid` points, so that later text is in line."""

    grid = 0.0
    gap = 0.0
    _rowHeights: list[float]  # noqa: N815 — ReportLab's, known after wrapping

    def getSpaceAfter(self) -> float:  # noqa: N802 — ReportLab's name
        """The wished gap, and what is missing to the next step."""
        tall = float(getattr(self, "_height", 0) or 0)
        return self.gap + (-tall % self.grid if self.grid else 0)

    def split(self, width: float, height: float) -> list[Flowable]:
        """Between rows; a small table stays whole, and no row stands alone below its head."""
        tall = self._rowHeights
        if sum(tall) < WHOLE_BELOW and height < ROOMY:
            return []
        self.splitInRow = int(max(tall) > ROOMY)  # only a row that no page could hold is cut
        parts = super().split(width, height)
        if len(parts) == 2 and _rows(parts[1]) == 2 and _rows(parts[0]) > 3:
            parts = super().split(width, height - tall[_rows(parts[0]) - 1])
        if len(parts) == 2 and _rows(parts[0]) == 2 and height < ROOMY:
            return []
        for part in parts:
            if isinstance(part, GridTable):
                part.grid, part.gap = self.grid, self.gap
        return list(parts)


def _rows(part: Flowable) -> int:
    return len(part._rowHeights) if isinstance(part, GridTable) else 0


def table(grid: Grid, look: Look, parent: Node, width: float, *, step: float = 0) -> GridTable:
    """A flowable for `grid`, `width` points wide, with its structure below `parent`."""
    node = parent.add("Table")
    rows = [_row(grid.head, "TH", look, node), *(_row(row, "TD", look, node) for row in grid.rows)]
    columns = column_widths([list(row) for row in rows], width)
    made = GridTable([[[cell] for cell in row] for row in rows], colWidths=columns, repeatRows=1, hAlign="LEFT")
    made.setStyle(_lines(len(columns)))
    made.setStyle(_room_to_write(grid, look))
    made.spaceBefore, made.gap, made.grid = look.gap / 2, look.gap, step
    return made


def _row(cells: Sequence[tuple[Run, ...]], tag: str, look: Look, table_node: Node) -> list[Text]:
    row = table_node.add("TR")
    style = look.head_cell if tag == "TH" else look.cell
    texts: list[Text] = []
    for runs in cells:
        cell = row.add(tag, scope="Column" if tag == "TH" else "")
        texts.append(Text(runs, style, cell.add("P", once=tag == "TH")))
    return texts


def _lines(columns: int) -> TableStyle:
    return TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
            ("RIGHTPADDING", (columns - 1, 0), (columns - 1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), ROW_PADDING),
            ("BOTTOMPADDING", (0, 0), (-1, -1), ROW_PADDING),
            ("LINEBELOW", (0, 0), (-1, 0), 1.4, DAMSON),
            ("LINEBELOW", (0, 1), (-1, -1), 0.6, LINE),
        ]
    )


def _room_to_write(grid: Grid, look: Look) -> TableStyle:
    extra = max(0.0, look.writing_row - look.cell.leading - ROW_PADDING)
    open_rows = [number for number, row in enumerate(grid.rows, 1) if not all(row)]
    return TableStyle([("BOTTOMPADDING", (0, number), (-1, number), extra) for number in open_rows])


def column_widths(rows: Sequence[Sequence[Text]], width: float) -> list[float]:
    """Share `width` out: each column gets its longest word, then what its text would like, by the square root."""
    columns = list(zip(*rows, strict=True))
    least = [max(_longest_word(text) for text in column) + PADDING for column in columns]
    wished = [max(_one_line(text) for text in column) + PADDING for column in columns]
    for index, column in enumerate(columns):
        if not all(text.words for text in column):
            least[index] = max(least[index], min(EMPTY_COLUMN, width / len(columns)))
            wished[index] = max(wished[index], EMPTY_COLUMN)
    if sum(least) >= width:
        return [width * share / sum(least) for share in least]
    if sum(wished) <= width:
        takers = [not all(text.words for text in column) for column in columns]  # room to write comes first
        takers = takers if any(takers) else [True] * len(columns)
        spare = (width - sum(wished)) / sum(takers)
        return [want + spare * taker for want, taker in zip(wished, takers, strict=True)]
    short = [want <= width / len(wished) for want in wished]
    base = [want if small else need for want, need, small in zip(wished, least, short, strict=True)]
    if sum(base) >= width:
        base = least
    hunger = [(want - have) ** 0.5 if want > have else 0.0 for want, have in zip(wished, base, strict=True)]
    spare = width - sum(base)
    return [have + spare * part / sum(hunger) for have, part in zip(base, hunger, strict=True)]


def _longest_word(text: Text) -> float:
    return max((word.width for word in text.words), default=0.0)


def _one_line(text: Text) -> float:
    return sum(word.width + word.space for word in text.words)
