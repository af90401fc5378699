"""The personal words of one copy, set in the room of each slot. Runs in the request: no file is touched."""

from collections.abc import Mapping

from kit.pdf.stamping.prepared import Patch, Prepared, Slot, StampFacts, StampStyle
from kit.pdf.text import single_line

SLOT_LENGTH = 2560  # bytes: room for the longest text below in a few dozen lines
LONGEST_TEXT = 480  # characters, all facts together
SEPARATOR = "·"

LARGEST = 7.0  # points
ONE_LINE_SMALLEST = 6.0  # below this two lines are easier to read than one
SMALLEST = 5.0  # points: nothing smaller is legible in print
LEADING = 1.2
GREY = ".33"  # 8.9 : 1 on white
PAD = 2.0  # points of white around the words, so that they can be read on a dark slide
FONT = "F"  # name of the typeface in the slot's resources


class NameNotDrawable(ValueError):
    """The embedded typeface has no shape for `characters`; drawing boxes in place of a name is never right."""

    def __init__(self, characters: str) -> None:
        super().__init__(f"the stamp's typeface cannot draw: {characters}")
        self.characters = characters


class DoesNotFit(ValueError):
    """The words are longer than a stamp can hold even at the smallest legible size."""


def personal_text(style: StampStyle, facts: StampFacts) -> str:
    """The line that `facts` make in this style, cleaned for drawing."""
    full = (facts.name, facts.organisation, facts.date_text, facts.edition_label, facts.copy_code)
    parts = full if style is StampStyle.FULL else (facts.organisation, facts.edition_label)
    return f" {SEPARATOR} ".join(cleaned for part in parts if (cleaned := single_line(part)))


def personal_bytes(prepared: Prepared, facts: StampFacts) -> list[Patch]:
    """What to write over the slots for one copy; each patch has its slot's length.

    Raises NameNotDrawable, DoesNotFit, or ValueError when `facts` are of another edition than the file.
    """
    if facts.edition_label != prepared.edition_label:
        raise ValueError(f"this file is {prepared.edition_label}, not {facts.edition_label}")
    text = personal_text(prepared.style, facts)
    if missing := dict.fromkeys(character for character in text if character not in prepared.widths):
        raise NameNotDrawable("".join(missing))
    if len(text) > LONGEST_TEXT:
        raise DoesNotFit(f"{len(text)} characters, the stamp holds {LONGEST_TEXT}")
    return [Patch(slot.offset, filled(slot, text, prepared.widths)) for slot in prepared.slots]


def filled(slot: Slot, text: str, widths: Mapping[str, int]) -> bytes:
    """The slot's stream with `text` on it, padded with spaces to the slot's length."""
    size, lines = fitted(text, slot.width, slot.height, widths)
    leading = size * LEADING
    drawn_width = max(_measure(line, widths) for line in lines) * size
    height = leading * len(lines)
    # Characters go in as hexadecimal codes, so nothing in a name can be read as an operator.
    shown = " T* ".join(f"<{line.encode('utf-16-be').hex().upper()}> Tj" for line in lines)
    content = (
        f"q 1 g {-PAD} 0 {drawn_width + 2 * PAD:.2f} {height + PAD / 2:.2f} re f {GREY} g BT /{FONT} {size:.2f} Tf "
        f"{leading:.2f} TL 0 {height - 0.92 * size:.2f} Td {shown} ET Q\n"
    ).encode("ascii")
    if len(content) > slot.length:
        raise DoesNotFit(f"{len(content)} bytes, the slot holds {slot.length}")
    return content.ljust(slot.length, b" ")


def fitted(text: str, width: float, height: float, widths: Mapping[str, int]) -> tuple[float, list[str]]:
    """The font size in points and the lines in which `text` fits: one, at need a little smaller, else two or more."""
    one_line = min(LARGEST, int(10 * width / (_measure(text, widths) or 1)) / 10)
    if one_line >= ONE_LINE_SMALLEST:
        return one_line, [text]
    pieces = _pieces(text)
    for most_lines in range(2, LONGEST_TEXT):
        for size in (7.0, 6.5, 6.0, 5.5, SMALLEST):
            if most_lines * size * LEADING <= height:
                lines = _wrapped(pieces, width / size, widths)
                if len(lines) <= most_lines:
                    return size, lines
        if most_lines * SMALLEST * LEADING > height:
            break
    raise DoesNotFit(f"the words do not fit in {width:.0f} by {height:.0f} points")


def _measure(text: str, widths: Mapping[str, int]) -> float:
    """Width of `text` at one point."""
    return sum(widths[character] for character in text) / 1000


def _pieces(text: str) -> list[str]:
    """The words of `text`; a separator stays with the word before it, so that no line begins with one."""
    return text.replace(f" {SEPARATOR} ", f"\0{SEPARATOR} ").replace(" ", "\n").replace("\0", " ").split("\n")


def _wrapped(pieces: list[str], width: float, widths: Mapping[str, int]) -> list[str]:
    """Lines no wider than `width`, measured at one point; a word wider than a line goes on in the next one."""
    lines: list[str] = []
    line, used = "", 0.0
    for piece in pieces:
        needed = _measure(piece, widths)
        joined = used + widths[" "] / 1000 + needed
        if line and joined <= width:
            line, used = f"{line} {piece}", joined
            continue
        if line:
            lines.append(line)
        *full, line = _broken(piece, width, widths) if needed > width else [piece]
        lines += full
        used = _measure(line, widths)
    return [*lines, line]


def _broken(word: str, width: float, widths: Mapping[str, int]) -> list[str]:
    """`word` in as many parts as its width asks for; every part holds at least one character."""
    parts, part, used = [], "", 0.0
    for character in word:
        needed = widths[character] / 1000
        if part and used + needed > width:
            parts.append(part)
            part, used = "", 0.0
        part += character
        used += needed
    return [*parts, part]
