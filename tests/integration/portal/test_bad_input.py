"""What the internet sends: the right 4xx, nothing stored, never a 500."""

import io
import json
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from kit.db import Base
from kit.web.redirects import is_ours
from tests.browser_like import BASE, Browser
from tests.house.examples import a_pdf
from tests.house.test_access import rows
from tests.world import MANAGER, STAFF, TRAINER, World

BIDI = "Amara\u202eiesO"
CONTROL = "Am\x00ara\x07"
MARKUP = "<script>alert(1)</script>"
OFF_SITE = (
    "https://evil.example/",
    "//evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/%09/evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "http:evil.example",
    "/" + "a" * 600,
)


def stored(world: World) -> dict[str, int]:
    """Rows of each table."""
    with world.house.database.read() as session:
        return {
            table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


@pytest.mark.parametrize("host", ["evil.example", "portal.test.evil.example", "portal.test:1@evil.example", "a b"])
def test_a_forged_host_is_refused(world: World, host: str) -> None:
    response = world.app.test_client().get("/sign-in", headers={"Host": host})
    assert response.status_code == 400
    assert "evil" not in response.text


def test_forwarded_headers_of_a_stranger_are_ignored(world: World) -> None:
    forged = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-For": "1.2.3.4",
        "X-Forwarded-Prefix": "/evil",
        "Forwarded": "host=evil.example",
    }
    response = world.app.test_client().get("/materials", base_url=BASE, headers=forged)
    assert response.location == "/sign-in?next=/materials"
    page = world.app.test_client().get("/sign-in", base_url=BASE, headers=forged)
    assert "evil" not in page.text


@pytest.mark.parametrize("wanted", OFF_SITE)
def test_sign_in_never_leads_off_the_site(world: World, wanted: str) -> None:
    assert not is_ours(wanted) or wanted.startswith("/%09")
    browser = Browser(world.app)
    page = browser.get(f"/sign-in?next={quote(wanted)}")
    assert page.status_code == 200
    form = {"email": TRAINER, "password": "secure-base-demo"}
    response = browser.post(f"/sign-in?next={quote(wanted)}", form)
    assert response.status_code == 303
    location = response.location or ""
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\", "/\t", "/\n"))
    again = browser.get(f"/sign-in?next={quote(wanted)}")
    assert (again.location or "").startswith("/")


def test_a_wanted_page_of_ours_is_reached(world: World) -> None:
    browser = Browser(world.app)
    first = browser.get("/materials")
    assert first.location == "/sign-in?next=/materials"
    browser.get(first.location)
    assert browser.post(first.location, {"email": TRAINER, "password": "secure-base-demo"}).location == "/materials"


def test_a_form_without_its_token_changes_nothing(world: World) -> None:
    browser, other = world.browser(TRAINER), world.browser(STAFF)
    before = stored(world)
    for token in ("", "forged", other.token, browser.token.swapcase()):
        browser.token = token
        response = browser.post(f"/materials/{world.manual}/copies", {"edition": world.current_edition})
        assert response.status_code == 400
        assert "This page was open for too long" in response.text
    assert stored(world) == before


def test_a_form_from_another_site_is_refused_and_nothing_it_held_is_shown(world: World) -> None:
    browser = world.browser(TRAINER)
    headers = {"Referer": "https://evil.example/", "Sec-Fetch-Site": "cross-site"}
    response = browser.post("/accept-terms", {"version": "1", "accept": "y", "note": "evil words"}, headers=headers)
    assert response.status_code == 400
    assert "evil words" not in response.text


@pytest.mark.parametrize(
    "query", ["_method=PUT", "_scheme=javascript&_external=1", "_anchor=x", "endpoint=x", "self=1"]
)
def test_names_in_an_address_that_mean_something_to_flask(world: World, query: str) -> None:
    """Lists hand their own query on, to the next page and to the download."""
    lists = {MANAGER: ("/organisation",), STAFF: (
        "/admin/people", "/admin/organisations", "/admin/copies", "/admin/audit", "/admin/mails",
    )}  # fmt: skip
    for email, paths in lists.items():
        browser = world.browser(email)
        for path in paths:
            response = browser.get(f"{path}?{query}")
            assert response.status_code == 200, path
            assert "javascript:" not in response.text, path


