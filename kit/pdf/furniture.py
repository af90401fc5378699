"""Shapes of the house: arch, hill, shoulder, tick. They only draw; whoever draws them decides what they mean."""

from collections.abc import Iterable

from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas


def arch(canvas: Canvas, x: float, foot: float, width: float, height: float, fill: Color) -> None:
    """A filled arch with a half-round top, its lower left corner at (x, foot); points."""
    radius = width / 2
    path = canvas.beginPath()
    path.moveTo(x, foot)
    path.lineTo(x, foot + height - radius)
    path.arcTo(x, foot + height - width, x + width, foot + height, 180, -180)
    path.lineTo(x + width, foot)
    path.close()
    canvas.setFillColor(fill)
    canvas.drawPath(path, fill=1, stroke=0)


def nested_arches(canvas: Canvas, middle: float, foot: float, sizes: Iterable[tuple[float, float, Color]]) -> None:
    """Arches one inside the other, centred on `middle`, each given as width, height and fill; largest first."""
    for width, height, fill in sizes:
        arch(canvas, middle - width / 2, foot, width, height, fill)


def hill(canvas: Canvas, width: float, shoulder: float, rise: float, fill: Color) -> None:
    """Ground from the foot of the page up to a gentle curve: `shoulder` high at the edges, bent up by `rise`."""
    path = canvas.beginPath()
    path.moveTo(0, 0)
    path.lineTo(0, shoulder)
    path.curveTo(width * 0.3, shoulder + rise, width * 0.7, shoulder + rise, width, shoulder)
    path.lineTo(width, 0)
    path.close()
    canvas.setFillColor(fill)
    canvas.drawPath(path, fill=1, stroke=0)


def shouldered(canvas: Canvas, width: float, height: float, shoulder: float, corner: float, fill: Color) -> None:
    """A panel from the origin whose upper right corner is round by `shoulder`, the others by `corner`."""
    path = canvas.beginPath()
    path.moveTo(0, corner)
    path.lineTo(0, height - corner)
    path.arcTo(0, height - 2 * corner, 2 * corner, height, 180, -90)
    path.lineTo(width - shoulder, height)
    path.arcTo(width - 2 * shoulder, height - 2 * shoulder, width, height, 90, -90)
    path.lineTo(width, corner)
    path.arcTo(width - 2 * corner, 0, width, 2 * corner, 0, -90)
    path.lineTo(corner, 0)
    path.arcTo(0, 0, 2 * corner, 2 * corner, 270, -90)
    path.close()
    canvas.setFillColor(fill)
    canvas.drawPath(path, fill=1, stroke=0)


def panel(canvas: Canvas, width: float, height: float, fill: Color, corner: float = 7) -> None:
    """A plain panel from the origin with round corners."""
    canvas.setFillColor(fill)
    canvas.roundRect(0, 0, width, height, corner, fill=1, stroke=0)


def tick(canvas: Canvas, x: float, y: float, size: float, stroke: Color) -> None:
    """A tick `size` wide with its left end at (x, y)."""
    canvas.setStrokeColor(stroke)
    canvas.setLineWidth(size * 0.17)
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    path = canvas.beginPath()
    path.moveTo(x, y)
    path.lineTo(x + size * 0.38, y - size * 0.38)
    path.lineTo(x + size, y + size * 0.54)
    canvas.drawPath(path, fill=0, stroke=1)


def eye(canvas: Canvas, x: float, y: float, size: float, stroke: Color) -> None:
    """An open eye `size` wide, centred on (x, y): look before you go on."""
    half, lid = size / 2, size * 0.42
    canvas.setStrokeColor(stroke)
    canvas.setLineWidth(size * 0.1)
    canvas.setLineJoin(1)
    path = canvas.beginPath()
    path.moveTo(x - half, y)
    path.curveTo(x - half / 2, y + lid, x + half / 2, y + lid, x + half, y)
    path.curveTo(x + half / 2, y - lid, x - half / 2, y - lid, x - half, y)
    path.close()
    canvas.drawPath(path, fill=0, stroke=1)
    canvas.setFillColor(stroke)
    canvas.circle(x, y, size * 0.14, fill=1, stroke=0)


def clock(canvas: Canvas, x: float, y: float, size: float, stroke: Color) -> None:
    """A clock face `size` across, centred on (x, y)."""
    canvas.setStrokeColor(stroke)
    canvas.setLineWidth(size * 0.1)
    canvas.setLineCap(1)
    canvas.circle(x, y, size / 2, fill=0, stroke=1)
    canvas.line(x, y, x, y + size * 0.28)
    canvas.line(x, y, x + size * 0.2, y - size * 0.08)


def ruled_lines(
    canvas: Canvas, left: float, right: float, first: float, apart: float, count: int, stroke: Color
) -> None:
    """`count` lines to write on, from height `first` downwards, `apart` points from each other."""
    canvas.setStrokeColor(stroke)
    canvas.setLineWidth(0.6)
    for row in range(count):
        canvas.line(left, first - row * apart, right, first - row * apart)
