"""Files of a bucket kept near: fetched once however many ask, bounded, and never thrown away under somebody's hands."""

import os
import threading
import time
from pathlib import Path

import pytest

from kit.local_copies import LocalCopies

LONG_AGO = 3600.0


class Source:
    """Where files come from; counts how often it was asked."""

    def __init__(self, folder: Path, limit: int, size: int = 1000) -> None:
        self.copies = LocalCopies(folder, limit)
        self.folder = folder
        self.size = size
        self.fetched: list[str] = []

    def path(self, name: str) -> Path | None:
        return self.copies.path(name, lambda: self.size, self._fetch)

    def names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir() if not path.name.startswith(".")}

    def age(self, name: str, seconds: float = LONG_AGO) -> None:
        moment = time.time() - seconds
        os.utime(self.folder / name, (moment, moment))

    def _fetch(self, target: Path) -> None:
        self.fetched.append(target.name)
        time.sleep(0.05)
        target.write_bytes(b"x" * self.size)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "copies", limit=3000)


def test_a_file_is_fetched_once(source: Source) -> None:
    first = source.path("aa1")
    assert first
    assert first.read_bytes() == b"x" * 1000
    assert source.path("aa1") == first
    assert source.fetched == ["aa1"]


def test_of_many_who_want_it_one_fetches(source: Source) -> None:
    threads = [threading.Thread(target=source.path, args=("aa1",)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert source.fetched == ["aa1"]


def test_what_was_used_longest_ago_makes_room(source: Source) -> None:
    for number, name in enumerate(("aa1", "bb2", "cc3")):
        source.path(name)
        source.age(name, LONG_AGO - number * 60)
    source.path("aa1")  # used again: now `bb2` is the oldest
    source.path("dd4")
    assert source.names() == {"aa1", "cc3", "dd4"}


def test_what_is_in_use_stays_even_when_room_runs_out(source: Source) -> None:
    for name in ("aa1", "bb2", "cc3", "dd4"):
        source.path(name)
    assert source.names() == {"aa1", "bb2", "cc3", "dd4"}


def test_a_file_larger_than_all_room_is_not_fetched(source: Source) -> None:
    source.size = 3001
    assert source.path("aa1") is None
    assert source.fetched == []


def test_the_rest_of_a_killed_process_goes_too(source: Source) -> None:
    source.path("aa1")
    (source.folder / "bb2.half").write_bytes(b"x" * 2500)
    source.age("bb2.half")
    source.path("cc3")
    assert source.names() == {"aa1", "cc3"}


def test_the_folder_may_be_thrown_away_at_any_time(source: Source) -> None:
    place = source.path("aa1")
    assert place
    place.unlink()
    assert source.path("aa1") == place
    assert source.fetched == ["aa1", "aa1"]


def test_nobody_else_may_look_into_it(source: Source) -> None:
    source.path("aa1")
    assert source.folder.stat().st_mode & 0o777 == 0o700
