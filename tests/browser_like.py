"""A client that behaves like a browser without script: it carries hidden fields and sends CSRF tokens."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

BASE = "https://portal.test"
PASSWORD = "secure-base-demo"
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')


@dataclass
class Browser:
    """One person's browser. `sent` counts its requests, so that a house test can say how many it made."""

    app: Flask
    client: FlaskClient = field(init=False)
    token: str = ""
    sent: int = 0

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def get(self, path: str, **more: Any) -> TestResponse:
        """Opens a page and keeps its CSRF token for the next post."""
        self.sent += 1
        response = self.client.get(path, base_url=BASE, **more)
        found = _TOKEN.search(response.text) if "html" in (response.mimetype or "") else None
        if found:
            self.token = found[1]
        return response

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Sends a form with the token of the last page."""
        self.sent += 1
        headers = {"Referer": BASE + "/", "Sec-Fetch-Site": "same-origin", **more.pop("headers", {})}
        return self.client.post(
            path, base_url=BASE, data={"csrf_token": self.token, **(data or {})}, headers=headers, **more
        )

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        """Signs in through the door, and opens the home page for a fresh token."""
        self.get("/sign-in")
        response = self.post("/sign-in", {"email": email, "password": password})
        self.get("/help")
        return response


def text_of(response: TestResponse) -> str:
    """The words of a page, as they are read."""
    body = re.sub(r"<(script|style|svg).*?</\1>", " ", response.text, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def went_to(response: TestResponse) -> str:
    """Where a redirect leads. Fails with the page's words when it is none."""
    assert response.status_code == 303, text_of(response)[:600]
    return str(response.headers["Location"])


def hidden_fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form on a page that posts to `action`."""
    start = page.index(f'action="{action}"')
    form = page[start : page.index("</form>", start)]
    found = {}
    for tag in _HIDDEN.findall(form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            found[unescape(name[1])] = unescape(value[1]) if value else ""
    return found
