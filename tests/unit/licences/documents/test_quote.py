"""The quote on paper: every word there, accessible, the same for the same facts, long names and many notes too."""

from pathlib import Path

import pytest

from kit.pdf.tags_text import UndrawableTextError
from licences.documents.quote import QuoteSheet, build_quote, undrawable
from tests.unit.kit.pdf.tags_checks import assert_accessible, page_text, structure_text

BODY = (62, 742)


def a_sheet(name: str = "Lakeshire Council", notes: int = 2) -> QuoteSheet:
    return QuoteSheet(
        brand="Secure Base",
        title="Quote Q26-00012",
        facts=(("For", name), ("Date", "10 November 2026"), ("It stands until", "9 January 2027")),
        lines=(("Licence for Attachment Based Mentoring, 7 seats", "£1,640.00"), ("VAT at 20%", "£328.00"),
               ("To pay", "£1,968.00")),
        notes=tuple(f"Note {number}: this is a quote and not an invoice." for number in range(notes)),
        address="https://portal.test/quotes/" + "x" * 43,
    )  # fmt: skip


@pytest.mark.parametrize("sheet", [a_sheet(), a_sheet("St Mary’s & Łódź Wâdah Trust " * 4), a_sheet(notes=60)])
def test_a_quote_is_accessible_and_says_everything(tmp_path: Path, sheet: QuoteSheet) -> None:
    path = tmp_path / "quote.pdf"
    path.write_bytes(build_quote(sheet))
    assert build_quote(sheet) == path.read_bytes()
    assert_accessible(path, body=BODY)
    words = " ".join(page_text(path).split())
    for wanted in ("Quote Q26-00012", "9 January 2027", "£1,968.00", sheet.notes[-1], *sheet.facts[0][1].split()):
        assert wanted in words
    structure = structure_text(path)
    assert structure.count("TH:") == len(sheet.facts) + 2
    assert "Link" in structure


def test_signs_that_cannot_be_drawn_are_told_before() -> None:
    assert undrawable("Łukasz Müller, St Mary’s") == ""
    assert undrawable("李 Trust") == "李"
    with pytest.raises(UndrawableTextError):
        build_quote(a_sheet("李"))
