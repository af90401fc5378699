"""A stamped copy as bytes: any range of it, or a file of it. Memory stays flat whatever the size of the file."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kit.pdf.stamping.prepared import Patch

CHUNK = 256 * 1024  # bytes; measured: larger pieces are slower (they leave the processor's cache) and take more memory

ReadRange = Callable[[int, int], bytes | memoryview]
"""Reads the prepared file from one offset up to, not including, another."""


def file_reader(path: Path) -> ReadRange:
    """Reads ranges of a local file. It is opened for each read: nothing stays open behind an abandoned transfer."""

    def read(start: int, end: int) -> bytes:
        with path.open("rb", buffering=0) as file:
            return os.pread(file.fileno(), end - start, start)

    return read


def spliced(
    read: ReadRange, patches: Sequence[Patch], start: int, end: int, chunk: int = CHUNK
) -> Iterator[bytes | memoryview]:
    """The stamped copy from `start` up to, not including, `end`, in pieces of at most `chunk` bytes.

    Raises OSError when the file gives fewer bytes than asked for: a copy that is cut short must not look whole.
    """
    for low in range(start, end, chunk):
        high = min(low + chunk, end)
        kept = min(high, max(low, _kept(patches, end)))
        piece = read(low, kept) if low < kept else b""
        if len(piece) != kept - low:
            raise OSError(f"the prepared file ends before byte {kept}")
        yield _patched(bytes(piece).ljust(high - low, b"\0") if kept < high else piece, low, patches)


def _kept(patches: Sequence[Patch], end: int) -> int:
    """Up to where a copy's bytes are those of the prepared file: a patch up to the very end may go beyond that."""
    return min([end, *(patch.offset for patch in patches if patch.offset + len(patch.data) >= end)])


def _patched(piece: bytes | memoryview, low: int, patches: Sequence[Patch]) -> bytes | memoryview:
    """`piece`, which starts at `low`, with what the patches say about it; itself where they say nothing."""
    high = low + len(piece)
    touching = [patch for patch in patches if patch.offset < high and low < patch.offset + len(patch.data)]
    if not touching:
        return piece
    written = bytearray(piece)
    for patch in touching:
        first, last = max(low, patch.offset), min(high, patch.offset + len(patch.data))
        written[first - low : last - low] = patch.data[first - patch.offset : last - patch.offset]
    return memoryview(written)


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
