"""Sends stored files, whole or in part, in pieces of 1 MB so that memory stays flat."""

from collections.abc import Iterable
from urllib.parse import quote

from flask import Response, request
from werkzeug.http import parse_range_header

from kit.pdf.stamping import Patch, spliced
from kit.ports import Store


def send_spliced(
    store: Store, *, sha256: str, size: int, patches: tuple[Patch, ...], etag: str, file_name: str
) -> Response:
    """Sends a stored PDF with a copy's own bytes in place of the room left for them.

    Answers a single range and `If-None-Match`; several ranges at once get the whole file, as the standard allows.
    The answer is for one person only, so it is never kept by a cache in between.
    """
    if request.if_none_match.contains(etag):
        return _with_headers(Response(status=304), etag, file_name)
    wanted = _range(size, etag)
    if wanted is None:
        response = Response(status=416)
        response.headers["Content-Range"] = f"bytes */{size}"
        return response
    start, end = wanted
    pieces: Iterable[bytes | memoryview] = (
        ()
        if request.method == "HEAD"
        else spliced(lambda low, high: store.read_range(sha256, low, high), patches, start, end)
    )
    partial = (start, end) != (0, size) or "Range" in request.headers and _honours_range(etag)
    response = Response(pieces, status=206 if partial else 200, mimetype="application/pdf", direct_passthrough=True)  # type: ignore[arg-type]
    response.content_length = end - start
    if partial:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return _with_headers(response, etag, file_name)


def _honours_range(etag: str) -> bool:
    """A range counts only for the very copy it was begun with (`If-Range`)."""
    condition = request.if_range
    if condition.etag is None and condition.date is None:
        parsed = parse_range_header(request.headers.get("Range"))
        return parsed is not None and len(parsed.ranges) == 1
    return condition.etag == etag


def _range(size: int, etag: str) -> tuple[int, int] | None:
    """Start and end (not included) of what to send; the whole without a range; None when it cannot be met."""
    if not _honours_range(etag):
        return 0, size
    parsed = parse_range_header(request.headers.get("Range"))
    if parsed is None or len(parsed.ranges) != 1 or parsed.units != "bytes":
        return 0, size
    return parsed.range_for_length(size)


def _with_headers(response: Response, etag: str, file_name: str) -> Response:
    response.set_etag(etag)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "private, no-cache"
    plain = file_name.encode("ascii", "replace").decode().replace('"', "").replace("?", "_")
    response.headers["Content-Disposition"] = (
        f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
    )
    return response
