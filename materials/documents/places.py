"""Places that headings make: names for links, and on which page each was met."""

import re
from dataclasses import dataclass, field

from materials.documents.markdown import Block, Heading


@dataclass(frozen=True, slots=True)
class Entry:
    """A heading with the name of its place; `chapter` counts from 1, 0 before the first chapter."""

    level: int
    title: str
    name: str
    chapter: int


@dataclass(slots=True)
class Directory:
    """All headings of a text in order. Names are made from titles and are unique."""

    entries: list[Entry] = field(default_factory=list)
    _by_heading: dict[int, Entry] = field(default_factory=dict)

    @classmethod
    def of(cls, blocks: tuple[Block, ...]) -> "Directory":
        """Collect the headings of `blocks`; levels that skip one are drawn up."""
        directory, taken, chapter, level = cls(), set[str](), 0, 0
        for block in blocks:
            if isinstance(block, Heading):
                level = min(block.level, level + 1, 3)
                chapter += level == 1
                entry = Entry(level, block.title, _name(block.title, taken), chapter)
                directory.entries.append(entry)
                directory._by_heading[id(block)] = entry
        return directory

    def entry(self, heading: Heading) -> Entry:
        """The entry of this very heading (another may have the same words). Raises KeyError for one not collected."""
        return self._by_heading[id(heading)]

    @property
    def names(self) -> set[str]:
        """Every place that a link may lead to."""
        return {entry.name for entry in self.entries}


def _name(title: str, taken: set[str]) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "section"
    name, number = slug, 2
    while name in taken:
        name, number = f"{slug}-{number}", number + 1
    taken.add(name)
    return name
