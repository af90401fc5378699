from pathlib import Path

import pikepdf
import pytest

from kit.pdf.tags_flow import DoesNotFitError
from materials.documents.slides import build_slides
from tests.unit.kit.pdf.tags_checks import assert_accessible, page_text

CONTENT = Path(__file__).parents[4] / "sandbox" / "content" / "slides"
BODY = (0, 468)  # points from the top: above the foot line

DECK = """---
title: Small deck
edition: 2.4
---
# Welcome

Day one

---

## What we do

- One thing
- **Another** thing

---

> Come back when you can.

---

::: pause What helps you?
Two minutes, in pairs.
:::
"""


def test_one_slide_between_two_borders(tmp_path: Path) -> None:
    facts = build_slides(DECK, tmp_path / "deck.pdf")

    assert facts.pages == 4
    assert (facts.pages_of("what we do "), facts.pages_of("Nothing")) == ((2, 2), None)
    assert facts.titles == ("Welcome", "What we do", "Come back when you can.", "What helps you?")
    with pikepdf.open(tmp_path / "deck.pdf") as pdf:
        assert [tuple(float(side) for side in page.mediabox) for page in pdf.pages] == [(0, 0, 960, 540)] * 4
    assert_accessible(tmp_path / "deck.pdf", body=BODY)


def test_a_full_slide_is_set_smaller(tmp_path: Path) -> None:
    points = "\n".join(f"- Point {number}, which is rather long for a slide" for number in range(12))
    build_slides(f"## Full\n\n{points}", tmp_path / "deck.pdf")

    assert "Point 11" in page_text(tmp_path / "deck.pdf")


def test_a_slide_that_holds_too_much_is_named(tmp_path: Path) -> None:
    points = "\n".join(f"- Point {number}" for number in range(40))

    with pytest.raises(DoesNotFitError, match=r"Slide 2 \(“Far too full”\) holds too much"):
        build_slides(f"# One\n\n---\n\n## Far too full\n\n{points}", tmp_path / "deck.pdf")


def test_the_same_text_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        build_slides(DECK, tmp_path / name)

    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


@pytest.mark.parametrize("name", ["slides-2.3.md", "slides-2.4.md"])
def test_the_sample_decks(name: str, tmp_path: Path) -> None:
    facts = build_slides((CONTENT / name).read_text(), tmp_path / "deck.pdf")

    assert facts.pages >= 40
    assert all(facts.titles)
    assert_accessible(tmp_path / "deck.pdf", body=BODY)
