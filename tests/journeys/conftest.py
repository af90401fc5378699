"""A real browser for the journeys. Without chromium they are skipped loudly; with CI=true that is a failure."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journeys import checks
from tests.journeys.demo import Demo, running
from tests.journeys.visitor import PICTURES, Visitor

MISSING = "chromium is not installed: every browser journey is SKIPPED (apt-get install chromium)"
# No sandbox: tests may run as root. The others keep the browser from calling anybody outside.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

MakeVisitor = Callable[..., Visitor]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all journeys of a process."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(f"!!! {MISSING} !!!")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def demo(tmp_path: Path, browser: Browser) -> Iterator[Demo]:
    """The portal on its own copy of the demo's data, without a worker."""
    with running(tmp_path, with_worker=False) as demo:
        yield demo


@pytest.fixture(scope="session")
def quiet_demo(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Demo]:
    """The same for all tests of a process: for those that only look."""
    with running(tmp_path_factory.mktemp("demo"), with_worker=False) as demo:
        yield demo


@pytest.fixture
def demo_on(database_kind: str, tmp_path: Path, browser: Browser) -> Iterator[Demo]:
    """The same on SQLite, then on PostgreSQL."""
    with running(tmp_path, with_worker=False, kind=database_kind) as demo:
        yield demo


@pytest.fixture
def working_demo(tmp_path: Path, browser: Browser) -> Iterator[Demo]:
    """The same with a worker, and a mail server that keeps what it is sent."""
    with running(tmp_path, with_worker=True) as demo:
        yield demo


@pytest.fixture
def visitor(browser: Browser) -> Iterator[MakeVisitor]:
    """Makes a person with a fresh browser profile: `visitor(demo)`; more arguments go to the profile."""
    made: list[Visitor] = []

    def make(demo: Demo, *, by_keyboard: bool = False, **profile: Any) -> Visitor:
        context = browser.new_context(viewport=checks.WIDE, locale="en-GB", **profile)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        folder = os.environ.get(PICTURES)
        script = bool(profile.get("java_script_enabled", True))
        made.append(Visitor(context, demo.address, Path(folder) if folder else None, by_keyboard, script))
        return made[-1]

    yield make
    for one in made:
        one.context.close()
