"""The personal words: whole, drawable, legible, and nothing but words."""

import json
import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.pdf.fonts import COMPANION, glyph_table
from kit.pdf.stamping import (
    DoesNotFit,
    NameNotDrawable,
    Prepared,
    Slot,
    StampFacts,
    StampStyle,
    personal_bytes,
    personal_text,
)
from kit.pdf.stamping.personal import ROOM, stored
from kit.pdf.stamping.reading_back import said
from kit.pdf.stamping.setting import Faces, fitted

SLOT_LENGTH = len(stored(b" " * ROOM))
WIDTHS = dict(glyph_table().advances)
COMPANIONS = dict(glyph_table(COMPANION).advances)
A4_SLOT = Slot(offset=100, length=SLOT_LENGTH, width=496.0, height=403.0)


def prepared(style: StampStyle = StampStyle.FULL, *slots: Slot) -> Prepared:
    return Prepared(style, 1, 9000, False, "Edition 3.2", slots or (A4_SLOT,), WIDTHS, COMPANIONS)


def facts(name: str = "Siân Wójcik", organisation: str = "Lakeshire Council") -> StampFacts:
    return StampFacts(name, organisation, "22 November 2026", "Edition 3.2", "7F3A-9C2K")


def sizes_and_widths(stream: bytes) -> list[tuple[float, float]]:
    """Font size and set width of each line in a slot."""
    lines = []
    for line in stream.split(b" T* "):
        runs = re.findall(rb"/([FG]) ([\d.]+) Tf <([0-9A-F]+)> Tj", line)
        width = 0.0
        for face, size, codes in runs:
            table = WIDTHS if face == b"F" else COMPANIONS
            width += sum(table[c] for c in bytes.fromhex(codes.decode()).decode("utf-16-be")) * float(size) / 1000
        lines.append((float(runs[0][1]), width))
    return lines


def test_a_full_stamp_names_person_organisation_date_edition_and_code() -> None:
    text = personal_text(StampStyle.FULL, facts())
    assert text == "Siân Wójcik · Lakeshire Council · 22 November 2026 · Edition 3.2 · 7F3A-9C2K"


def test_a_line_names_the_organisation_and_nobody() -> None:
    assert personal_text(StampStyle.LINE, facts()) == "Lakeshire Council · Edition 3.2"


def test_ordinary_names_take_one_line_at_the_largest_size() -> None:
    [patch] = personal_bytes(prepared(), facts())
    assert [size for size, _ in sizes_and_widths(patch.data)] == [7.0]


def test_every_patch_has_its_slots_length_and_place() -> None:
    slots = (A4_SLOT, Slot(9000, SLOT_LENGTH, 224.0, 190.0))
    patches = personal_bytes(prepared(StampStyle.FULL, *slots), facts())
    assert [(patch.offset, len(patch.data)) for patch in patches] == [(100, SLOT_LENGTH), (9000, SLOT_LENGTH)]


@pytest.mark.parametrize("width", [496.0, 848.0, 224.0])
@pytest.mark.parametrize("letters", ["Wilhelmina ", "M", "W W "])
def test_names_of_120_characters_are_never_cut_and_stay_legible(letters: str, width: float) -> None:
    long = facts((letters * 120)[:120], (letters[::-1] * 120)[:120].strip())
    [patch] = personal_bytes(prepared(StampStyle.FULL, Slot(0, SLOT_LENGTH, width, 193.0)), long)
    assert said(patch.data) == personal_text(StampStyle.FULL, long).replace(" ", "")
    for size, set_width in sizes_and_widths(patch.data):
        assert size >= 5
        assert set_width <= width + 0.01


def test_a_long_name_takes_two_lines_before_it_gets_tiny() -> None:
    long = facts("Alexandra " * 8, "Lakeshire " * 8)
    [patch] = personal_bytes(prepared(), long)
    lines = sizes_and_widths(patch.data)
    assert len(lines) == 2
    assert lines[0][0] >= 6


def test_spaces_count_when_lines_are_filled() -> None:
    size, lines = fitted([("W", 1.0)] * 40, 1.0, 31.5, 1000.0, Faces({" ": 1000, "W": 1000}, {}).broken)
    assert all((2 * len(line) - 1) * size <= 31.5 for line in lines)


