"""Builds the sample materials from their text: what the demo publishes, and real files for the tests."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from materials.documents.book import build_book
from materials.documents.handouts import build_handouts
from materials.documents.slides import build_slides
from materials.editions import Change
from materials.kinds import MaterialKind
from materials.library import Uses

CONTENT = Path(__file__).with_name("content")
Pages = Callable[[str], tuple[int, int] | None]


@dataclass(frozen=True)
class SampleProgramme:
    """A programme of the sample."""

    code: str
    name: str
    days: int
    trainer_days: int | None
    audience: str


@dataclass(frozen=True)
class SampleEdition:
    """An edition whose file is still to be built."""

    number: str
    days_ago: int
    withdrawn_days_ago: int | None
    withdrawn_reason: str
    source: str
    replaces: str | None
    changes: tuple[dict[str, Any], ...]

    def markdown(self) -> str:
        """The text: a file, or the files of a folder in the order of their names, some replaced by older ones."""
        path = CONTENT / self.source
        if path.is_file():
            return path.read_text()
        older = {file.name: file for file in (CONTENT / self.replaces).glob("*.md")} if self.replaces else {}
        return "\n\n".join(older.get(file.name, file).read_text() for file in sorted(path.glob("*.md")))


@dataclass(frozen=True)
class SampleMaterial:
    """A material with its editions, oldest first."""

    code: str
    programme: str
    title: str
    description: str
    kind: MaterialKind
    uses: Uses
    editions: tuple[SampleEdition, ...]


def programmes() -> list[SampleProgramme]:
    """The programmes of the sample."""
    return [
        SampleProgramme(row["code"], row["name"], row["days"], row.get("trainer_days"), row["audience"])
        for row in _listing()["programme"]
    ]


def materials() -> list[SampleMaterial]:
    """The materials of the sample."""
    return [
        SampleMaterial(
            row["code"],
            row["programme"],
            row["title"],
            row["description"],
            MaterialKind(row["kind"]),
            Uses(*(use in row["may"] for use in ("print", "project", "adapt", "hand out"))),
            tuple(_editions(row["edition"])),
        )
        for row in _listing()["material"]
    ]


def build(material: SampleMaterial, edition: SampleEdition, target: Path) -> tuple[Change, ...]:
    """Builds an edition's PDF and returns its change note, with page numbers found in what was built."""
    pages_of = _built(material.kind, edition.markdown(), target)
    return tuple(
        Change(_place(change["section"], pages_of), change["text"], change["must_read"]) for change in edition.changes
    )


def _built(kind: MaterialKind, markdown: str, target: Path) -> Pages:
    if kind is MaterialKind.SLIDES:
        titles = build_slides(markdown, target).titles
        return lambda section: (titles.index(section) + 1,) * 2 if section in titles else None
    if kind is MaterialKind.HANDOUT:
        begins = dict(build_handouts(markdown, target).titles)
        return lambda section: (begins[section],) * 2 if section in begins else None
    return build_book(markdown, target).pages_of


def _place(section: str, pages_of: Pages) -> str:
    found = pages_of(section)
    if found is None:
        return section
    first, last = found
    return f"Page {first}" if first == last else f"Pages {first}–{last}"


def _editions(rows: list[dict[str, Any]]) -> Iterator[SampleEdition]:
    for row in rows:
        withdrawn = row.get("withdrawn_months_ago")
        yield SampleEdition(
            row["number"],
            row["months_ago"] * 30,
            None if withdrawn is None else withdrawn * 30 - 1,
            row.get("withdrawn_reason", ""),
            row["source"],
            row.get("replaces"),
            tuple(row.get("change", ())),
        )


def _listing() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((CONTENT / "editions.toml").read_text())
