"""What an attacker tries: presses at the same moment, hostile values, secrets from logs, links used twice."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
import structlog
from werkzeug.test import TestResponse

import migrations
from kit.db import Database
from kit.ids import fingerprint
from kit.web.files import _send_stretch
from licences.people import accounts, legal, memberships
from licences.people.kinds import LegalKind, Role
from materials.models import Copy
from portal.app import create_app
from portal.serving import _limit_waiting
from portal.settings import Environment
from tests.browser_like import BASE, PASSWORD, Browser
from tests.world import COLLEAGUE, MANAGER, STAFF, TEAM, TRAINER, World, settings

ROUNDS = 4
HOSTILE = ("\0", "a\0b", "-1", "9" * 30, "9" * 5000, "9223372036854775808", "\u202e", "\u0661", "1e9", "%", "")
Press = Callable[[], TestResponse]


def at_once(*presses: Press) -> list[int]:
    """Presses at the same moment, each from a thread of its own; the answers' codes in order of size."""
    start, answers = threading.Barrier(len(presses)), list[int]()

    def go(press: Press) -> None:
        start.wait()
        answers.append(press().status_code)

    threads = [threading.Thread(target=go, args=(press,)) for press in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


def press(browser: Browser, path: str, form: dict[str, Any]) -> Press:
    return lambda: browser.post(path, form)


def count(world: World, table: str) -> int:
    with world.house.database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(sa.table(table))) or 0


def accept_terms(world: World) -> None:
    with world.house.database.write() as session:
        legal.accept_terms_of_use(session, world.house.clock, world.viewer(TRAINER), 1)


@pytest.mark.parametrize(
    ("path", "form", "codes"),
    [
        ("/admin/organisations/new", {"name": "North {n}", "kind": "local authority"}, [303, 409]),
        ("/admin/programmes/new", {"name": "New {n}", "days": "3", "trainer_days": "", "audience": "All"}, [303, 409]),
        ("/admin/people/{colleague}/accreditation",
         {"programme": "{programme}", "from_on": "2026-01-0{n}", "until_on": "2027-01-01", "note": ""}, [303, 303]),
        ("/admin/legal/privacy",
         {"title": "Privacy", "body": "Words {n}", "after": "{n}", "seen": "{seen}"}, [303, 409]),
        ("/admin/licences/{licence}/period",
         {"starts_on": "1 1 203{n}", "ends_on": "31 12 203{n}", "seats": "2", "reason": "x"}, [303, 409]),
    ],
)  # fmt: skip
def test_two_of_staff_press_at_once(world: World, path: str, form: dict[str, str], codes: list[int]) -> None:
    """One of them wins, the other reads why not; nobody sees a fault."""
    known = {"colleague": world.people[COLLEAGUE], "programme": world.programme, "licence": world.licence}
    one, other = world.browser(STAFF), world.browser(STAFF)
    for n in range(1, ROUNDS + 1):
        seen = fingerprint(f"Privacy\nWords {n}")  # as the preview of these words hands it on
        filled = {name: value.format(n=n, seen=seen, **known) for name, value in form.items()}
        address = path.format(**known)
        answers = at_once(press(one, address, filled), press(other, address, filled))
        # “nothing differs” (400) or “somebody published meanwhile” (409): the second reads what it found when it looked
        assert [409 if code == 400 else code for code in answers] == codes


def test_one_address_for_two_people_at_once(world: World) -> None:
    one, other = world.browser(STAFF), world.browser(STAFF)
    with world.house.database.write() as session:  # who has no password yet: only their addresses are corrected
        people = [
            memberships.add_person(
                session,
                world.house.clock,
                TEAM,
                world.lakeshire,
                name=name,
                email=f"{name}@a.example",
                role=Role.TRAINER,
            ).id
            for name in ("ann", "ben")
        ]
    for n in range(ROUNDS):
        form = {"name": "Ann Lee", "email": f"ann{n}@lee.example", "role": "trainer"}
        places = (world.lakeshire, world.hillside)
        codes = at_once(
            *(press(b, f"/admin/organisations/{o}/people/new", form) for b, o in zip((one, other), places, strict=True))
        )
        assert codes == [303, 409]
        taken = {"name": "Ann Lee", "email": f"new{n}@lee.example", "role": "trainer"}
        codes = at_once(
            *(press(b, f"/admin/people/{who}/edit", taken) for b, who in zip((one, other), people, strict=True))
        )
        assert codes == [303, 409]


