"""Takes out what would act by itself on a reader's machine: a copy is to be read, and the stamp vouches for it."""

from collections.abc import Sequence

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

# Actions that run a script, start a program, or send or load data (ISO 32000-1, 12.6.4). Links stay.
ACTING = frozenset({"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/Rendition"})
WHERE_ACTIONS_STAND = ("/A", "/PA", "/OpenAction", "/Next")
DEEPEST = 60


def take_out_scripts(pdf: Pdf) -> bool:
    """Removes scripts and acting actions from the whole file; True when there were any."""
    found = _calmed(pdf.Root, 0)
    names = pdf.Root.get("/Names")
    if isinstance(names, Dictionary) and "/JavaScript" in names:
        del names["/JavaScript"]
        found = True
    for item in pdf.objects:  # every object of its own; what stands inside one is reached from it
        found = _calmed(item, 0) or found
    return found


def _calmed(item: object, depth: int) -> bool:
    if depth > DEEPEST:
        return False
    if isinstance(item, Array):
        return _all_calmed(list(item), depth)
    if not isinstance(item, Dictionary | Stream):
        return False
    found = False
    for key in (*WHERE_ACTIONS_STAND, "/AA"):
        if key in item and (key == "/AA" or _acts(item[key])):
            del item[key]
            found = True
    parts = list(item.as_dict().values()) if isinstance(item, Dictionary) else []
    return _all_calmed(parts, depth) or found


def _all_calmed(parts: Sequence[object], depth: int) -> bool:
    """Goes into every part, also after one that held something."""
    found = False
    for part in parts:
        found = (_is_inside(part) and _calmed(part, depth + 1)) or found
    return found


def _is_inside(part: object) -> bool:
    """Whether a value is written out where it stands, and is not an object of its own elsewhere in the file."""
    return isinstance(part, Array | Dictionary) and not part.is_indirect


def _acts(action: object) -> bool:
    if isinstance(action, Array):
        return any(_acts(one) for one in action)
    return isinstance(action, pikepdf.Dictionary) and str(action.get("/S", Name("/None"))) in ACTING
