"""`portal check`: what is wrong with an installation, in sentences that say how to mend it."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import DBAPIError

import migrations
from kit.jobs import set_aside
from kit.store import StoreUnavailable
from kit.web.house import House
from licences.people import accounts
from portal import outside
from portal.backup import BackupFailed, newest
from portal.findings import Finding
from portal.settings import Settings
from portal.standstill import standing_still
from portal.wiring import make_house

BACKUP_LIFE = timedelta(days=2)
LEAST_FREE_BYTES = 2_000_000_000
LEAST_FREE_SHARE = 0.05


def problems(settings: Settings) -> list[Finding]:
    """What is wrong, in the order in which it is best mended; nothing when all is well."""
    here = make_house(settings)
    checks: list[Callable[[Settings, House], Iterator[Finding]]] = [_database, _store, _disk]
    try:
        found = [finding for check in checks for finding in check(settings, here)]
        found += outside.mail_server(settings)
        if settings.is_production:
            found += [*outside.public_address(settings), *outside.sender_domain(settings), *_backup(settings, here)]
        return found
    finally:
        here.database.close()


def _database(settings: Settings, here: House) -> Iterator[Finding]:
    try:
        at, head = migrations.current(settings.database_url), migrations.head()
        if at != head:
            yield Finding(
                "migrations", f"The tables are at {at or 'nothing'} and should be at {head}", "run “portal migrate”"
            )
            return
        yield from _content(settings, here)
    except DBAPIError as error:
        wrong = f"The database cannot be reached ({error.orig})"
        yield Finding("database", wrong, "check PORTAL_DATABASE_URL and that the server runs")


def _content(settings: Settings, here: House) -> Iterator[Finding]:
    with here.database.read() as session:
        yield from standing_still(session, here.clock)
        if aside := len(set_aside(session)):
            wrong = "One job was set aside" if aside == 1 else f"{aside} jobs were set aside"
            yield Finding("jobs", wrong, "see what went wrong on /admin/work, mend it, and repeat them there")
        if settings.is_production and (demo := accounts.count_demo_accounts(session)):
            many = "One demo account is" if demo == 1 else f"{demo} demo accounts are"
            wrong = f"{many} in this database, though production lets none of them in"
            yield Finding("accounts", wrong, "begin with an empty database instead of the demo's")


def _store(_settings: Settings, here: House) -> Iterator[Finding]:
    try:
        here.store.check()
    except StoreUnavailable as error:
        wrong = f"Files cannot be written and read back ({error})"
        yield Finding("store", wrong, "check PORTAL_STORE_URL, its keys, and the disk")


def _disk(settings: Settings, _here: House) -> Iterator[Finding]:
    """Every folder that fills up; two on one disk are said once."""
    database, store = settings.database_url.partition("sqlite:///")[2], settings.store_url.partition("file://")[2]
    seen = set()
    for folder in (database, store, settings.store_copies, settings.backup_folder, tempfile.gettempdir()):
        place = _nearest(Path(folder))
        if place.stat().st_dev in seen:
            continue
        seen.add(place.stat().st_dev)
        usage = shutil.disk_usage(place)
        if usage.free < max(LEAST_FREE_BYTES, usage.total * LEAST_FREE_SHARE):
            wrong = f"The disk of {place} has {usage.free / 1e9:.1f} GB left of {usage.total / 1e9:.0f} GB"
            yield Finding("disk", wrong, "make room, or keep fewer backups (portal backup --keep)")


def _nearest(folder: Path) -> Path:
    """The folder, or the one in which it would be made."""
    while not folder.exists():
        folder = folder.parent
    return folder


def _backup(settings: Settings, here: House) -> Iterator[Finding]:
    """Looks at the backup itself, not at a note about it."""
    if not settings.backup_folder:
        yield Finding("backup", "No backups are made", "set PORTAL_BACKUP_FOLDER and run “portal backup” each night")
        return
    try:
        made = newest(Path(settings.backup_folder)).manifest
    except (BackupFailed, OSError) as error:
        yield Finding("backup", str(error).rstrip("."), "run “portal backup”")
        return
    age = here.clock.now() - made.made_at
    if age > BACKUP_LIFE:
        mend = "see why (journalctl -u portal-backup) and run “portal backup”"
        yield Finding("backup", f"The newest backup is {age.days} days old", mend)
    if made.missing:
        wrong = f"{len(made.missing)} files were not in the store when the newest backup was made"
        yield Finding("backup", wrong, "put them back from an older backup")
