"""Accessible structure for what ReportLab draws: a tree of nodes, and a canvas that ties marks on pages to them.

ReportLab writes no tags. Here the tree (`Node`) is built together with the story, so its order is the reading order
whatever the order of drawing; the canvas counts everything as decoration (an artifact) unless it is drawn inside
`marked(node)`. `kit.pdf.tags_write` then turns tree and marks into PDF/UA-1. Nothing in ReportLab is patched.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from reportlab.pdfgen.canvas import Canvas

from kit.pdf.fonts import REGULAR, register


@dataclass(eq=False, slots=True)
class Node:
    """One element of the logical structure, by its name in ISO 32000-1 (P, H1, L, TD …).

    `alt` is the text alternative of a Figure. `inline` nodes (links) take their place among the marks of their
    parent in drawing order. A `once` node keeps its first drawing; later ones (repeated table heads) are decoration.
    """

    tag: str
    alt: str = ""
    scope: str = ""
    numbering: str = ""
    inline: bool = False
    once: bool = False
    parent: "Node | None" = field(default=None, repr=False)
    children: list["Node"] = field(default_factory=list, repr=False)

    def add(
        self,
        tag: str,
        *,
        alt: str = "",
        scope: str = "",
        numbering: str = "",
        inline: bool = False,
        once: bool = False,
    ) -> "Node":
        """A new last child. `scope` is Row or Column for TH; `numbering` Disc, Decimal … for L."""
        child = Node(tag, alt, scope, numbering, inline, once, parent=self)
        self.children.append(child)
        return child


@dataclass(frozen=True, slots=True)
class Link:
    """A clickable rectangle on a page, and the node that says what it is."""

    node: Node
    description: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a link may lead: a page from 1, and a height on it in points."""

    page: int
    top: float


@dataclass(slots=True)
class PageMarks:
    """What one page holds: a node per marked-content number, links in the order of the page's annotations."""

    nodes: list[Node] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)


class TaggedCanvas(Canvas):
    """A ReportLab canvas that remembers which node each drawn piece belongs to; same input, same output."""

    _code: list[str]  # the page's operators so far: the only private part of ReportLab that is used

    def __init__(self, target: BinaryIO, pagesize: tuple[float, float], *, root: Node | None = None) -> None:
        register()
        self.root = root or Node("Document")
        self.pages = [PageMarks()]
        self.places: dict[str, Place] = {}
        self._open: Node | None = None
        self._seen: set[Node] = set()
        # an initial font of ours, since ReportLab's own (Helvetica) would be named on each page without being embedded
        font: Any = REGULAR  # the stubs say float
        super().__init__(target, pagesize=pagesize, invariant=1, pageCompression=1, initialFontName=font)

    @property
    def page_number(self) -> int:
        """Number of the page being drawn, from 1."""
        return len(self.pages)

    @contextmanager
    def marked(self, node: Node) -> Iterator[None]:
        """Everything drawn inside belongs to `node`. Raises RuntimeError when nested: marks do not nest."""
        if self._open is not None:
            raise RuntimeError(f"{node.tag} is drawn inside {self._open.tag}")
        if node.once and node in self._seen:
            yield
            return
        self._begin(node)
        try:
            yield
        finally:
            self._open = None
            self._code.append("EMC /Artifact BMC")

    def _begin(self, node: Node) -> None:
        nodes = self.pages[-1].nodes
        self._code.append(f"EMC /{node.tag} <</MCID {len(nodes)}>> BDC")
        nodes.append(node)
        self._open = node

    def close_once(self, node: Node) -> None:
        """Say that a `once` node is drawn in full: its next drawing is decoration."""
        self._seen.add(node)

    def place(self, name: str, top: float) -> None:
        """Give the current page a destination `name` at height `top` (page space, points)."""
        self.places[name] = Place(self.page_number, top)
        self.bookmarkPage(name, fit="XYZ", left=0, top=top, zoom=0)

    def link(self, node: Node, rectangle: tuple[float, float, float, float], target: str, description: str) -> None:
        """Make `rectangle` (current coordinates) clickable: `#name` leads to a place, anything else is an address."""
        self.pages[-1].links.append(Link(node, description))
        if target.startswith("#"):
            self.linkRect("", target[1:], rectangle, relative=1)
        else:
            self.linkURL(target, rectangle, relative=1)

    def showPage(self) -> None:  # noqa: N802 — ReportLab's name
        """End the page; the artifact that wraps every page is opened here, so that an unused page stays empty."""
        self._code.insert(0, "/Artifact BMC")
        self._code.append("EMC")
        self.pages.append(PageMarks())
        super().showPage()
