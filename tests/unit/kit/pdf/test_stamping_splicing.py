"""A stamped copy in ranges and on disk: the same bytes either way, and never a short one."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.pdf.stamping import Patch, spliced, write_copy

SIZE = 5000
PATCHES = [Patch(10, b"a" * 90), Patch(1000, b"b" * 2560), Patch(4990, b"c" * 10)]
ORIGINAL = os.urandom(SIZE)


def expected() -> bytes:
    content = bytearray(ORIGINAL)
    for patch in PATCHES:
        content[patch.offset : patch.offset + len(patch.data)] = patch.data
    return bytes(content)


@given(st.integers(0, SIZE), st.integers(0, SIZE), st.integers(1, 3000))
def test_any_range_in_any_pieces_is_that_part_of_the_copy(first: int, second: int, chunk: int) -> None:
    start, end = sorted((first, second))
    pieces = list(spliced(lambda low, high: memoryview(ORIGINAL)[low:high], PATCHES, start, end, chunk))
    assert b"".join(pieces) == expected()[start:end]
    longest = max(chunk, *(len(patch.data) for patch in PATCHES))
    assert all(0 < len(piece) <= longest for piece in pieces)


def test_a_file_on_disk_is_the_same_copy(tmp_path: Path) -> None:
    (tmp_path / "prepared").write_bytes(ORIGINAL)
    write_copy(tmp_path / "prepared", tmp_path / "copy", PATCHES)
    assert (tmp_path / "copy").read_bytes() == expected()
    assert (tmp_path / "prepared").read_bytes() == ORIGINAL
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "prepared"]


def test_a_file_that_ends_early_is_an_error_not_a_short_copy() -> None:
    pieces = spliced(lambda low, high: ORIGINAL[:3000][low:high], PATCHES, 0, SIZE, 1000)
    with pytest.raises(OSError, match="ends before"):
        list(pieces)


def test_a_failed_copy_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "prepared").write_bytes(ORIGINAL)
    with pytest.raises(TypeError):
        write_copy(tmp_path / "prepared", tmp_path / "copy", [Patch(0, None)])  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["prepared"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=5)
@given(st.binary(max_size=200_000))
def test_files_of_any_length_copy_whole(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "any").write_bytes(content)
    write_copy(tmp_path / "any", tmp_path / "again", [])
    assert (tmp_path / "again").read_bytes() == content
