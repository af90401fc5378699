from io import BytesIO

import pytest
from reportlab.lib.colors import black
from reportlab.platypus.flowables import Flowable
from reportlab.platypus.frames import Frame

from kit.pdf.tags import TaggedCanvas
from kit.pdf.tags_flow import DoesNotFitError, Insets, Kept, Panel, TurnPage, pour
from kit.pdf.tags_text import Run, Text, TextStyle

STYLE = TextStyle(10, 10, black, black)


class Block(Flowable):
    """A block of a fixed height that remembers the page it was drawn on."""

    def __init__(self, height: float) -> None:
        super().__init__()
        self.tall = height
        self.page = 0

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self.width, self.height = width, self.tall
        return width, self.tall

    def draw(self) -> None:
        self.page = self.canv.getPageNumber()


def poured(*story: Flowable) -> TaggedCanvas:
    """The story on pages that are 100 high."""
    canvas = TaggedCanvas(BytesIO(), (200, 120))

    def frame() -> Frame:
        return Frame(10, 10, 180, 100, 0, 0, 0, 0)

    def turn() -> Frame:
        canvas.showPage()
        return frame()

    pour(story, canvas, frame(), turn)
    return canvas


def lines(count: int, canvas_root: TaggedCanvas | None = None) -> Text:
    node = TaggedCanvas(BytesIO(), (1, 1)).root.add("P")
    return Text([Run("\n".join("word" for _ in range(count)))], STYLE, node)


def plain_ground(canvas: object, width: float, height: float, *, first: bool) -> None:
    """No ground."""


def test_a_heading_goes_with_what_follows() -> None:
    filler, heading, block = Block(60), Block(20), Block(30)
    poured(filler, Kept([heading, block]))

    assert (filler.page, heading.page, block.page) == (1, 2, 2)


def test_a_heading_stays_when_a_part_of_what_follows_fits() -> None:
    filler, heading = Block(50), Block(20)
    canvas = poured(filler, Kept([heading, lines(8)]))

    assert heading.page == 1
    assert canvas.page_number == 2


def test_a_turned_page_is_not_turned_again_when_fresh() -> None:
    first, second = Block(10), Block(10)
    poured(TurnPage(), first, TurnPage(), TurnPage(), second)

    assert (first.page, second.page) == (1, 2)


def test_nothing_is_lost_over_many_pages() -> None:
    blocks = [Block(30) for _ in range(20)]
    poured(*blocks)

    assert [block.page for block in blocks] == [1 + index // 3 for index in range(20)]


def test_a_block_that_no_page_holds_is_refused() -> None:
    with pytest.raises(DoesNotFitError, match="Block is taller than a page"):
        poured(Block(30), Block(101))


def test_a_small_panel_stays_whole_and_a_tall_one_is_split() -> None:
    small = Panel([lines(3), lines(3)], Insets(5, 5, 5, 5), plain_ground, whole_below=80)
    tall = Panel([lines(6), lines(6)], Insets(5, 5, 5, 5), plain_ground, whole_below=80)

    assert small.split(180, 50) == []
    head, tail = tall.split(180, 80)
    assert head.wrap(180, 80)[1] <= 80
    assert isinstance(tail, Panel)
    assert not tail.first
