"""Pages as they come: inherited entries, odd boxes, resources shared with others."""

import pikepdf
from pikepdf import Array, Dictionary, Pdf, Stream

from kit.pdf.stamping.placement import PageShape

DEEPEST_TREE = 64
US_LETTER = (0.0, 0.0, 612.0, 792.0)  # what readers assume where a page has no size


def inherited(page: pikepdf.Object, key: str) -> pikepdf.Object | None:
    """The page's own entry or the one of its nearest ancestor (ISO 32000-1, 7.7.3.4)."""
    node: pikepdf.Object | None = page
    for _ in range(DEEPEST_TREE):
        if not isinstance(node, Dictionary):
            return None
        if key in node:
            return node[key]
        node = node.get("/Parent")
    return None


def shape_of(page: pikepdf.Object) -> PageShape:
    """What can be seen of a page. Nonsense in an entry counts as if the entry were not there, as readers do."""
    media = _box(inherited(page, "/MediaBox")) or US_LETTER
    crop = _box(inherited(page, "/CropBox")) or media
    left, bottom = max(media[0], crop[0]), max(media[1], crop[1])
    right, top = min(media[2], crop[2]), min(media[3], crop[3])
    if right <= left or top <= bottom:
        left, bottom, right, top = media
    turn = _number(inherited(page, "/Rotate"))
    unit = _number(page.get("/UserUnit"))
    return PageShape(
        left=round(left, 2),
        bottom=round(bottom, 2),
        width=round(right - left, 2),
        height=round(top - bottom, 2),
        rotation=int(turn) % 360 if turn is not None and turn % 90 == 0 else 0,
        unit=unit if unit is not None and unit > 0 else 1.0,
    )


def _number(value: object) -> float | None:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None


def _box(value: pikepdf.Object | None) -> tuple[float, float, float, float] | None:
    numbers = [_number(item) for item in value] if isinstance(value, Array) and len(value) == 4 else []
    known = [number for number in numbers if number is not None and abs(number) < 1e6]
    if len(known) != 4:
        return None
    left, right = sorted((known[0], known[2]))
    bottom, top = sorted((known[1], known[3]))
    return (left, bottom, right, top) if right > left and top > bottom else None


class Resources:
    """Gives pages the stamp among their resources without touching what they share with other pages or forms."""

    def __init__(self, pdf: Pdf, name: str) -> None:
        self.pdf = pdf
        self.name = name
        self._made: dict[tuple[tuple[int, int], tuple[int, int]], pikepdf.Object] = {}

    def add(self, page: pikepdf.Object, form: Stream) -> None:
        """Let the page know the form by our name; pages that shared resources share the new ones."""
        found = inherited(page, "/Resources")
        own = found if isinstance(found, Dictionary) else Dictionary()
        key = (own.objgen, form.objgen)
        if own.is_indirect and key in self._made:
            page["/Resources"] = self._made[key]
            return
        resources = Dictionary(dict(own.items()))
        shared = resources.get("/XObject")
        objects = Dictionary(dict(shared.items()) if isinstance(shared, Dictionary) else {})
        objects[self.name] = form
        resources["/XObject"] = objects
        page["/Resources"] = self._made[key] = self.pdf.make_indirect(resources)
