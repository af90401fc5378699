"""The queue's library has a reset that, on SQLite, deletes our tables or the whole file: nobody may ever call it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("portal", "materials", "licences", "kit", "migrations", "sandbox", "tests", "deploy", ".ci")
NAMES = ("Makefile", "wsgi.py", "pyproject.toml")
RESET = re.compile(r"reset_system_database|\bdbos\W{1,4}reset\b", re.IGNORECASE)
HERE = Path(__file__).resolve()


def sources() -> list[Path]:
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    endings = {".py", ".sh", ".toml", ".yml", ".yaml", ".service", ".mako", ""}
    return [path for path in [*found, *(ROOT / name for name in NAMES)] if path.suffix in endings and path != HERE]


def test_nobody_resets_the_queue() -> None:
    callers = [str(path) for path in sources() if path.exists() and RESET.search(path.read_text(errors="replace"))]
    assert callers == []


@pytest.mark.parametrize(
    "words", ["DBOS.reset_system_database()", 'run(["dbos", "reset"])', "dbos reset --yes", "dbos  reset"]
)
def test_it_would_be_seen(words: str) -> None:
    assert RESET.search(words)
