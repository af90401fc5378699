"""The second step: who has one must show it, who must have one sets it up first, and each code works once."""

import json
import re
import threading
from base64 import urlsafe_b64encode
from html import unescape
from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sa

from kit.clock import SteppingClock
from licences.people import authenticators, tokens
from licences.people.kinds import TokenPurpose
from licences.people.models import RecoveryCode
from tests.browser_like import BASE, Browser
from tests.factories.second_steps import App, give_app, give_codes, strict_app
from tests.house.examples import make_examples
from tests.house.test_access import rows
from tests.world import MANAGER, STAFF, TRAINER, World, settings

CLIENTS = 40


def clock_of(world: World) -> SteppingClock:
    assert isinstance(world.house.clock, SteppingClock)
    return world.house.clock


@pytest.fixture
def phone(world: World) -> App:
    shown = give_app(world, TRAINER)
    clock_of(world).move(minutes=1)
    return shown


@pytest.fixture
def half(world: World, phone: App) -> Browser:
    """A browser in which the password was right, and the second step is still to be shown."""
    return world.browser(TRAINER)


def show(browser: Browser, code: str, path: str = "/sign-in/second") -> int:
    browser.get(path)
    return browser.post(path, {"code": code}).status_code


def is_in(browser: Browser) -> bool:
    return browser.get("/copies").status_code == 200


def test_a_code_lets_in_and_leads_on(world: World, phone: App, half: Browser) -> None:
    away = half.get("/copies?programme=1")
    assert (away.status_code, away.location) == (303, "/sign-in/second?next=/copies?programme%3D1")
    assert "Second step" in half.get(away.location).text
    answer = half.post("/sign-in/second?next=/copies", {"code": phone.code[:3] + " " + phone.code[3:]})
    assert (answer.status_code, answer.location) == (303, "/copies")
    assert is_in(half)


def test_without_it_nothing_opens(world: World, phone: App) -> None:
    """Every address of the access table that is not public, and not about the second step, leads to it."""
    examples, wrong = make_examples(world), []
    half = world.browser(TRAINER)
    half.get("/sign-in/second")
    for row in rows():
        if row.guard in ("public", "half signed in"):
            continue
        path = examples.filled(row.example)
        answer = half.get(path) if row.method == "GET" else half.post(path, {})
        if answer.status_code != 303 or not (answer.location or "").startswith("/sign-in/second"):
            wrong.append(f"{row.method} {path}: {answer.status_code} {answer.location}")
    assert wrong == []


def test_without_it_a_public_page_knows_nobody(half: Browser) -> None:
    assert "Amara Osei" not in half.get("/terms").text
    assert half.get("/").location == "/sign-in"
    assert half.get("/sign-in").location == "/sign-in/second"


def test_without_it_no_second_step_is_added_and_nobody_is_made_sure(world: World, phone: App, half: Browser) -> None:
    for path in ("/account/second-step", "/account/second-step/app", "/account/second-step/passkey", "/account/sure"):
        assert (half.get(path).location or "").startswith("/sign-in/second")
    half.get("/sign-in/second")
    assert half.post("/account/sure", {"password": "secure-base-demo"}).status_code == 400
    assert half.post("/account/sure/code", {"code": phone.code}).status_code == 400
    assert not is_in(half)


def test_one_may_stop_and_sign_out(half: Browser) -> None:
    half.get("/sign-in/second")
    assert half.post("/sign-out").status_code == 303
    assert half.get("/sign-in").status_code == 200


def test_no_code_works_twice(world: World, phone: App, half: Browser) -> None:
    code = phone.code
    assert show(half, code) == 303
    assert show(world.browser(TRAINER), code) == 400
    clock_of(world).move(seconds=30)
    assert show(world.browser(TRAINER), code) == 400, "the step before is still good, but was used"
    assert show(world.browser(TRAINER), phone.code) == 303


@pytest.mark.parametrize(("seconds", "status"), [(-60, 400), (-30, 303), (30, 303), (60, 400)])
def test_a_telephone_may_be_half_a_minute_off(
    world: World, phone: App, half: Browser, seconds: int, status: int
) -> None:
    at = clock_of(world).moment.timestamp() + seconds
    assert show(half, pyotp.TOTP(phone.secret).at(int(at))) == status


def test_the_secret_is_sealed_and_codes_are_fingerprints(world: World, phone: App) -> None:
    code = give_codes(world, TRAINER)[0]
    with world.house.database.read() as session:
        kept = str(session.execute(sa.text("SELECT secret FROM licences_authenticator")).all())
        prints = session.scalars(sa.select(RecoveryCode.fingerprint)).all()
    assert phone.secret not in kept
    assert len(prints) == authenticators.RECOVERY_CODES
    assert code.replace("-", "") not in str(prints)


def test_ten_wrong_codes_are_enough(world: World, phone: App, half: Browser) -> None:
    wrong = str((int(phone.code) + 500_000) % 1_000_000).zfill(6)
    assert [show(half, wrong) for _ in range(11)] == [400] * 10 + [429]
    assert show(world.browser(TRAINER), phone.code) == 429, "another browser never seen counts together"
    code = give_codes(world, TRAINER)[0]
    assert show(half, code, "/sign-in/second/recovery") == 303


