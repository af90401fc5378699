"""From blocks of text to flowables with their structure: the one typesetter of book, slides and handouts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus.flowables import Flowable

from kit.pdf import furniture
from kit.pdf.tags import Node
from kit.pdf.tags_flow import Insets, Kept, Panel, TurnPage
from kit.pdf.tags_text import Anchor, Run, Text, TextStyle
from materials.documents.looks import Look
from materials.documents.markdown import (
    Block,
    Box,
    Divider,
    Grid,
    Heading,
    Item,
    Listing,
    NewPage,
    Paragraph,
    Speech,
    plain,
)
from materials.documents.palette import DAMSON, HONEY, SOFT_INK
from materials.documents.panels import (
    CALLOUTS,
    WHOLE_BELOW,
    Reflection,
    callout_ground,
    speech_rule,
    timing_ground,
)
from materials.documents.places import Directory
from materials.documents.tables import table

ONE_LINE = 70  # characters; a heading with no more than a line below it would hang at the foot of a page
HEADING_TAGS = ("H1", "H2", "H3")

SideNotes = Callable[[Text], Flowable]


@dataclass(slots=True)
class Measure:
    """Where text is being set: styles for running text and items, and the width, which boxes make smaller."""

    body: TextStyle
    item: TextStyle
    width: float


class Typesetter:
    """Turns blocks into flowables; headings find the names of their places in `directory`.

    `side_note` puts a note into the margin; without one, notes stand in the text. `step` is the baseline grid.
    """

    def __init__(
        self, look: Look, width: float, directory: Directory, *, side_note: SideNotes | None = None, step: float = 0
    ) -> None:
        self.look = look
        self.width = width
        self.directory = directory
        self.side_note = side_note
        self.step = step

    def flow(self, blocks: Iterable[Block], parent: Node) -> list[Flowable]:
        """Flowables for `blocks`, headings kept with what follows; structure goes below `parent`."""
        measure = Measure(self.look.body, self.look.item, self.width)
        found: list[Flowable] = []
        held: list[Flowable] = []
        for block in blocks:
            made = self._block(block, parent, measure)
            if not made:
                continue
            if _stays_with_next(block, after_heading=bool(held)):
                held += made
            elif held and not isinstance(made[0], TurnPage):
                found += [_kept([*held, made[0]]), *made[1:]]
                held = []
            else:
                found += [*held, *made]
                held = []
        return found + held

    def runs(self, runs: Sequence[Run]) -> tuple[Run, ...]:
        """`runs` without links that lead to no place of this text."""
        return tuple(
            replace(run, link="") if run.link.startswith("#") and run.link[1:] not in self.directory.names else run
            for run in runs
        )

    def text(self, runs: Sequence[Run], style: TextStyle, node: Node) -> Text:
        """A paragraph of `runs` below `node`."""
        return Text(self.runs(runs), style, node)

    def _block(self, block: Block, parent: Node, measure: Measure) -> list[Flowable]:
        match block:
            case Heading():
                return [self._heading(block, parent)]
            case Paragraph():
                return [self.text(block.runs, measure.body, parent.add("P"))]
            case Listing():
                return self._listing(block, parent, measure, 0)
            case Grid():
                return [table(self._linked(block), self.look, parent, measure.width, step=self.step)]
            case Speech():
                return [self._speech(block, parent, measure)]
            case Box():
                return [self._box(block, parent, measure)]
            case NewPage():
                return [TurnPage()]
            case Divider():
                return []

    def _heading(self, heading: Heading, parent: Node) -> Text:
        entry = self.directory.entry(heading)
        anchor = Anchor(entry.name, entry.title, entry.level - 1)
        style = self.look.headings[entry.level - 1]
        return Text(heading.runs, style, parent.add(HEADING_TAGS[entry.level - 1]), anchors=[anchor])

    def _linked(self, grid: Grid) -> Grid:
        return Grid(
            tuple(self.runs(cell) for cell in grid.head),
            tuple(tuple(self.runs(cell) for cell in row) for row in grid.rows),
        )

    def _listing(self, listing: Listing, parent: Node, measure: Measure, depth: int) -> list[Flowable]:
        numbering = "Disc" if listing.start is None else "Decimal"
        node = parent.add("L", numbering=numbering)
        found: list[Flowable] = []
        for index, item in enumerate(listing.items):
            number = None if listing.start is None else listing.start + index
            found += self._item(item, node.add("LI"), number, measure, depth)
        if found and depth == 0:
            spaces = sum(flowable.getSpaceAfter() for flowable in found[:-1])
            cast(Text, found[-1]).spaceAfter = measure.body.after + (-spaces % self.step if self.step else 0)
        return found

    def _item(self, item: Item, node: Node, number: int | None, measure: Measure, depth: int) -> list[Flowable]:
        label_node = node.add("Lbl") if number is not None else None
        body = node.add("LBody")
        indent = self.look.indent * (depth + 1)
        found: list[Flowable] = []
        for block in item.blocks:
            if isinstance(block, Paragraph):
                first = not found
                text = Text(self.runs(block.runs), measure.item, body.add("P"), indent=indent)
                if first and number is not None and label_node is not None:
                    text.label = (f"{number}.", label_node)
                elif first:
                    text.ornament = _tick_box(measure.item, indent) if item.to_tick else _bullet(measure.item, indent)
                found.append(text)
            elif isinstance(block, Listing):
                found += self._listing(block, body, measure, depth + 1)
            else:
                inner = replace(measure, width=measure.width - indent)
                ground = Panel(self._block(block, body, inner), Insets(left=indent), _nothing)
                found.append(ground)
        return found

    def _speech(self, speech: Speech, parent: Node, measure: Measure) -> Flowable:
        node = parent.add("BlockQuote")
        inner = Measure(self.look.speech, self.look.item, measure.width - 18)
        items = [flowable for block in speech.blocks for flowable in self._block(block, node, inner)]
        quote = Panel(items, Insets(left=18), speech_rule, first=False)
        quote.spaceBefore, quote.spaceAfter = 0, measure.body.after
        return quote

    def _box(self, box: Box, parent: Node, measure: Measure) -> Flowable:
        if box.kind == "see":
            return self._side_note(box, parent)
        node = parent.add("Div")
        if box.kind == "pause":
            made: Panel = self._reflection(box, node, measure)
        elif box.kind == "timing":
            made = self._timing(box, node, measure)
        else:
            made = self._callout(box, box.kind, node, measure)
        made.spaceBefore, made.spaceAfter = self.look.gap, self.look.gap
        return made

    def _side_note(self, box: Box, parent: Node) -> Flowable:
        runs = [run for block in box.blocks if isinstance(block, Paragraph) for run in block.runs]
        heading = (Run((box.title or "See also") + "\n", bold=True),)
        note = self.text([*heading, *runs], self.look.side, parent.add("P"))
        return self.side_note(note) if self.side_note else note

    def _boxed(self, box: Box, node: Node, width: float) -> list[Flowable]:
        inner = Measure(self.look.box_text, replace(self.look.item, after=self.look.item.after), width)
        found = [flowable for block in box.blocks for flowable in self._block(block, node, inner)]
        if found and isinstance(found[-1], Text):
            found[-1].spaceAfter = 0
        return found

    def _callout(self, box: Box, kind: Literal["try", "look"], node: Node, measure: Measure) -> Panel:
        callout = CALLOUTS[kind]
        kicker = Text([Run(callout.word)], replace(self.look.side, bold=True), node.add("P"))
        title = [self.text([Run(box.title)], self.look.box_title, node.add("P"))] if box.title else []
        items = [kicker, *title, *self._boxed(box, node, measure.width - 88)]
        ground = callout_ground(callout)
        return Panel(items, Insets(68, 20, 16, 18), ground, whole_below=WHOLE_BELOW, lead_in=len(title) + 1)

    def _timing(self, box: Box, node: Node, measure: Measure) -> Panel:
        title = Text([Run(box.title or "Timings")], self.look.box_title, node.add("P"), indent=28)
        items = [title, *self._boxed(box, node, measure.width - 36)]
        return Panel(items, Insets(18, 18, 18, 18), timing_ground, whole_below=WHOLE_BELOW * 1.5, lead_in=1)

    def _reflection(self, box: Box, node: Node, measure: Measure) -> Reflection:
        words = zip(
            [text for text in (self.look.box_name, box.title) if text],
            (self.look.box_title, self.look.box_text),
            strict=False,
        )
        titles = [self.text([Run(text)], style, node.add("P")) for text, style in words]
        items = [*titles, *self._boxed(box, node, measure.width - 40)]
        if items and isinstance(items[-1], Text):
            items[-1].spaceAfter = 0
        lines = self.look.default_lines if box.lines is None else box.lines
        return Reflection(items, lines, self.look.line_gap)


def _stays_with_next(block: Block, *, after_heading: bool) -> bool:
    if isinstance(block, Heading) or (isinstance(block, Box) and block.kind == "see"):
        return True
    if not isinstance(block, Paragraph):
        return False
    text = plain(block.runs)
    return text.endswith(":") or (after_heading and len(text) < ONE_LINE)


def _kept(items: list[Flowable]) -> Kept:
    kept = Kept(items)
    kept.spaceBefore = next((item.getSpaceBefore() for item in items if not hasattr(item, "beside")), 0)
    return kept


def _bullet(style: TextStyle, indent: float) -> Callable[[Canvas, float], None]:
    size = style.size

    def draw(canvas: Canvas, baseline: float) -> None:
        furniture.arch(canvas, indent - size * 1.35, baseline, size * 0.55, size * 0.66, HONEY)

    return draw


def _tick_box(style: TextStyle, indent: float) -> Callable[[Canvas, float], None]:
    size = style.size

    def draw(canvas: Canvas, baseline: float) -> None:
        canvas.setStrokeColor(DAMSON)
        canvas.setLineWidth(1.1)
        canvas.roundRect(indent - size * 1.75, baseline - size * 0.16, size, size, 2, fill=0, stroke=1)

    return draw


def _nothing(canvas: Canvas, width: float, height: float, *, first: bool) -> None:
    canvas.setFillColor(SOFT_INK)
