"""The command line: `portal --help`. Heavy parts are imported by the command that needs them."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from pydantic import ValidationError

from portal.logs import log_as_json
from portal.settings import Settings

DEMO_FOLDER = Path("var/demo")


@click.group()
def main() -> None:
    """Secure Base: licences and materials for trainers."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
@click.option("--processes", default=2, show_default=True, help="Web processes; about one for each core.")
@click.option("--threads", default=8, show_default=True, help="Threads of each process.")
def serve(host: str, port: int, processes: int, threads: int) -> None:
    """Serve the portal with gunicorn."""
    from portal.serving import serve_forever

    log_as_json()
    serve_forever(_settings(), host=host, port=port, processes=processes, threads=threads)


@main.command()
def worker() -> None:
    """Do the jobs: prepare editions, send mail, seal the audit trail."""
    from portal.wiring import follow_address, make_house, make_worker

    log_as_json()
    settings = _settings()
    house = make_house(settings)
    follow_address(house)
    make_worker(settings, house).run()


@main.command()
@click.option("--down-to", help="Take the tables back to this revision (base for none).")
def migrate(down_to: str | None) -> None:
    """Bring the database's tables up to date."""
    import migrations

    settings = _settings()
    _make_folder(settings.database_url)
    if down_to:
        migrations.downgrade(settings.database_url, down_to)
    else:
        migrations.upgrade(settings.database_url)
    click.echo(f"The tables are at {migrations.current(settings.database_url) or 'nothing'}.")


@main.command()
@click.option("--port", type=int, default=lambda: int(os.environ.get("PORT", "8000")), show_default="PORT or 8000")
def demo(port: int) -> None:
    """Start everything on this machine, with demo data: web, worker, and a mailbox that catches all mail."""
    from portal.demo import run_demo

    run_demo(DEMO_FOLDER, port)


@main.group()
def staff() -> None:
    """People of the programme team."""


@staff.command("add")
@click.argument("name")
@click.argument("email")
def add_staff(name: str, email: str) -> None:
    """Add NAME with EMAIL to the programme team and print a link with which they set a password."""
    from kit.refusals import Refused
    from portal.first_staff import add

    try:
        click.echo(add(_settings(), name=name, email=email))
    except Refused as refusal:
        raise click.ClickException(refusal.message) from None


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For machines: a list of what is wrong.")
def check(as_json: bool) -> None:
    """Say what is wrong with this installation, and how to mend it. Exit code 1 when something is."""
    from portal.checking import problems

    found = problems(_settings())
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=1))
    for finding in [] if as_json else found:
        click.echo(f"✗ {finding}")
    if found:
        sys.exit(1)
    if not as_json:
        click.echo("✓ All is well, as far as can be seen from here.")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--keep", default=0, show_default=True, help="How many backups to keep; 0 keeps all.")
def backup(folder: Path | None, keep: int) -> None:
    """Add a backup to FOLDER (PORTAL_BACKUP_FOLDER unless given). The portal may go on working meanwhile."""
    from portal.backup import back_up
    from portal.wiring import make_house

    settings = _settings()
    with _failures():
        made = back_up(make_house(settings), _backup_folder(settings, folder), keep=keep)
    rows, files = sum(made.manifest.tables.values()), made.manifest.files
    click.echo(f"{made.place}: {rows:,} rows, {len(files):,} files of {made.manifest.size / 1e6:,.1f} MB")
    for sha256 in made.manifest.missing:
        click.echo(f"✗ File {sha256} is not in the store.", err=True)
    if made.manifest.missing:
        sys.exit(1)


@main.command()
@click.argument("place", type=click.Path(path_type=Path, exists=True, file_okay=False), required=False)
@click.option("--replace", is_flag=True, help="Lose what is in the database now.")
def restore(place: Path | None, replace: bool) -> None:
    """Put back the backup at PLACE, or the newest of a folder of backups. Stop web and worker first."""
    from portal.backup import newest
    from portal.restore import put_back
    from portal.wiring import make_house

    settings = _settings()
    _make_folder(settings.database_url)
    with _failures():
        found = newest(_backup_folder(settings, place))
        done = put_back(make_house(settings), found, replace=replace)
    click.echo(f"{found.place}: {done.rows:,} rows in {done.tables} tables, and {done.files:,} files are back.")
    for fault in done.faults:
        click.echo(f"✗ {fault}", err=True)
    if done.faults:
        sys.exit(1)
    click.echo("✓ Every row and file counted, the audit trail's chain is whole. Everybody signs in again.")


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--part", is_flag=True, help="The files are a part of the register: what they lack is not closed.")
def register(files: tuple[Path, ...], part: bool) -> None:
    """Read the register of schools and trusts (GIAS) from its published CSV FILEs, each whole or not at all."""
    from kit.refusals import Refused
    from licences.register.files import UnreadableFile
    from portal.reading_register import read_files

    try:
        for read in read_files(_settings(), files, is_part=part):
            click.echo(
                f"{read.file_name}: {read.rows:,} rows of {read.kind.value}; "
                f"{read.new:,} new, {read.changed:,} changed, {read.gone:,} gone and closed now."
            )
    except UnreadableFile as error:
        told = "\n".join(f"  {fault}" for fault in error.faults)
        raise click.ClickException(f"{error.path.name} was not read:\n{told}") from None
    except Refused as refusal:
        raise click.ClickException(refusal.message) from None


@main.command()
def reconcile() -> None:
    """Compare our records of money with those of whoever collects, and bring ours up to theirs."""
    from licences.gateway import CannotReach
    from licences.payments import reconciling
    from portal.wiring import make_house, make_till

    settings = _settings()
    till = make_till(settings, make_house(settings))
    if till is None:
        raise click.ClickException("Nobody collects: PORTAL_STRIPE_SECRET_KEY is not set.")
    try:
        done = reconciling.reconcile(till)
    except CannotReach as error:
        raise click.ClickException(f"Stripe did not answer: {error}") from None
    click.echo(f"{done.bills} bills looked at; {done.changed} changes, {done.told} messages had been missed.")
    for words in done.wrong:
        click.echo(f"✗ {words}", err=True)
    if done.wrong:
        sys.exit(1)


@main.command()
def routes() -> None:
    """List every address, its methods and who may come in."""
    from licences.guard import declaration
    from portal.app import create_app

    app = create_app(_settings())
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        click.echo(f"{methods:6} {rule.rule:55} {declaration(app.view_functions[rule.endpoint])}")


def _backup_folder(settings: Settings, given: Path | None) -> Path:
    if given is None and not settings.backup_folder:
        raise click.UsageError("Name a folder, or set PORTAL_BACKUP_FOLDER.")
    return given or Path(settings.backup_folder)


@contextmanager
def _failures() -> Iterator[None]:
    """Backups go wrong in sentences, not in tracebacks."""
    from kit.dumps import DumpFailed
    from kit.store import StoreUnavailable
    from portal.backup import BackupFailed

    try:
        yield
    except (BackupFailed, DumpFailed, StoreUnavailable, OSError) as error:
        raise click.ClickException(str(error)) from None


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        wrong = "\n".join(f"  {'_'.join(map(str, one['loc'])) or 'settings'}: {one['msg']}" for one in error.errors())
        raise click.ClickException(f"These settings are wrong:\n{wrong}") from None


def _make_folder(database_url: str) -> None:
    """SQLite makes its file but not the folder around it."""
    if database_url.startswith("sqlite:///"):
        Path(database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
