"""Pages as they come: inherited entries, odd boxes, contents that leak state. The stamp is drawn after all of it."""

import zlib
from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from kit.pdf.stamping.placement import PageShape
from kit.pdf.stamping.refusals import CannotPrepare, RefusalReason

DEEPEST_TREE = 64
US_LETTER = (0.0, 0.0, 612.0, 792.0)  # what readers assume where a page has no size
LARGEST_CONTENT = 128 * 1024 * 1024  # bytes of one page's operators, unpacked
SURELY_SMALL = 64 * 1024  # packed bytes: Flate packs at best 1 to 1,032, so this cannot exceed the above


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


def content_streams(page: pikepdf.Object) -> list[Stream]:
    """The page's content streams in order; empty where it has none."""
    contents = page.get("/Contents")
    parts = list(contents) if isinstance(contents, Array) else [contents]
    return [part for part in parts if isinstance(part, Stream)]


class Wrapping:
    """Puts each page's own operators between `q` and `Q`, so that what they leave behind cannot touch the stamp."""

    def __init__(self, pdf: Pdf) -> None:
        self.pdf = pdf
        self.opening = pdf.make_stream(b"q\n")
        self.closings: dict[tuple[str, str], Stream] = {}

    def wrap(self, page: pikepdf.Object, stamp: str) -> None:
        """Draw the form named `stamp` after everything else on the page, as an artifact outside its structure."""
        streams = content_streams(page)
        refuse_bombs(streams)
        missing, excess = open_ends(page) if streams else ("", False)
        if excess:
            streams = [self._without_excess(page)]
        page["/Contents"] = Array([self.opening, *streams, self._closing(missing, stamp)])

    def _closing(self, missing: str, stamp: str) -> Stream:
        if (missing, stamp) not in self.closings:
            artifact = "/Artifact <</Type /Pagination /Subtype /Footer /Attached [/Bottom]>> BDC"
            content = f"\n{missing} Q\n{artifact}\nq {stamp} Do Q\nEMC\n"
            self.closings[missing, stamp] = self.pdf.make_stream(content.encode("ascii"))
        return self.closings[missing, stamp]

    def _without_excess(self, page: pikepdf.Object) -> Stream:
        """The operators without each `Q` and `EMC` that has nothing to end: readers pass over those, but inside our
        own `q` they would come to mean something."""
        depth = {"Q": 0, "EMC": 0}
        kept = []
        for instruction in pikepdf.parse_content_stream(pikepdf.Page(page)):
            operator = str(instruction.operator)
            if operator in _OPENS:
                depth[_OPENS[operator]] = depth.get(_OPENS[operator], 0) + 1
            if operator in depth:
                if depth[operator] == 0 and operator != "ET":
                    continue
                depth[operator] -= 1
            kept.append(instruction)
        content = pikepdf.unparse_content_stream(kept)
        return self.pdf.make_stream(zlib.compress(content), Filter=Name.FlateDecode)


_OPENS = {"q": "Q", "BT": "ET", "BMC": "EMC", "BDC": "EMC"}
_WATCHED = "q Q BT ET BMC BDC EMC"


def open_ends(page: pikepdf.Object) -> tuple[str, bool]:
    """Operators that end what the page leaves open, innermost first, and whether it ends what it never began."""
    waiting: list[str] = []
    excess = False
    for operator in _operators(page):
        if operator in _OPENS:
            waiting.append(_OPENS[operator])
        elif operator in waiting:
            # The nearest of its kind ends, wherever it stands: crossing pairs are common and readers allow them.
            waiting.reverse()
            waiting.remove(operator)
            waiting.reverse()
        elif operator != "ET":
            excess = True
    return " ".join(reversed(waiting)), excess


def _operators(page: pikepdf.Object) -> Iterator[str]:
    for instruction in pikepdf.parse_content_stream(pikepdf.Page(page), _WATCHED):
        yield str(instruction.operator)


def refuse_bombs(streams: list[Stream]) -> None:
    """Raises CannotPrepare for contents that unpack to an absurd size, without unpacking them whole."""
    left = LARGEST_CONTENT
    for stream in streams:
        filters = stream.get("/Filter", Array())
        chain = list(filters) if isinstance(filters, Array) else [filters]
        raw = stream.read_raw_bytes()
        if len(chain) <= 1 and len(raw) <= SURELY_SMALL:
            continue
        if sum(1 for name in chain if name in (Name.FlateDecode, Name.LZWDecode, Name.RunLengthDecode)) > 1:
            raise _too_large()
        unpacking = zlib.decompressobj()
        try:
            left -= len(unpacking.decompress(raw, left)) if Name.FlateDecode in chain[:1] else len(raw)
        except zlib.error:
            left -= len(raw)
        if left <= 0 or unpacking.unconsumed_tail:
            raise _too_large()


def _too_large() -> CannotPrepare:
    return CannotPrepare(RefusalReason.TOO_LARGE, "A page of this PDF unpacks to far too much. Export it again.")


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
