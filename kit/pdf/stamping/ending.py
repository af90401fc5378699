"""How a prepared file ends, so that a copy can be given more objects after its end without being read again."""

import re
from collections.abc import Sequence
from pathlib import Path

import pikepdf

from kit.pdf.stamping.prepared import Ending, Slot

BEFORE_SLOT = 2048  # bytes: more than a slot's own dictionary takes
AT_END = 64  # bytes: `startxref`, an offset and `%%EOF`
_OBJECT = re.compile(rb"(\d+) 0 obj\n")
_FONTS = re.compile(rb"/Font (\d+) 0 R")


def ending_of(path: Path, slots: Sequence[Slot]) -> Ending:
    """What `Ending` says of a file that was saved a moment ago. Raises AssertionError when it was not written by us."""
    numbers, fonts = [], 0
    with path.open("rb") as file:
        for slot in slots:
            file.seek(max(0, slot.offset - BEFORE_SLOT))
            head = file.read(min(BEFORE_SLOT, slot.offset))
            beginning = list(_OBJECT.finditer(head))[-1]
            typefaces = _FONTS.search(head, beginning.end())
            assert typefaces is not None, "a slot does not name its typefaces"
            numbers.append(int(beginning[1]))
            fonts = int(typefaces[1])
        file.seek(-AT_END, 2)
        found = re.search(rb"startxref\s+(\d+)", file.read())
    assert found is not None, "the file does not end as files do"
    with pikepdf.open(path, suppress_warnings=True) as pdf:
        trailer = pdf.trailer
        return Ending(
            table=int(found[1]),
            objects=int(trailer["/Size"]),
            root=_reference(trailer.get("/Root")),
            info=_reference(trailer.get("/Info")),
            ids=" ".join(f"<{bytes(one).hex()}>" for one in trailer.get("/ID", pikepdf.Array())),
            fonts=fonts,
            typefaces=" ".join(f"{name} {_reference(font)}" for name, font in pdf.get_object(fonts, 0).items()),
            slots=tuple(numbers),
        )


def _reference(found: pikepdf.Object | None) -> str:
    return f"{found.objgen[0]} {found.objgen[1]} R" if found is not None and found.is_indirect else ""
