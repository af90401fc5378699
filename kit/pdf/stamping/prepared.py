"""What is known of a prepared file: enough to write on it years later, whatever typeface is current by then."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

FORMAT = 1  # of `Prepared.to_json`; raise it when a reader of today could not use the older form


class StampStyle(StrEnum):
    """How much a stamp says."""

    FULL = "full"  # who, for whom, when, edition, code, and where to ask for the current edition (also as a QR)
    LINE = "line"  # one line with the organisation: for pages that are handed on


@dataclass(frozen=True)
class StampFacts:
    """The words of one copy's stamp. `edition_label` must be the one that the file was prepared with."""

    name: str
    organisation: str
    date_text: str
    edition_label: str
    copy_code: str


@dataclass(frozen=True)
class Slot:
    """Room for the personal words: `length` bytes at `offset`; a text area of `width` × `height` in its own points."""

    offset: int
    length: int
    width: float
    height: float


@dataclass(frozen=True)
class Patch:
    """Bytes that stand at `offset` in one copy in place of the prepared file's."""

    offset: int
    data: bytes


@dataclass(frozen=True)
class Ending:
    """What must be known to write more objects after the end of a prepared file (ISO 32000-1, 7.5.6).

    `table` is the offset of its cross-reference table, `objects` how many objects it counts; `root`, `info` and `ids`
    are entries of its trailer as they are written; `fonts` is the object of the stamp's typefaces and `typefaces` its
    entries; `slots` are the objects of the slots, in their order.
    """

    table: int
    objects: int
    root: str
    info: str
    ids: str
    fonts: int
    typefaces: str
    slots: tuple[int, ...]


@dataclass(frozen=True)
class Prepared:
    """A file ready for stamping.

    `size` is in bytes and the same for every copy that needs no other typefaces than those embedded. The widths are
    the advances of all characters that the embedded typefaces can draw, in thousandths of the font size: first the
    house's, then those of its companion, for words that the first cannot draw. `notes` are sentences for the person
    who uploaded the file. `ending` is for names that neither typeface can draw; None in a file prepared before there
    was a way for them. `address` is where every page's QR leads; empty when it was not yet noted.
    """

    style: StampStyle
    page_count: int
    size: int
    tagged: bool
    edition_label: str
    slots: tuple[Slot, ...]
    widths: dict[str, int]
    companion_widths: dict[str, int]
    notes: tuple[str, ...] = ()
    ending: Ending | None = None
    address: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain lists, dicts, strings and numbers, for a JSON column."""
        kept = {**asdict(self), "format": FORMAT, "style": self.style.value}
        return kept | {key: _columns(kept[key]) for key in ("widths", "companion_widths")}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """The object that `to_json` was called on. Raises ValueError for a form this version does not know."""
        if kept["format"] != FORMAT:
            raise ValueError(f"a prepared file of form {kept['format']} is unknown here")
        fields = {key: value for key, value in kept.items() if key != "format"}
        return cls(
            **{
                **fields,
                "style": StampStyle(kept["style"]),
                "widths": _table(kept["widths"]),
                "companion_widths": _table(kept["companion_widths"]),
                "slots": tuple(Slot(**slot) for slot in kept["slots"]),
                "notes": tuple(kept["notes"]),
                "ending": _ending(kept.get("ending")),
            }
        )


def _columns(widths: dict[str, int]) -> list[Any]:
    """All characters in one string and their widths in a list: shorter than an object, and quicker to read."""
    return ["".join(widths), list(widths.values())]


def _table(columns: list[Any]) -> dict[str, int]:
    return dict(zip(columns[0], columns[1], strict=True))


def _ending(kept: dict[str, Any] | None) -> Ending | None:
    return None if kept is None else Ending(**{**kept, "slots": tuple(kept["slots"])})
