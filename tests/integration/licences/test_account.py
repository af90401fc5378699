"""One's own account: name, password, organisations, the browsers one is signed in with, and a new e-mail address."""

import re

import pytest
import sqlalchemy as sa

from kit.audit import AuditEntry
from kit.clock import SteppingClock
from licences.people import authenticators, memberships, tokens
from licences.people.kinds import Role, TokenPurpose
from licences.people.models import EmailChange, Person, SignIn
from licences.web.browser_words import in_words
from tests.browser_like import Browser
from tests.factories.mailed import last_mail, link_in, mails_to
from tests.factories.second_steps import give_app
from tests.world import (
    COLLEAGUE,
    FINANCE,
    MANAGER,
    STAFF,
    STRANGER,
    STRANGER_MANAGER,
    TEAM,
    TRAINER,
    World,
)

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"
NEW = "amara@new.example"


def clock_of(world: World) -> SteppingClock:
    assert isinstance(world.house.clock, SteppingClock)
    return world.house.clock


def actions(world: World) -> list[str]:
    with world.house.database.read() as session:
        return list(session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)))


def address_of(world: World, email: str) -> str:
    with world.house.database.read() as session:
        return session.get_one(Person, world.people[email]).email


# Name, password, organisations


def test_ones_name_is_ones_own_to_correct(world: World) -> None:
    browser = world.browser(FINANCE)
    browser.get("/account/name")
    assert browser.post("/account/name", {"name": "Colin Marsh-Bell"}).status_code == 303
    page = browser.get("/account").text
    assert "Colin Marsh-Bell" in page
    assert "person changed" in actions(world)


def test_a_new_password_counts_at_once_and_signs_out_everywhere_else(world: World) -> None:
    browser, other = world.browser(TRAINER), world.browser(TRAINER)
    browser.get("/account/password")
    assert browser.post("/account/password", {"password": "short"}).status_code == 400
    assert browser.post("/account/password", {"password": "three words in a row"}).status_code == 303
    assert browser.get("/copies").status_code == 200
    assert other.get("/copies").status_code == 303
    assert Browser(world.app).sign_in(TRAINER).status_code == 400
    assert Browser(world.app).sign_in(TRAINER, "three words in a row").status_code == 303


def test_moving_between_organisations(world: World) -> None:
    with world.house.database.write() as session:
        place = memberships.join(
            session, clock_of(world), TEAM, world.hillside, world.people[TRAINER], Role.MANAGER
        ).membership_id
        other = memberships.member_in(session, world.hillside, world.people[STRANGER]).membership_id
    browser = world.browser(TRAINER)
    page = browser.get("/account").text
    assert "Hillside Trust (licence manager)" in page
    assert browser.get("/organisation").status_code == 403
    assert browser.post("/account/place", {"place": str(other)}).status_code == 400, "somebody else's place"
    assert browser.post("/account/place", {"place": str(place)}).status_code == 303
    assert "Hillside Trust" in browser.get("/organisation").text
    again = world.browser(TRAINER)
    assert again.get("/organisation").status_code == 200, "who comes back is where they were last"
    assert "moved to another organisation" in actions(world)


def test_a_place_that_ended_is_no_place_to_go(world: World) -> None:
    with world.house.database.write() as session:
        clock = clock_of(world)
        place = memberships.join(session, clock, TEAM, world.hillside, world.people[TRAINER], Role.TRAINER)
        memberships.leave(session, clock, TEAM, place.membership_id)
    browser = world.browser(TRAINER)
    browser.get("/account")
    assert browser.post("/account/place", {"place": str(place.membership_id)}).status_code == 400


# Sessions


def test_sessions_are_listed_in_words_and_ended_one_by_one(world: World) -> None:
    other = Browser(world.app)
    other.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    other.sign_in(TRAINER)
    browser = world.browser(TRAINER)
    page = browser.get("/account").text
    assert "Firefox on Windows" in page
    assert "(this one)" in page
    found = re.findall(r'action="(/account/sessions/\w+/end)"', page)
    assert len(found) == 1
    assert browser.post(found[0]).status_code == 303
    assert other.get("/copies").status_code == 303
    assert browser.get("/copies").status_code == 200
    assert browser.post(found[0]).status_code == 404, "it is over"


