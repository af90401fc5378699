"""Says what this machine lacks for all tests. `make test` prints it first; with CI=true a lack is a failure."""

import os
import shutil
import sys

from tests import databases, nginx_server

NEEDED = {
    "chromium": ("the browser journeys and axe", lambda: shutil.which("chromium")),
    "postgresql": ("every test on PostgreSQL", databases.postgresql_binaries),
    "nginx": ("the portal behind nginx", nginx_server.binary),
    "poppler-utils": ("reading PDFs back as a reader sees them", lambda: shutil.which("pdftotext")),
    "qpdf": ("checking that PDFs are sound", lambda: shutil.which("qpdf")),
}


def lacking() -> dict[str, str]:
    """Packages that are not there, with what is skipped without them."""
    return {package: what for package, (what, found) in NEEDED.items() if not found()}


def main() -> int:
    """Prints what is lacking; 1 with CI=true when something is."""
    missing = lacking()
    for package, what in missing.items():
        print(f"!!! {package} is not installed: {what} will be SKIPPED (apt-get install {package})")
    if not missing:
        print(f"This machine has everything: {', '.join(NEEDED)}.")
    return 1 if missing and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
