"""Sends stored files, whole or in part, without taking them into memory.

Between the places where a copy was stamped, the file is the stored one: there the kernel sends it from the disk to
the socket by itself, which is what the server does with a plain file. Where that cannot be (a bucket, another server
than gunicorn, a test), the same bytes go in pieces of 1 MB.
"""

import errno
import os
import socket
import ssl
from collections.abc import Iterator, Sequence
from functools import partial
from io import FileIO
from urllib.parse import quote

from flask import Response, request
from werkzeug.http import parse_range_header

from kit.pdf.stamping import Patch, segments, spliced
from kit.ports import Store
from kit.store import FileMissing

CHUNK = 1 << 20
FIRST = 1 << 12  # bytes: the server sends the headers when it is given a first piece


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
    pieces = iter(()) if request.method == "HEAD" else _pieces(store, sha256, patches, start, end)
    is_part = (start, end) != (0, size) or ("Range" in request.headers and _honours_range(etag))
    response = Response(pieces, status=206 if is_part else 200, mimetype="application/pdf", direct_passthrough=True)
    response.content_length = end - start
    if is_part:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return _with_headers(response, etag, file_name)


def as_pdf(data: bytes, file_name: str) -> Response:
    """Sends a PDF that was made for this very request, to be looked at in the browser."""
    response = Response(data, mimetype="application/pdf")
    response.headers["Content-Disposition"] = _disposition(file_name)
    return response


def _pieces(store: Store, sha256: str, patches: Sequence[Patch], start: int, end: int) -> Iterator[bytes]:
    """The copy from `start` up to `end`; what the kernel sent by itself is not among the pieces.

    A file that is missing is found out now, while another answer can still be given.
    """
    path, connection = store.local_path(sha256), _connection()
    if path is None or connection is None:
        store.read_range(sha256, 0, 1)
        read = partial(store.read_range, sha256)
        return map(bytes, spliced(read, patches, start, end, CHUNK))
    try:
        stored = open(path, "rb", buffering=0)  # noqa: SIM115 - closed by who sends it, or with it if nobody does
    except FileNotFoundError:
        raise FileMissing(sha256) from None
    return _sent_by_kernel(connection, stored, patches, start, end)


def _sent_by_kernel(
    connection: socket.socket, stored: FileIO, patches: Sequence[Patch], start: int, end: int
) -> Iterator[bytes]:
    """Yields a first piece and what was stamped; the rest goes from the disk to the socket in between."""
    with stored:
        file, first = stored.fileno(), min(start + FIRST, end)
        yield from map(bytes, spliced(lambda low, high: os.pread(file, high - low, low), patches, start, first))
        for segment in segments(patches, first, end):
            if isinstance(segment, bytes):
                yield segment
            else:
                _send_stretch(connection, file, *segment)


def _send_stretch(connection: socket.socket, file: int, start: int, end: int) -> None:
    """Has the kernel send part of a file. Raises `BrokenPipeError` when the other side does not read.

    How long that may last is set on the server's socket; `socket.sendfile` would begin to wait again, without an end.
    """
    while start < end:
        try:
            sent = os.sendfile(connection.fileno(), file, start, end - start)
        except BlockingIOError:
            raise BrokenPipeError(errno.EPIPE, "nobody reads") from None
        if sent == 0:
            raise OSError("the stored file ended early")
        start += sent


def _connection() -> socket.socket | None:
    """Gunicorn's socket to whoever asked, when the kernel may write on it; headers are sent with the first piece."""
    found = request.environ.get("gunicorn.socket")
    return found if isinstance(found, socket.socket) and not isinstance(found, ssl.SSLSocket) else None


def _honours_range(etag: str) -> bool:
    """A range counts only for the very copy it was begun with (`If-Range`)."""
    condition = request.if_range
    if condition.etag is None and condition.date is None:
        parsed = parse_range_header(request.headers.get("Range"))
        return parsed is not None and len(parsed.ranges) == 1 and parsed.units == "bytes"
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
    response.headers["Content-Disposition"] = _disposition(file_name)
    return response


def _disposition(file_name: str) -> str:
    plain = file_name.encode("ascii", "replace").decode().replace('"', "").replace("?", "_")
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