def test_nobody_ends_somebody_elses_session(world: World) -> None:
    world.browser(MANAGER)
    with world.house.database.read() as session:
        handle = session.scalars(sa.select(SignIn.fingerprint)).one()[:16]
    browser = world.browser(TRAINER)
    for wrong in (handle, "%" * 16, "_" * 16, handle[:4], "x"):
        assert browser.post(f"/account/sessions/{wrong}/end").status_code == 404


def test_all_others_are_ended(world: World) -> None:
    others = [world.browser(TRAINER) for _ in range(3)]
    stranger, browser = world.browser(MANAGER), world.browser(TRAINER)
    browser.get("/account")
    assert browser.post("/account/sessions/end").status_code == 303
    assert "3 other browsers" in browser.get("/account").text
    assert [one.get("/copies").status_code for one in (*others, browser, stranger)] == [303, 303, 303, 200, 200]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile Safari/604.1",
            "Safari on an iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/131.0 Safari/537.36 Edg/131.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/131.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8", "A browser"),
        ("", "A browser"),
    ],
)
def test_browsers_in_words(told: str, words: str) -> None:
    assert in_words(told) == words


# A new address


def ask(world: World, email: str = NEW, who: str = TRAINER) -> Browser:
    browser = world.browser(who)
    browser.get("/account/email")
    answer = browser.post("/account/email", {"email": email})
    assert answer.status_code == 303, answer.text
    return browser


def press(world: World, path: str, browser: Browser | None = None) -> int:
    browser = browser or Browser(world.app)
    browser.get("/sign-in")
    browser.get(path)
    return browser.post(path).status_code


def test_a_new_address_counts_when_it_is_confirmed_there(world: World) -> None:
    browser = ask(world)
    assert address_of(world, TRAINER) == TRAINER
    path = link_in(world, NEW, "/email/confirm/")
    for _ in range(3):
        assert "you would sign in with" in Browser(world.app).get(path).text
    assert address_of(world, TRAINER) == TRAINER, "looking spends nothing"
    assert press(world, path) == 303
    assert address_of(world, TRAINER) == NEW
    assert press(world, path) == 410
    assert browser.get("/copies").status_code == 200
    assert Browser(world.app).sign_in(NEW).status_code == 303
    told = last_mail(world, TRAINER)
    assert told is not None
    assert "no longer with this address" in told.text


def test_links_to_the_old_address_end_with_it(world: World) -> None:
    ask(world)
    with world.house.database.write() as session:
        secret = tokens.issue(session, clock_of(world), TokenPurpose.SIGN_IN, person_id=world.people[TRAINER])
    press(world, link_in(world, NEW, "/email/confirm/"))
    assert press(world, f"/sign-in/link/{secret}") == 410


def test_the_old_address_objects_and_everything_of_the_thief_ends(world: World) -> None:
    """A thief sat at an open session, changed the address, and set up a second step of their own."""
    thief = ask(world)
    press(world, link_in(world, NEW, "/email/confirm/"), thief)
    give_app(world, TRAINER)
    path = link_in(world, TRAINER, "/email/keep/")
    assert "Keep the old address" in Browser(world.app).get(path).text
    assert address_of(world, TRAINER) == NEW
    assert press(world, path) == 200
    assert address_of(world, TRAINER) == TRAINER
    assert thief.get("/copies").status_code == 303
    assert Browser(world.app).sign_in(TRAINER).status_code == 400, "the thief knows the password"
    with world.house.database.read() as session:
        assert authenticators.proofs_of(session, world.people[TRAINER]) == []
    welcome = link_in(world, TRAINER, "/welcome/")
    browser = Browser(world.app)
    browser.get(welcome)
    assert browser.post(welcome, {"password": "three words in a row"}).status_code == 303
    assert browser.sign_in(TRAINER, "three words in a row").status_code == 303
    assert press(world, path) == 410
    assert "e-mail change undone" in actions(world)


def test_the_first_owner_undoes_two_changes(world: World) -> None:
    thief = ask(world)
    press(world, link_in(world, NEW, "/email/confirm/"), thief)
    first = link_in(world, TRAINER, "/email/keep/")
    thief.get("/account/email")
    thief.post("/account/email", {"email": "second@new.example"})
    press(world, link_in(world, "second@new.example", "/email/confirm/"), thief)
    second = link_in(world, NEW, "/email/keep/")
    assert press(world, first) == 200
    assert address_of(world, TRAINER) == TRAINER
    assert press(world, second) == 410, "the thief's own objection counts no more"
    assert address_of(world, TRAINER) == TRAINER


