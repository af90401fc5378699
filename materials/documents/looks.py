"""Type for each kind of document: sizes and spaces in points, on a grid of half a baseline (9)."""

from dataclasses import dataclass, replace

from kit.pdf.tags_text import TextStyle
from materials.documents.palette import DAMSON, DUSK, INK, PLUM, SOFT_INK

GRID = 9.0


@dataclass(frozen=True, slots=True)
class Look:
    """How the parts of a text are set; lengths in points.

    `indent` is that of list items, `gap` the space around boxes and tables, `line_gap` that between lines to write on,
    `writing_row` the least height of a table row with an empty cell, `box_name` the title of reflections.
    """

    body: TextStyle
    lead: TextStyle
    headings: tuple[TextStyle, TextStyle, TextStyle]
    speech: TextStyle
    item: TextStyle
    box_title: TextStyle
    box_text: TextStyle
    side: TextStyle
    cell: TextStyle
    head_cell: TextStyle
    indent: float
    gap: float
    line_gap: float
    writing_row: float
    box_name: str
    default_lines: int


def _style(size: float, leading: float, **more: object) -> TextStyle:
    return replace(TextStyle(size, leading, INK, PLUM), **more)  # type: ignore[arg-type]


BOOK = Look(
    body=_style(12, 18, after=9),
    lead=_style(14, 21, colour=DUSK, after=9, snap=GRID),
    headings=(
        _style(26, 36, colour=DUSK, bold=True, balanced=True, after=9),
        _style(17, 22, colour=DAMSON, bold=True, balanced=True, before=27, after=0, snap=GRID),
        _style(13, 18, colour=DUSK, bold=True, balanced=True, before=13.5, after=4.5),
    ),
    speech=_style(13, 18, colour=DUSK, after=9),
    item=_style(12, 18, after=4.5),
    box_title=_style(13, 18, colour=DUSK, bold=True),
    box_text=_style(12, 18, after=9),
    side=_style(10, 14, colour=SOFT_INK),
    cell=_style(11, 15),
    head_cell=_style(11, 15, colour=DAMSON, bold=True),
    indent=20,
    gap=18,
    line_gap=27,
    writing_row=27,
    box_name="Pause and think",
    default_lines=5,
)

HANDOUT = replace(
    BOOK,
    body=_style(13, 20, after=10),
    lead=_style(15, 22, colour=DUSK, after=12),
    headings=(
        _style(28, 36, colour=DUSK, bold=True, balanced=True, after=8),
        _style(18, 24, colour=DAMSON, bold=True, balanced=True, before=24, after=2),
        _style(14, 20, colour=DUSK, bold=True, balanced=True, before=16),
    ),
    speech=_style(14, 20, colour=DUSK, after=10),
    item=_style(13, 20, after=5),
    box_title=_style(14, 20, colour=DUSK, bold=True),
    box_text=_style(13, 20, after=8),
    cell=_style(12, 17),
    head_cell=_style(12, 17, colour=DAMSON, bold=True),
    indent=24,
    line_gap=30,
    writing_row=36,
    box_name="",
    default_lines=4,
)

SLIDE = replace(
    BOOK,
    body=_style(29, 40, after=14),
    lead=_style(32, 44, colour=DUSK, after=16),
    headings=(
        _style(50, 58, colour=DUSK, bold=True, balanced=True, after=12),
        _style(42, 50, colour=DUSK, bold=True, balanced=True, after=22),
        _style(31, 40, colour=DAMSON, bold=True, balanced=True, before=10, after=4),
    ),
    speech=_style(40, 56, colour=DUSK, after=18),
    item=_style(29, 40, after=14),
    box_title=_style(40, 52, colour=DUSK, bold=True, balanced=True, after=16),
    box_text=_style(29, 40, after=12),
    cell=_style(22, 30),
    head_cell=_style(22, 30, colour=DAMSON, bold=True),
    indent=44,
    line_gap=44,
    default_lines=0,
)


def scaled(look: Look, factor: float) -> Look:
    """The same look, smaller or larger: for a slide that holds a little too much."""
    changes: dict[str, object] = {
        name: _scaled(value, factor) for name in Look.__slots__ if isinstance(value := getattr(look, name), TextStyle)
    }
    first, second, third = (_scaled(style, factor) for style in look.headings)
    changes["headings"] = (first, second, third)
    for name in ("indent", "gap", "line_gap", "writing_row"):
        changes[name] = getattr(look, name) * factor
    return replace(look, **changes)  # type: ignore[arg-type]


def _scaled(style: TextStyle, factor: float) -> TextStyle:
    return replace(
        style,
        size=style.size * factor,
        leading=style.leading * factor,
        before=style.before * factor,
        after=style.after * factor,
    )
