"""Our dialect of Markdown, read into plain blocks. Raw HTML stays text; pictures and unsafe links are not carried."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from kit.pdf.tags_text import Run

BoxKind = Literal["try", "look", "pause", "see", "timing"]
BOX_KINDS: tuple[BoxKind, ...] = ("try", "look", "pause", "see", "timing")

# “::: page” stands on a line of its own and holds nothing, whether or not its author closed it
PAGE_MARK = re.compile(r"^:::[ \t]*page[ \t]*\n(?:[ \t]*\n)*(?::::[ \t]*(?=\n|\Z))?", re.MULTILINE)
TASK = re.compile(r"^\[[ xX]\] +")
LINES = re.compile(r"^lines=(\d{1,2})\s*")


class UnreadableContentError(ValueError):
    """The Markdown holds something that our dialect does not; the message says what, for the person who wrote it."""


@dataclass(frozen=True, slots=True)
class Heading:
    """`# ` is level 1."""

    level: int
    runs: tuple[Run, ...]

    @property
    def title(self) -> str:
        """The heading as plain text."""
        return plain(self.runs)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list; `to_tick` for `- [ ] `."""

    blocks: tuple["Block", ...]
    to_tick: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; numbered from `start`, or with bullets when `start` is None."""

    items: tuple[Item, ...]
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with one row of heads."""

    head: tuple[tuple[Run, ...], ...]
    rows: tuple[tuple[tuple[Run, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Speech:
    """Words to say aloud."""

    blocks: tuple["Block", ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A fenced part: call-out, reflection, side note, timings. `lines` is the room to write, for reflections."""

    kind: BoxKind
    title: str
    blocks: tuple["Block", ...]
    lines: int | None = None


@dataclass(frozen=True, slots=True)
class NewPage:
    """Begin a page here."""


@dataclass(frozen=True, slots=True)
class Divider:
    """A line of three dashes: the border between slides."""


Block = Heading | Paragraph | Listing | Grid | Speech | Box | NewPage | Divider


@dataclass(frozen=True, slots=True)
class Source:
    """A whole text: what its front matter says, and its blocks."""

    title: str
    subtitle: str
    edition: str
    credit: str
    blocks: tuple[Block, ...] = field(repr=False)


def plain(runs: Sequence[Run]) -> str:
    """The words of some runs, without their cuts."""
    return "".join(run.text for run in runs).replace("\n", " ").strip()


def read(markdown: str) -> Source:
    """Read a text in our dialect. Raises UnreadableContentError for what cannot be set."""
    text = PAGE_MARK.sub("::: page\n:::\n", markdown.replace("\r\n", "\n") + "\n")
    root = SyntaxTreeNode(_parser().parse(text))
    front = dict[str, str]()
    if root.children and root.children[0].type == "front_matter":
        front = _front(root.children[0].content)
    return Source(
        title=front.get("title", ""),
        subtitle=front.get("subtitle", ""),
        edition=front.get("edition", ""),
        credit=front.get("credit", ""),
        blocks=_blocks(root),
    )


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "typographer": True})
    parser.enable(["table", "replacements", "smartquotes"]).disable(["lheading", "html_block", "html_inline"])
    parser.use(front_matter_plugin)
    for kind in (*BOX_KINDS, "page"):
        parser.use(container_plugin, kind)
    return parser


def _front(text: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in text.splitlines() if ":" in line)
    return {key.strip().lower(): value.strip().strip("\"'") for key, _, value in pairs}


def _blocks(node: SyntaxTreeNode) -> tuple[Block, ...]:
    return tuple(block for child in node.children for block in _block(child))


def _block(node: SyntaxTreeNode) -> list[Block]:
    kind = node.type
    if kind == "heading":
        return [Heading(int(node.tag[1]), _runs(node))]
    if kind == "paragraph":
        return [Paragraph(runs)] if (runs := _runs(node)) else []
    if kind in {"bullet_list", "ordered_list"}:
        return [_listing(node)]
    if kind == "table":
        return [_grid(node)]
    if kind == "blockquote":
        return [Speech(_blocks(node))]
    if kind in {"fence", "code_block"}:
        return [Paragraph((Run(node.content.rstrip()),))]
    if kind.startswith("container_"):
        return [_box(node)]
    return [Divider()] if kind == "hr" else []


def _listing(node: SyntaxTreeNode) -> Listing:
    start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    return Listing(tuple(_item(child) for child in node.children), start)


def _item(node: SyntaxTreeNode) -> Item:
    blocks = _blocks(node)
    if blocks and isinstance(first := blocks[0], Paragraph) and TASK.match(first.runs[0].text):
        return Item((Paragraph(_without(TASK, first.runs)), *blocks[1:]), to_tick=True)
    return Item(blocks)


def _without(mark: re.Pattern[str], runs: tuple[Run, ...]) -> tuple[Run, ...]:
    first = runs[0]
    rest = Run(mark.sub("", first.text), first.bold, first.italic, first.link)
    return (rest, *runs[1:]) if rest.text else runs[1:]


def _grid(node: SyntaxTreeNode) -> Grid:
    rows = [tuple(_runs(cell) for cell in row.children) for part in node.children for row in part.children]
    return Grid(rows[0], tuple(rows[1:]))


def _box(node: SyntaxTreeNode) -> Block:
    words = node.info.strip().split(maxsplit=1)
    if words[0] == "page":
        return NewPage()
    kind = next(kind for kind in BOX_KINDS if kind == words[0])
    title = "".join(run.text for run in _inline_runs(words[1])) if len(words) > 1 else ""
    blocks = _blocks(node)
    lines = None
    if blocks and isinstance(first := blocks[0], Paragraph) and (found := LINES.match(first.runs[0].text)):
        lines = int(found.group(1))
        rest = _without(LINES, first.runs)
        blocks = (Paragraph(rest), *blocks[1:]) if rest else blocks[1:]
    return Box(kind, title, blocks, lines)


def _inline_runs(text: str) -> tuple[Run, ...]:
    tokens = _parser().parseInline(text)
    return _runs(SyntaxTreeNode(tokens))


def _runs(node: SyntaxTreeNode) -> tuple[Run, ...]:
    inline = node if node.type == "inline" else next((child for child in node.children if child.type == "inline"), None)
    found: list[Run] = []
    if inline is not None:
        _collect(inline, Run(""), found)
    return _joined(found)


def _collect(node: SyntaxTreeNode, like: Run, found: list[Run]) -> None:
    for child in node.children:
        if child.type == "image":
            raise UnreadableContentError(f"Pictures cannot be set yet: “{child.content or child.attrs.get('src')}”")
        if child.type == "strong":
            _collect(child, Run("", True, like.italic, like.link), found)
        elif child.type == "em":
            _collect(child, Run("", like.bold, True, like.link), found)
        elif child.type == "link":
            _collect(child, Run("", like.bold, like.italic, _safe(str(child.attrs.get("href", "")))), found)
        else:
            text = {"softbreak": " ", "hardbreak": "\n"}.get(child.type, child.content)
            found.append(Run(text, like.bold, like.italic, like.link))


def _safe(address: str) -> str:
    return address if address.startswith(("https://", "http://", "mailto:", "#")) else ""


def _joined(runs: Sequence[Run]) -> tuple[Run, ...]:
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last and (last.bold, last.italic, last.link) == (run.bold, run.italic, run.link):
            joined[-1] = Run(last.text + run.text, run.bold, run.italic, run.link)
        elif run.text:
            joined.append(run)
    return tuple(joined)