def test_the_last_seat_and_fewer_seats_at_once(world: World) -> None:
    one, other = world.browser(STAFF), world.browser(STAFF)
    seats = f"/admin/licences/{world.licence}/seats"
    give, release = f"{seats}/give", f"{seats}/{world.people[COLLEAGUE]}/release"
    colleague, manager = {"person": world.people[COLLEAGUE]}, {"person": world.people[MANAGER]}
    assert at_once(press(one, give, colleague), press(other, give, manager)) == [303, 409]
    one.post(f"{seats}/{world.people[MANAGER]}/release")
    for _ in range(ROUNDS):
        one.post(release)
        fewer = {"seats": 1, "reason": "One less"}
        assert at_once(press(one, give, colleague), press(other, seats, fewer)) == [303, 409]
        one.post(seats, {"seats": 2, "reason": "Back"})


def test_a_trainer_presses_twice(world: World) -> None:
    """Two presses of one button are one copy; two acceptances are one."""
    one, other = world.browser(TRAINER), world.browser(TRAINER)
    for n in range(1, ROUNDS + 1):
        accept = {"version": n, "accept": "y"}
        assert at_once(press(one, "/accept-terms", accept), press(other, "/accept-terms", accept)) == [303, 303]
        take = {"edition": world.current_edition, "press": f"P{n}"}
        path = f"/materials/{world.manual}/copies"
        assert at_once(press(one, path, take), press(other, path, take)) == [303, 303]
        assert (count(world, "licences_acceptance"), count(world, "materials_copy")) == (n, n)
        with world.house.database.write() as session:
            legal.publish(session, world.house.clock, TEAM, LegalKind.TERMS_OF_USE, title="Terms", body=f"{n}", after=n)


def test_a_draft_is_put_aside_twice_at_once(world: World) -> None:
    path = f"/admin/editions/{world.draft_edition}/aside"
    codes = at_once(*(press(world.browser(STAFF), path, {}) for _ in range(3)))
    assert codes == [303, 404, 404]


def test_unknown_people_sign_in_at_once(world: World) -> None:
    browsers = Browser(world.app), Browser(world.app)
    for browser in browsers:
        browser.get("/sign-in")
    form = {"email": "ghost@lakeshire.example", "password": "wrong password"}
    assert at_once(*(press(browser, "/sign-in", form) for browser in browsers)) == [400, 400]


def test_hostile_values_in_hidden_fields_and_addresses(world: World) -> None:
    accept_terms(world)
    browser, before = world.browser(TRAINER), count(world, "materials_copy")
    path, faults = f"/materials/{world.manual}/copies", []
    for value in HOSTILE:
        answers = [
            browser.post(path, {"edition": value, "press": "x"}),
            browser.post("/accept-terms", {"version": value, "accept": "y"}),
            *(browser.get(address + quote(value)) for address in ("/copies/", "/current/", "/welcome/")),
        ]
        faults += [(value[:20], answer.request.path, answer.status) for answer in answers if answer.status_code >= 500]
    assert (faults, count(world, "materials_copy")) == ([], before)
    for value in HOSTILE:
        assert browser.post(path, {"edition": world.current_edition, "press": value}).status_code == 303


@pytest.mark.parametrize("path", ["/admin/copies.csv", "/admin/audit.csv", "/admin/people.csv"])
def test_a_spreadsheet_gives_its_connection_back(world: World, path: str) -> None:
    """Read to the end, or left in the middle: before, each held one until the garbage was collected."""
    browser = world.browser(STAFF)
    with browser.get(path) as read:
        assert read.data
    browser.get(path).close()
    assert world.house.database.reader.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_signing_in_makes_forms_of_before_worthless(world: World) -> None:
    """Who planted a form secret in somebody's browser before they signed in cannot use it afterwards."""
    browser = Browser(world.app)
    browser.get("/sign-in")
    planted = browser.token
    browser.sign_in(TRAINER)
    taken, browser.token = browser.token, planted
    assert browser.post("/accept-terms", {"version": 1, "accept": "y"}).status_code == 400
    browser.token = taken
    browser.post("/sign-out")
    assert browser.sign_in(STAFF).status_code == 303
    browser.token = taken
    assert browser.post("/admin/organisations/new", {"name": "X", "kind": "local authority"}).status_code == 400


