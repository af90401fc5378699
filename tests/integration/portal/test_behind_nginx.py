"""The portal behind nginx as `deploy/` sets it up: the real files, a real certificate, the real server."""

import http.client
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.outside import public_address
from portal.settings import Settings
from tests import databases, nginx_server
from tests.mail_server import free_port, wait_until_open
from tests.nginx_server import Nginx

MISSING = "nginx is not installed: the portal behind it is SKIPPED (apt-get install nginx)"
KEY = "k" * 48


@dataclass
class Site:
    """nginx and the portal behind it."""

    nginx: Nginx
    settings: Settings
    folder: Path
    portal_port: int

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> "Answer":
        trusting = ssl.create_default_context(cafile=str(self.nginx.certificate))
        connection = http.client.HTTPSConnection("localhost", self.nginx.https_port, context=trusting, timeout=30)
        with closing(connection):
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if nginx_server.binary() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    folder = tmp_path_factory.mktemp("site")
    url = databases.new_database_url("sqlite")
    portal_port, https_port = free_port(), free_port()
    settings = Settings(
        environment="test",  # type: ignore[arg-type]
        database_url=url,
        store_url=(folder / "store").as_uri(),
        public_url=f"https://localhost:{https_port}",
        secret_key=KEY,  # type: ignore[arg-type]
        trusted_proxies=1,
        former_public_urls=(f"https://old.localhost:{https_port}",),
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")} | {
        "PORTAL_ENVIRONMENT": "test",
        "PORTAL_DATABASE_URL": url,
        "PORTAL_STORE_URL": settings.store_url,
        "PORTAL_PUBLIC_URL": settings.public_url,
        "PORTAL_SECRET_KEY": KEY,
        "PORTAL_TRUSTED_PROXIES": "1",
        "PORTAL_FORMER_PUBLIC_URLS": settings.former_public_urls[0],
    }
    command = [sys.executable, "-m", "portal", "serve", "--port", str(portal_port), "--processes", "1"]
    server = subprocess.Popen(command, env=environment)
    try:
        wait_until_open(portal_port, 90)
        _wait_until_it_answers(portal_port)
        with nginx_server.running(folder, portal_port, https_port=https_port, portal=OLD_NAME) as nginx:
            yield Site(nginx, settings, folder, portal_port)
    finally:
        server.terminate()
        server.wait(30)
        databases.drop_database(url)


OLD_NAME = "server_name localhost;->server_name localhost old.localhost;"


