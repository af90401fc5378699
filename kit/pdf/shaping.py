"""Words as shapes: letters that join, stack and change places, in the typeface of their script (HarfBuzz).

A word becomes clusters in reading order; a cluster is what belongs together and is never torn apart, with its glyphs
from left to right.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import uharfbuzz as hb

from kit.pdf.bidi import levels
from kit.pdf.text import JOINERS
from kit.pdf.world import Face, face_for, is_japanese


@dataclass(frozen=True)
class Glyph:
    """A shape of a typeface; lengths in thousandths of the font size. `text` is what it says by itself, for readers."""

    number: int
    text: str
    advance: float
    drawn_advance: float
    right: float
    up: float


@dataclass(frozen=True)
class Cluster:
    """Glyphs that belong together, the characters that they stand for, and their level of writing direction."""

    text: str
    face: str
    level: int
    glyphs: tuple[Glyph, ...]
    top: float
    bottom: float

    @property
    def width(self) -> float:
        """At one point."""
        return sum(glyph.advance for glyph in self.glyphs) / 1000


class NotShaped(ValueError):
    """No typeface has a shape for `characters`."""

    def __init__(self, characters: str) -> None:
        super().__init__(f"no typeface can draw: {characters}")
        self.characters = characters


def shaped(text: str, among: str = "") -> list[tuple[int, str, tuple[Cluster, ...]]]:
    """The words of `text` with the level of what stands between them and the next one: level, word, clusters.

    `among` is the whole line: its other words may tell in which shapes a country writes these. Raises NotShaped with
    every character that no typeface can draw.
    """
    known = levels(text)
    words, missing, at = [], dict[str, None](), 0
    for word in text.split(" "):
        end = at + len(word)
        try:
            words.append(
                (
                    known[end] if end < len(known) else 0,
                    word,
                    _clusters(word, tuple(known[at:end]), is_japanese(among or text)),
                )
            )
        except NotShaped as lacking:
            missing |= dict.fromkeys(lacking.characters)
        at = end + 1
    if missing:
        raise NotShaped("".join(missing))
    return words


@lru_cache(maxsize=512)
def _clusters(word: str, known: tuple[int, ...], japanese: bool) -> tuple[Cluster, ...]:
    found: list[Cluster] = []
    for face, start, end in _runs(word, known, japanese):
        found.extend(_shape(word[start:end], face, known[start]))
    return tuple(found)


def _runs(word: str, known: Sequence[int], japanese: bool) -> Iterator[tuple[Face, int, int]]:
    """Stretches of a word in one typeface and one direction. A mark stays in the typeface of its letter, and so does
    what several scripts share, as far as that typeface has it. Raises NotShaped."""
    faces: list[Face | None] = []
    for character in word:
        before = faces[-1] if faces else None
        shared = unicodedata.category(character)[0] in "MPNZC"
        faces.append(
            before if before and shared and ord(character) in before.characters else face_for(character, japanese)
        )
    if missing := "".join(character for character, face in zip(word, faces, strict=True) if face is None):
        raise NotShaped(missing)
    start = 0
    for at in range(1, len(word) + 1):
        face = faces[start]
        if face is not None and (at == len(word) or faces[at] is not face or known[at] != known[start]):
            yield face, start, at
            start = at


def _shape(run: str, face: Face, level: int) -> list[Cluster]:
    """The clusters of a run in reading order. Raises NotShaped when the typeface fails a combination."""
    buffer = hb.Buffer()
    buffer.add_codepoints([ord(character) for character in run])
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if level % 2 else "ltr"
    buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_CHARACTERS
    hb.shape(face.font, buffer)
    if any(info.codepoint == 0 for info in buffer.glyph_infos):
        raise NotShaped(run)
    glyphs: dict[int, list[tuple[hb.GlyphInfo, hb.GlyphPosition]]] = {}
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        glyphs.setdefault(info.cluster, []).append((info, position))
    starts = sorted(glyphs)
    parts = [run[start:end] for start, end in zip(starts, [*starts[1:], len(run)], strict=True)]
    return _joined([_cluster(part, face, level, glyphs[start]) for part, start in zip(parts, starts, strict=True)])


def _cluster(text: str, face: Face, level: int, glyphs: list[tuple["hb.GlyphInfo", "hb.GlyphPosition"]]) -> Cluster:
    made, tops, bottoms = [], [0.0], [0.0]
    for at, (info, position) in enumerate(glyphs):
        extents = face.font.get_glyph_extents(info.codepoint)
        up = face.thousandths(position.y_offset)
        if extents is not None:
            tops.append(face.thousandths(extents.y_bearing) + up)
            bottoms.append(face.thousandths(extents.y_bearing + extents.height) + up)
        made.append(
            Glyph(
                info.codepoint,
                text if at == 0 else "",
                face.thousandths(position.x_advance),
                round(face.thousandths(face.font.get_glyph_h_advance(info.codepoint))),
                face.thousandths(position.x_offset),
                up,
            )
        )
    return Cluster(text, face.name, level, tuple(made), max(tops), min(bottoms))


def _joined(parts: list[Cluster]) -> list[Cluster]:
    """Marks and joiners with the letter before them: a line may end between clusters, never inside of one."""
    found: list[Cluster] = []
    for part in parts:
        if found and (unicodedata.category(part.text[0])[0] == "M" or part.text[0] in JOINERS):
            last = found.pop()
            glyphs = part.glyphs + last.glyphs if part.level % 2 else last.glyphs + part.glyphs
            part = Cluster(
                last.text + part.text, last.face, last.level, glyphs,
                max(last.top, part.top), min(last.bottom, part.bottom),
            )  # fmt: skip
        found.append(part)
    return found
