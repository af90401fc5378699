"""Writing directions: as the Unicode Bidirectional Algorithm has them, one line at a time."""

import pytest

from kit.pdf.bidi import levels, visual_order

# Shown from left to right as drawn; brackets are turned by whoever draws them.
CASES = {
    "Ann Smith": "Ann Smith",
    "אבג": "גבא",
    "מחמד עלי": "ילע דמחמ",
    "Ali מרכז 42 Trust": "Ali 42 זכרמ Trust",
    "מרכז 42": "42 זכרמ",
    "مرح 12": "12 حرم",
    "בית (ספר) א": "א (רפס( תיב".replace("(רפס(", ")רפס("),
    "a (אב) b": "a (בא) b",
    "אב 3.5% גד": "דג 3.5% בא",
    "אב, cd. גד": "דג .cd ,בא",
    "-5 אב": "בא 5-",
    "אָב": "בָא"[:1] + "בָא"[1:],
}


@pytest.mark.parametrize("text", CASES)
def test_a_line_is_drawn_in_the_order_that_its_readers_expect(text: str) -> None:
    drawn = "".join(text[place] for place in visual_order(levels(text)))
    if "ָ" in text:  # a mark is drawn before its letter when all is turned; its typeface puts it in place
        assert drawn == text[::-1]
    else:
        assert drawn == CASES[text]


def test_every_character_is_drawn_once() -> None:
    text = "abc אבג (12) مرح - 4٥ x"
    assert sorted(visual_order(levels(text))) == list(range(len(text)))
    assert visual_order([]) == []