def test_after_seven_days_it_is_too_late(world: World) -> None:
    ask(world)
    press(world, link_in(world, NEW, "/email/confirm/"))
    path = link_in(world, TRAINER, "/email/keep/")
    clock_of(world).move(days=7)
    assert press(world, path) == 410


def test_a_confirmation_is_good_for_two_days_and_the_last_one_counts(world: World) -> None:
    ask(world)
    first = link_in(world, NEW, "/email/confirm/")
    ask(world, "other@new.example")
    assert press(world, first) == 410
    path = link_in(world, "other@new.example", "/email/confirm/")
    clock_of(world).move(days=2)
    assert press(world, path) == 410
    assert address_of(world, TRAINER) == TRAINER


def test_an_address_of_somebody_else_is_told_to_them_alone(world: World) -> None:
    """The page says the same; only the owner reads that somebody wanted it."""
    known = ask(world, MANAGER).get("/account").text
    free = ask(world, "somebody@new.example").get("/account").text
    assert known.count(MANAGER) == free.count("somebody@new.example") == 1
    told = last_mail(world, MANAGER)
    assert told is not None
    assert "belongs to another account already" in told.text
    assert "/email/confirm/" not in told.text


def test_an_address_that_was_taken_meanwhile(world: World) -> None:
    ask(world)
    with world.house.database.write() as session:
        memberships.add_person(
            session, clock_of(world), TEAM, world.hillside, name="Quick", email=NEW, role=Role.TRAINER
        )
    assert press(world, link_in(world, NEW, "/email/confirm/")) == 410
    assert address_of(world, TRAINER) == TRAINER


def test_five_changes_in_an_hour_are_enough(world: World) -> None:
    browser = world.browser(TRAINER)
    browser.get("/account/email")
    codes = [browser.post("/account/email", {"email": f"a{n}@new.example"}).status_code for n in range(6)]
    assert codes == [303] * 5 + [409]


def test_one_is_asked_again_before_the_address_changes(world: World) -> None:
    browser = world.browser(TRAINER)
    browser.get("/account")
    clock_of(world).move(minutes=11)
    assert (browser.post("/account/email", {"email": NEW}).location or "").startswith("/account/sure")
    assert mails_to(world.house.database, NEW) == 0


# Vouched for


def vouch(world: World, who: str, whom: str, email: str = NEW) -> int:
    browser, path = world.browser(who), f"/people/{world.people[whom]}/email"
    browser.get(path)
    return browser.post(path, {"email": email}).status_code


@pytest.mark.parametrize("who", [MANAGER, STAFF])
def test_a_manager_or_staff_vouches_and_the_old_address_is_told(world: World, who: str) -> None:
    sitting = world.browser(COLLEAGUE)
    assert vouch(world, who, COLLEAGUE) == 303
    assert press(world, link_in(world, NEW, "/email/confirm/")) == 303
    assert address_of(world, COLLEAGUE) == NEW
    assert sitting.get("/copies").status_code == 303, "whoever sits there may be the wrong one"
    told = last_mail(world, COLLEAGUE)
    assert told is not None
    name = "Janet Whitlock" if who == MANAGER else "Ruth Vaughan"
    assert f"{name} vouched" in told.text
    with world.house.database.read() as session:
        assert session.scalars(sa.select(EmailChange.vouched_by_id)).one() == world.people[who]


def test_a_manager_vouches_only_for_who_belongs_here_and_nowhere_else(world: World) -> None:
    assert vouch(world, STRANGER_MANAGER, COLLEAGUE) == 404
    assert vouch(world, MANAGER, MANAGER) == 409
    with world.house.database.write() as session:
        memberships.join(session, clock_of(world), TEAM, world.hillside, world.people[COLLEAGUE], Role.TRAINER)
    assert vouch(world, MANAGER, COLLEAGUE) == 409
    assert vouch(world, STAFF, COLLEAGUE) == 303
    assert vouch(world, TRAINER, COLLEAGUE) == 403
