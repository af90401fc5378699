"""Numbers in addresses: only those that a row's id can have."""

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST_ID = 2**63 - 1


class RowIdConverter(IntegerConverter):
    """`<int:…>` as far as both databases count: beyond it there is no page, where they would raise an error."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=LARGEST_ID)


def init_app(app: Flask) -> None:
    """Reads `<int:…>` this way. To be called before the first address is added."""
    app.url_map.converters["int"] = RowIdConverter
