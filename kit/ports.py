"""What services ask of the outside, as protocols. `portal.wiring` chooses who answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class StoredObject:
    """A file in the store: its SHA-256 in hex (which is its name), its size in bytes and its media type."""

    sha256: str
    size: int
    content_type: str


class Store(Protocol):
    """Keeps whole files under the SHA-256 of their content."""

    def put(self, source: BinaryIO | Path, content_type: str) -> StoredObject:
        """Writes the file whole or not at all; the same content twice is one file."""
        ...

    def read_range(self, sha256: str, start: int, end: int) -> bytes | memoryview:
        """Bytes from `start` up to, not including, `end`. Raises `kit.store.FileMissing`."""
        ...

    def local_path(self, sha256: str) -> Path | None:
        """Where the file lies on this machine, for the kernel to send it from; None when it lies elsewhere."""
        ...

    def chunks(self, sha256: str, start: int = 0, end: int | None = None) -> Iterator[bytes | memoryview]:
        """The same in pieces of at most 1 MB, so that memory stays flat."""
        ...

    def fetch(self, sha256: str, target: Path) -> None:
        """Copies a file to a local path, for tools that need one."""
        ...

    def forget_unfinished(self) -> int:
        """Removes what a killed process left half written a day ago or longer; returns how many files."""
        ...

    def check(self) -> None:
        """Raises `kit.store.StoreUnavailable` when files cannot be written and read back."""
        ...


class Links(Protocol):
    """Makes absolute addresses of our own pages."""

    def to(self, path: str) -> str:
        """The public address of a path that begins with a slash."""
        ...
