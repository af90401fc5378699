"""From a drawn `TaggedCanvas` to a PDF/UA-1 file: structure tree, parent tree, link parts, metadata."""

import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import escape

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from kit.pdf.tags import Node, TaggedCanvas

METADATA = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""

# PDF/UA-1 7.21.7 forbids a mapping to U+0000, which ReportLab writes for glyphs that its subsets leave unused.
UNMAPPED = re.compile(rb"<[0-9A-F]{2}> <0000>\n")


@dataclass(frozen=True, slots=True)
class Particulars:
    """What the file says about itself: window title, author, language (BCP 47)."""

    title: str
    author: str = ""
    language: str = "en-GB"


def write_tagged(drawn: BytesIO, canvas: TaggedCanvas, target: Path | BinaryIO, particulars: Particulars) -> None:
    """Write the saved bytes `drawn` of `canvas` to `target`, tagged. The same input gives the same bytes."""
    drawn.seek(0)
    with pikepdf.open(drawn) as pdf:
        _Tree(pdf, canvas).write()
        _describe(pdf, particulars)
        _mend_fonts(pdf)
        pdf.save(target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)


class _Tree:
    """Writes one structure tree. Elements without any mark are left out, except the cells that keep a table regular."""

    def __init__(self, pdf: Pdf, canvas: TaggedCanvas) -> None:
        self.pdf = pdf
        self.canvas = canvas
        self.pages = [page.obj for page in pdf.pages]
        self.content: dict[Node, list[Node | Dictionary]] = {}
        self.elements: dict[Node, Object] = {}
        self.link_parts: list[tuple[Node, Object, str]] = []

    def write(self) -> None:
        """Put the whole structure into the file."""
        self._gather_marks()
        self._gather_links()
        root = self.pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        root.K = self._element(self.canvas.root, root)
        root.ParentTree = self.pdf.make_indirect(Dictionary(Nums=self._parents()))
        root.ParentTreeNextKey = len(self.pages) + len(self.link_parts)
        self.pdf.Root.StructTreeRoot = root

    def _gather_marks(self) -> None:
        for page, marks in zip(self.pages, self.canvas.pages, strict=False):
            for number, node in enumerate(marks.nodes):
                self._hold(node, Dictionary(Type=Name.MCR, Pg=page, MCID=number))

    def _hold(self, node: Node, part: Dictionary) -> None:
        if node.inline and node not in self.content and node.parent is not None:
            self.content.setdefault(node.parent, []).append(node)
        self.content.setdefault(node, []).append(part)

    def _gather_links(self) -> None:
        for index, page in enumerate(self.pages):
            page.StructParents = index
            page.Tabs = Name.S
            links = self.canvas.pages[index].links
            for link, annotation in zip(links, page.get("/Annots", Array()), strict=True):
                annotation.StructParent = len(self.pages) + len(self.link_parts)
                annotation.Contents = String(link.description)
                annotation.F = 4  # print: a hidden annotation would need no tag, a shown one must be printable
                self._hold(link.node, Dictionary(Type=Name.OBJR, Obj=annotation, Pg=page))
                self.link_parts.append((link.node, annotation, link.description))

    def _kids(self, node: Node) -> list[Node | Dictionary]:
        return self.content.get(node, []) + [child for child in node.children if not child.inline]

    def _holds_something(self, node: Node) -> bool:
        return bool(self.content.get(node)) or any(self._holds_something(child) for child in node.children)

    def _element(self, node: Node, parent: Object) -> Object:
        element = self.pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name(f"/{node.tag}"), P=parent))
        self.elements[node] = element
        if node.alt:
            element.Alt = String(node.alt)
        if attributes := _attributes(node):
            element.A = attributes
        element.K = Array([self._kid(kid, element) for kid in self._kids(node) if self._wanted(kid)])
        return element

    def _wanted(self, kid: Node | Dictionary) -> bool:
        return not isinstance(kid, Node) or kid.tag in {"TD", "TH", "TR"} or self._holds_something(kid)

    def _kid(self, kid: Node | Dictionary, parent: Object) -> Object:
        return self._element(kid, parent) if isinstance(kid, Node) else kid

    def _parents(self) -> Array:
        entries: list[Object | int] = []
        for index in range(len(self.pages)):
            marked = [self.elements[node] for node in self.canvas.pages[index].nodes]
            entries += [index, self.pdf.make_indirect(Array(marked))]
        for offset, (node, _, _) in enumerate(self.link_parts):
            entries += [len(self.pages) + offset, self.elements[node]]
        return Array(entries)


def _attributes(node: Node) -> Dictionary | None:
    if node.tag == "TH":
        return Dictionary(O=Name.Table, Scope=Name(f"/{node.scope or 'Column'}"))
    if node.tag == "L":
        return Dictionary(O=Name.List, ListNumbering=Name(f"/{node.numbering or 'Disc'}"))
    return None


def _describe(pdf: Pdf, particulars: Particulars) -> None:
    pdf.Root.MarkInfo = Dictionary(Marked=True)
    pdf.Root.Lang = String(particulars.language)
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    packet = METADATA.format(
        title=escape(particulars.title), author=escape(particulars.author), language=particulars.language
    )
    pdf.Root.Metadata = pdf.make_stream(packet.encode(), Type=Name.Metadata, Subtype=Name.XML)
    pdf.docinfo["/Title"] = particulars.title
    pdf.docinfo["/Author"] = particulars.author
    for key in ("/Subject", "/Keywords", "/Creator", "/Producer"):
        if key in pdf.docinfo:
            del pdf.docinfo[key]


def _mend_fonts(pdf: Pdf) -> None:
    for item in pdf.objects:
        if isinstance(item, Dictionary) and item.get("/Type") == Name.Font and "/ToUnicode" in item:
            table = item.ToUnicode.read_bytes()
            mended, dropped = UNMAPPED.subn(b"", table)
            if dropped:
                count = int(re.search(rb"(\d+) beginbfchar", mended).group(1))  # type: ignore[union-attr]
                mended = mended.replace(b"%d beginbfchar" % count, b"%d beginbfchar" % (count - dropped))
                item.ToUnicode.write(mended)
