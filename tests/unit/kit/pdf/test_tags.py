from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from reportlab.lib.colors import HexColor

from kit.pdf.tags import Node, TaggedCanvas
from kit.pdf.tags_text import Anchor, Run, Text, TextStyle
from kit.pdf.tags_write import Particulars, write_tagged
from tests.unit.kit.pdf.tags_checks import assert_accessible, structure_text

STYLE = TextStyle(12, 18, HexColor("#271c29"), HexColor("#6b2a6b"))


def write(path: Path, draw: Callable[[TaggedCanvas], None]) -> Path:
    drawn = BytesIO()
    canvas = TaggedCanvas(drawn, (400, 300))
    draw(canvas)
    canvas.showPage()
    canvas.save()
    write_tagged(drawn, canvas, path, Particulars("A file & its title"))
    return path


def put(canvas: TaggedCanvas, node: Node, *runs: Run, y: float = 100, anchor: str = "") -> None:
    text = Text(runs, STYLE, node, anchors=[Anchor(anchor, anchor, 0)] if anchor else [])
    text.wrapOn(canvas, 220, 300)
    text.drawOn(canvas, 20, y)


def test_reading_order_is_that_of_the_tree_not_of_the_drawing(tmp_path: Path) -> None:
    def draw(canvas: TaggedCanvas) -> None:
        first, second = canvas.root.add("H1"), canvas.root.add("P")
        put(canvas, second, Run("Drawn first."), y=60)
        put(canvas, first, Run("Read first"), y=200)

    text = structure_text(write(tmp_path / "a.pdf", draw))

    assert text.index("Read first") < text.index("Drawn first.")


def test_links_stand_inside_their_sentence_with_words_apart(tmp_path: Path) -> None:
    def draw(canvas: TaggedCanvas) -> None:
        put(canvas, canvas.root.add("H1"), Run("Top"), y=240, anchor="top")
        away = Run("the long page about registers and days", link="https://example.org/a?b=1&c=2")
        put(canvas, canvas.root.add("P"), Run("Read "), away, Run(" or go "), Run("up", link="#top"), Run("."))

    path = write(tmp_path / "a.pdf", draw)

    assert_accessible(path)
    text = structure_text(path)
    assert text.index('"Read "') < text.index("registers and days") < text.index('" or go "') < text.index('"up"')
    with pikepdf.open(path) as pdf:
        notes = list(pdf.pages[0].obj.Annots)
        assert {str(note.Contents) for note in notes} == {
            "the long page about registers and days (https://example.org/a?b=1&c=2)",
            "up (in this document)",
        }
        assert str(notes[0].A.URI) == "https://example.org/a?b=1&c=2"


def test_what_is_drawn_outside_a_mark_is_decoration(tmp_path: Path) -> None:
    def draw(canvas: TaggedCanvas) -> None:
        put(canvas, canvas.root.add("H1"), Run("Kept"))
        canvas.drawString(20, 20, "Folio")

    path = write(tmp_path / "a.pdf", draw)

    assert_accessible(path, coverage=0)
    assert "Folio" not in structure_text(path)


def test_marks_do_not_nest() -> None:
    canvas = TaggedCanvas(BytesIO(), (400, 300))
    with canvas.marked(Node("P")), pytest.raises(RuntimeError, match="Span is drawn inside P"):
        canvas.marked(Node("Span")).__enter__()


def test_a_repeated_head_is_read_once(tmp_path: Path) -> None:
    def draw(canvas: TaggedCanvas) -> None:
        row = canvas.root.add("Table").add("TR")
        head = row.add("TH", scope="Column").add("P", once=True)
        put(canvas, head, Run("Time"))
        canvas.showPage()
        put(canvas, head, Run("Time"))

    path = write(tmp_path / "a.pdf", draw)

    assert_accessible(path, coverage=0)
    assert structure_text(path).count('"Time"') == 1


def test_elements_without_content_are_left_out_but_cells_stay(tmp_path: Path) -> None:
    def draw(canvas: TaggedCanvas) -> None:
        canvas.root.add("Sect").add("P")
        row = canvas.root.add("Table").add("TR")
        put(canvas, row.add("TH").add("P"), Run("Time"))
        row.add("TD")

    path = write(tmp_path / "a.pdf", draw)

    assert "Sect" not in structure_text(path)
    with pikepdf.open(path) as pdf:
        row = pdf.Root.StructTreeRoot.K.K[0].K[0]
        assert [str(cell.S) for cell in row.K] == ["/TH", "/TD"]
        assert str(row.K[0].A.Scope) == "/Column"


def test_the_file_says_its_title_and_language_and_embeds_its_fonts(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pdf", lambda canvas: put(canvas, canvas.root.add("H1"), Run("Hello")))

    with pikepdf.open(path) as pdf:
        assert str(pdf.Root.Lang) == "en-GB"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        assert bool(pdf.Root.MarkInfo.Marked)
        metadata = pdf.Root.Metadata.read_bytes().decode()
        assert "A file &amp; its title" in metadata
        assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
        fonts = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font"]
        assert fonts
        assert all("/FontFile2" in font.FontDescriptor for font in fonts)


def test_the_same_drawing_gives_the_same_bytes(tmp_path: Path) -> None:
    def draw(canvas: TaggedCanvas) -> None:
        put(canvas, canvas.root.add("H1"), Run("Hello"))

    assert write(tmp_path / "a.pdf", draw).read_bytes() == write(tmp_path / "b.pdf", draw).read_bytes()
