"""Tables handed in: every fault is told by its row, and nothing odd gets through."""

from datetime import date

import pytest

from kit.web import sheets
from kit.web.sheets import Column, Fault

COLUMNS = (
    Column("Name", sheets.words(20)),
    Column("E-mail", sheets.email, others=("email address",)),
    Column("Until", sheets.day, required=False),
    Column("Seats", sheets.number(1, 100), required=False),
)


def read(text: str) -> sheets.Sheet:
    return sheets.read_sheet(text, COLUMNS, most_rows=3)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_each_separator_and_any_order_of_columns(separator: str) -> None:
    lines = (["EMAIL ADDRESS", " name "], ["Ann@School.example", "Ann  O’Hara"])
    sheet = read("\ufeff" + "\r\n".join(separator.join(cells) for cells in lines))
    assert sheet.faults == []
    assert [(row.number, row.values) for row in sheet.rows] == [
        (2, {"e mail": "ann@school.example", "name": "Ann O’Hara"})
    ]


@pytest.mark.parametrize("written", ["31/3/2027", "31.03.2027", "31 March 2027", "2027-03-31"])
def test_days_as_people_and_spreadsheets_write_them(written: str) -> None:
    assert sheets.day(written) == date(2027, 3, 31)


@pytest.mark.parametrize("written", ["3/31/2027", "29/2/2027", "31/3/27", "soon", "٣١/٣/٢٠٢٧", f"{10**20}/3/2027"])
def test_days_that_are_none(written: str) -> None:
    with pytest.raises(ValueError, match="Write"):
        sheets.day(written)


def test_every_fault_is_told_by_its_row() -> None:
    sheet = read("name,e-mail,until,seats\nAnn,ann@school.example,,\n=cmd(),nobody,40/1/2027,0\n,b@school.example")
    assert [(fault.row, fault.heading) for fault in sheet.faults] == [
        (3, "Name"), (3, "E-mail"), (3, "Until"), (3, "Seats"), (4, "Name"),
    ]  # fmt: skip
    assert [row.number for row in sheet.rows] == [2]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "nothing in this table"),
        ("name,e-mail", "nothing below it"),
        ("name\nAnn", "missing"),
        ("name,name,e-mail\nA,B,c@d.example", "twice"),
        ("name,e-mail,shoes\nAnn,a@b.example,9", "No such column"),
        ('name,e-mail\n"Ann,a@b.example', "do not pair up"),
        ("name,e-mail\n" + "Ann,a@b.example\n" * 4, "4 rows"),
        ("name,e-mail\nO’Hara, Ann,a@b.example", "A comma in a name?"),
    ],
)
def test_what_is_wrong_with_a_whole_table(text: str, told: str) -> None:
    sheet = read(text)
    assert sheet.rows == []
    assert told in sheet.faults[0].message


def test_empty_rows_and_short_rows_do_no_harm() -> None:
    sheet = read("name,e-mail,until\n\nAnn,a@b.example\n,,\n")
    assert [row.number for row in sheet.rows] == [3]
    assert isinstance(sheet.rows[0].values, dict)
    assert sheet.rows[0].values["until"] is None


@pytest.mark.parametrize(
    ("data", "text"),
    [("Łukasz".encode(), "Łukasz"), ("\ufeffŁukasz".encode(), "Łukasz"), ("Siân".encode("cp1252"), "Siân"),
     ("Łukasz".encode("utf-16"), "Łukasz")],
)  # fmt: skip
def test_alphabets_of_files(data: bytes, text: str) -> None:
    assert sheets.text_of(data) == text


@pytest.mark.parametrize("data", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0", b"a\x00b", b"\x81\x8d", b"\xff\xfea"])
def test_files_that_are_no_table(data: bytes) -> None:
    with pytest.raises(ValueError, match="file"):
        sheets.text_of(data)


def test_hidden_letters_are_told() -> None:
    sheet = read("name,e-mail\nAnn\u202etxt,a@b.example")
    assert sheet.faults == [Fault(2, "Name", "This holds signs that cannot be used. Type it anew.")]


def test_a_line_of_bare_commas_is_not_paid_for_in_every_row() -> None:
    found = read("Name,Until" + "," * sheets.MOST_COLUMNS + "\nAnn,\n")
    assert (found.rows, len(found.faults)) == ([], 1)
