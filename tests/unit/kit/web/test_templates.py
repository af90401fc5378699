"""Every template keeps to the strict policy: nothing inline, nothing from outside, and each page is sound HTML."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.unit.kit.web.places import ROOT

FILES = sorted(path for package in ("kit", "licences", "materials", "portal", "sandbox")
               for path in (ROOT / package).rglob("*.html") if "mail" not in path.parts)  # fmt: skip
PAGES = ["", "/form", "/refusal", "/confirm", "/progress/34", "/progress/190",
         *[f"/errors/{code}" for code in (400, 403, 404, 405, 413, 429, 500, 503)]]  # fmt: skip
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr",
        "path", "circle", "rect"}  # fmt: skip


def inline_things(markup: str) -> list[str]:
    """Return what a policy without inline styles and scripts would block, or what would be loaded from outside."""
    bare = re.sub(r"\{#.*?#\}", "", markup, flags=re.S)
    found = re.findall(r"<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|hx-on", bare, re.I)
    found += [tag for tag in re.findall(r"<script\b[^>]*>", bare, re.I) if "src=" not in tag]
    without_links = re.sub(r"<a\b[^>]*>", "", bare, flags=re.I)  # where somebody may go is not what a page loads
    return found + re.findall(r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//[^\"']*", without_links, re.I)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_inline(path: Path) -> None:
    assert inline_things(path.read_text()) == []


@pytest.mark.parametrize(
    "bad",
    [
        '<p style="color:red">',
        "<script>x()</script>",
        '<a onclick="x()">',
        "<style>",
        '<img src="//a.b">',
        '<a href="//a.b"></a><link href="//a.b">',
    ],
)
def test_what_is_inline_is_seen(bad: str) -> None:
    assert inline_things(bad)


def test_there_are_templates_to_look_at() -> None:
    assert len(FILES) > 10


class Reader(HTMLParser):
    """Reads a page strictly: tags closed in order, ids once, references that lead somewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: Counter[str] = Counter()
        self.wanted: set[str] = set()
        self.titles = 0
        self.headings: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if len(given) != len(attrs):
            self.faults.append(f"attribute twice: {self.get_starttag_text()}")
        if given.get("id"):
            self.ids[given["id"] or ""] += 1
        for name in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            self.wanted.update((given.get(name) or "").split())
        if tag == "a" and (given.get("href") or "").startswith("#") and len(given["href"] or "") > 1:
            self.wanted.add((given["href"] or "")[1:])
        self.titles += tag == "title"
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")


def read(markup: str) -> Reader:
    """Return the page, read to its end."""
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


@pytest.mark.parametrize("page", PAGES)
def test_each_page_is_sound(client: FlaskClient, page: str) -> None:
    found = read(client.get(f"/developers/components{page}").text)
    assert found.faults == []
    assert found.open == []
    assert [name for name, times in found.ids.items() if times > 1] == []
    assert found.wanted - set(found.ids) - {"newer", "older"} == set()
    assert found.titles == 1
    assert found.headings.count(1) == 1


@pytest.mark.parametrize("page", PAGES)
def test_each_page_has_title_help_and_landmarks(client: FlaskClient, page: str) -> None:
    text = client.get(f"/developers/components{page}").text
    assert re.search(r"<title>(Error: )?[^<]+ – Secure Base</title>", text)
    assert 'lang="en-GB"' in text
    assert text.index("Skip to main content") < text.index("<header") < text.index("<main") < text.index("<footer")
    assert "Stuck, or something looks wrong?" in text[text.index("<footer") :]


@pytest.mark.parametrize("code", [400, 403, 404, 405, 413, 429, 500, 503])
def test_error_pages_say_what_to_do_next(client: FlaskClient, code: int) -> None:
    answer = client.get(f"/developers/components/errors/{code}")
    assert answer.status_code == code
    assert "What you can do" in answer.text
    assert str(code) not in re.sub(
        r"<[^>]+>", " ", answer.text[answer.text.index("<main") : answer.text.index("</main")]
    )


def test_an_expired_form_keeps_what_was_typed(client: FlaskClient) -> None:
    assert "Paid on account of the split invoice" in client.get("/developers/components/errors/400").text


def test_a_form_with_errors_says_so_first(client: FlaskClient) -> None:
    text = client.get("/developers/components/form").text
    assert "<title>Error: A form with errors – Secure Base</title>" in text
    assert "10 things to put right" in text
    assert len(re.findall(r'<li><a href="#[^"]+">[^<]+', text)) == 10
    assert text.index("govuk-error-summary") < text.index("<h1")
    assert text.count('aria-invalid="true"') >= 8
    assert "&lt;b&gt;" in text


def test_progress_asks_again_until_it_is_done(client: FlaskClient) -> None:
    working = client.get("/developers/components/progress/34").text
    assert 'data-hx-get="/developers/components/progress/73"' in working
    assert "data-hx-get" not in client.get("/developers/components/progress/190").text


def test_the_navigation_marks_the_place_and_signing_out_is_a_post(client: FlaskClient) -> None:
    client.application.context_processor(
        lambda: {"viewer": {"name": "Łukasz <b>Żak</b>", "organisation_name": "Lakeshire & Co"},
                 "navigation": [{"label": "Home", "url": "/", "current": True}]}
    )  # fmt: skip
    text = client.get("/developers/components/refusal").text
    assert '<a href="/" aria-current="page">Home</a>' in text
    assert re.search(r'<form action="/sign-out" method="post"><input type="hidden" name="csrf_token"', text)
    assert "Łukasz &lt;b&gt;Żak&lt;/b&gt;" in text
    assert "Sign in" not in text
