"""What an error page adds to the status: how long to wait, and a button that stays in the portal."""

import pytest
from flask import Response, make_response
from werkzeug.exceptions import TooManyRequests

from kit.store import StoreUnavailable
from tests.world import World


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (900, "Wait 15 minutes, then"),
        (61, "Wait 2 minutes, then"),
        (60, "Wait one minute, then"),
        (None, "Wait a while"),
    ],
)
def test_says_how_long_to_wait(world: World, seconds: int | None, words: str) -> None:
    with world.app.test_request_context("/sign-in", base_url="https://portal.test"):
        page = make_response(world.app.handle_user_exception(TooManyRequests(retry_after=seconds)))
    assert page.status_code == 429
    assert words in _main(page)
    assert page.headers.get("Retry-After") == (str(seconds) if seconds else None)


@pytest.mark.parametrize(
    ("path", "method", "button"),
    [
        ("/copies?page=2", "GET", 'href="/copies?page=2"'),
        ("/%5Celsewhere.example/", "GET", 'href="/"'),
        ("/copies", "POST", 'href="/"'),
    ],
)
def test_offers_the_same_page_again(world: World, path: str, method: str, button: str) -> None:
    with world.app.test_request_context(path, base_url="https://portal.test", method=method):
        page = make_response(world.app.handle_user_exception(StoreUnavailable("it is gone")))
    assert page.status_code == 503
    main = _main(page)
    assert button in main
    assert "elsewhere" not in main


def _main(page: Response) -> str:
    text = page.get_data(as_text=True)
    return text[text.index("<main") : text.index("</main")]
