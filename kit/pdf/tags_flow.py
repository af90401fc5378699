"""Stacks of flowables that split well, and the loop that pours a story into pages."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus.flowables import Flowable
from reportlab.platypus.frames import Frame

from kit.pdf.tags import TaggedCanvas


class DoesNotFitError(ValueError):
    """A flowable is taller than an empty page and cannot be split."""


class TurnPage(Flowable):
    """Ask for a new page here; at the top of a page it asks for nothing."""


class Stack(Flowable):
    """Flowables one under the other, with the larger of two adjoining spaces between them."""

    def __init__(self, items: Sequence[Flowable]) -> None:
        super().__init__()
        self.items = list(items)
        self.spaceBefore = self.items[0].getSpaceBefore() if self.items else 0
        self.spaceAfter = self.items[-1].getSpaceAfter() if self.items else 0

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Height is that of all items with the spaces between them."""
        self.width = width
        self.height = self._lay(width, height)[-1][1] if self.items else 0
        return width, self.height

    def _lay(self, width: float, height: float) -> list[tuple[float, float]]:
        """Top and bottom of each item, measured down from the top of the stack."""
        places: list[tuple[float, float]] = []
        down = 0.0
        for index, item in enumerate(self.items):
            if index and places[-1][1] > places[-1][0]:  # what has no height adds no space
                down += max(item.getSpaceBefore(), self.items[index - 1].getSpaceAfter())
            _, tall = item.wrap(width, height)
            places.append((down, down + tall))
            down += tall
        return places

    def split(self, width: float, height: float) -> list[Flowable]:
        """Two stacks, the first of them `height` tall at most; nothing when not even a part fits."""
        cut, parts = self._cut(width, height)
        head, tail = self.items[:cut] + parts[:1], parts[1:] + self.items[cut + (1 if parts else 0) :]
        if not head or not tail or not self.may_end(head):
            return []
        return [self.part(head, first=True), self.part(tail, first=False)]

    def _cut(self, width: float, height: float) -> tuple[int, list[Flowable]]:
        places = self._lay(width, height)
        cut = next((index for index, (_, bottom) in enumerate(places) if bottom > height + 0.01), len(places))
        if cut == len(places):
            return cut, []
        return cut, list(self.items[cut].split(width, height - places[cut][0]))

    def may_end(self, head: list[Flowable]) -> bool:
        """Whether the first part may end after `head`."""
        return bool(head)

    def part(self, items: list[Flowable], *, first: bool) -> Flowable:
        """A stack of the same kind from some of the items."""
        return type(self)(items)

    def draw(self) -> None:
        """Draw the items from top to bottom."""
        self.draw_items(0, self.height)

    def draw_items(self, x: float, top: float, width: float | None = None) -> None:
        """Draw the items below `top`, in the stack's own coordinates."""
        for item, (_, bottom) in zip(self.items, self._lay(width or self.width, self.height), strict=True):
            item.drawOn(self.canv, x, top - bottom)


@dataclass(frozen=True, slots=True)
class Insets:
    """Room inside a panel, in points."""

    left: float = 0
    right: float = 0
    top: float = 0
    bottom: float = 0


class Paint(Protocol):
    """Draws the ground of a panel; `first` is false for what continues on a later page."""

    def __call__(self, canvas: Canvas, width: float, height: float, *, first: bool) -> None: ...


class Panel(Stack):
    """A stack on a painted ground. Shorter than `whole_below` it is never split, nor just after `lead_in` items."""

    def __init__(
        self,
        items: Sequence[Flowable],
        insets: Insets,
        paint: Paint,
        *,
        whole_below: float = 0,
        lead_in: int = 0,
        first: bool = True,
    ) -> None:
        super().__init__(items)
        self.insets = insets
        self.paint = paint
        self.whole_below = whole_below
        self.lead_in = lead_in
        self.first = first

    def _inner(self, width: float) -> float:
        return width - self.insets.left - self.insets.right

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Height is that of the items and the room above and below them."""
        _, inner = super().wrap(self._inner(width), height)
        self.width = width
        self.height = inner + self.insets.top + self.insets.bottom
        return width, self.height

    def split(self, width: float, height: float) -> list[Flowable]:
        """Two panels, the second without what is drawn only once."""
        self.wrap(width, height)
        if self.height < self.whole_below:
            return []
        return super().split(self._inner(width), height - self.insets.top - self.insets.bottom)

    def may_end(self, head: list[Flowable]) -> bool:
        """Not right after the panel's title."""
        return len(head) > self.lead_in

    def part(self, items: list[Flowable], *, first: bool) -> Flowable:
        """A panel of the same ground."""
        part = Panel(items, self.insets, self.paint, whole_below=0, first=first and self.first)
        part.spaceBefore, part.spaceAfter = self.spaceBefore, self.spaceAfter
        return part

    def draw(self) -> None:
        """Ground, then items."""
        self.paint(self.canv, self.width, self.height, first=self.first)
        self.draw_items(self.insets.left, self.height - self.insets.top, self._inner(self.width))


class Kept(Stack):
    """Headings and notes that stay with the block that follows them: the last item; only that one is split."""

    def may_end(self, head: list[Flowable]) -> bool:
        """Only when a part of the last block stands on the first page too."""
        return len(head) == len(self.items)

    def part(self, items: list[Flowable], *, first: bool) -> Flowable:
        """The rest of the block stands alone."""
        return Kept(items) if first else (items[0] if len(items) == 1 else Stack(items))


def pour(story: Sequence[Flowable], canvas: TaggedCanvas, first_frame: Frame, next_frame: Callable[[], Frame]) -> None:
    """Fill `first_frame`, then as many as `next_frame` gives. It must finish the page and begin the next one.

    Raises DoesNotFitError for a flowable that no empty frame can hold.
    """
    frame, fresh = first_frame, True
    waiting = deque(story)
    while waiting:
        item = waiting.popleft()
        if isinstance(item, TurnPage):
            if not fresh:
                frame, fresh = next_frame(), True
            continue
        if frame.add(item, canvas, trySplit=1):
            fresh = False
            continue
        parts = frame.split(item, canvas)
        if not parts and fresh:
            raise DoesNotFitError(f"{type(item).__name__} is taller than a page and cannot be split")
        if parts:
            frame.add(parts[0], canvas, trySplit=1)
            fresh = False
        if len(parts) != 1:  # a single part is the whole thing, made to fit
            frame, fresh = next_frame(), True
        waiting.extendleft(reversed(parts[1:] if parts else [item]))
