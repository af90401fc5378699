"""Words of any script set into a slot: shaped, in the order of their writing direction, each line in its place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from kit.pdf.bidi import visual_order
from kit.pdf.shaping import Cluster, Glyph, NotShaped, shaped
from kit.pdf.stamping.personal import COMPANION_FONT, GREY, HOUSE_FONT, PAD
from kit.pdf.stamping.prepared import Slot
from kit.pdf.stamping.setting import LEADING, SEPARATOR, Faces, NameNotDrawable, filled, fitted

HOUSE_TOP = 0.92  # of the size: from the top of a line to what it stands on
OURS = (HOUSE_FONT, COMPANION_FONT)


@dataclass(frozen=True)
class Word:
    """The clusters of a word in reading order, and the level of the space after it."""

    clusters: tuple[Cluster, ...]
    level_after: int

    @property
    def width(self) -> float:
        return sum(cluster.width for cluster in self.clusters)


@dataclass(frozen=True)
class Setting:
    """Operators that fill a slot, and the clusters among them that typefaces of the world draw."""

    content: bytes
    clusters: tuple[Cluster, ...]


def set_words(text: str, faces: Faces, slot: Slot) -> Setting:
    """`text` in the room of a slot. Raises NameNotDrawable and DoesNotFit."""
    words = _words(text, faces)
    space = faces.width(" ")
    top, leading = _heights(words)
    pieces = [(word, word.width) for word in words]
    size, lines = fitted(pieces, space, slot.width, slot.height, _broken, leading)
    widest = max(sum(piece[1] for piece in line) + space * (len(line) - 1) for line in lines) * size
    height = leading * size * len(lines)
    gap = _ours(" ", faces, 0)
    shown = " T* ".join(_line([piece[0] for piece in line], gap, size) for line in lines)
    content = (
        f"q 1 g {-PAD} 0 {widest + 2 * PAD:.2f} {height + PAD / 2:.2f} re f {GREY} g BT {leading * size:.2f} TL "
        f"0 {height - top * size:.2f} Td {shown} ET Q\n"
    )
    theirs = tuple(cluster for word in words for cluster in word.clusters if cluster.face not in OURS)
    return Setting(content.encode("ascii"), theirs)


def _words(text: str, faces: Faces) -> list[Word]:
    """Each fact by itself, so that the direction of one does not move the next; the separator stays with the word
    before it. Raises NameNotDrawable with every character that cannot be drawn."""
    words: list[Word] = []
    missing: dict[str, None] = {}
    parts = text.split(f" {SEPARATOR} ")
    for number, part in enumerate(parts):
        try:
            words.extend(_shaped(part, faces, text))
        except NotShaped as lacking:
            missing |= dict.fromkeys(lacking.characters)
            continue
        if number < len(parts) - 1:
            last = words.pop()
            words.append(Word((*last.clusters, _ours(" ", faces, 0), _ours(SEPARATOR, faces, 0)), 0))
    if missing:
        raise NameNotDrawable("".join(missing))
    return words


def _shaped(part: str, faces: Faces, line: str) -> list[Word]:
    """The words of a fact: in the house's typefaces where those can, else in a typeface of the world."""
    found = []
    for level, word, clusters in shaped(part, line):
        ours = all(cluster.level % 2 == 0 for cluster in clusters) and _drawable(word, faces)
        drawn = tuple(_ours(character, faces, clusters[0].level, word) for character in word) if ours else clusters
        found.append(Word(drawn, level))
    return found


def _drawable(word: str, faces: Faces) -> bool:
    try:
        faces.face(word)
    except NameNotDrawable:
        return False
    return True


def _ours(character: str, faces: Faces, level: int, word: str = "") -> Cluster:
    face = faces.face(word or character)
    name = HOUSE_FONT if face is faces.house else COMPANION_FONT
    advance = face[character]
    return Cluster(character, name, level, (Glyph(ord(character), character, advance, advance, 0, 0),), 0, 0)


def _heights(words: Iterable[Word]) -> tuple[float, float]:
    """Of the highest and the deepest letter: from a line's top to what it stands on, and from line to line; at a size
    of one point."""
    clusters = [cluster for word in words for cluster in word.clusters]
    top = max(HOUSE_TOP, max(cluster.top for cluster in clusters) / 1000 + 0.05)
    return top, max(LEADING, top + 0.05 - min(cluster.bottom for cluster in clusters) / 1000)


def _broken(word: Word, width: float) -> list[tuple[Word, float]]:
    """A word in as many parts as its width at one point asks for; never inside of a cluster."""
    at, parts = 0, []
    for count in filled((cluster.width for cluster in word.clusters), width):
        part = Word(word.clusters[at : at + count], word.level_after)
        parts.append((part, part.width))
        at += count
    return parts


def _line(words: Sequence[Word], gap: Cluster, size: float) -> str:
    """The operators of one line, from left to right."""
    clusters: list[Cluster] = []
    for number, word in enumerate(words):
        clusters.extend(word.clusters)
        if number < len(words) - 1:
            clusters.append(Cluster(gap.text, gap.face, word.level_after, gap.glyphs, 0, 0))
    drawn = [clusters[place] for place in visual_order([cluster.level for cluster in clusters])]
    runs = groupby(drawn, lambda cluster: (cluster.face, cluster.level))
    return " ".join(_run(face, level, list(run), size) for (face, level), run in runs)


def _run(face: str, level: int, run: list[Cluster], size: float) -> str:
    """Clusters of one typeface. What the shapes of another script say is told beside them, since a reader could not
    always tell it from the shapes (ISO 32000-1, 14.9.4); but not from right to left, where readers expect the shapes
    as they are drawn, and turn such a text round."""
    glyphs = [glyph for cluster in run for glyph in cluster.glyphs]
    operators = f"/{face.replace('-', '')} {size:.2f} Tf {_shown(glyphs, size)}"
    if face in OURS or level % 2:
        return operators
    text = "".join(cluster.text for cluster in run)
    return f"/Span <</ActualText <FEFF{text.encode('utf-16-be').hex().upper()}>>> BDC {operators} EMC"


def _shown(glyphs: Iterable[Glyph], size: float) -> str:
    """Glyphs where shaping put them: moves inside of `TJ` are to the left, so ours have their sign turned."""
    operators: list[str] = []
    row: list[str] = []
    up = move = 0.0
    for glyph in glyphs:
        if glyph.up != up:
            operators.append(f"[{' '.join(row)}] TJ" if row else "")
            operators.append(f"{glyph.up * size / 1000:.2f} Ts")
            row, up = [], glyph.up
        move += glyph.right
        if abs(move) > 0.5:
            row.append(f"{-move:.0f}")
        row.append(f"<{glyph.number:04X}>")
        move = glyph.advance - glyph.right - glyph.drawn_advance
    if abs(move) > 0.5:
        row.append(f"{-move:.0f}")
    operators.append(f"[{' '.join(row)}] TJ")
    return " ".join([*filter(None, operators), *(["0 Ts"] if up else [])])
