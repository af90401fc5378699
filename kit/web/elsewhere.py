"""Pages of upper floors that a lower one leads to: called by what they are, registered by the app that has them."""

from collections.abc import Mapping
from typing import cast

from flask import Flask, current_app, url_for

_KEY = "elsewhere"


def init_app(app: Flask, endpoints: Mapping[str, str]) -> None:
    """Names the endpoint of each page; templates ask with `elsewhere("…")`."""
    app.extensions[_KEY] = dict(endpoints)
    app.jinja_env.globals["elsewhere"] = elsewhere


def elsewhere(page: str, **values: object) -> str:
    """The address of a page by what it is, such as `sign in`. Raises `KeyError` for one that nobody registered."""
    endpoints = cast(dict[str, str], current_app.extensions[_KEY])
    return url_for(endpoints[page], **values)  # type: ignore[arg-type]