def test_no_line_begins_with_a_separator() -> None:
    [patch] = personal_bytes(prepared(), facts("Alexandra " * 11, "Lakeshire " * 11))
    starts = re.findall(rb"T\* /F [\d.]+ Tf <([0-9A-F]{4})", patch.data)
    assert len(starts) >= 1
    assert b"00B7" not in starts


def test_what_cannot_fit_is_an_error_not_a_cut() -> None:
    with pytest.raises(DoesNotFit):
        personal_bytes(prepared(StampStyle.FULL, Slot(0, SLOT_LENGTH, 64.0, 12.0)), facts("Alexandra " * 12))
    with pytest.raises(DoesNotFit):
        personal_bytes(prepared(), facts("A" * 500))


@pytest.mark.parametrize(("name", "missing"), [("李小龙", "李小龙"), ("محمد Ali", "محد"), ("Ann 🙂", "🙂")])
def test_a_name_that_the_typeface_lacks_is_refused_with_the_characters(name: str, missing: str) -> None:
    with pytest.raises(NameNotDrawable) as refused:
        personal_bytes(prepared(), facts(name))
    assert refused.value.characters == missing


def test_a_word_that_the_house_typeface_lacks_is_set_whole_in_its_companion() -> None:
    [patch] = personal_bytes(prepared(), facts("Nguyễn Thị Ann", "Adébọ́lá Trust"))
    runs = re.findall(rb"/([FG]) 7.00 Tf <([0-9A-F]+)> Tj", patch.data)
    said_by = [(face, bytes.fromhex(codes.decode()).decode("utf-16-be")) for face, codes in runs]
    assert said_by[:4] == [(b"G", "Nguyễn Thị "), (b"F", "Ann · "), (b"G", "Adébọ́lá "), (b"F", said_by[3][1])]
    assert said_by[3][1].startswith("Trust · 22 November")


def test_operators_in_a_name_stay_words() -> None:
    [patch] = personal_bytes(prepared(), facts("> Tj ET Q /Fm0 Do (", "</b>\\) endstream endobj"))
    assert b"endstream" not in patch.data
    assert b"/Fm0" not in patch.data
    assert patch.data.count(b" Tj") == len(re.findall(rb"<[0-9A-F]+> Tj", patch.data)) == 1


def test_hidden_and_reordering_characters_are_dropped() -> None:
    dirty = facts("Ann\u202egro\x00\u200b\tSmith\r\n", unicodedata.normalize("NFD", "Siân’s Team"))
    assert personal_text(StampStyle.FULL, dirty).startswith("Anngro Smith · Siân’s Team · ")


def test_facts_of_another_edition_are_refused() -> None:
    with pytest.raises(ValueError, match=r"Edition 3\.2"):
        personal_bytes(prepared(), StampFacts("Ann", "Team", "1 May 2026", "Edition 3.1", "X"))


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_text_is_drawn_whole_or_refused(name: str, organisation: str) -> None:
    given_facts = facts(name, organisation)
    text = personal_text(StampStyle.FULL, given_facts)
    if set(text) - set(WIDTHS) - set(COMPANIONS):
        with pytest.raises(NameNotDrawable) as refused:
            personal_bytes(prepared(), given_facts)
        assert set(refused.value.characters) >= set(text) - set(WIDTHS) - set(COMPANIONS)
        return
    [patch] = personal_bytes(prepared(), given_facts)
    assert said(patch.data) == text.replace(" ", "")
    assert len(patch.data) == SLOT_LENGTH


LETTERS = sorted(set(WIDTHS) & set(COMPANIONS))


@given(st.text(LETTERS, min_size=1, max_size=120), st.text(LETTERS, max_size=120))
def test_any_drawable_name_fits_a4(name: str, organisation: str) -> None:
    [patch] = personal_bytes(prepared(), facts(name, organisation))
    assert all(size >= 5 and width <= 496.01 for size, width in sizes_and_widths(patch.data))


def test_a_prepared_file_survives_a_json_column() -> None:
    kept = json.loads(json.dumps(prepared().to_json()))
    assert Prepared.from_json(kept) == prepared()
    with pytest.raises(ValueError, match="unknown"):
        Prepared.from_json({**kept, "format": 99})


def test_the_words_cost_less_than_a_millisecond() -> None:
    kept = json.dumps(prepared().to_json())
    rounds = 200
    start = time.process_time()
    for _ in range(rounds):
        personal_bytes(Prepared.from_json(json.loads(kept)), facts())
    assert (time.process_time() - start) / rounds < 0.001
