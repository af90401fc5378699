"""The store in a local folder and in a bucket: whole or not at all, one file per content, no way out of its place."""

import hashlib
import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.clock import SteppingClock
from kit.ports import Store, StoredObject
from kit.store import CHUNK, Bucket, FileDamaged, FileMissing, ObjectStore, StoredFile, StoreUnavailable, record

if TYPE_CHECKING:
    from tests.bucket_server import BucketServer

PDF = "application/pdf"


@dataclass(frozen=True)
class Place:
    """Where a store is, seen past the store."""

    store: ObjectStore
    names: Callable[[], list[str]]
    write: Callable[[str, bytes], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a store"


def in_folder(folder: Path) -> Place:
    def write(name: str, content: bytes) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)

    def names() -> list[str]:
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())

    return Place(ObjectStore(folder.as_uri()), names, write)


def in_bucket(server: "BucketServer") -> Place:
    bucket, under = server.new_bucket(), "a store/"

    def write(name: str, content: bytes) -> None:
        server.client.put_object(Bucket=bucket, Key=under + name, Body=content)

    def names() -> list[str]:
        return [name.removeprefix(under) for name in server.names_in(bucket)]

    return Place(ObjectStore(f"s3://{bucket}/a%20store", server.access), names, write)


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, folder: Path) -> Place:
    """The same store twice: whatever holds for one holds for the other."""
    if request.param == "folder":
        return in_folder(folder)
    return in_bucket(request.getfixturevalue("bucket_server"))


@pytest.fixture
def store(place: Place) -> ObjectStore:
    return place.store


@pytest.fixture
def local(folder: Path) -> ObjectStore:
    """For what only a folder can do."""
    return ObjectStore(folder.as_uri())


