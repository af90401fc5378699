"""The personal words of one copy, written for the room of each slot. Runs in the request: no file is touched."""

import struct
import zlib
from collections.abc import Iterable
from itertools import groupby

from kit.pdf.stamping.prepared import Patch, Prepared, Slot, StampFacts, StampStyle
from kit.pdf.stamping.setting import LEADING, SEPARATOR, DoesNotFit, Faces, NameNotDrawable, Piece, fitted
from kit.pdf.text import single_line

ROOM = 3072  # bytes of operators: the longest text below in a few dozen lines
LONGEST_TEXT = 480  # characters, all facts together
GREY = ".33"  # 8.9 : 1 on white
PAD = 2.0  # points of white around the words, so that they can be read on a dark slide
HOUSE_FONT, COMPANION_FONT = "F", "G"  # names of the typefaces in a slot's resources


def personal_text(style: StampStyle, facts: StampFacts) -> str:
    """The line that `facts` make in this style, cleaned for drawing."""
    full = (facts.name, facts.organisation, facts.date_text, facts.edition_label, facts.copy_code)
    parts = full if style is StampStyle.FULL else (facts.organisation, facts.edition_label)
    return f" {SEPARATOR} ".join(cleaned for part in parts if (cleaned := single_line(part)))


def personal_bytes(prepared: Prepared, facts: StampFacts) -> list[Patch]:
    """What to write over the slots for one copy; each patch has its slot's length.

    A name that the embedded typefaces cannot draw is one patch at the end of the file in place of them, which brings
    what it needs: such a copy is longer (`size_of`).

    Raises NameNotDrawable, DoesNotFit, or ValueError when `facts` are of another edition than the file.
    """
    if facts.edition_label != prepared.edition_label:
        raise ValueError(f"this file is {prepared.edition_label}, not {facts.edition_label}")
    text = personal_text(prepared.style, facts)
    if len(text) > LONGEST_TEXT:
        raise DoesNotFit(f"{len(text)} characters, the stamp holds {LONGEST_TEXT}")
    faces = Faces(prepared.widths, prepared.companion_widths)
    try:
        pieces = faces.pieces(text)
    except NameNotDrawable:
        if prepared.ending is None:
            raise
        from kit.pdf.stamping.appending import appended  # here: most processes never need the typefaces of the world

        return [appended(prepared.size, prepared.ending, prepared.slots, text, faces)]
    return [Patch(slot.offset, _filled(slot, pieces, faces)) for slot in prepared.slots]


def size_of(prepared: Prepared, patches: Iterable[Patch]) -> int:
    """The length in bytes of a copy with these patches."""
    return max([prepared.size, *(patch.offset + len(patch.data) for patch in patches)])


def _filled(slot: Slot, pieces: list[Piece], faces: Faces) -> bytes:
    """The slot's stream with the words on it, padded with spaces to the slot's length."""
    space = faces.width(" ")
    size, lines = fitted(pieces, space, slot.width, slot.height, faces.broken)
    leading = size * LEADING
    widest = max(sum(piece[1] for piece in line) + space * (len(line) - 1) for line in lines) * size
    height = leading * len(lines)
    shown = " T* ".join(_shown(line, size, faces) for line in lines)
    content = (
        f"q 1 g {-PAD} 0 {widest + 2 * PAD:.2f} {height + PAD / 2:.2f} re f {GREY} g BT {leading:.2f} TL "
        f"0 {height - 0.92 * size:.2f} Td {shown} ET Q\n"
    ).encode("ascii")
    room = slot.length - len(stored(b""))
    if len(content) > room:
        raise DoesNotFit(f"{len(content)} bytes, the slot holds {room}")
    return stored(content.ljust(room, b" "))


def stored(content: bytes) -> bytes:
    """`content` as a Flate stream that does not compress it: one stored block (RFC 1950, 1951), so of constant length.

    Plain streams would do as well, but then all of the file would have to be saved without compressing what is plain.
    """
    block = struct.pack("<BBBHH", 0x78, 0x01, 0x01, len(content), len(content) ^ 0xFFFF)
    return block + content + struct.pack(">I", zlib.adler32(content))


def _shown(line: list[Piece], size: float, faces: Faces) -> str:
    """The operators that show one line. Characters go in as hexadecimal codes: no name can be read as an operator."""
    runs = [
        (in_house, " ".join(word for word, _ in run))
        for in_house, run in groupby(line, lambda piece: faces.face(piece[0]) is faces.house)
    ]
    operators = []
    for at, (in_house, text) in enumerate(runs):
        font = HOUSE_FONT if in_house else COMPANION_FONT
        followed = text if at == len(runs) - 1 else text + " "
        operators.append(f"/{font} {size:.2f} Tf <{followed.encode('utf-16-be').hex().upper()}> Tj")
    return " ".join(operators)
