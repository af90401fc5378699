"""`portal backup`: the database at one moment, the files that it names, and a manifest by which both can be proved.

A folder of backups looks like this; files are shared by all backups in it, under the SHA-256 of their content:

    20261122T021500Z/manifest.json  database.sqlite or database.dump
    files/ab/cd/abcd…

A backup takes its name last, in one step: what has a name is whole.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

import migrations
from kit import dumps
from kit.ports import Store
from kit.store import FileMissing, StoredFile
from kit.web.house import House

FORMAT = 1
NAME = "%Y%m%dT%H%M%SZ"
MANIFEST = "manifest.json"


class BackupFailed(Exception):
    """There is no backup, or it cannot be used; the words say why and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: rows of each table, and SHA-256 and size in bytes of the dump and of each stored file.

    `missing` are files that the database named and the store did not have.
    """

    format: int
    made_at: datetime
    version: str
    revision: str | None
    kind: str
    dump_sha256: str
    tables: dict[str, int]
    files: dict[str, int]
    missing: tuple[str, ...]

    @property
    def size(self) -> int:
        """The size of all stored files in bytes."""
        return sum(self.files.values())


@dataclass(frozen=True)
class Backup:
    """A whole backup in its folder."""

    place: Path
    manifest: Manifest

    @property
    def dump(self) -> Path:
        return self.place / dumps.NAMES[self.manifest.kind]

    def file(self, sha256: str) -> Path:
        """Where a stored file lies."""
        return _pooled(self.place.parent, sha256)


def back_up(here: House, folder: Path, *, keep: int = 0) -> Backup:
    """Adds a backup to a folder, and removes all but the newest `keep` (0: removes none).

    The portal may go on working meanwhile. Raises `BackupFailed` or `kit.dumps.DumpFailed`.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(folder):
        _clear_unfinished(folder)
        made_at = here.clock.now()
        place = folder / made_at.strftime(NAME)
        making = folder / f".{place.name}"
        making.mkdir(mode=0o700)
        manifest = _write_down(here, making, made_at)
        (making / MANIFEST).write_text(json.dumps(asdict(manifest), default=str, indent=1))
        _sync(making / MANIFEST)
        making.rename(place)
        _sync(folder)
        if keep:
            _forget_all_but(folder, keep)
    return Backup(place, manifest)


def backups(folder: Path) -> list[Backup]:
    """The whole backups of a folder, oldest first."""
    return [read(path.parent) for path in sorted(folder.glob(f"[0-9]*Z/{MANIFEST}"))]


def newest(place: Path) -> Backup:
    """The backup at a place, or the newest of a folder of backups. Raises `BackupFailed` when there is none."""
    if (place / MANIFEST).exists():
        return read(place.absolute())
    names = sorted(path.parent for path in place.glob(f"[0-9]*Z/{MANIFEST}"))
    if not names:
        raise BackupFailed(f"There is no backup in {place}.")
    return read(names[-1].absolute())


def read(place: Path) -> Backup:
    """The backup at a place. Raises `BackupFailed` when its manifest cannot be understood."""
    try:
        facts = json.loads((place / MANIFEST).read_text())
        facts |= {"made_at": datetime.fromisoformat(facts["made_at"]), "missing": tuple(facts["missing"])}
        manifest = Manifest(**facts)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupFailed(f"The manifest of {place} cannot be read: {error}") from error
    if manifest.format != FORMAT:
        raise BackupFailed(f"{place} was written in format {manifest.format}; this portal reads format {FORMAT}.")
    return Backup(place, manifest)


def digest(path: Path) -> str:
    """The SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_down(here: House, making: Path, made_at: datetime) -> Manifest:
    kind = dumps.kind_of(here.database)
    target = making / dumps.NAMES[kind]
    rows, files = dumps.dump(here.database, target, lambda session: (dumps.counts(session), _files(session)))
    missing = tuple(sha256 for sha256 in files if not _keep_file(here.store, making.parent, sha256, files[sha256]))
    return Manifest(
        format=FORMAT,
        made_at=made_at.astimezone(UTC),
        version=version("secure-base-portal"),
        revision=migrations.current(here.database.url.render_as_string(hide_password=False)),
        kind=kind,
        dump_sha256=digest(target),
        tables=rows,
        files=files,
        missing=missing,
    )


def _files(session: Session) -> dict[str, int]:
    """Every file that the database names: its row came after the file, so the store has it."""
    return {sha256: size for sha256, size in session.execute(select(StoredFile.sha256, StoredFile.size))}


def _keep_file(store: Store, folder: Path, sha256: str, size: int) -> bool:
    """Copies a file that no earlier backup has kept; False when the store does not have it whole."""
    target = _pooled(folder, sha256)
    if target.exists() and target.stat().st_size == size:
        return True
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        store.fetch(sha256, target)
    except FileMissing:
        return False
    _sync(target)
    return True


def _pooled(folder: Path, sha256: str) -> Path:
    return folder / "files" / sha256[:2] / sha256[2:4] / sha256


def _forget_all_but(folder: Path, keep: int) -> None:
    """Removes older backups, then the files that no backup names any more."""
    kept = backups(folder)
    for old in kept[:-keep]:
        shutil.rmtree(old.place)
    named = {sha256 for one in kept[-keep:] for sha256 in one.manifest.files}
    for path in (folder / "files").glob("??/??/*"):
        if path.name not in named:
            path.unlink()


def _clear_unfinished(folder: Path) -> None:
    for left in folder.glob(".[0-9]*Z"):
        shutil.rmtree(left)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two at once would clear each other's work away."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupFailed("Another backup is being made in this folder.") from None
        yield


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
