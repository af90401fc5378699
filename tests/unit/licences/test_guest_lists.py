"""Lists of people to invite, as people paste them and as spreadsheets save them."""

from time import process_time

import pytest

from licences.people.invitations import Guest
from licences.web.guest_lists import MOST_GUESTS, is_older_alphabet, read_file, read_lines

ANN = Guest("Ann Lee", "ann@lee.example")


@pytest.mark.parametrize(
    "line",
    [
        "Ann Lee <ann@lee.example>",
        '"Ann Lee" <Ann@Lee.example>',
        "Ann Lee, ann@lee.example",
        "ann@lee.example, Ann Lee",
        "Ann Lee;ann@lee.example",
        "Ann Lee\tann@lee.example",
        "  Ann  Lee ,  ann@lee.example ,",
    ],
)
def test_one_person_however_written(line: str) -> None:
    assert read_lines(line).guests == (ANN,)


@pytest.mark.parametrize("line", ["ann@lee.example", "<ann@lee.example>", "ANN@lee.example;"])
def test_an_address_alone(line: str) -> None:
    assert read_lines(line).guests == (Guest("", "ann@lee.example"),)


def test_several_on_one_line_as_mail_programs_write_them() -> None:
    read = read_lines("Ann Lee <ann@lee.example>; Poole, Gareth <g@p.example>, cy@lee.example\n\n")
    assert read.guests == (ANN, Guest("Poole, Gareth", "g@p.example"), Guest("", "cy@lee.example"))
    assert read.faults == ()


def test_what_is_shown_is_what_is_read_again() -> None:
    read = read_lines("Ann Lee, ann@lee.example\ncy@lee.example\nPoole, Gareth <g@p.example>")
    assert read_lines(read.as_lines()).guests == read.guests


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Ann Lee", "there is no e-mail address"),
        ("Ann Lee <ann>", "Write an e-mail address"),
        ("=cmd(), ann@lee.example", "Begin with a letter"),
        ("A\u202enn, ann@lee.example", "signs that cannot be used"),
        ("<b>Ann</b>, ann@lee.example", "signs that cannot be used"),
        ("A" * 121 + ", ann@lee.example", "Shorten it to 120"),
        ("a@b@lee.example", "e-mail address"),
    ],
)
def test_faults_are_told_by_row(line: str, told: str) -> None:
    read = read_lines("cy@lee.example\n" + line)
    assert len(read.faults) == 1
    assert read.faults[0].startswith("Row 2: ")
    assert told in read.faults[0]


def test_an_address_that_is_there_twice() -> None:
    assert read_lines("a@lee.example\nA@LEE.example").faults == ("Row 2: a@lee.example is in row 1 already.",)


def test_too_many() -> None:
    lines = "\n".join(f"a{number}@lee.example" for number in range(MOST_GUESTS + 1))
    assert read_lines(lines).faults == (
        f"There are {MOST_GUESTS + 1} people in this list. Invite 200 at a time at the most.",
    )
    assert read_lines(lines.rpartition("\n")[0]).faults == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_files_in_every_alphabet(encoding: str, separator: str) -> None:
    data = f"Name{separator}E-mail\r\nSiân{separator}sian@lee.example\r\n".encode(encoding)
    assert read_file(data).guests == (Guest("Siân", "sian@lee.example"),)
    assert is_older_alphabet(data) == (encoding == "cp1252")


def test_rows_that_are_ragged() -> None:
    read = read_file(b"Name,E-mail\r\nAnn\r\n,cy@lee.example\r\nBen,b@lee.example,x\r\n\r\n")
    assert [fault[:5] for fault in read.faults] == ["Row 2", "Row 4"]
    assert read.guests == (Guest("", "cy@lee.example"),)


def test_a_file_without_headings() -> None:
    assert read_file(b'"Ann Lee",ann@lee.example\r\n,cy@lee.example\r\n').guests == (ANN, Guest("", "cy@lee.example"))


@pytest.mark.parametrize("line", ["{}y", "x <{}y", "x{}<{}y"])
def test_a_line_of_spaces_costs_no_more_than_its_length(line: str) -> None:
    begun = process_time()
    assert read_lines("cy@lee.example\n" + line.replace("{}", " " * 5_000)).faults
    assert process_time() - begun < 2
