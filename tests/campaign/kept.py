"""Compares a copy with the file that it was made of: what the pages do not draw must be as it was.

Form fields and what is written in them, bookmarks, links and where they lead, attached files, tags: whatever can be
reached from the root of a file. Told twice: object by object, and by poppler for what it has words for.
"""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

SECONDS = 60
# A stamp changes what a page draws, and hangs no page elsewhere; the tree of pages itself is written anew.
OF_PAGES = frozenset({"/Contents", "/Resources", "/Parent"})
# The description of a whole file names its version of the format, which is set right when the file is written.
OF_ROOT = frozenset({"/Pages", "/Metadata"})
# What acts by itself stays behind on purpose, and signatures do where somebody has decided so.
ACTING = frozenset({"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/Rendition"})
OF_SIGNATURES = frozenset({"/SigFlags", "/Perms", "/DSS"})
OF_SIGNED_FIELDS = frozenset({"/V", "/Ff", "/Lock", "/SV"})
# The last that a page draws: the stamp, as what stands outside of the page's own structure.
STAMP = re.compile(rb"/Artifact\s*<<[^>]*>>\s*BDC\s+q\s+/Stamp[0-9a-f]{8}\s+Do\s+Q\s+EMC\s*")
POPPLER = (("pdfinfo", "-url"), ("pdfinfo", "-dests"), ("pdfinfo", "-struct-text"), ("pdfdetach", "-list"))
# Of the tagged text, only what it says: numbers of objects and the order of entries are nobody's.
SAID = re.compile(rb'^ *".*"$', re.MULTILINE)
# How a stream is packed may change, if what is packed does not.
PACKING = frozenset({"/Length", "/Filter", "/DecodeParms"})

Pair = tuple[str, Any, Any]
"""Where something stands, how it was, and how it is."""


@dataclass
class Comparison:
    """Two files walked side by side: what differs, and how many things of each kind there were to be kept."""

    without_signature: bool = False
    twins: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    calmed: bool = False  # something that acts by itself stayed behind

    def walk(self, before: pikepdf.Pdf, after: pikepdf.Pdf) -> None:
        """Compares each object once, and sees that whatever leads to it still does."""
        pages = [(one.obj, other.obj) for one, other in zip(before.pages, after.pages, strict=True)]
        self.twins = {one.objgen: other.objgen for one, other in pages}
        self.twins[before.Root.objgen] = after.Root.objgen
        waiting = list(self._entries("", before.Root, after.Root, OF_ROOT))
        for number, (one, other) in enumerate(pages, 1):
            waiting += self._entries(f"/Page{number}", one, other, OF_PAGES)
        while waiting:
            waiting += self._parts(*waiting.pop())

    def _parts(self, place: str, one: Any, other: Any) -> Iterator[Pair]:
        """What stands inside of a pair, or nothing when it is known, differs, or holds no more."""
        if _type(one) is not _type(other) or (_type(one) is None and one != other):
            self.differences.append(f"{place}: {one!r:.60} became {other!r:.60}")
        elif _type(one) is not None and self._is_new(place, one, other):
            self._count(place, one)
            if isinstance(one, Array):
                yield from self._items(place, one, other)
            else:
                yield from self._entries(place, one, other, PACKING if isinstance(one, Stream) else frozenset())
                if isinstance(one, Stream) and not _holds_the_same(one, other):
                    self.differences.append(f"{place}: other bytes")

    def _is_new(self, place: str, one: Any, other: Any) -> bool:
        """Whether an object was not met before; one that was must lead to what it led to then."""
        if not one.is_indirect:
            return True
        if one.objgen not in self.twins:
            self.twins[one.objgen] = other.objgen
            return not (isinstance(one, Dictionary) and one.get("/Type") == Name.Pages)
        if self.twins[one.objgen] != other.objgen:
            self.differences.append(f"{place}: leads elsewhere")
        return False

    def _items(self, place: str, one: Any, other: Any) -> Iterator[Pair]:
        if len(one) != len(other):
            self.differences.append(f"{place}: {len(one)} things became {len(other)}")
            return
        for at in range(len(one)):
            yield f"{place}[{at}]", one[at], other[at]

    def _entries(self, place: str, one: Any, other: Any, passed: frozenset[str]) -> Iterator[Pair]:
        if self.without_signature and one.get("/FT") == Name.Sig:
            passed |= OF_SIGNED_FIELDS
        for key in {*one.keys(), *other.keys()} - passed:
            if key in one and key in other:
                yield f"{place}{key}", one[key], other[key]
            elif key in other or not self._stays_behind(key, one[key]):
                self.differences.append(f"{place}{key}: {'gone' if key in one else 'new'}")

    def _stays_behind(self, key: str, value: Any) -> bool:
        if self.without_signature and key in OF_SIGNATURES:
            return True
        actions = value if isinstance(value, Array) else [value]
        acts = key == "/AA" or (key == "/JavaScript" and isinstance(value, Dictionary))
        acts = acts or any(isinstance(one, Dictionary) and str(one.get("/S")) in ACTING for one in actions)
        self.calmed = self.calmed or acts
        return acts

    def _count(self, place: str, one: Any) -> None:
        if isinstance(one, Stream) and one.get("/Type") == Name.EmbeddedFile:
            self.kinds["attached files"] += 1
        if not isinstance(one, Dictionary):
            return
        if one.get("/Subtype") == Name.Link:
            self.kinds["links"] += 1
        if "/FT" in one and "/T" in one:
            self.kinds["form fields"] += 1
            self.kinds["filled fields"] += "/V" in one
        if place.startswith("/Outlines") and "/Title" in one:
            self.kinds["bookmarks"] += 1
        if "/S" in one and isinstance(one.get("/P"), Dictionary):  # an element of the structure names its parent
            self.kinds["tags"] += 1


