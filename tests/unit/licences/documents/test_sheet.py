"""A sheet about money: accessible over several pages, amounts at the right, no name keeps it from being made."""

from pathlib import Path

from licences.documents.sheet import Grid, Section, Sheet, build_sheet, with_drawable_words
from tests.unit.kit.pdf.tags_checks import assert_accessible, page_text, structure_text

BODY = (62, 742)


def a_sheet(rows: int = 3, name: str = "Lakeshire Council") -> Sheet:
    lines = tuple((f"{day + 1} May 2026", f"Invoice SB-{day} with a long purchase order number", "£1,200.00", "–")
                  for day in range(rows))  # fmt: skip
    grid = Grid(
        ("Date", "What", "Invoiced", "Paid"), (*lines, ("In all", "", "£1.00", "£2.00")), (0.2, 0.4, 0.2, 0.2), 2
    )
    return Sheet("Secure Base", "Statement", (Section(facts=(("For", name),)), Section("What came", grid=grid),
                                              Section(notes=("A question?",))))  # fmt: skip


def test_a_long_sheet_is_accessible_and_repeats_its_heads(tmp_path: Path) -> None:
    path = tmp_path / "sheet.pdf"
    path.write_bytes(build_sheet(a_sheet(rows=70)))
    assert_accessible(path, body=BODY, coverage=0.97)  # heads on further pages are decoration
    text = page_text(path)
    assert text.count("Invoiced") > 2, "each page has the heads"
    assert structure_text(path).count('"Invoiced') == 1, "a screen reader has them once"
    assert structure_text(path).count("TH:") == 1 + 4, "to a screen reader they are there once"
    assert "SB-69" in text


def test_whatever_was_typed_is_drawn_or_a_question_mark(tmp_path: Path) -> None:
    path = tmp_path / "sheet.pdf"
    for name in ("李 & <b>Co</b> {x} %s \\", "x" * 300, "Łódź\x07\n\u202eevil"):
        path.write_bytes(build_sheet(with_drawable_words(a_sheet(name=name))))
        assert_accessible(path, body=BODY)
    path.write_bytes(build_sheet(with_drawable_words(a_sheet(name="李 & <b>Co</b>"))))
    assert "? & <b>Co</b>" in page_text(path)
