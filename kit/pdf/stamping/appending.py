"""The slower way for names that the house's typefaces cannot draw: their own typefaces after the end of the file.

What a PDF says again after its end counts (an incremental update: ISO 32000-1, 7.5.6). So the copy is the prepared
file byte by byte, and then the slots with the words in them and the few shapes that they need. Same words, same bytes.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from kit.pdf.fonts import to_unicode
from kit.pdf.shaping import Cluster
from kit.pdf.stamping.personal import PAD
from kit.pdf.stamping.prepared import Ending, Patch, Slot
from kit.pdf.stamping.setting import Faces
from kit.pdf.stamping.shaped import Setting, set_words
from kit.pdf.world import Face, cff_table, face, font_file

KEPT = 64  # tails of copies, of some 20 KB each: readers that ask for a file in ranges ask many times


def appended(size: int, ending: Ending, slots: tuple[Slot, ...], text: str, faces: Faces) -> Patch:
    """What follows a prepared file of `size` bytes in the copy whose stamp says `text`.

    Raises NameNotDrawable for characters that no typeface here has, and DoesNotFit.
    """
    return Patch(size, _appended(size, ending, slots, _Words(text, faces)))


@dataclass(frozen=True)
class _Words:
    """A key for the cache: the faces are the same for every copy of a file."""

    text: str
    faces: Faces = field(compare=False, hash=False)


@lru_cache(KEPT)
def _appended(size: int, ending: Ending, slots: tuple[Slot, ...], words: _Words) -> bytes:
    settings = [set_words(words.text, words.faces, slot) for slot in slots]
    made = _Update(size, ending)
    names = {}
    for name, clusters in sorted(_by_face(settings).items()):
        names[name] = made.font(face(name), clusters)
    entries = " ".join(f"/{resource_name(name)} {number} 0 R" for name, number in names.items())
    made.put(f"<< {ending.typefaces} {entries} >>".encode("ascii"), ending.fonts)
    for slot, setting, number in zip(slots, settings, ending.slots, strict=True):
        box = f"/BBox [{-PAD} 0 {slot.width + PAD:.4f} 2000]"
        entries = f"/Type /XObject /Subtype /Form {box} /Resources << /Font {ending.fonts} 0 R >>"
        made.stream(setting.content, entries, number)
    return made.ended()


def resource_name(name: str) -> str:
    """What a typeface is called in a slot."""
    return name.replace("-", "")


def _by_face(settings: Iterable[Setting]) -> dict[str, list[Cluster]]:
    found: dict[str, list[Cluster]] = {}
    for setting in settings:
        for cluster in setting.clusters:
            found.setdefault(cluster.face, []).append(cluster)
    return found


class _Update:
    """Objects after the end of a file, and the table that says where they are."""

    def __init__(self, size: int, ending: Ending) -> None:
        self.size = size
        self.ending = ending
        self.body = bytearray(b"\n")
        self.places: dict[int, int] = {}
        self.next = ending.objects

    def put(self, content: bytes, number: int | None = None) -> int:
        """Write an object, anew or in place of the one with this number; its number."""
        if number is None:
            number, self.next = self.next, self.next + 1
        self.places[number] = self.size + len(self.body)
        self.body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
        return number

    def stream(self, content: bytes, entries: str, number: int | None = None) -> int:
        """Write a stream, compressed."""
        packed = zlib.compress(content, 9)
        head = f"<< {entries} /Filter /FlateDecode /Length {len(packed)} >>\nstream\n".encode("ascii")
        return self.put(head + packed + b"\nendstream", number)

    def font(self, used: Face, clusters: list[Cluster]) -> int:
        """Write a typeface with the shapes of `clusters` only."""
        glyphs = {glyph.number: glyph for cluster in clusters for glyph in cluster.glyphs}
        says: dict[int, str] = {}
        for cluster in clusters:
            for glyph in cluster.glyphs:
                if glyph.text:
                    says.setdefault(glyph.number, glyph.text)
        file = font_file(used, frozenset(glyphs))
        base = f"/{_tag(glyphs)}+{used.name}"
        descriptor = self.put(f"{_descriptor(used, base)} {self._file(used, file)} >>".encode("ascii"))
        widths = " ".join(f"{number} [{glyphs[number].drawn_advance:g}]" for number in sorted(glyphs))
        kind = "/CIDFontType0" if used.is_cff else "/CIDFontType2 /CIDToGIDMap /Identity"
        system = "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
        cid = self.put(
            f"<< /Type /Font /Subtype {kind} /BaseFont {base} {system} /DW 1000 /W [{widths}] "
            f"/FontDescriptor {descriptor} 0 R >>".encode("ascii")
        )
        unicode = self.stream(to_unicode(says), "")
        return self.put(
            f"<< /Type /Font /Subtype /Type0 /BaseFont {base} /Encoding /Identity-H "
            f"/DescendantFonts [{cid} 0 R] /ToUnicode {unicode} 0 R >>".encode("ascii")
        )

    def _file(self, used: Face, file: bytes) -> str:
        if used.is_cff:
            return f"/FontFile3 {self.stream(cff_table(file), '/Subtype /CIDFontType0C')} 0 R"
        return f"/FontFile2 {self.stream(file, f'/Length1 {len(file)}')} 0 R"

    def ended(self) -> bytes:
        """All of it, with its own cross-reference table, which points to the one before."""
        number, self.next = self.next, self.next + 1
        start = self.places[number] = self.size + len(self.body)
        rows = b"".join(b"\x01" + self.places[one].to_bytes(6, "big") + b"\0\0" for one in sorted(self.places))
        index = " ".join(f"{one} 1" for one in sorted(self.places))
        more = (f"/Info {self.ending.info} " if self.ending.info else "") + (
            f"/ID [{self.ending.ids}] " if self.ending.ids else ""
        )
        head = (
            f"{number} 0 obj\n<< /Type /XRef /Size {self.next} /Prev {self.ending.table} /Root {self.ending.root} "
            f"{more}/W [1 6 2] /Index [{index}] /Length {len(rows)} >>\nstream\n"
        )
        self.body += head.encode("ascii") + rows + f"\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n".encode("ascii")
        return bytes(self.body)


def _descriptor(used: Face, base: str) -> str:
    extents = used.font.get_font_extents("ltr")
    top, bottom = round(used.thousandths(extents.ascender)), round(used.thousandths(extents.descender))
    return (
        f"<< /Type /FontDescriptor /FontName {base} /Flags 4 /FontBBox [-1000 {bottom - 300} 3000 {top + 300}] "
        f"/ItalicAngle 0 /Ascent {top} /Descent {bottom} /CapHeight 714 /StemV 80"
    )


def _tag(glyphs: Iterable[int]) -> str:
    """Six letters that tell one selection of shapes from another, as the standard wants it (9.6.4)."""
    left = zlib.crc32(",".join(map(str, sorted(glyphs))).encode("ascii"))
    return "".join(chr(65 + left // 26**place % 26) for place in range(6))
