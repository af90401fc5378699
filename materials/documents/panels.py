"""Grounds and badges of the boxes: call-outs, reflection, timings, speech."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus.flowables import Flowable

from kit.pdf import furniture
from kit.pdf.tags_flow import Insets, Panel
from materials.documents.palette import (
    DUSK,
    HEATHER,
    HEATHER_LINE,
    HONEY,
    HONEY_WASH,
    OAT,
    SLATE,
    SLATE_WASH,
    WHITE,
)

WHOLE_BELOW = 240.0  # a box shorter than this is never split between pages
ROOMY = 500.0  # most of a page: what does not fit here fits nowhere
FEWEST = 3  # lines of a reflection that are worth writing on
BADGE = (32.0, 38.0)

Symbol = Callable[[Canvas, float, float], None]


@dataclass(frozen=True, slots=True)
class Callout:
    """Ground and badge of one kind of call-out; `word` names the kind for those who do not see the badge."""

    word: str
    ground: Color
    badge: Color
    symbol: Symbol


def _tick(canvas: Canvas, x: float, foot: float) -> None:
    furniture.tick(canvas, x + 9.5, foot + 15, 13, DUSK)


def _eye(canvas: Canvas, x: float, foot: float) -> None:
    furniture.eye(canvas, x + 16, foot + 17, 20, WHITE)


CALLOUTS: dict[Literal["try", "look"], Callout] = {
    "try": Callout("Try", HONEY_WASH, HONEY, _tick),
    "look": Callout("Look", SLATE_WASH, SLATE, _eye),
}


def callout_ground(callout: Callout) -> Callable[..., None]:
    """Paints a panel, and on its first part the badge."""

    def paint(canvas: Canvas, width: float, height: float, *, first: bool) -> None:
        furniture.panel(canvas, width, height, callout.ground)
        if first:
            furniture.arch(canvas, 18, height - 18 - BADGE[1], *BADGE, callout.badge)
            callout.symbol(canvas, 18, height - 18 - BADGE[1])

    return paint


def timing_ground(canvas: Canvas, width: float, height: float, *, first: bool) -> None:
    """Oat, with a small clock in an arch on the first part."""
    furniture.panel(canvas, width, height, OAT)
    if first:
        furniture.arch(canvas, 18, height - 18 - 22, 20, 24, DUSK)
        furniture.clock(canvas, 28, height - 18 - 11, 11, HONEY)


def speech_rule(canvas: Canvas, width: float, height: float, *, first: bool) -> None:
    """A honey line along the words to say aloud."""
    canvas.setFillColor(HONEY)
    canvas.roundRect(0, 1, 3, height - 2, 1.5, fill=1, stroke=0)


class Reflection(Panel):
    """Heather with one shoulder: a question, then lines to write on. Never split, but made shorter."""

    def __init__(self, items: list[Flowable], lines: int, apart: float, *, shoulder: float = 42) -> None:
        super().__init__(items, Insets(20, 20, 18, 18), self._paint, whole_below=float("inf"))
        self.lines = lines
        self.apart = apart
        self.shoulder = shoulder

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Room for the items and the lines."""
        super().wrap(width, height)
        self.text_height = self.height
        self.height += self.lines * self.apart
        return width, self.height

    def split(self, width: float, height: float) -> list[Flowable]:
        """The same box with fewer lines, when at least `FEWEST` of them or most of the wished ones have room."""
        self.wrap(width, height)
        room = int((height - self.text_height) // self.apart)
        wished = min(self.lines, max(FEWEST, round(self.lines * 0.6)))
        if room < (0 if height > ROOMY else wished):
            return []
        self.lines = room
        return [self]

    def _paint(self, canvas: Canvas, width: float, height: float, *, first: bool) -> None:
        furniture.shouldered(canvas, width, height, self.shoulder, 7, HEATHER)
        top = height - self.text_height + 18 - self.apart
        furniture.ruled_lines(canvas, 20, width - 20, top, self.apart, self.lines, HEATHER_LINE)
