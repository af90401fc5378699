"""A stamped copy as bytes: any range of it, or a file of it. Memory stays flat whatever the size of the file.

Where a copy is cut into what is stamped and what is not stands here once: `segments`.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kit.pdf.stamping.prepared import Patch

CHUNK = 256 * 1024  # bytes; measured: larger pieces are slower (they leave the processor's cache) and take more memory

ReadRange = Callable[[int, int], bytes | memoryview]
"""Reads the prepared file from one offset up to, not including, another."""
Stretch = tuple[int, int]
"""Part of the prepared file that is the same in every copy: from one offset up to, not including, another."""


def segments(patches: Sequence[Patch], start: int, end: int) -> Iterator[bytes | Stretch]:
    """What makes up the copy from `start` up to, not including, `end`, in order: stamped bytes as they are, and in
    between the stretches of the prepared file."""
    at = start
    for patch in sorted(patches, key=lambda one: one.offset):
        low, high = max(patch.offset, at), min(patch.offset + len(patch.data), end)
        if low >= high:
            continue
        if at < low:
            yield at, low
        yield patch.data[low - patch.offset : high - patch.offset]
        at = high
    if at < end:
        yield at, end


def spliced(
    read: ReadRange, patches: Sequence[Patch], start: int, end: int, chunk: int = CHUNK
) -> Iterator[bytes | memoryview]:
    """The stamped copy from `start` up to, not including, `end`; the file is read in pieces of at most `chunk` bytes.

    Raises OSError when the file gives fewer bytes than asked for: a copy that is cut short must not look whole.
    """
    for segment in segments(patches, start, end):
        if isinstance(segment, bytes):
            yield segment
            continue
        for low in range(segment[0], segment[1], chunk):
            high = min(low + chunk, segment[1])
            piece = read(low, high)
            if len(piece) != high - low:
                raise OSError(f"the prepared file ends before byte {high}")
            yield piece


def write_copy(prepared_path: Path, out_path: Path, patches: Sequence[Patch]) -> None:
    """Writes the stamped copy to `out_path`; the kernel copies, so memory stays flat. An error leaves no file behind.

    A kill half way leaves part of one, as `cp` does: write where nobody reads yet, then hand it to the store.
    """
    try:
        with prepared_path.open("rb", buffering=0) as source, out_path.open("wb", buffering=0) as target:
            _copied(source.fileno(), target.fileno(), os.fstat(source.fileno()).st_size)
            for patch in patches:
                os.pwrite(target.fileno(), patch.data, patch.offset)
    except BaseException:
        out_path.unlink(missing_ok=True)
        raise


def _copied(source: int, target: int, size: int) -> None:
    copy = os.copy_file_range if hasattr(os, "copy_file_range") else None
    done = 0
    while done < size:
        try:
            moved = copy(source, target, size - done) if copy else os.sendfile(target, source, done, size - done)
        except OSError:
            if copy is None:
                raise
            copy = None  # across file systems, or an old kernel; what was moved so far stays
            continue
        if moved == 0:
            raise OSError("the prepared file became shorter while it was copied")
        done += moved
