"""How a change note's “where” is read, and which number comes next."""

import pytest

from materials.web.staff_forms import next_number, tidy_place, wrong_pages


@pytest.mark.parametrize(
    ("typed", "tidy"),
    [
        ("12", "Page 12"),
        ("p. 12", "Page 12"),
        ("pages 12-13", "Pages 12–13"),
        ("12 to 13, 15", "Pages 12–13, 15"),
        ("12 and 15", "Pages 12, 15"),
        ("Pages 41–44", "Pages 41–44"),
        ("Section 4", "Section 4"),
        ("Day 2, after lunch", "Day 2, after lunch"),
    ],
)
def test_pages_are_written_in_one_way_and_sections_stay(typed: str, tidy: str) -> None:
    assert tidy_place(typed) == tidy


@pytest.mark.parametrize("typed", ["190", "pages 1-190", "Section 900", "", "1, 2"])
def test_pages_in_the_file_are_right(typed: str) -> None:
    assert wrong_pages(typed, 190) == ""


@pytest.mark.parametrize("typed", ["191", "pages 12-204", "1, 191", "0", "page 0"])
def test_pages_beyond_the_file_say_what_is_possible(typed: str) -> None:
    assert wrong_pages(typed, 190) == "The file has 190 pages. Write a page from 1 to 190."


def test_pages_before_the_file_is_counted_may_be_any_but_none() -> None:
    assert wrong_pages("4000", None) == ""
    assert wrong_pages("0", None) == "Write a page from 1 on."


def test_a_range_runs_forward() -> None:
    assert wrong_pages("13-12", 190) == "Page 12 comes before page 13. Write the smaller one first."


@pytest.mark.parametrize(
    ("known", "following"),
    [([], "1.0"), (["3.1", "3.2"], "3.3"), (["3.9", "3.10"], "3.11"), (["2"], "3"), (["pilot", "1.4"], "1.5")],
)
def test_the_next_number_follows_the_highest(known: list[str], following: str) -> None:
    assert next_number(known) == following
