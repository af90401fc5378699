"""Numbers in addresses and hidden fields: only those that a row's id can have."""

import re

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST_ID = 2**63 - 1


class RowIdConverter(IntegerConverter):
    """`<int:…>` as far as both databases count: beyond it there is no page, where they would raise an error."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=LARGEST_ID)


def row_id(typed: str) -> int:
    """The id in a form's hidden field; 0, which no row has, for anything that cannot be one."""
    found = int(typed) if re.fullmatch(r"[0-9]{1,19}", typed, re.ASCII) else 0
    return found if found <= LARGEST_ID else 0


def init_app(app: Flask) -> None:
    """Reads `<int:…>` this way. To be called before the first address is added."""
    app.url_map.converters["int"] = RowIdConverter
