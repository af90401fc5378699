"""A copy sent by the kernel is the same as one sent in pieces: byte for byte, whole and in parts."""

import gc
import os
import socket
import threading
from pathlib import Path

import pytest
from flask import Flask, request

from kit.pdf.stamping import Patch
from kit.store import FileMissing, ObjectStore
from kit.web.files import FIRST, send_spliced

SIZE = 300_000
ORIGINAL = os.urandom(SIZE)
# Stamps at the very beginning, over the end of the first piece, in the middle, and past the end of the file.
PATCHES = (
    Patch(0, b"a" * 9),
    Patch(FIRST - 5, b"b" * 11),
    Patch(200_000, b"c" * 3_083),
    Patch(SIZE, b"d" * 70),
)
LENGTH = SIZE + 70
RANGES = [None, (0, 1), (5, FIRST + 3), (FIRST - 1, FIRST + 20), (199_999, 203_084), (SIZE - 2, LENGTH), (77, 78)]


def expected() -> bytes:
    content = bytearray(ORIGINAL) + bytes(70)
    for patch in PATCHES:
        content[patch.offset : patch.offset + len(patch.data)] = patch.data
    return bytes(content)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    made = ObjectStore((tmp_path / "store").as_uri())
    (tmp_path / "file").write_bytes(ORIGINAL)
    made.put(tmp_path / "file", "application/pdf")
    return made


def sha256_in(tmp_path: Path) -> str:
    return next(path.name for path in (tmp_path / "store").rglob("*") if len(path.name) == 64)


def sent(store: ObjectStore, sha256: str, wanted: tuple[int, int] | None, *, by_kernel: bool) -> bytes:
    """What arrives at the other end when the pieces are written to the socket one after the other, as gunicorn does."""
    headers = {} if wanted is None else {"Range": f"bytes={wanted[0]}-{wanted[1] - 1}"}
    ours, theirs = socket.socketpair()
    arrived: list[bytes] = []

    def read() -> None:
        while piece := theirs.recv(1 << 16):
            arrived.append(piece)

    reader = threading.Thread(target=read)
    reader.start()
    environ = {"gunicorn.socket": ours} if by_kernel else {}
    with Flask("test").test_request_context(headers=headers, environ_overrides=environ), ours:
        answer = send_spliced(
            store, sha256=sha256, size=LENGTH, patches=PATCHES, etag="CODE", file_name="Manual 3.2.pdf"
        )
        assert answer.status_code == (200 if wanted is None else 206)
        for piece in answer.iter_encoded():
            ours.sendall(piece)
        ours.shutdown(socket.SHUT_WR)
        reader.join(10)
    theirs.close()
    assert answer.content_length == sum(map(len, arrived))
    return b"".join(arrived)


@pytest.mark.parametrize("by_kernel", [True, False])
@pytest.mark.parametrize("wanted", RANGES)
def test_every_part_of_a_copy_arrives_as_it_should(
    store: ObjectStore, tmp_path: Path, wanted: tuple[int, int] | None, by_kernel: bool
) -> None:
    low, high = wanted or (0, LENGTH)
    assert sent(store, sha256_in(tmp_path), wanted, by_kernel=by_kernel) == expected()[low:high]


def test_a_missing_file_is_found_out_before_the_answer_begins(store: ObjectStore) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Flask("test").test_request_context(environ_overrides={"gunicorn.socket": ours}):
        with pytest.raises(FileMissing):
            send_spliced(store, sha256="0" * 64, size=9, patches=(), etag="CODE", file_name="A.pdf")
        request.environ.pop("gunicorn.socket")
        with pytest.raises(FileMissing):
            send_spliced(store, sha256="0" * 64, size=9, patches=(), etag="CODE", file_name="A.pdf")


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_an_answer_that_is_never_sent_keeps_no_file_open(store: ObjectStore, tmp_path: Path) -> None:
    sha256 = sha256_in(tmp_path)
    ours, theirs = socket.socketpair()

    def begun_and_dropped() -> None:
        with Flask("test").test_request_context(environ_overrides={"gunicorn.socket": ours}):
            send_spliced(store, sha256=sha256, size=SIZE, patches=(), etag="CODE", file_name="A.pdf").close()

    def is_open() -> bool:
        return any(os.readlink(link).endswith(sha256) for link in Path("/proc/self/fd").iterdir() if link.is_symlink())

    with ours, theirs:
        begun_and_dropped()
        gc.collect()
        assert not is_open()