def test_logs_hold_neither_link_nor_parameters(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        with world.house.database.read() as session:
            session.execute(sa.text("SELECT :word FROM nowhere"), {"word": "a-secret-word"})

    monkeypatch.setattr(accounts, "person_of_link", gone)
    with structlog.testing.capture_logs() as lines:
        assert Browser(world.app).get("/welcome/a-secret-link").status_code == 503
    assert lines
    assert "a-secret" not in str(lines)


def test_a_password_set_closes_every_other_link(world: World) -> None:
    with world.house.database.write() as session:
        first = accounts.new_password_link(session, world.house.clock, world.people[TRAINER])
        session.execute(sa.text("UPDATE licences_one_use_token SET used_at = NULL"))
        second = accounts.new_password_link(session, world.house.clock, world.people[TRAINER])
        session.execute(sa.text("UPDATE licences_one_use_token SET used_at = NULL"))  # both sent at the same moment
    form = {"password": "three words in a row"}
    for secret, code in ((first, 303), (first, 410), (second, 410)):
        browser = Browser(world.app)
        browser.get("/sign-in")
        assert browser.post(f"/welcome/{secret}", form).status_code == code


def test_a_guessed_link_is_not_worth_a_hash(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []

    def counted(password: str) -> str:
        hashed.append(password)
        return "x"

    monkeypatch.setattr(accounts, "hash_password", counted)
    browser = Browser(world.app)
    browser.get("/sign-in")
    assert browser.post("/welcome/guessed", {"password": "three words in a row"}).status_code == 410
    assert hashed == []


@pytest.mark.parametrize("blank", ["\u200b", "\u3164", "\u2800", "\u034f", "\u2063", "\ufff9"])
def test_names_that_only_look_different_are_refused(world: World, blank: str) -> None:
    browser = world.browser(STAFF)
    form = {"name": f"Lakeshire{blank} Council", "kind": "local authority"}
    assert browser.post("/admin/organisations/new", form).status_code == 400


def test_a_preview_names_the_one_who_looks_after_a_new_name_too(world: World) -> None:
    browser = world.browser(STAFF)
    path = f"/admin/editions/{world.draft_edition}/preview"
    tag = browser.get(path).headers["ETag"]
    with world.house.database.write() as session:
        session.execute(sa.text("UPDATE licences_person SET name = 'Ruth Married' WHERE email = :e"), {"e": STAFF})
    assert browser.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_no_way_round_a_suspension(world: World) -> None:
    """Every way of asking for a copy that a browser has kept, on the request after the licence is suspended."""
    accept_terms(world)
    browser = world.browser(TRAINER)
    taken = browser.post(f"/materials/{world.manual}/copies", {"edition": world.current_edition, "press": "P"})
    path, tag = taken.location or "", browser.get(taken.location or "").headers["ETag"]
    asked: list[dict[str, str]] = [
        {}, {"Range": "bytes=0-99"}, {"Range": "bytes=-100"}, {"Range": "bytes=5-", "If-Range": tag},
        {"If-None-Match": tag}, {"If-None-Match": "*"}, {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        {"Range": "bytes=0-0,2-2"}, {"Range": "items=0-1"}, {"X-HTTP-Method-Override": "HEAD"},
    ]  # fmt: skip
    assert all(browser.get(path, headers=headers).status_code in (200, 206, 304) for headers in asked)
    world.browser(STAFF).post(f"/admin/licences/{world.licence}/suspend", {"reason": "Unpaid."})
    for headers in asked:
        answer = browser.get(path, headers=headers)
        assert (answer.status_code, answer.mimetype) == (403, "text/html"), headers
        assert browser.client.head(path, base_url=BASE, headers=headers).status_code == 403
    with world.house.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Copy)) == 1


def test_an_unknown_unit_of_a_range_is_no_range(world: World) -> None:
    accept_terms(world)
    browser = world.browser(TRAINER)
    taken = browser.post(f"/materials/{world.manual}/copies", {"edition": world.current_edition, "press": "P"})
    assert browser.get(taken.location or "", headers={"Range": "items=0-1"}).status_code == 200


def test_without_a_database_every_answer_is_no_and_then_all_is_well_again(world: World, tmp_path: Path) -> None:
    """Signed in, with the database gone: pages say so, the door stays shut, and nothing has to be restarted."""
    accept_terms(world)
    browser = world.browser(TRAINER)
    cookie = browser.client.get_cookie("portal", domain="portal.test")
    assert cookie is not None
    place = tmp_path / "not yet" / "portal.sqlite"
    gone = Database(f"sqlite:///{place}")
    broken = Browser(create_app(settings(gone, tmp_path / "store"), replace(world.house, database=gone)))
    broken.client.set_cookie("portal", cookie.value, domain="portal.test", secure=True)
    paths = ("/", "/home", "/materials", "/copies", "/sign-in", "/help", "/terms", "/nothing", "/health/ready")
    assert {path: broken.get(path).status_code for path in paths} == dict.fromkeys(paths, 503)
    assert broken.get("/health/live").status_code == 200
    place.parent.mkdir()
    migrations.upgrade(f"sqlite:///{place}")
    assert broken.get("/health/ready").status_code == 200
    assert broken.get("/materials").status_code == 303
    gone.close()


@pytest.fixture
def slow_port(tmp_path: Path) -> Iterator[int]:
    """A portal of one process and two threads that waits a second for anybody."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = (
        "from portal.logs import log_as_json; log_as_json(); "
        "from portal.serving import serve_forever; from portal.settings import Settings; "
        f"serve_forever(Settings(), host='127.0.0.1', port={port}, processes=1, threads=2, stall_seconds=1)"
    )
    known = {
        "PORTAL_ENVIRONMENT": "test",
        "PORTAL_DATABASE_URL": f"sqlite:///{tmp_path}/portal.sqlite",
        "PORTAL_STORE_URL": (tmp_path / "store").as_uri(),
        "PORTAL_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    with (
        (tmp_path / "server.log").open("wb") as log,
        subprocess.Popen([sys.executable, "-c", serve], env=os.environ | known, stderr=log) as server,
    ):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not is_alive(port, within=1):
            time.sleep(0.2)
        yield port
        server.terminate()


def is_alive(port: int, *, within: float) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=within) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.parametrize(
    "half", [b"GET / HTTP/1.1\r\nX-Half: ", b"POST /sign-in HTTP/1.1\r\nContent-Length: 9\r\n\r\na"]
)
def test_who_sends_half_a_request_keeps_no_thread(slow_port: int, tmp_path: Path, half: bytes) -> None:
    half = half.replace(b"\r\n", f"\r\nHost: 127.0.0.1:{slow_port}\r\n".encode(), 1)
    with ExitStack() as kept:
        for _ in range(4):
            kept.enter_context(socket.create_connection(("127.0.0.1", slow_port))).sendall(half)
        time.sleep(0.3)
        assert is_alive(slow_port, within=15)
    for line in (tmp_path / "server.log").read_text().splitlines():
        assert json.loads(line)["level"] in ("info", "warning")  # one line for each, and no traceback


def test_nobody_who_does_not_read_keeps_the_kernel_sending(tmp_path: Path) -> None:
    path, ours = tmp_path / "large", socket.socketpair()
    path.write_bytes(bytes(20_000_000))
    _limit_waiting(ours[0], 1)
    with path.open("rb") as file, ours[0], ours[1], pytest.raises(BrokenPipeError):
        _send_stretch(ours[0], file.fileno(), 0, 20_000_000)


@pytest.mark.parametrize("email", ["a..b@x.example", ".a@x.example", "a.@x.example", "é@x.org", "a" * 65 + "@x.org"])
def test_an_address_that_no_mail_can_carry_is_refused(world: World, email: str) -> None:
    """It would be kept, and its mail set aside: the person waits for a link that never comes."""
    form = {"name": "Ann Lee", "email": email, "role": "trainer"}
    answer = world.browser(STAFF).post(f"/admin/organisations/{world.lakeshire}/people/new", form)
    assert (answer.status_code, count(world, "kit_mail_message")) == (400, 0)


@pytest.mark.parametrize(("kind", "code"), [(Environment.PRODUCTION, 400), (Environment.TEST, 303)])
def test_demo_people_stay_out_of_production(world: World, kind: Environment, code: int) -> None:
    place = settings(world.house.database, Path("/nowhere")).model_copy(update={"environment": kind})
    browser = Browser(create_app(place, world.house))
    browser.get("/sign-in")
    assert browser.post("/sign-in", {"email": TRAINER, "password": PASSWORD}).status_code == code
