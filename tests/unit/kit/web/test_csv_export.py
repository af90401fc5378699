"""CSV files: what a spreadsheet makes of them."""

import csv
import io

import pytest
from flask import Flask

from kit.web.csv_export import csv_response, plain_cell


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_begins_a_formula(start: str) -> None:
    assert plain_cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


@pytest.mark.parametrize(("value", "cell"), [(None, ""), (0, "0"), ("a=b", "a=b"), ("", "")])
def test_other_values_stay_as_they_are(value: object, cell: str) -> None:
    assert plain_cell(value) == cell


def test_a_file_reads_back_as_it_was_written() -> None:
    app = Flask(__name__)
    rows = [("Łukasz", 'says "no", twice'), ("two\nlines", -3)]
    with app.test_request_context():
        response = csv_response("people.csv", ("Name", "Note"), iter(rows))
        sent = response.get_data()
    assert sent.startswith(b"\xef\xbb\xbf")
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"] == 'attachment; filename="people.csv"'
    read = list(csv.reader(io.StringIO(sent.decode("utf-8-sig"), newline="")))
    assert read == [["Name", "Note"], ["Łukasz", 'says "no", twice'], ["two\nlines", "'-3"]]


def test_an_empty_list_still_has_its_heads() -> None:
    with Flask(__name__).test_request_context():
        assert csv_response("a.csv", ("Name",), []).get_data().decode("utf-8-sig") == "Name\r\n"
