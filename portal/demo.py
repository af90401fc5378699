"""`portal demo`: everything on one machine. Alone in importing the sandbox: lazily, never in production."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import click

import migrations
from portal.settings import Environment, Settings
from portal.wiring import make_house

PEOPLE = (
    ("staff@demo.example", "the programme team: publishes editions, grants licences"),
    ("trainer@lakeshire.example", "a trainer: takes copies"),
    ("manager@lakeshire.example", "a licence manager: sees standing and seats"),
    ("finance@lakeshire.example", "a finance contact"),
    ("manager@hillside.example", "a licence manager whose licence is suspended"),
    ("trainer@hillside.example", "a trainer who is refused, with the reason"),
)
START_SECONDS = 60


def run_demo(folder: Path, port: int) -> None:
    """Migrates, loads demo data into an empty database, starts all processes, and waits for Ctrl-C."""
    _refuse_busy_ports(port)
    _stop_on_signals()
    os.environ.update(_environment(folder, port))
    settings = Settings()
    migrations.upgrade(settings.database_url)
    _load_when_empty(settings)
    running = _start(folder, port, settings.stripe_webhook_secret.get_secret_value())
    try:
        wait_until_ready(running, port)
        _say(port)
        while all(process.poll() is None for process in running):
            time.sleep(0.5)
        click.echo("A part of the demo stopped by itself; see the lines above.", err=True)
    except KeyboardInterrupt:
        click.echo("\nStopping.")
    finally:
        stop(running)


def _refuse_busy_ports(port: int) -> None:
    """Web, mail page, mail server and pretend payments have a port each.

    Raises `click.ClickException` when one is taken.
    """
    for wanted in range(port, port + 4):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", wanted))
            except OSError:
                raise click.ClickException(
                    f"Something is on port {wanted} already, perhaps another demo. "
                    f"Stop it, or choose other ports: make demo PORT={port + 1000}"
                ) from None


def _stop_on_signals() -> None:
    """Ctrl-C and a polite kill both stop everything, also when a shell started us with SIGINT ignored."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _environment(folder: Path, port: int) -> dict[str, str]:
    """Settings of the demo; a secret key of its own is kept beside the data."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "secret-key"
    if not key.exists():
        key.write_text(secrets.token_urlsafe(48))
        key.chmod(0o600)
    home = folder.resolve()
    return {
        "PORTAL_ENVIRONMENT": Environment.DEMO.value,
        "PORTAL_DATABASE_URL": f"sqlite:///{home}/portal.sqlite",
        "PORTAL_STORE_URL": (home / "store").as_uri(),
        "PORTAL_SECRET_KEY": key.read_text(),
        "PORTAL_PUBLIC_URL": f"http://localhost:{port}",
        "PORTAL_EXTRA_HOSTS": "127.0.0.1",
        "PORTAL_SMTP_URL": f"smtp://127.0.0.1:{port + 2}",
        "PORTAL_DEMO_MAIL_URL": f"http://localhost:{port + 1}/",
        "PORTAL_STRIPE_SECRET_KEY": "sk_test_demo",
        "PORTAL_STRIPE_WEBHOOK_SECRET": f"whsec_{key.read_text()}",
        "PORTAL_STRIPE_API_BASE": _payments(port),
    }


def _payments(port: int) -> str:
    """Where the pretend payments are: their pages, too."""
    return f"http://127.0.0.1:{port + 3}"


def _load_when_empty(settings: Settings) -> None:
    from sandbox import demo_data

    here = make_house(settings)
    if settings.is_production or not demo_data.is_empty(here.database):
        return
    click.echo("Writing the sample manuals, slides and handouts, and moving the demo people in …")
    demo_data.load(here.database, here.store, here.links)
    here.database.close()


def _start(folder: Path, port: int, secret: str) -> list[subprocess.Popen[bytes]]:
    portal = [sys.executable, "-m", "portal"]
    told = ["--webhook-url", f"http://localhost:{port}/webhooks/stripe", "--webhook-secret", secret]
    pretend = ["--port", str(port + 3), "--folder", str(folder / "stripe"), *told]
    sink = ["--smtp-port", str(port + 2), "--page-port", str(port + 1), "--folder", str(folder / "mail")]
    return [
        subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own commands
        for command in (
            [*portal, "serve", "--port", str(port), "--processes", "1"],
            [*portal, "worker"],
            [sys.executable, "-m", "sandbox.smtp", *sink],
            [sys.executable, "-m", "sandbox.stripe", *pretend],
        )
    ]


def wait_until_ready(running: list[subprocess.Popen[bytes]], port: int) -> None:
    """Waits until the web process answers. Raises `click.ClickException` when a process ends, or after a minute."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and all(process.poll() is None for process in running):
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/health/ready", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise click.ClickException("The demo did not start; see the lines above.")


def _say(port: int) -> None:
    click.echo(f"\n  Secure Base is at http://localhost:{port}/ (also http://127.0.0.1:{port}/)")
    click.echo(f"  The mail that it sends is at http://localhost:{port + 1}/")
    click.echo(f"  Payments are pretend; move their clock, and the portal's, at {_payments(port)}/\n")
    click.echo("  Sign in with the password secure-base-demo as:")
    for email, what in PEOPLE:
        click.echo(f"    {email:28} {what}")
    click.echo("\n  Ctrl-C stops everything; the data is kept in var/demo.")


def stop(running: list[subprocess.Popen[bytes]]) -> None:
    """Asks every process to stop, and kills the one that has not within 20 seconds."""
    for process in running:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in running:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
