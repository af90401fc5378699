"""A copy as it arrives in the folder of downloads, on either database: read and drawn by tools that are not ours."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from kit.ids import CODE_LENGTH
from tests.journeys import checks
from tests.journeys.conftest import FLAGS
from tests.journeys.demo import Demo
from tests.journeys.visitor import PICTURES, Visitor

TRAINER, NAME, PLACE = "trainer@lakeshire.example", "Amara Osei", "Lakeshire Council"


@pytest.fixture
def keeps_files(tmp_path: Path, browser: Browser) -> Iterator[BrowserContext]:
    """A browser whose owner has chosen to keep PDFs as files; that needs a profile of its own."""
    profile = tmp_path / "profile"
    (profile / "Default").mkdir(parents=True)
    wishes = {"plugins": {"always_open_pdf_externally": True}}
    (profile / "Default" / "Preferences").write_text(json.dumps(wishes))
    context = browser.browser_type.launch_persistent_context(
        profile,
        executable_path=shutil.which("chromium"),
        args=list(FLAGS),
        viewport=checks.WIDE,  # type: ignore[arg-type]
        locale="en-GB",
    )
    yield context
    context.close()


def test_copy_arrives_as_a_file(demo_on: Demo, keeps_files: BrowserContext, tmp_path: Path) -> None:
    """Every page carries name, organisation and the code of this copy, and each can be drawn."""
    trainer = Visitor(keeps_files, demo_on.address)
    trainer.sign_in(TRAINER)
    trainer.press("Materials", inside=trainer.page.get_by_role("navigation"))
    trainer.press("Trainer manual", inside=trainer.page.locator("main"))
    with trainer.page.expect_download() as arriving:
        trainer.press("Take a copy")
    assert re.search(r"manual.*3\.2.*\.pdf$", arriving.value.suggested_filename, re.IGNORECASE)
    file = tmp_path / "copy.pdf"
    arriving.value.save_as(file)
    code = arriving.value.url.rsplit("/", 1)[-1]
    assert len(code) == CODE_LENGTH
    pages = _run("pdftotext", "-layout", file, "-").split("\f")[:-1]
    assert len(pages) >= 60
    for number, page in enumerate(pages, start=1):
        words = re.sub(r"\s+", "", page)
        missing = [one for one in (NAME, PLACE, code) if one.replace(" ", "") not in words]
        assert not missing, (number, missing)
    drawn = Path(os.environ.get(PICTURES, tmp_path)) / f"copy-{demo_on.kind}"
    _run("pdftoppm", "-r", "50", "-png", "-f", "1", "-l", "12", file, drawn)
    assert len(list(drawn.parent.glob(f"{drawn.name}-*.png"))) == 12


def _run(*command: str | Path) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    assert not done.stderr, done.stderr
    return done.stdout
