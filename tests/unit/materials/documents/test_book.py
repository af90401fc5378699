import re
from pathlib import Path

import pikepdf
import pytest

from kit.pdf.tags_text import UndrawableTextError
from materials.documents.book import BookFacts, build_book
from materials.documents.markdown import read
from materials.documents.places import Directory
from tests.unit.kit.pdf.tags_checks import assert_accessible, assert_pdf_ua, page_text, structure_text

GOLDEN = Path(__file__).parents[3] / "golden"
CONTENT = Path(__file__).parents[4] / "sandbox" / "content" / "trainer-manual"
BODY = (60, 692)  # points from the top: between running head and page number


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BookFacts]:
    path = tmp_path_factory.mktemp("book") / "sample.pdf"
    return path, build_book((GOLDEN / "sample_book.md").read_text(), path)


def test_the_sample_book_is_accessible(sample: tuple[Path, BookFacts]) -> None:
    assert_accessible(sample[0], body=BODY)


def test_the_structure_reads_as_agreed(sample: tuple[Path, BookFacts]) -> None:
    """To renew after a wished change: pdfinfo -struct-text of the built sample."""
    found = re.sub(r"Object \d+ \d+", "Object", structure_text(sample[0]))

    assert found == (GOLDEN / "sample_book.structure.txt").read_text()


def test_chapters_open_on_left_hand_pages_and_facts_tell_where(sample: tuple[Path, BookFacts]) -> None:
    path, facts = sample
    chapters = [fact for fact in facts.headings if fact.level == 1]

    assert (facts.title, facts.subtitle, facts.edition) == ("A small book", "For trying things", "1.2")
    assert [(fact.title, fact.page, fact.last_page) for fact in chapters] == [
        ("The first chapter", 4, 5),
        ("The second chapter", 6, 8),
    ]
    assert facts.pages_of("careful now") == (7, 8)
    assert facts.pages_of("No such part") is None
    for fact in facts.headings:
        assert fact.title in page_text(path, "-f", str(fact.page), "-l", str(fact.page)).replace("\n", " ")


def test_contents_bookmarks_and_links_lead_to_the_headings(sample: tuple[Path, BookFacts]) -> None:
    path, facts = sample
    with pikepdf.open(path) as pdf:
        with pdf.open_outline() as outline:
            assert [item.title for item in outline.root] == ["1. The first chapter", "2. The second chapter"]
            assert [item.title for item in outline.root[0].children] == ["What you may see"]
        contents = pdf.pages[2].obj.Annots
        shown = [fact for fact in facts.headings if fact.level < 3]
        assert [str(note.Contents) for note in contents] == [
            f"Go to “{fact.title}”, page {fact.page}" for fact in shown
        ]


def test_markup_in_the_text_is_text(sample: tuple[Path, BookFacts]) -> None:
    assert "<b>Not bold</b> & not a tag." in page_text(sample[0])


def test_the_same_text_gives_the_same_bytes(sample: tuple[Path, BookFacts], tmp_path: Path) -> None:
    build_book((GOLDEN / "sample_book.md").read_text(), tmp_path / "again.pdf")

    assert (tmp_path / "again.pdf").read_bytes() == sample[0].read_bytes()


@pytest.mark.parametrize(
    "markdown",
    [
        "",
        "Only a paragraph.",
        "# Only a chapter",
        "## A section first\n\nText.\n\n#### Deep\n\nText.",
        "# One\n\nLead.\n\n# One\n\n[x](#nowhere) [y](#one-2)",
        "# One\n\nLead.\n\n| A |\n|---|\n| " + "long words in one cell " * 400 + " |",
        "# One\n\nLead.\n\n::: pause " + "Why is that so? " * 20 + "\nlines=99\n:::",
        "# One\n\nLead.\n\n::: try\n" + "Text that goes on and on. " * 500 + "\n:::",
        "# One\n\nLead.\n\n" + "> " * 30 + "deep",
        "# One\n\nLead.\n\n" + "".join("   " * depth + "- item\n" for depth in range(12)),
        "# " + "A very long title of a chapter " * 6 + "\n\n" + "Lead that goes on. " * 12 + "\n\n- a\n- b\n- c\n",
        "# One\n\n" + "x" * 3000,
        "# One\n\nLead.\n\n| [a](#none) |\n|---|\n| [b](#none) |\n\n::: try [c](#none)\n- [d](#none)\n:::",
    ],
)
def test_odd_texts_are_set_all_the_same(markdown: str, tmp_path: Path) -> None:
    facts = build_book(markdown, tmp_path / "odd.pdf")

    assert facts.pages >= 2
    assert_pdf_ua(tmp_path / "odd.pdf")


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_a_chapter_always_opens_on_the_left(turns: int, tmp_path: Path) -> None:
    pages = "\n\n::: page\n\nMore.".join(["# One\n\nLead.\n\nText.", *[""] * turns])
    facts = build_book(f"{pages}\n\n# Two\n\nLead.\n\nText.", tmp_path / "book.pdf")

    one, two = facts.headings
    assert (one.page % 2, two.page % 2) == (0, 0)
    assert two.page == one.page + 2 * (1 + (turns + 1) // 2)
    assert one.last_page == two.page - 1
    assert_accessible(tmp_path / "book.pdf", body=BODY)


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UndrawableTextError, match="李"):
        build_book("# A name\n\n李", tmp_path / "never.pdf")

    assert not (tmp_path / "never.pdf").exists()


def test_names_of_places_are_unique_and_levels_do_not_skip() -> None:
    directory = Directory.of(read("# A b\n\n### C\n\n## A b\n\n### D").blocks)

    assert [(entry.level, entry.name, entry.chapter) for entry in directory.entries] == [
        (1, "a-b", 1),
        (2, "c", 1),
        (2, "a-b-2", 1),
        (3, "d", 1),
    ]


@pytest.fixture(scope="module")
def manual(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BookFacts]:
    path = tmp_path_factory.mktemp("manual") / "manual.pdf"
    markdown = "\n\n".join(part.read_text() for part in sorted(CONTENT.glob("*.md")))
    return path, build_book(markdown, path)


def test_the_manual_is_long_and_accessible(manual: tuple[Path, BookFacts]) -> None:
    path, facts = manual

    assert facts.pages >= 60
    assert_accessible(path, body=BODY)


def test_nothing_of_the_manual_is_lost(manual: tuple[Path, BookFacts]) -> None:
    source = " ".join(part.read_text() for part in sorted(CONTENT.glob("*.md")))
    written = set(re.findall(r"[A-Za-z]{3,}", source)) - {"lines", "title", "subtitle", "edition", "credit"}
    shown = set(re.findall(r"[A-Za-z]{3,}", page_text(manual[0])))
    marks = {"try", "look", "pause", "see", "timing", "page"}

    assert written - shown - marks == set()
