"""The page about the stand-in lists what is implemented, no more and no less."""

from pathlib import Path

from sandbox.stripe import api
from sandbox.stripe.routes import ROUTES

PAGE = Path(__file__).parents[4] / "docs" / "stripe-stand-in.md"


def test_the_page_lists_every_method() -> None:
    assert api.NOUNS
    listed = [line for line in PAGE.read_text().splitlines() if "/v1/" in line and line.split()[0].isupper()]
    assert listed == [f"{verb} {path}" for verb, path in sorted(ROUTES, key=lambda one: one[::-1])]
