"""The command line as a person types it: a process of its own, on a database of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories.register_files import SAMPLE

COMMANDS = ("serve", "worker", "migrate", "demo", "staff", "check", "backup", "restore", "register", "routes")


def portal(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs `portal` with settings of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    own = {
        "PORTAL_ENVIRONMENT": "test",
        "PORTAL_DATABASE_URL": f"sqlite:///{folder}/portal.sqlite",
        "PORTAL_STORE_URL": (folder / "store").as_uri(),
    }
    command = [sys.executable, "-m", "portal", *words]
    return subprocess.run(
        command, env=kept | own | settings, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    done = portal(tmp_path, command, "--help")
    assert done.returncode == 0
    assert "Usage:" in done.stdout


def test_a_new_installation_gets_its_first_member_of_staff(tmp_path: Path) -> None:
    assert "The tables are at" in portal(tmp_path, "migrate").stdout
    added = portal(tmp_path, "staff", "add", "Ruth Vaughan", "ruth@team.example")
    assert "/welcome/" in added.stdout
    again = portal(tmp_path, "staff", "add", "Ruth Vaughan", "RUTH@team.example")
    assert again.returncode != 0
    assert "here already" in again.stderr
    assert "Traceback" not in again.stderr
    assert "The tables are at nothing" in portal(tmp_path, "migrate", "--down-to", "base").stdout


def test_check_names_what_is_wrong_and_how_to_mend_it(tmp_path: Path) -> None:
    before = portal(tmp_path, "check")
    assert before.returncode == 1
    assert "portal migrate" in before.stdout
    portal(tmp_path, "migrate")
    after = portal(tmp_path, "check", PORTAL_SMTP_URL="smtp://127.0.0.1:9")
    assert "portal worker" in after.stdout
    assert "PORTAL_SMTP_URL" in after.stdout


def test_the_register_is_read_file_by_file_and_faults_are_named(tmp_path: Path) -> None:
    portal(tmp_path, "migrate")
    wrong = tmp_path / "allgroupsdata.csv"
    wrong.write_bytes((SAMPLE / "allgroupsdata.csv").read_bytes().replace(b'"9045"', b'"90x5"'))
    done = portal(tmp_path, "register", str(SAMPLE / "edubasealldata.csv"), str(wrong))
    assert done.returncode == 1
    assert "edubasealldata.csv: 21 rows of establishments; 26 new, 0 changed, 0 gone" in done.stdout
    assert "allgroupsdata.csv was not read" in done.stderr
    assert "line 3, column Group UID: Here stands “90x5” instead of a number like 2044." in done.stderr
    assert "Traceback" not in done.stderr
    assert "0 new, 0 changed" in portal(tmp_path, "register", str(SAMPLE / "edubasealldata.csv")).stdout


def test_wrong_settings_are_named_without_a_traceback(tmp_path: Path) -> None:
    done = portal(tmp_path, "check", PORTAL_ENVIRONMENT="production")
    assert done.returncode == 1
    assert "PORTAL_SECRET_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def test_routes_lists_who_may_come_in(tmp_path: Path) -> None:
    listed = portal(tmp_path, "routes").stdout
    assert "TAKE_COPY" in listed
    assert "/health/live" in listed


def test_the_demo_refuses_production(tmp_path: Path) -> None:
    """`portal demo` makes its own settings; demo data itself refuses a production database."""
    code = (
        "from portal.settings import Settings; from portal.demo import _load_when_empty; "
        "_load_when_empty(Settings()); print('left alone')"
    )
    portal(tmp_path, "migrate")
    settings = {
        "PORTAL_ENVIRONMENT": "production",
        "PORTAL_SECRET_KEY": "k" * 40,
        "PORTAL_PUBLIC_URL": "https://portal.example",
        "PORTAL_DATABASE_URL": f"sqlite:///{tmp_path}/portal.sqlite",
        "PORTAL_STORE_URL": (tmp_path / "store").as_uri(),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=kept | settings, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "left alone", done.stderr
    import sqlite3

    with sqlite3.connect(tmp_path / "portal.sqlite") as database:
        assert database.execute("SELECT count(*) FROM licences_person").fetchone() == (0,)


def test_a_backup_comes_back_in_another_place(tmp_path: Path) -> None:
    portal(tmp_path, "migrate")
    portal(tmp_path, "staff", "add", "Ruth Vaughan", "ruth@team.example")
    folder, other = tmp_path / "backups", f"sqlite:///{tmp_path}/other/portal.sqlite"
    assert "Name a folder" in portal(tmp_path, "backup").stderr
    made = portal(tmp_path, "backup", PORTAL_BACKUP_FOLDER=str(folder))
    assert (made.returncode, "rows" in made.stdout) == (0, True), made.stderr
    refused = portal(tmp_path, "restore", str(folder))
    assert (refused.returncode, "not empty" in refused.stderr) == (1, True)
    back = portal(tmp_path, "restore", str(folder), PORTAL_DATABASE_URL=other)
    assert (back.returncode, "✓" in back.stdout) == (0, True), back.stderr
    again = portal(tmp_path, "staff", "add", "Ruth Vaughan", "ruth@team.example", PORTAL_DATABASE_URL=other)
    assert "here already" in again.stderr