def _wait_until_it_answers(port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        connection = http.client.HTTPConnection("localhost", port, timeout=30)
        with closing(connection):
            connection.request("GET", "/health/live")
            if connection.getresponse().status == 200:
                return
    raise TimeoutError("the portal did not start")


@pytest.fixture
def trusted(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The machine believes the site's certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(site.nginx.certificate))
    return site


def test_pages_come_by_https_only(site: Site) -> None:
    page = site.ask("GET", "/sign-in")
    assert page.status == 200
    assert "Secure" in page.headers["Set-Cookie"]
    assert page.headers["Strict-Transport-Security"]
    plain = http.client.HTTPConnection("localhost", site.nginx.http_port, timeout=10)
    with closing(plain):
        plain.request("GET", "/current/ABC?x=1")
        moved = plain.getresponse()
    assert (moved.status, moved.headers["Location"]) == (301, f"{site.nginx.url}/current/ABC?x=1")


def test_static_files_come_from_nginx_and_are_kept(site: Site) -> None:
    page = site.ask("GET", "/sign-in").body.decode()
    path = page.split('rel="stylesheet" href="')[1].split('"')[0] if 'rel="stylesheet" href="' in page else ""
    path = path or page.split(".css")[0].split('"')[-1] + ".css"
    sheet = site.ask("GET", path, {"Accept-Encoding": "gzip"})
    assert sheet.status == 200, path
    assert sheet.headers["Content-Encoding"] == "gzip"
    assert sheet.headers["Cache-Control"] == "public, max-age=31536000"
    assert sheet.headers["X-Content-Type-Options"] == "nosniff"
    assert site.ask("GET", "/static/..%2f..%2fpyproject.toml").status in (400, 404)
    assert site.ask("GET", "/static../pyproject.toml").status == 404


def test_other_names_get_no_answer(site: Site) -> None:
    asking = ssl.create_default_context()
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE
    raw = socket.create_connection(("127.0.0.1", site.nginx.https_port), 10)
    wrapped = asking.wrap_socket(raw, server_hostname="other.example", do_handshake_on_connect=False)
    with closing(wrapped), pytest.raises(ssl.SSLError):
        wrapped.do_handshake()


def test_the_check_is_content(trusted: Site) -> None:
    assert list(public_address(trusted.settings)) == []


def test_the_check_sees_a_proxy_that_does_not_say_https(trusted: Site, tmp_path: Path) -> None:
    port = free_port()
    silent = "X-Forwarded-Proto $scheme->X-Nothing none"
    with nginx_server.running(tmp_path, trusted.portal_port, https_port=port, proxy=silent) as nginx:
        (finding,) = _as_seen_at(nginx, trusted)
    assert "come by http" in finding


def test_the_check_sees_a_proxy_that_lets_forgers_in(trusted: Site, tmp_path: Path) -> None:
    port = free_port()
    forging = "X-Forwarded-For $remote_addr->X-Forwarded-For $http_x_forwarded_for"
    with nginx_server.running(tmp_path, trusted.portal_port, https_port=port, proxy=forging) as nginx:
        (finding,) = _as_seen_at(nginx, trusted)
    assert "pretend to come from another address" in finding


def test_the_check_sees_another_portal(trusted: Site) -> None:
    other = trusted.settings.model_copy(update={"secret_key": Settings(environment="test").secret_key})  # type: ignore[arg-type]
    assert ["another key" in str(one) for one in public_address(other)] == [True]


def test_the_check_sees_that_nobody_answers(trusted: Site) -> None:
    away = trusted.settings.model_copy(update={"public_url": f"https://localhost:{free_port()}"})
    assert ["does not answer" in str(one) for one in public_address(away)] == [True]


def _as_seen_at(nginx: Nginx, site: Site) -> list[str]:
    os.environ["SSL_CERT_FILE"] = str(nginx.certificate)
    return [str(one) for one in public_address(site.settings.model_copy(update={"public_url": nginx.url}))]


def test_a_former_name_leads_on(site: Site) -> None:
    answer = site.ask("GET", "/current/ABC?x=1", {"Host": f"old.localhost:{site.nginx.https_port}"})
    assert (answer.status, answer.headers["Location"]) == (308, f"{site.nginx.url}/current/ABC?x=1")


def test_when_the_portal_rests_nginx_says_so(trusted: Site, tmp_path: Path) -> None:
    with nginx_server.running(tmp_path, free_port()) as nginx:
        answer = Site(nginx, trusted.settings, tmp_path, 0).ask("GET", "/materials")
        (finding,) = _as_seen_at(nginx, trusted)
    assert "portal behind it does not" in finding
    assert answer.status == 502
    assert b"Back in a moment" in answer.body


def test_the_address_of_a_link_stands_in_no_log_of_requests(site: Site, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    logging = f"server_name localhost;->server_name localhost; access_log {log};"
    with nginx_server.running(tmp_path, free_port(), portal=logging) as nginx:
        asking = Site(nginx, site.settings, tmp_path, 0)
        for path in ("sign-in/link", "welcome", "invitation", "email/keep", "quotes", "pay"):
            assert asking.ask("GET", f"/{path}/so-secret").status == 502
        plain = http.client.HTTPConnection("localhost", nginx.http_port, timeout=10)
        with closing(plain):
            plain.request("GET", "/quotes/so-secret")
            assert plain.getresponse().status == 301
        asking.ask("GET", "/static/a.css")
    assert "a.css" in log.read_text()
    assert "so-secret" not in log.read_text()


def test_too_many_tries_at_the_door_are_held_up(site: Site) -> None:
    statuses = [site.ask("POST", "/sign-in", body=b"email=a").status for _ in range(30)]
    assert statuses[0] != 429
    assert 429 in statuses[20:]
    assert site.ask("GET", "/sign-in").status == 200, "looking is not held up"
    assert b"Too many requests" in site.ask("POST", "/sign-in", body=b"email=a").body


def test_an_upload_beyond_the_limit_is_refused_before_it_is_sent(site: Site) -> None:
    answer = site.ask("POST", "/admin/upload", {"Content-Length": str(300 << 20), "Expect": "100-continue"})
    assert answer.status == 413