def test_sixty_thousand_fields_are_too_many(world: World) -> None:
    browser = world.browser(TRAINER)
    before = stored(world)
    body = "&".join(f"f{number}=1" for number in range(60_000))
    response = browser.client.post(
        "/accept-terms", base_url=BASE, data=body, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code in (400, 413)
    assert stored(world) == before


@pytest.mark.parametrize("path", ["/sign-in", "/accept-terms", "/sign-out"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json", "text/plain"])
def test_twenty_megabytes_are_too_much(world: World, path: str, kind: str) -> None:
    browser = world.browser(TRAINER)
    response = browser.client.post(path, base_url=BASE, data=b"a=" + b"x" * 20_000_000, content_type=kind)
    assert response.status_code in (400, 413)


def test_json_nested_two_thousand_deep_is_no_fault(world: World) -> None:
    deep = "[" * 2000 + "]" * 2000
    browser = world.browser(STAFF)
    for row in rows():
        if row.method == "POST":
            path = row.example if "{" not in row.example else "/admin/organisations/new"
            response = browser.client.post(path, base_url=BASE, data=deep, content_type="application/json")
            assert 400 <= response.status_code < 500, (path, response.status_code)
    assert json.dumps("x")


@pytest.mark.parametrize("name", [BIDI, CONTROL, MARKUP, "x" * 5000, "   "])
def test_names_that_deceive_are_refused_at_the_field(world: World, name: str) -> None:
    browser = world.browser(STAFF)
    before = stored(world)
    browser.get("/admin/organisations/new")
    typed = name.encode("utf-8", "surrogatepass")
    response = browser.post("/admin/organisations/new", {"name": typed, "kind": "local authority"})
    assert response.status_code == 400
    assert "govuk-error-message" in response.text
    assert MARKUP not in response.text
    assert stored(world) == before


@pytest.mark.parametrize(
    ("content", "file_name"),
    [
        (b"not a pdf at all", "manual.pdf"),
        (b"MZ\x90\x00" + b"\x00" * 500, "manual.pdf"),
        (b"PK\x03\x04" + b"\x00" * 500, "manual.pdf"),
        (b"", "manual.pdf"),
        (b"%PDF-1.7\n" + b"\xff" * 5000, "manual.pdf"),
        (b"<html><script>alert(1)</script></html>", "manual.pdf"),
        (b"%PDF-1.4 fine", "manual.exe"),
    ],
)
def test_an_upload_that_is_not_what_it_claims(world: World, content: bytes, file_name: str) -> None:
    browser = world.browser(STAFF)
    browser.get(f"/admin/materials/{world.handouts}/editions/new")
    upload = {"file": (io.BytesIO(content), file_name), "number": "9.9"}
    response = browser.post(
        f"/admin/materials/{world.handouts}/editions/new", upload, content_type="multipart/form-data"
    )
    assert response.status_code in (303, 400)
    if response.status_code == 303:  # a damaged PDF is found out by the job, which tells staff why
        assert content.startswith(b"%PDF")
    else:
        assert "govuk-error-message" in response.text


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.pdf", "..\\..\\x.pdf", "/etc/x.pdf", "a\x00.pdf", "\u202efdp.exe.pdf"]
)
def test_path_tricks_in_a_file_name_are_only_a_name(world: World, name: str) -> None:
    browser = world.browser(STAFF)
    browser.get(f"/admin/materials/{world.handouts}/editions/new")
    upload = {"file": (io.BytesIO(a_pdf()), name), "number": "9.9"}
    response = browser.post(
        f"/admin/materials/{world.handouts}/editions/new", upload, content_type="multipart/form-data"
    )
    assert response.status_code in (303, 400)
    if response.status_code == 303:
        page = browser.get(response.location or "").text
        assert ".." not in page.split("<main")[1].split("</main>")[0].replace("...", "")
        assert "\u202e" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/materials/99999999999999999999",
        "/materials/-1",
        "/materials/1e3",
        "/copies/..%2f..%2fetc",
        "/current/%00",
        "/current/x" * 50,
        "/static/../settings.py",
        "/static/%2e%2e/settings.py",
        "/welcome/" + "x" * 3000,
        "/admin/organisations/0",
        "/admin/editions/9999999999999999999999/preview",
    ],
)
def test_addresses_of_nothing(world: World, path: str) -> None:
    for email in (TRAINER, STAFF):
        response = world.browser(email).get(path)
        assert response.status_code in (403, 404, 410), (email, response.status_code)


def test_guessing_passwords_gets_slow_and_locks_nobody_else_out(world: World) -> None:
    browser = Browser(world.app)
    answers = []
    for _ in range(12):
        browser.get("/sign-in")
        answers.append(browser.post("/sign-in", {"email": TRAINER, "password": "wrong password"}).status_code)
    assert answers[:10] == [400] * 10
    assert answers[10:] == [429, 429]
    elsewhere = world.app.test_client()
    page = elsewhere.get("/sign-in", base_url=BASE, environ_base={"REMOTE_ADDR": "10.0.0.9"})
    token = page.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    form = {"email": TRAINER, "password": "secure-base-demo", "csrf_token": token}
    entered = elsewhere.post(
        "/sign-in", base_url=BASE, data=form, headers={"Referer": BASE}, environ_base={"REMOTE_ADDR": "10.0.0.9"}
    )
    assert entered.status_code == 303


def test_known_and_unknown_addresses_get_the_same_words(world: World) -> None:
    pages = []
    for email in (TRAINER, "nobody@lakeshire.example"):
        browser = Browser(world.app)
        browser.get("/sign-in")
        page = browser.post("/sign-in", {"email": email, "password": "wrong password"})
        pages.append((page.status_code, page.text.replace(email, "EMAIL").replace(browser.token, "")))
    first, second = ([line for line in text.splitlines() if "csrf_token" not in line] for _, text in pages)
    assert (pages[0][0], first) == (pages[1][0], second)


def test_a_cookie_is_worth_nothing_after_signing_out(world: World) -> None:
    browser = world.browser(TRAINER)
    cookie = browser.client.get_cookie("portal", domain="portal.test")
    assert cookie is not None
    assert (cookie.secure, cookie.http_only, cookie.same_site) == (True, True, "Lax")
    browser.post("/sign-out")
    thief = world.app.test_client()
    thief.set_cookie("portal", cookie.value, domain="portal.test", secure=True)
    assert thief.get("/materials", base_url=BASE).status_code == 303


def test_every_answer_carries_the_headers(world: World) -> None:
    browser = world.browser(TRAINER)
    for path in ("/", "/nothing", "/static/theme.css", "/health/live", "/admin"):
        response = browser.get(path)
        response.close()
        headers = response.headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'"), path
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "max-age" in headers["Strict-Transport-Security"]
    assert browser.get("/").headers["Cache-Control"] == "no-store"
