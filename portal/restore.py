"""`portal restore`: puts a backup back, and proves it by counting rows, hashing files and walking the audit chain."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import migrations
from kit import dumps
from kit.audit import SYSTEM, Subject, broken_seal, record
from kit.clock import Clock
from kit.jobs import has_beat
from kit.web.house import House
from licences.people import accounts
from portal.backup import Backup, BackupFailed, digest

# What must be done to a database that has come back from the past, in the transaction that also records the restore.
# Erasures made after the backup are to be applied again here, once people can be erased.
AFTERWARDS: tuple[Callable[[Session, Clock], object], ...] = (accounts.end_everybodys_access,)


@dataclass(frozen=True)
class Restored:
    """What came back: tables, rows and files counted, and what is not as it was."""

    tables: int
    rows: int
    files: int
    faults: tuple[str, ...]


def put_back(here: House, backup: Backup, *, replace: bool = False) -> Restored:
    """Loads a backup into this installation's database and store.

    Files come first, so that no row is ever without its file. Raises `BackupFailed` or `kit.dumps.DumpFailed` before
    anything in the database has changed; faults found afterwards are in the answer.
    """
    _refuse_unfit(here, backup)
    _refuse_unready(here, replace=replace)
    damaged = _bring_files(here, backup)
    dumps.load(here.database, backup.dump, replace=replace)
    faults = [*damaged, *_wrong_counts(here, backup)]
    migrations.upgrade(here.database.url.render_as_string(hide_password=False))
    here.database.run(lambda session: _afterwards(session, here, backup))
    with here.database.read() as session:
        broken = broken_seal(session)
    if broken is not None:
        faults.append(f"The audit trail's chain is broken at entry {broken}, and was when the backup was made.")
    rows = backup.manifest.tables
    return Restored(len(rows), sum(rows.values()), len(backup.manifest.files) - len(damaged), tuple(faults))


def _refuse_unfit(here: House, backup: Backup) -> None:
    manifest, kind = backup.manifest, dumps.kind_of(here.database)
    if manifest.kind != kind:
        raise BackupFailed(f"This is a backup of {manifest.kind}, and PORTAL_DATABASE_URL names {kind}.")
    if not migrations.knows(manifest.revision):
        raise BackupFailed(f"This backup is of a newer release ({manifest.version}): install that one first.")
    if not backup.dump.exists() or digest(backup.dump) != manifest.dump_sha256:
        raise BackupFailed("The dump is not the one that was written: use another backup.")


def _refuse_unready(here: House, *, replace: bool) -> None:
    if dumps.is_empty(here.database):
        return
    if not replace:
        raise BackupFailed(
            "The database is not empty. Name an empty one in PORTAL_DATABASE_URL, or add --replace to lose its content."
        )
    try:
        with here.database.read() as session:
            lives = has_beat(session, here.clock)
    except DBAPIError:  # other tables, or none of ours: nobody works on it
        return
    if lives:
        raise BackupFailed("A worker is running, or was half a minute ago: stop web and worker first.")


def _bring_files(here: House, backup: Backup) -> list[str]:
    """Puts every file into the store, which hashes it on the way; returns what is missing or damaged."""
    faults = [f"File {sha256} was missing when the backup was made." for sha256 in backup.manifest.missing]
    for sha256 in backup.manifest.files.keys() - set(backup.manifest.missing):
        path = backup.file(sha256)
        if not path.exists() or here.store.put(path, "application/octet-stream").sha256 != sha256:
            faults.append(f"File {sha256} is missing from the backup, or is damaged there.")
    return sorted(faults)


def _wrong_counts(here: House, backup: Backup) -> list[str]:
    with here.database.read() as session:
        found = dumps.counts(session)
    return [
        f"Table {name} has {found.get(name, 0)} rows; the backup had {rows}."
        for name, rows in backup.manifest.tables.items()
        if found.get(name) != rows
    ]


def _afterwards(session: Session, here: House, backup: Backup) -> None:
    for work in AFTERWARDS:
        work(session, here.clock)
    made_at = backup.manifest.made_at.isoformat()
    record(session, here.clock, SYSTEM, "backup restored", Subject("portal", None, "The portal"), made_at=made_at)
