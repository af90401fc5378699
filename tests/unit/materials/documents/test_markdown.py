import pytest

from kit.pdf.tags_text import Run
from materials.documents.markdown import (
    Box,
    Divider,
    Grid,
    Heading,
    Listing,
    NewPage,
    Paragraph,
    Speech,
    UnreadableContentError,
    plain,
    read,
)


def only(markdown: str) -> object:
    (block,) = read(markdown).blocks
    return block


def test_front_matter_is_read() -> None:
    source = read("---\ntitle: A: book\nsubtitle: For all\nedition: 3.2\ncredit: Us\n---\n# One\n")

    assert (source.title, source.subtitle, source.edition, source.credit) == ("A: book", "For all", "3.2", "Us")
    assert source.blocks == (Heading(1, (Run("One"),)),)


def test_runs_keep_their_cuts_and_join_what_is_alike() -> None:
    assert only("a *b* **c *d***\ne") == Paragraph(
        (Run("a "), Run("b", italic=True), Run(" "), Run("c ", bold=True), Run("d", bold=True, italic=True), Run(" e"))
    )


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "/admin"])
def test_unsafe_links_are_only_text(address: str) -> None:
    block = only(f"[here]({address})")

    assert isinstance(block, Paragraph)
    assert all(not run.link for run in block.runs)


def test_links_to_the_web_mail_and_places_are_kept() -> None:
    block = only("[a](https://example.org) [b](mailto:x@example.org) [c](#place)")

    assert isinstance(block, Paragraph)
    assert [run.link for run in block.runs if run.link] == ["https://example.org", "mailto:x@example.org", "#place"]


def test_html_stays_text() -> None:
    assert plain(read('<img src="/etc/passwd"> <b>x</b>').blocks[0].runs) == "<img src=“/etc/passwd”> <b>x</b>"  # type: ignore[union-attr]
    assert isinstance(read("<script>\nalert(1)\n</script>").blocks[0], Paragraph)


def test_pictures_are_refused_by_name() -> None:
    with pytest.raises(UnreadableContentError, match="Pictures cannot be set yet: “a dog”"):
        read("Look: ![a dog](dog.png)")


@pytest.mark.parametrize("kind", ["try", "look", "pause", "see", "timing"])
def test_boxes(kind: str) -> None:
    block = only(f"::: {kind} A *title* here\nSome text.\n:::")

    assert block == Box(kind, "A title here", (Paragraph((Run("Some text."),)),))  # type: ignore[arg-type]


def test_lines_of_a_reflection() -> None:
    assert only("::: pause Why?\nlines=7\n\nMore.\n:::") == Box("pause", "Why?", (Paragraph((Run("More."),)),), 7)
    assert only("::: pause Why?\nlines=7\nMore.\n:::") == Box("pause", "Why?", (Paragraph((Run("More."),)),), 7)
    assert only("::: pause Why?\n:::") == Box("pause", "Why?", (), None)


@pytest.mark.parametrize("mark", ["::: page", "::: page\n:::", "::: page\n\n:::"])
def test_a_page_break_needs_no_end(mark: str) -> None:
    blocks = read(f"One.\n\n{mark}\n\nTwo.\n\nThree.").blocks

    assert [type(block) for block in blocks] == [Paragraph, NewPage, Paragraph, Paragraph]


def test_a_page_break_does_not_end_a_box_that_follows() -> None:
    blocks = read("::: page\n\n::: try Now\nText.\n:::\n\nAfter.").blocks

    assert [type(block) for block in blocks] == [NewPage, Box, Paragraph]


def test_tables_lists_quotes_and_borders() -> None:
    source = read("| A | B |\n|---|---|\n| 1 | |\n\n3. c\n4. d\n\n> aloud\n\ntext\n---\n- [ ] tick\n- plain")
    grid, numbers, quote, text, border, ticks = source.blocks

    assert grid == Grid(((Run("A"),), (Run("B"),)), (((Run("1"),), ()),))
    assert isinstance(numbers, Listing)
    assert numbers.start == 3
    assert isinstance(quote, Speech)
    assert isinstance(text, Paragraph)
    assert isinstance(border, Divider)
    assert isinstance(ticks, Listing)
    assert [(item.to_tick, item.blocks) for item in ticks.items] == [
        (True, (Paragraph((Run("tick"),)),)),
        (False, (Paragraph((Run("plain"),)),)),
    ]