def at(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def test_a_file_is_kept_under_the_hash_of_its_content(store: Store, place: Place) -> None:
    content = os.urandom(3 * CHUNK + 17)
    stored = store.put(io.BytesIO(content), PDF)
    sha256 = hashlib.sha256(content).hexdigest()
    assert stored == StoredObject(sha256=sha256, size=len(content), content_type=PDF)
    assert place.names() == [at(sha256)]
    assert b"".join(store.chunks(sha256)) == content


def test_an_empty_file_is_a_file_too(store: Store) -> None:
    stored = store.put(io.BytesIO(b""), "text/plain")
    assert stored.size == 0
    assert list(store.chunks(stored.sha256)) == []
    assert store.read_range(stored.sha256, 0, 10) == b""


def test_the_same_content_twice_is_one_file(store: Store, place: Place, tmp_path: Path) -> None:
    path = tmp_path / "handout.pdf"
    path.write_bytes(b"the same")
    assert store.put(path, PDF) == store.put(io.BytesIO(b"the same"), PDF)
    assert len(place.names()) == 1


def test_many_at_once_with_the_same_content(store: Store, place: Place) -> None:
    content = os.urandom(2 * CHUNK)
    threads = [threading.Thread(target=lambda: store.put(io.BytesIO(content), PDF)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert place.names() == [at(hashlib.sha256(content).hexdigest())]


class BreaksOff(io.RawIOBase):
    """An upload whose sender goes away after a while."""

    def __init__(self, good: int) -> None:
        self.left = good

    def read(self, _size: int = -1, /) -> bytes:
        if not self.left:
            raise ConnectionResetError("the sender went away")
        self.left -= 1
        return b"x" * CHUNK


@pytest.mark.parametrize("good", [0, 1, 12])
def test_a_source_that_breaks_off_leaves_nothing_and_its_own_error(store: Store, place: Place, good: int) -> None:
    with pytest.raises(ConnectionResetError, match="went away"):
        store.put(BreaksOff(good), PDF)  # type: ignore[arg-type]
    assert place.names() == []


def test_nothing_is_visible_under_its_name_while_it_is_written(store: Store, place: Place) -> None:
    content = os.urandom(8 * CHUNK)
    sha256 = hashlib.sha256(content).hexdigest()
    seen: list[bool] = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            seen.append(at(sha256) in place.names())
            return super().read(size)

    store.put(Watched(content), PDF)
    assert len(seen) > 8
    assert not any(seen)


@pytest.mark.parametrize(("start", "end"), [(0, 1), (5, 5), (CHUNK - 3, CHUNK + 3), (2 * CHUNK, 9 * CHUNK), (0, None)])
def test_ranges_are_those_of_the_content(store: Store, start: int, end: int | None) -> None:
    content = os.urandom(2 * CHUNK + 100)
    sha256 = store.put(io.BytesIO(content), PDF).sha256
    pieces = list(store.chunks(sha256, start, end))
    assert b"".join(pieces) == content[start:end]
    assert all(len(piece) <= CHUNK for piece in pieces)
    if end is not None:
        assert store.read_range(sha256, start, end) == content[start:end]


TRICKS = ["../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", "a" * 63 + "/", "", "٠" * 64, "%2e" * 21 + "a"]


@pytest.mark.parametrize("name", TRICKS)
def test_names_that_are_no_hash_find_nothing(store: Store, name: str, tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        store.read_range(name, 0, 10)
    with pytest.raises(FileMissing):
        store.chunks(name)
    with pytest.raises(FileMissing):
        store.fetch(name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_file_is_known_before_the_first_piece(store: Store) -> None:
    with pytest.raises(FileMissing):
        store.chunks("a" * 64)


def test_fetch_copies_to_a_path(store: Store, tmp_path: Path) -> None:
    stored = store.put(io.BytesIO(b"deck"), PDF)
    store.fetch(stored.sha256, tmp_path / "deck.pdf")
    assert (tmp_path / "deck.pdf").read_bytes() == b"deck"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["deck.pdf"]


def test_what_a_killed_process_left_is_removed_after_a_day(local: ObjectStore, folder: Path) -> None:
    kept = local.put(io.BytesIO(b"whole"), PDF)
    for name, hours in (("old", 25), ("old#1", 25), ("new", 1)):
        path = folder / "incoming" / name
        path.write_bytes(b"half")
        long_ago = time.time() - hours * 3600
        os.utime(path, (long_ago, long_ago))
    assert local.forget_unfinished() == 2
    assert in_folder(folder).names() == sorted([at(kept.sha256), "incoming/new"])


def test_what_a_killed_process_left_in_either_place(place: Place) -> None:
    kept = place.store.put(io.BytesIO(b"whole"), PDF)
    place.write("incoming/left", b"half")
    assert place.store.forget_unfinished() == 0
    assert place.store.forget_unfinished(older_than=timedelta(seconds=-5)) == 1
    assert place.names() == [at(kept.sha256)]


def test_check_leaves_nothing_behind(store: Store, place: Place) -> None:
    store.check()
    assert place.names() == []


def test_what_is_not_what_its_name_says_is_not_handed_out(store: Store, place: Place, tmp_path: Path) -> None:
    place.write(at("a" * 64), b"something else")
    with pytest.raises(FileDamaged):
        store.fetch("a" * 64, tmp_path / "out")
    assert list(tmp_path.glob("out*")) == []


def test_a_store_whose_folder_became_a_file_is_unavailable(local: Store, folder: Path) -> None:
    for inside in folder.iterdir():
        inside.rmdir()
    folder.rmdir()
    folder.write_text("not a folder")
    with pytest.raises(StoreUnavailable):
        local.check()
    with pytest.raises(StoreUnavailable):
        local.put(io.BytesIO(b"x"), PDF)


def test_a_store_whose_folder_is_gone_is_unavailable_and_is_not_made_anew(local: Store, folder: Path) -> None:
    """A disk that is not mounted: whatever were written now would lie beneath it."""
    folder.rename(folder.with_name("unmounted"))
    for ask in (local.check, lambda: local.put(io.BytesIO(b"x"), PDF)):
        with pytest.raises(StoreUnavailable):
            ask()
    assert not folder.exists()
    folder.with_name("unmounted").rename(folder)
    local.check()


@pytest.mark.parametrize("url", ["", "/srv/files", "file://host/files", "file:///", "memory://", "s3://"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="a store is"):
        ObjectStore(url)


def test_a_row_is_recorded_once(session: Session, clock: SteppingClock) -> None:
    first = StoredObject(sha256="a" * 64, size=3, content_type=PDF)
    record(session, clock, first)
    began = clock.now()
    clock.move(days=1)
    record(session, clock, StoredObject(sha256="a" * 64, size=3, content_type="text/plain"))
    row = session.scalars(sa.select(StoredFile)).one()
    assert (row.content_type, row.created_at) == (PDF, began)


def plain_read(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def test_reading_costs_about_what_a_plain_read_costs(local: Store, folder: Path) -> None:
    sha256 = local.put(io.BytesIO(os.urandom(32 * CHUNK)), PDF).sha256
    path = folder / at(sha256)

    def spent(pieces: Iterator[bytes | memoryview]) -> float:
        began = time.thread_time()  # of the processor: others may be using the machine too
        for _ in pieces:
            pass
        return time.thread_time() - began

    pairs = [(spent(local.chunks(sha256)), spent(plain_read(path))) for _ in range(15)]
    ours, plain = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    print(f"chunks {ours * 1000:.1f} ms, plain read {plain * 1000:.1f} ms, ratio {ours / plain:.2f}")
    assert ours < 2 * plain  # the bar of 1.1 is measured by `make bench`; this catches a slow road taken by mistake


@pytest.fixture
def bucket_place(bucket_server: "BucketServer") -> Place:
    return in_bucket(bucket_server)


def test_a_bucket_that_is_gone_is_unavailable(bucket_server: "BucketServer") -> None:
    store = ObjectStore("s3://no-such-bucket", bucket_server.access)
    for ask in (store.check, lambda: store.put(io.BytesIO(b"x"), PDF)):
        with pytest.raises(StoreUnavailable):
            ask()


def test_a_server_that_does_not_answer_is_unavailable_soon() -> None:
    store = ObjectStore("s3://bucket", Bucket("http://127.0.0.1:9", key="k", secret="s"))
    began = time.monotonic()
    for ask in (store.check, lambda: store.put(io.BytesIO(b"x"), PDF), lambda: store.size("a" * 64)):
        with pytest.raises(StoreUnavailable):
            ask()
    assert time.monotonic() - began < 30


def test_what_is_in_a_bucket_is_never_written_again(bucket_place: Place) -> None:
    store = bucket_place.store
    sha256 = store.put(io.BytesIO(b"first"), PDF).sha256
    bucket_place.write(at(sha256), b"tampered")
    store.put(io.BytesIO(b"first"), PDF)
    assert store.read_range(sha256, 0, 100) == b"tampered"


def test_the_key_is_never_printed() -> None:
    assert "s3cret" not in repr(Bucket(key="k", secret="s3cret"))


def test_a_bucket_without_room_for_copies_has_no_local_path(bucket_place: Place) -> None:
    assert bucket_place.store.local_path(bucket_place.store.put(io.BytesIO(b"x"), PDF).sha256) is None
