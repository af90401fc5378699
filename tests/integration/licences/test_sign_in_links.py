"""Links by mail: the same words and work for everybody who asks; each works once, and only its button spends it."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from kit.clock import SteppingClock
from licences.people import limits, memberships, sign_in_links, tokens
from licences.people.kinds import TokenPurpose
from licences.people.models import OneUseToken, SignIn
from portal.app import create_app
from tests.browser_like import BASE, Browser
from tests.factories.mailed import do_jobs, last_mail, link_in, mails_to
from tests.statements import counted
from tests.world import MANAGER, TEAM, TRAINER, World, settings

GHOST = "ghost@lakeshire.example"
CLIENTS = 40


def ask(
    world: World, email: str, path: str = "/sign-in/link", browser: Browser | None = None, **more: Any
) -> TestResponse:
    browser = browser or Browser(world.app)
    browser.get("/sign-in")
    return browser.post(path, {"email": email}, **more)


def token(world: World, email: str, purpose: TokenPurpose = TokenPurpose.SIGN_IN) -> str:
    with world.house.database.write() as session:
        return tokens.issue(session, world.house.clock, purpose, person_id=world.people[email], keep_older=True)


def clock_of(world: World) -> SteppingClock:
    assert isinstance(world.house.clock, SteppingClock)
    return world.house.clock


def test_a_link_signs_in_once_and_leads_on(world: World) -> None:
    assert ask(world, TRAINER.upper(), "/sign-in/link?next=/copies").status_code == 200
    do_jobs(world)
    path = link_in(world, TRAINER, "/sign-in/link/")
    browser = Browser(world.app)
    assert "Sign in as Amara Osei" in browser.get(path).text
    answer = browser.post(path)
    assert (answer.status_code, answer.location) == (303, "/copies")
    assert browser.get("/copies").status_code == 200
    again = Browser(world.app)
    assert again.get(path).status_code == 410
    again.get("/sign-in")
    assert again.post(path).status_code == 410
    assert again.get("/copies").status_code == 303


def test_looking_at_a_link_spends_nothing(world: World) -> None:
    secret = token(world, TRAINER)
    for _ in range(5):  # the mail scanner, the preview, the person
        assert Browser(world.app).get(f"/sign-in/link/{secret}").status_code == 200
    assert world.app.test_client().head(f"/sign-in/link/{secret}", base_url=BASE).status_code == 200
    with world.house.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).where(OneUseToken.used_at.is_not(None))) == 0


def test_a_link_is_good_for_half_an_hour(world: World) -> None:
    secret = token(world, TRAINER)
    clock_of(world).move(minutes=30)
    browser = Browser(world.app)
    browser.get("/sign-in")
    assert browser.post(f"/sign-in/link/{secret}").status_code == 410


def test_a_link_for_a_password_signs_nobody_in(world: World) -> None:
    secret = token(world, TRAINER, TokenPurpose.SET_PASSWORD)
    browser = Browser(world.app)
    browser.get("/sign-in")
    assert browser.post(f"/sign-in/link/{secret}").status_code == 410


def test_a_forgotten_password_is_set_anew(world: World) -> None:
    assert ask(world, TRAINER, "/sign-in/forgotten").status_code == 200
    do_jobs(world)
    path = link_in(world, TRAINER, "/welcome/")
    browser = Browser(world.app)
    browser.get(path)
    assert browser.post(path, {"password": "three words in a row"}).status_code == 303
    assert browser.sign_in(TRAINER, "three words in a row").status_code == 303


@pytest.mark.parametrize("path", ["/sign-in/link", "/sign-in/forgotten"])
def test_the_words_and_the_work_are_the_same_for_unknown_addresses(world: World, path: str) -> None:
    """Two addresses of the same length: the pages differ in nothing but what was typed, the statements in nothing."""
    ghost = "nobodyx@lakeshire.example"
    assert len(ghost) == len(TRAINER)
    pages, work = [], []
    for place, email in (("10.0.0.1", TRAINER), ("10.0.0.2", ghost)):
        browser = Browser(world.app)
        browser.get("/sign-in")
        with counted(world.house.database) as sent:
            answer = browser.post(path, {"email": email}, environ_base={"REMOTE_ADDR": place})
        pages.append((answer.status_code, answer.text.replace(email, "X"), sorted(answer.headers.keys())))
        work.append(sent)
    assert pages[0] == pages[1]
    assert work[0] == work[1]
    assert len(work[0]) > 5


def test_a_wrong_password_costs_the_same_work_for_unknown_addresses(world: World) -> None:
    work = []
    for place, email in (("10.0.0.1", TRAINER), ("10.0.0.2", GHOST)):
        with counted(world.house.database) as sent:
            code = guess(world, email, environ_base={"REMOTE_ADDR": place})
        work.append((code, sent))
    assert work[0] == work[1]


def test_nobody_gets_mail_for_an_unknown_address(world: World) -> None:
    ask(world, GHOST)
    do_jobs(world)
    assert last_mail(world, GHOST) is None


def test_who_has_left_gets_no_link(world: World) -> None:
    with world.house.database.write() as session:
        place = memberships.first_place(session, world.people[TRAINER]).membership_id
        memberships.leave(session, world.house.clock, TEAM, place)
    assert ask(world, TRAINER).status_code == 200
    do_jobs(world)
    assert last_mail(world, TRAINER) is None


def test_in_production_demo_people_get_no_link(world: World) -> None:
    """Their password is known to everybody, and so may be their mail."""
    with world.house.database.write() as session:
        sign_in_links.ask(
            session, world.house.clock, TokenPurpose.SIGN_IN, email=TRAINER, place="x", wanted="", demo_too=False
        )
    do_jobs(world)
    assert last_mail(world, TRAINER) is None


def test_a_link_leads_only_to_pages_of_ours(world: World) -> None:
    ask(world, TRAINER, "/sign-in/link?next=//evil.example/")
    do_jobs(world)
    browser, path = Browser(world.app), link_in(world, TRAINER, "/sign-in/link/")
    browser.get(path)
    assert browser.post(path).location == "/"


def test_who_asks_in_somebodys_name_neither_floods_nor_locks_out(world: World) -> None:
    """After six mails no more are sent for now, and the words stay the same; every link in the mailbox still works."""
    first = token(world, TRAINER)
    for n in range(9):
        answer = ask(world, TRAINER, environ_base={"REMOTE_ADDR": f"10.0.0.{n}"})
        assert answer.status_code == 200
    do_jobs(world)
    assert mails_to(world.house.database, TRAINER) == limits.LINKS_BY_EMAIL.most
    clock_of(world).moment += limits.LINKS_BY_EMAIL.window - timedelta(seconds=1)
    owner = Browser(world.app)
    owner.get("/sign-in")
    assert owner.post(f"/sign-in/link/{first}").status_code == 303


def test_one_network_asks_for_a_limited_number_of_links(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LINKS_BY_PLACE", limits.Limit("links place", 3, timedelta(minutes=15)))
    codes = [ask(world, f"a{n}@b.example").status_code for n in range(4)]
    assert codes == [200, 200, 200, 429]


def test_forty_press_one_link_and_one_comes_in(world: World) -> None:
    path = f"/sign-in/link/{token(world, TRAINER)}"
    browsers = [Browser(world.app) for _ in range(CLIENTS)]
    for browser in browsers:
        browser.get("/sign-in")
    start, codes = threading.Barrier(CLIENTS), list[int]()

    def press(browser: Browser) -> None:
        start.wait()
        codes.append(browser.post(path).status_code)

    threads = [threading.Thread(target=press, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [303] + [410] * (CLIENTS - 1)
    with world.house.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(SignIn)) == 1


# Limits that no header dodges, and that nobody turns against somebody else


def guess(world: World, email: str = TRAINER, browser: Browser | None = None, **more: Any) -> int:
    browser = browser or Browser(world.app)
    browser.get("/sign-in")
    return browser.post("/sign-in", {"email": email, "password": "wrong password"}, **more).status_code


def test_forged_headers_dodge_no_limit(world: World, tmp_path: Path) -> None:
    """Behind one trusted proxy only what it wrote counts: the last address; what a client wrote stands before it."""
    app = create_app(settings(world.house.database, tmp_path).model_copy(update={"trusted_proxies": 1}), world.house)
    codes = []
    for n in range(12):
        browser = Browser(app)
        browser.get("/sign-in")
        forged = {"X-Forwarded-For": f"203.0.113.{n}, 198.51.100.7", "X-Real-IP": f"192.0.2.{n}"}
        headers = {**forged, "Forwarded": f"for=192.0.2.{n}"}
        form = {"email": TRAINER, "password": "wrong password"}
        codes.append(browser.post("/sign-in", form, headers=headers).status_code)
    assert codes == [400] * 10 + [429] * 2


def test_an_ipv6_network_counts_as_one_place() -> None:
    assert limits.place_of("2001:db8:1:2:3::4") == limits.place_of("2001:db8:1:2:ffff::1")
    assert limits.place_of("2001:db8:1:2::1") != limits.place_of("2001:db8:1:3::1")
    assert limits.place_of("::ffff:192.0.2.1") == limits.place_of("192.0.2.1") == "192.0.2.1"
    assert limits.place_of("nonsense") == "nonsense"


def test_a_stranger_who_fails_from_everywhere_locks_nobody_out(world: World) -> None:
    """The owner's own browser goes on, and so does the link by mail; a browser never seen has to wait."""
    owner = world.browser(TRAINER)
    owner.post("/sign-out")
    codes = [guess(world, environ_base={"REMOTE_ADDR": f"10.0.{n // 200}.{n % 200}"}) for n in range(52)]
    assert codes == [400] * 50 + [429] * 2
    page = Browser(world.app)
    page.get("/sign-in")
    told = page.post("/sign-in", {"email": TRAINER, "password": "secure-base-demo"})
    assert (told.status_code, told.headers["Retry-After"]) == (429, "900")
    assert "have a sign-in link sent to you" in told.text
    assert owner.sign_in(TRAINER).status_code == 303
    ask(world, TRAINER)
    do_jobs(world)
    anywhere, path = Browser(world.app), link_in(world, TRAINER, "/sign-in/link/")
    anywhere.get(path)
    assert anywhere.post(path).status_code == 303


def test_a_known_browser_has_a_limit_of_its_own_and_only_for_its_person(world: World) -> None:
    owner = world.browser(TRAINER)
    owner.post("/sign-out")
    assert [guess(world, browser=owner) for _ in range(11)] == [400] * 10 + [429]
    assert guess(world, MANAGER, browser=owner) == 400
    assert guess(world) == 400


def test_a_forged_mark_makes_no_browser_known(world: World) -> None:
    for n in range(12):
        browser = Browser(world.app)
        browser.client.set_cookie("portal-known", f"WzEsIng{n}.forged", domain="portal.test", path="/sign-in")
        code = guess(world, browser=browser)
    assert code == 429


def test_old_tries_are_forgotten(world: World) -> None:
    guess(world)
    clock_of(world).move(days=31)
    with world.house.database.write() as session:
        limits.forget_old(session, clock_of(world))
        assert session.scalar(sa.text("SELECT count(*) FROM licences_attempt")) == 0
