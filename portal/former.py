"""Addresses that the portal once had: whoever asks there is led to the same page at the present one."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class LeadingOn:
    """Answers for the former names before the app sees anything; printed QR codes and old bookmarks go on working."""

    def __init__(self, app: "WSGIApplication", former: tuple[str, ...], public_url: str) -> None:
        self._app = app
        self._former = {urlsplit(url).netloc.lower() for url in former}
        self._public_url = public_url.rstrip("/")

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """A page that is asked for keeps its address; a form that is sent is not carried over to another name."""
        if str(environ.get("HTTP_HOST", "")).lower() not in self._former:
            return self._app(environ, start_response)
        reading = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        start_response(
            "308 Permanent Redirect" if reading else "303 See Other",
            [("Location", self._public_url + (_asked_for(environ) if reading else "/")), ("Content-Length", "0")],
        )
        return []


def _asked_for(environ: "WSGIEnvironment") -> str:
    path = "/" + quote(str(environ.get("PATH_INFO", "")).encode("latin-1")).lstrip("/")
    query = str(environ.get("QUERY_STRING", ""))
    return path + ("?" + quote(query, safe="=&%+/:;,@!~*'()$-._?") if query else "")
