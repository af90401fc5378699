"""Coming in without a password, and the second step: with an app, and with a real passkey of the browser's own."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pyotp
import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import MakeVisitor
from tests.journeys.demo import Demo
from tests.journeys.visitor import Visitor

TRAINER, COLLEAGUE = "trainer@lakeshire.example", "manager@hillside.example"


@contextmanager
def security_key(someone: Visitor) -> Iterator[None]:
    """Plugs a virtual authenticator into the browser: it makes real keys and signs with them, and never asks."""
    devtools = someone.context.new_cdp_session(someone.page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield
    devtools.send("WebAuthn.disable")


def sign_out(someone: Visitor) -> None:
    someone.press("Sign out", exact=True, inside=someone.page.locator("header"))
    expect(someone.page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


def first_step(someone: Visitor, email: str) -> None:
    someone.open("/sign-in")
    someone.write("E-mail address", email)
    someone.write("Password", "secure-base-demo")
    someone.press("Sign in", exact=True, inside=someone.page.locator("main"))
    expect(someone.page).not_to_have_url(re.compile(r"/sign-in$"))


def in_main(someone: Visitor, words: str) -> None:
    expect(someone.page.locator("main")).to_contain_text(words)


@pytest.mark.parametrize(
    "how", [{}, {"by_keyboard": True}, {"java_script_enabled": False}], ids=["mouse", "keyboard", "no script"]
)
def test_sign_in_by_link(how: dict[str, bool], working_demo: Demo, visitor: MakeVisitor) -> None:
    someone = visitor(working_demo, **how)
    someone.open("/sign-in?next=/account")
    someone.look("link-door")
    someone.write("E-mail address", TRAINER)
    someone.press("Send me a sign-in link")
    in_main(someone, "a link is on its way")
    someone.look("link-asked")
    link = re.search(r"http://localhost:\d+(/sign-in/link/\S+)", working_demo.mail_to(TRAINER).part("plain"))
    assert link
    someone.open(link[1])
    someone.look("link-come-in")
    someone.press("Sign in", exact=True, inside=someone.page.locator("main"))
    expect(someone.page.get_by_role("heading", name="Your account")).to_be_visible()
    someone.look("account")
    someone.open(link[1])
    in_main(someone, "This link no longer works")
    someone.look("link-used")


def test_a_passkey_is_made_and_shown(demo: Demo, visitor: MakeVisitor) -> None:
    someone = visitor(demo)
    with security_key(someone):
        someone.sign_in(TRAINER)
        someone.open("/account/second-step")
        someone.look("steps-none")
        someone.open("/account/second-step/passkey")
        someone.look("passkey-add")
        someone.write("Name", "Work laptop")
        someone.press("Add a passkey", exact=True, inside=someone.page.locator("main form"))
        in_main(someone, "Keep these ten recovery codes")
        someone.look("recovery-codes")
        sign_out(someone)
        first_step(someone, TRAINER)
        expect(someone.page.get_by_role("heading", name="Second step")).to_be_visible()
        someone.look("second-step-passkey")
        someone.press("Use a passkey")
        expect(someone.page.get_by_role("button", name="Sign out", exact=True)).to_be_visible()
        sign_out(someone)
        someone.open("/sign-in")
        someone.press("Use a passkey")
        expect(someone.page.get_by_role("button", name="Sign out", exact=True)).to_be_visible()
        someone.open("/account/second-step")
        in_main(someone, "Work laptop")
        someone.look("steps-one")


def test_a_browser_without_the_passkey_says_so(demo: Demo, visitor: MakeVisitor) -> None:
    """The browser's answer is an error: the words stand on the page, and the other ways are there."""
    someone = visitor(demo)
    with security_key(someone):
        someone.sign_in(TRAINER)
        someone.open("/account/second-step/passkey")
        someone.write("Name", "Work laptop")
        someone.press("Add a passkey", exact=True, inside=someone.page.locator("main form"))
        in_main(someone, "Keep these ten recovery codes")
        codes = someone.page.locator("code.sb-code").all_inner_texts()
    stranger = visitor(demo)
    with security_key(stranger):
        first_step(stranger, TRAINER)
        stranger.press("Use a passkey")
        in_main(stranger, "The passkey was not read")
        stranger.look("second-step-passkey-failed")
        stranger.press("use a recovery code")
        stranger.look("second-step-recovery")
        stranger.write("Recovery code", codes[0])
        stranger.press("Go on")
        expect(stranger.page.get_by_role("button", name="Sign out", exact=True)).to_be_visible()


@pytest.mark.parametrize("how", [{}, {"by_keyboard": True}], ids=["mouse", "keyboard"])
def test_an_app_as_second_step(how: dict[str, bool], demo: Demo, visitor: MakeVisitor) -> None:
    someone = visitor(demo, **how)
    first_step(someone, COLLEAGUE)
    someone.open("/account/second-step")
    someone.press("Add an authenticator app")
    someone.look("app-add")
    app = pyotp.TOTP(someone.page.locator("b.sb-code").inner_text().replace(" ", ""))
    someone.write("Name", "My telephone")
    used = int(time.time()) // 30
    someone.write("Code", app.generate_otp(used))
    someone.press("Add the app")
    in_main(someone, "Keep these ten recovery codes")
    someone.press("I have kept them")
    someone.activate(someone.page.get_by_role("button", name="Sign out", exact=True))
    first_step(someone, COLLEAGUE)
    someone.look("second-step-app")
    someone.write("Code", "000000")
    someone.press("Go on")
    in_main(someone, "This code is not right")
    someone.look("second-step-wrong")
    # Each code counts once. The next one counts already: the clock of a telephone may be ahead.
    someone.write("Code", app.generate_otp(max(used + 1, int(time.time()) // 30)))
    someone.press("Go on")
    expect(someone.page.get_by_role("button", name="Sign out", exact=True)).to_be_visible()
    for name in ("name", "password", "email", "sure"):
        someone.open(f"/account/{name}")
        someone.look(f"account-{name}")