def test_wrong_codes_of_a_stranger_lock_no_known_browser_out(world: World) -> None:
    """Somebody knows the password, and fails at the second step: the owner's own browser has a count of its own."""
    owner = world.browser(TRAINER)
    shown = give_app(world, TRAINER)
    clock_of(world).move(minutes=1)
    stranger = world.browser(TRAINER)
    assert [show(stranger, "abc") for _ in range(11)] == [400] * 10 + [429]
    assert show(owner, shown.code) == 303


def test_a_recovery_code_works_once_however_it_is_typed(world: World, half: Browser) -> None:
    code = give_codes(world, TRAINER)[0]
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert show(half, typed, "/sign-in/second/recovery") == 303
    assert "9 recovery codes left" in half.get("/account").text
    other = world.browser(TRAINER)
    assert show(other, code, "/sign-in/second/recovery") == 400
    assert not is_in(other)


def test_somebody_elses_recovery_code_opens_nothing(world: World, half: Browser) -> None:
    assert show(half, give_codes(world, MANAGER)[0], "/sign-in/second/recovery") == 400


def test_forty_show_one_code_and_one_is_in(world: World, phone: App) -> None:
    """Sessions of one person, all with the same right code at the same moment."""
    browsers = [world.browser(TRAINER) for _ in range(CLIENTS)]
    for browser in browsers:
        browser.get("/sign-in/second")
    start, codes, code = threading.Barrier(CLIENTS), list[int](), phone.code

    def press(browser: Browser) -> None:
        start.wait()
        codes.append(browser.post("/sign-in/second", {"code": code}).status_code)

    threads = [threading.Thread(target=press, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes.count(303) == 1
    assert set(codes) <= {303, 400, 429}


def test_proving_changes_the_cookie(world: World, phone: App, half: Browser) -> None:
    """Whoever had the cookie of before, when only the password had been shown, has nothing."""
    before = half.client.get_cookie("portal", domain="portal.test")
    assert before is not None
    assert show(half, phone.code) == 303
    thief = Browser(world.app)
    thief.client.set_cookie("portal", before.value, domain="portal.test", secure=True)
    assert not is_in(thief)
    assert (thief.get("/sign-in/second").location or "").startswith("/sign-in?")


# Setting one up


def sealed_on(page: str) -> str:
    found = re.search(r'name="sealed" value="([^"]+)"', page)
    assert found, page
    return unescape(found[1])


def letters_on(page: str) -> str:
    found = re.search(r'<b class="sb-code">([A-Z2-7 ]+)</b>', page)
    assert found, page
    return found[1].replace(" ", "")


def set_up(world: World, browser: Browser, path: str = "/account/second-step/app") -> str:
    page = browser.get(path).text
    code = pyotp.TOTP(letters_on(page)).at(clock_of(world).now())
    answer = browser.post(path, {"name": "My telephone", "code": code, "sealed": sealed_on(page)})
    assert answer.status_code == 200, answer.text
    return answer.text


def codes_on(page: str) -> list[str]:
    return re.findall(r'<code class="sb-code">([\w-]+)</code>', page)


def test_an_app_is_set_up_and_asked_for_from_then_on(world: World) -> None:
    browser, other = world.browser(TRAINER), world.browser(TRAINER)
    assert len(codes_on(set_up(world, browser))) == authenticators.RECOVERY_CODES
    assert is_in(browser)
    assert not is_in(other), "a session of before has not shown it"
    clock_of(world).move(minutes=1)
    assert codes_on(set_up(world, browser)) == [], "the codes of before stay"


def test_looking_at_the_page_keeps_nothing(world: World) -> None:
    browser = world.browser(TRAINER)
    assert letters_on(browser.get("/account/second-step/app").text) != letters_on(
        browser.get("/account/second-step/app").text
    )
    with world.house.database.read() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM licences_authenticator")) == 0


def test_a_form_of_somebody_else_or_too_old_adds_nothing(world: World) -> None:
    browser, other = world.browser(TRAINER), world.browser(MANAGER)
    page = other.get("/account/second-step/app").text
    form = {"name": "X", "code": pyotp.TOTP(letters_on(page)).at(clock_of(world).now()), "sealed": sealed_on(page)}
    browser.get("/account/second-step/app")
    assert browser.post("/account/second-step/app", form).status_code == 409
    other.get("/account")
    assert other.post("/account/second-step/app", {**form, "sealed": "x"}).status_code == 409


@pytest.fixture
def strict(world: World, tmp_path: Path) -> World:
    """The world with a second step compulsory for staff and licence managers."""
    object.__setattr__(world, "app", strict_app(world, settings(world.house.database, tmp_path / "store")))
    return world


@pytest.mark.parametrize("email", [STAFF, MANAGER])
def test_who_looks_after_others_must_set_one_up(strict: World, email: str) -> None:
    browser = strict.browser(email)
    away = browser.get("/organisation" if email == MANAGER else "/admin/people")
    assert (away.location or "").startswith("/sign-in/second")
    asked = browser.get(away.location or "")
    assert (asked.location or "").startswith("/account/second-step")
    assert "Set up a second step" in browser.get(asked.location or "").text
    set_up(strict, browser)
    assert browser.get("/organisation" if email == MANAGER else "/admin/people").status_code == 200


def test_a_trainer_need_not(strict: World) -> None:
    assert is_in(strict.browser(TRAINER))


def test_without_any_it_must_be_set_up_again(strict: World) -> None:
    browser = strict.browser(MANAGER)
    set_up(strict, browser)
    with strict.house.database.read() as session:
        proof = authenticators.proofs_of(session, strict.people[MANAGER])[0].id
    browser.get(f"/account/second-step/{proof}/remove")
    assert browser.post(f"/account/second-step/{proof}/remove").status_code == 303
    assert (browser.get("/organisation").location or "").startswith("/sign-in/second")


def test_nobody_removes_somebody_elses(world: World, phone: App) -> None:
    with world.house.database.read() as session:
        proof = authenticators.proofs_of(session, world.people[TRAINER])[0].id
    browser = world.browser(MANAGER)
    assert browser.get(f"/account/second-step/{proof}/remove").status_code == 404
    assert browser.post(f"/account/second-step/{proof}/remove").status_code == 404


def test_staff_remove_what_somebody_lost_and_nobody_their_own(world: World, phone: App, half: Browser) -> None:
    staff, path = world.browser(STAFF), f"/admin/people/{world.people[TRAINER]}/second-step"
    assert "My telephone" in staff.get(path).text
    assert staff.post(path).status_code == 303
    assert half.get("/sign-in/second").location == "/sign-in?next=/sign-in/second", "signed out everywhere"
    assert is_in(world.browser(TRAINER))
    assert staff.post(f"/admin/people/{world.people[STAFF]}/second-step").status_code == 404


# Asked again


def test_after_ten_minutes_one_is_asked_again(world: World) -> None:
    browser = world.browser(TRAINER)
    assert browser.get("/account/password").status_code == 200
    clock_of(world).move(minutes=10)
    away = browser.get("/account/password")
    assert (away.status_code, away.location) == (303, "/account/sure?next=/account/password")
    browser.get(away.location or "")
    assert browser.post(away.location or "", {"password": "not this one"}).status_code == 400
    answer = browser.post(away.location or "", {"password": "secure-base-demo"})
    assert (answer.status_code, answer.location) == (303, "/account/password")
    assert browser.get("/account/password").status_code == 200


def test_a_form_that_comes_too_late_changes_nothing_and_leads_back(world: World) -> None:
    browser = world.browser(TRAINER)
    browser.get("/account")
    clock_of(world).move(minutes=10)
    answer = browser.post("/account/sessions/end", headers={"Referer": f"{BASE}/account"})
    assert (answer.status_code, answer.location) == (303, "/account/sure?next=/account")


def test_the_app_or_a_wrong_password_at_being_asked_again(world: World, phone: App, half: Browser) -> None:
    assert show(half, phone.code) == 303
    clock_of(world).move(minutes=11)
    half.get("/account/sure")
    assert half.post("/account/sure/code", {"code": "000000"}).status_code == 400
    assert half.post("/account/sure/code", {"code": phone.code}).status_code == 303
    assert half.get("/account/password").status_code == 200
    clock_of(world).move(minutes=11)
    half.get("/account/sure")
    tries = [half.post("/account/sure", {"password": "wrong password"}).status_code for _ in range(11)]
    assert tries == [400] * 10 + [429]


def test_without_password_and_app_a_link_is_offered(world: World) -> None:
    with world.house.database.write() as session:
        session.execute(sa.text("UPDATE licences_person SET password_hash = NULL WHERE email = :e"), {"e": TRAINER})
    browser = Browser(world.app)
    with world.house.database.write() as session:
        secret = tokens.issue(session, world.house.clock, TokenPurpose.SIGN_IN, person_id=world.people[TRAINER])
    browser.get(f"/sign-in/link/{secret}")
    browser.post(f"/sign-in/link/{secret}")
    clock_of(world).move(minutes=11)
    assert "Send me a sign-in link" in browser.get("/account/sure").text


def test_a_passkey_whose_name_no_database_takes_is_not_accepted(world: World) -> None:
    browser = Browser(world.app)
    for named in ("\0", "\ud800", 3, {}, "unknown"):
        found = re.search(r'"challenge": ?"([^"]+)"', unescape(browser.get("/sign-in").text))
        assert found
        said = urlsafe_b64encode(json.dumps({"challenge": found[1]}).encode()).rstrip(b"=").decode()
        answer = json.dumps({"id": named, "rawId": named, "response": {"clientDataJSON": said}})
        refused = browser.post("/sign-in/passkey", {"answer": answer})
        assert (refused.status_code, refused.location) == (303, "/sign-in"), named
