"""The import rules bite: each contract of .importlinter is broken once, in a copy of the house, and must go red."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("portal", "materials", "licences", "kit", "sandbox", "migrations")

# The contract's name, the file that breaks it, and the line that does.
BREAKS = {
    "The floors: portal > materials > licences > kit": ("kit/clock.py", "import licences.standing"),
    "The sandbox is imported by nobody but the demo command": ("portal/wiring.py", "import sandbox.demo_data"),
    "Inside portal": ("portal/settings.py", "import portal.web.door"),
    "Inside materials": ("materials/stray.py", "'''A module that no layer names.'''"),
    "Inside licences": ("licences/standing.py", "import licences.terms"),
    "Inside people": ("licences/people/models.py", "import licences.people.accounts"),
    "Inside register": ("licences/register/kinds.py", "import licences.register.files"),
    "Inside quotes": ("licences/quotes/models.py", "import licences.quotes.making"),
    "Inside payments": ("licences/payments/till.py", "import licences.payments.pages"),
    "Inside kit": ("kit/ids.py", "import kit.store"),
    "Inside the Stripe stand-in": ("sandbox/stripe/arithmetic.py", "import sandbox.stripe.pages"),
    "Flask stays at the edge": ("materials/shelf.py", "import flask"),
    "flask_login only in portal.security, at the entering, and in the guard": (
        "portal/web/staff_audit.py",
        "import flask_login",
    ),
    "ReportLab only in documents and kit.pdf": ("materials/editions.py", "import reportlab"),
    "pikepdf only in kit.pdf": ("materials/preparing.py", "import pikepdf"),
    "HarfBuzz only in kit.pdf": ("materials/preparing.py", "import uharfbuzz"),
    "DBOS only in kit.jobs": ("kit/mail/outbox.py", "import dbos"),
    "The store, mail servers, passwords and second steps each have one room": ("portal/checking.py", "import smtplib"),
    "Only web layers use the guard and the web kit": ("licences/seats.py", "import kit.web.forms"),
    "No package uses another package's web layer": ("materials/web/staff.py", "import licences.web.staff"),
    "The tables of materials are private to it": ("portal/web/home.py", "import materials.models"),
    "The tables of licences are private to it": ("materials/shelf.py", "import licences.models"),
    "Documents turn facts into bytes and nothing else": ("materials/documents/book.py", "import kit.store"),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a house in which every rule is broken once."""
    house = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, house / package, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / ".importlinter", house)
    for file, line in BREAKS.values():
        path = house / file
        path.write_text((path.read_text() if path.exists() else "") + f"\n{line}\n")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("contract", BREAKS)
def test_the_rule_goes_red_when_it_is_broken(verdicts: str, contract: str) -> None:
    assert f"{contract} BROKEN" in verdicts, verdicts[:6000]


def test_every_rule_is_broken_once_here() -> None:
    written = (ROOT / ".importlinter").read_text()
    names = {line.removeprefix("name = ") for line in written.splitlines() if line.startswith("name = ")}
    assert names == set(BREAKS)
