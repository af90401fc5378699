"""Lists as CSV files that a spreadsheet opens as text, whatever somebody typed as their name."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Response, stream_with_context

from kit.web.typed_text import file_name

# Spreadsheets take a cell that begins with one of these for a formula (OWASP, "CSV injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def csv_response(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A download called `name`, sent row by row as `rows` yields them.

    UTF-8 with a byte order mark: without it Excel reads names such as Łukasz in another alphabet.
    """
    response = Response(stream_with_context(_lines(heads, rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(name)}"'
    return response


def plain_cell(value: object) -> str:
    """The value as text that no spreadsheet takes for a formula; None becomes an empty cell."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _lines(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow(heads)
    for row in rows:
        writer.writerow([plain_cell(value) for value in row])
        yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    """What was written so far; the buffer is empty afterwards."""
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
