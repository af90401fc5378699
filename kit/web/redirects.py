"""Sends people on, only ever within the portal."""

import re

from flask import redirect, request
from werkzeug.wrappers import Response

# One slash, then neither a slash nor a backslash: browsers read //host, /\host and control characters as other sites.
_OURS = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", re.ASCII)


def is_ours(address: str | None) -> bool:
    """Whether an address that came with the request leads to a page of ours."""
    return bool(address) and len(address or "") <= 500 and _OURS.fullmatch(address or "") is not None


def wanted_page() -> str | None:
    """The page to go on to that the request's address names (`next`); None without one, or when it is not ours."""
    wanted = request.args.get("next")
    return wanted if is_ours(wanted) else None


def onward(wanted: str | None, otherwise: str) -> Response:
    """Redirects with 303 to the wanted page when it is ours, else to the other one.

    Checked twice: what is asked for, and the Location that goes out.
    """
    response = redirect(wanted if wanted and is_ours(wanted) else otherwise, code=303)
    if not is_ours(response.location):
        return redirect(otherwise, code=303)
    return response
