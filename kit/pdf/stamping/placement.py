"""Where a stamp goes on a page of any size, crop, rotation and unit. Pure arithmetic.

A stamp is laid out in *reading space*: the page upright as a reader sees it, the origin at its lower left corner, in
points; on pages much larger than A4 in larger steps, since such pages are looked at from further away or shrunk to fit.
"""

import math
from dataclasses import dataclass

A4_AREA = 595.28 * 841.89
MARGIN = 24.0  # left and right, as far as the page is wide enough
FOOT = 9.0  # below the stamp: most printers cannot print nearer to the edge
ADDRESS_HEIGHT = 8.0
GAP = 6.0  # between the words and the QR
SHARE_OF_PAGE = 0.12  # the most of a page that a stamp may cover
LONG_TEXT = 900.0  # points: what long names (120 characters each) take at the smallest size, on one line
LONG_TEXT_LEADING = 6.0
WIDTH_STEP = 16.0  # pages whose text areas differ by less share a slot


@dataclass(frozen=True)
class PageShape:
    """What of a page can be seen: its visible box in the page's own units, clockwise rotation, and unit in points."""

    left: float
    bottom: float
    width: float
    height: float
    rotation: int
    unit: float

    @property
    def seen(self) -> tuple[float, float]:
        """Width and height in points as the reader sees the page."""
        size = (self.width * self.unit, self.height * self.unit)
        return size if self.rotation % 180 == 0 else (size[1], size[0])


@dataclass(frozen=True)
class Placement:
    """One page shape's stamp, in reading space. Words that fill all of its text area cover no more than their share.

    `matrix` leads from reading space to the page; `left` and `bottom` are the corner of the personal text area, the
    address is under it; `foot` is the lower edge of the whole, `qr` the left edge of the QR, None where it is left out.
    """

    matrix: tuple[float, float, float, float, float, float]
    width: float
    height: float
    foot: float
    left: float
    bottom: float
    text_width: float
    text_height: float
    qr: float | None


def scale(shape: PageShape) -> float:
    """Points of the page to one step of reading space: 1 up to the size of A4, in proportion beyond."""
    width, height = shape.seen
    return max(1.0, math.sqrt(width * height / A4_AREA))


def matrix(shape: PageShape) -> tuple[float, float, float, float, float, float]:
    """From reading space to the page's own units (ISO 32000-1, 8.3.3; rotation and unit of a page: 7.7.3.3)."""
    step = scale(shape) / shape.unit
    right, top = shape.left + shape.width, shape.bottom + shape.height
    return {
        0: (step, 0.0, 0.0, step, shape.left, shape.bottom),
        90: (0.0, step, -step, 0.0, right, shape.bottom),
        180: (-step, 0.0, 0.0, -step, right, top),
        270: (0.0, -step, step, 0.0, shape.left, top),
    }[shape.rotation]


def placed(shape: PageShape, qr_size: float, address_width: float) -> Placement | None:
    """The stamp for pages of this shape; None when even the smallest would take up too much of the page.

    `qr_size` is the side of the QR with its quiet zone, `address_width` what the address takes at the smallest size;
    both are 0 where the stamp has none. A page too small for the QR does without it.
    """
    for qr in dict.fromkeys((qr_size, 0.0)):
        candidate = _candidate(shape, qr, address_width > 0)
        if candidate.text_width >= max(address_width, 4 * WIDTH_STEP) and _covers(candidate, qr) <= SHARE_OF_PAGE:
            return candidate
    return None


def _candidate(shape: PageShape, qr: float, address: bool) -> Placement:
    step = scale(shape)
    width, height = (length / step for length in shape.seen)
    margin = min(MARGIN, width * 0.04)
    foot = min(FOOT, height * 0.02)
    bottom = foot + (ADDRESS_HEIGHT if address else 0.0)
    text_width = max(0.0, (width - 2 * margin - ((qr + GAP) if qr else 0.0)) // WIDTH_STEP * WIDTH_STEP)
    left_for_words = SHARE_OF_PAGE * width * height - text_width * (bottom - foot) - qr * qr
    return Placement(
        matrix=matrix(shape),
        width=width,
        height=height,
        foot=foot,
        left=margin,
        bottom=bottom,
        text_width=text_width,
        text_height=max(0.0, min(height / 2 - bottom, left_for_words / (text_width or 1.0))),
        qr=width - margin - qr if qr else None,
    )


def _covers(placement: Placement, qr: float) -> float:
    """The share of the page under the stamp when the names are long."""
    words = LONG_TEXT * LONG_TEXT_LEADING
    address = placement.text_width * (placement.bottom - placement.foot)
    return (words + address + qr * qr) / (placement.width * placement.height)