def _type(value: Any) -> type | None:
    return next((kind for kind in (Array, Dictionary, Stream) if isinstance(value, kind)), None)


def _holds_the_same(one: Stream, other: Stream) -> bool:
    if one.read_raw_bytes() == other.read_raw_bytes():
        return True
    try:
        return one.read_bytes() == other.read_bytes()
    except pikepdf.PdfError:  # not ours to unpack, so it had to stay as it was
        return False


def compared(original: Path, copy: Path, *, without_signature: bool = False) -> Comparison:
    """The comparison of a whole copy with its original."""
    found = Comparison(without_signature)
    with (
        pikepdf.open(original, suppress_warnings=True) as before,
        pikepdf.open(copy, suppress_warnings=True) as after,
    ):
        found.walk(before, after)
        found.differences += _structured(after)
    # Poppler 22 falls over links that lead nowhere any more.
    found.differences += _told_otherwise(original, copy, POPPLER[found.calmed :])
    return found


def _structured(after: pikepdf.Pdf) -> Iterator[str]:
    """The pages on which the stamp would count as part of what the page says."""
    for number, page in enumerate(after.pages, 1):
        contents = page.obj["/Contents"]
        if not STAMP.search(contents[len(contents) - 1].read_bytes()):
            yield f"page {number}: the stamp is no artifact"


def _told_otherwise(original: Path, copy: Path, commands: Sequence[tuple[str, str]]) -> Iterator[str]:
    """What poppler tells of links, places to go to, tagged text and attachments, where it can read the original.

    For the tags of a long file it takes minutes: then the objects alone must do.
    """
    for command in commands:
        try:
            before, after = (_told(command, path) for path in (original, copy))
        except subprocess.TimeoutExpired:
            continue
        if before is not None and before != after:
            yield f"{' '.join(command)} tells otherwise"


def _told(command: tuple[str, str], path: Path) -> bytes | None:
    """What poppler says; None when it cannot read the file."""
    done = subprocess.run([*command, str(path)], capture_output=True, timeout=SECONDS, check=False)
    if done.returncode != 0:
        return None
    return b"".join(SAID.findall(done.stdout)) if "-struct-text" in command else done.stdout
