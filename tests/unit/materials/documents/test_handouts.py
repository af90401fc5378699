from pathlib import Path

from materials.documents.handouts import build_handouts
from tests.unit.kit.pdf.tags_checks import assert_accessible, page_text, structure_text

CONTENT = Path(__file__).parents[4] / "sandbox" / "content" / "handouts" / "handouts-3.0.md"
BODY = (66, 760)  # points from the top: below the head line

SHEETS = """---
title: Small sheets
edition: 3.0
---
# Before we meet

- [ ] I have told the class teacher
- [ ] The room is free

| When | What |
|---|---|
| First |  |

# After we met

::: pause What went well?
lines=4
:::
"""


def test_each_handout_begins_a_page(tmp_path: Path) -> None:
    facts = build_handouts(SHEETS, tmp_path / "sheets.pdf")

    assert facts.pages == 2
    assert facts.titles == (("Before we meet", 1), ("After we met", 2))
    assert (facts.pages_of("after we met"), facts.pages_of("Nothing")) == ((2, 2), None)
    assert "What went well?" in page_text(tmp_path / "sheets.pdf", "-f", "2")
    assert_accessible(tmp_path / "sheets.pdf", body=BODY)


def test_a_checklist_is_a_list_without_its_brackets(tmp_path: Path) -> None:
    build_handouts(SHEETS, tmp_path / "sheets.pdf")
    structure = structure_text(tmp_path / "sheets.pdf")

    assert structure.count("LI (block)") == 2
    assert "[ ]" not in structure


def test_the_same_text_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        build_handouts(SHEETS, tmp_path / name)

    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_the_sample_handouts_take_a_page_each(tmp_path: Path) -> None:
    facts = build_handouts(CONTENT.read_text(), tmp_path / "sheets.pdf")

    assert facts.pages == len(facts.titles)
    assert_accessible(tmp_path / "sheets.pdf", body=BODY)
