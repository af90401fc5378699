"""Nothing in a copy acts by itself: scripts and start-up actions of an upload stay behind, links stay."""

from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from kit.pdf.stamping import StampStyle, prepare
from tests.factories.pdf_files import complaints, pdf_file

SCRIPT = {"S": Name.JavaScript, "JS": String("app.alert(1)")}


def uploaded(path: Path) -> Path:
    """A file that tries every way to act."""
    pdf_file(path, pages=2)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        root, page = pdf.Root, pdf.pages[0].obj
        root.OpenAction = Dictionary(**SCRIPT)
        root.AA = Dictionary(WC=Dictionary(**SCRIPT))
        root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), Dictionary(**SCRIPT)])))
        page.AA = Dictionary(O=Dictionary(S=Name.Launch, F=String("calc.exe")))
        box = Array([10, 10, 50, 50])
        launch = Dictionary(
            Type=Name.Annot, Subtype=Name.Link, Rect=box, A=Dictionary(S=Name.Launch, F=String("x.exe"))
        )
        chained = Dictionary(S=Name.URI, URI=String("https://a.example"), Next=Array([Dictionary(**SCRIPT)]))
        linked = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=box, A=chained)
        page.Annots = Array([launch, pdf.make_indirect(linked)])
        pdf.save(path)
    return path


def test_scripts_stay_behind_and_links_stay(tmp_path: Path) -> None:
    target = tmp_path / "prepared.pdf"
    made = prepare(
        uploaded(tmp_path / "upload.pdf"), target, style=StampStyle.FULL, address="https://portal.test/current/X",
        edition_label="Edition 1.0",
    )  # fmt: skip
    assert any("scripts" in note for note in made.notes)
    with pikepdf.open(target) as pdf:
        everything = "".join(repr(item) for item in pdf.objects)
        assert pdf.pages[0].obj.Annots[1].A.URI == "https://a.example"
    for word in ("JavaScript", "app.alert", "Launch", "/AA", "OpenAction"):
        assert word not in everything
    assert complaints(target) == ""


def test_a_quiet_file_gets_no_note(tmp_path: Path) -> None:
    made = prepare(
        pdf_file(tmp_path / "quiet.pdf", pages=1), tmp_path / "out.pdf", style=StampStyle.LINE,
        address="https://portal.test/current/X", edition_label="Edition 1.0",
    )  # fmt: skip
    assert not any("scripts" in note for note in made.notes)
