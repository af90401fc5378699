"""The mails with a link to sign in, and to set a forgotten password."""

from datetime import timedelta

import pytest

from kit import mail
from kit.clock import SteppingClock
from kit.links import PublicLinks
from kit.mail.writing import write

LETTERHEAD = mail.Letterhead("Secure Base", "help@securebase.example", PublicLinks("https://portal.example"))
TO = mail.Address("sian@trust.example", "Siân O’Hara & Co")
FOOT = (
    "\n--\nSecure Base\nhttps://portal.example/\n"
    "Help: help@securebase.example. A person answers within one working day.\n"
)
IDLE = "If you did not ask for it, you need do nothing: only who has this mail can use it. Do not pass it on.\n"


@pytest.mark.parametrize(
    ("template", "subject", "words"),
    [
        (
            "licences/sign_in_link",
            "Sign in to Secure Base",
            "You can sign in to Secure Base here:\n\nhttps://portal.example/sign-in/link/SECRET\n\n"
            "The link works once, until 12:30 on 10 November. If you asked for more than one, any of them will do.\n\n",
        ),
        (
            "licences/password_link",
            "Set a new password at Secure Base",
            "You can set a new password for Secure Base here. Until you do, nothing changes.\n\n"
            "https://portal.example/sign-in/link/SECRET\n\nThe link works once, until 12:30 on 10 November.\n\n",
        ),
    ],
)
def test_words(clock: SteppingClock, template: str, subject: str, words: str) -> None:
    until = clock.now() + timedelta(minutes=30)
    letter = write(template, LETTERHEAD, TO, {"path": "/sign-in/link/SECRET", "until": until})
    assert letter.subject == subject
    assert letter.text == f"Dear Siân O’Hara & Co,\n\n{words}{IDLE}{FOOT}"
    assert 'href="https://portal.example/sign-in/link/SECRET"' in letter.html
    assert "O’Hara &amp; Co" in letter.html


ADDRESS_MAILS = [
    (
        "email_confirm",
        "Confirm your new e-mail address",
        "Dear Siân O’Hara & Co,\n\nThis address is to take the place of old@trust.example at Secure Base. If that"
        " is right, confirm it here:\n\nhttps://portal.example/email/SECRET\n\n"
        "The link works once, until 17 November 2026.\n\n"
        "If you know nothing of this, you need do nothing: without the link nothing changes.\n",
    ),
    (
        "email_taken",
        "Your e-mail address at Secure Base",
        "Hello,\n\nSomebody at Secure Base wanted to use this address for their account. It belongs to another account"
        " already, perhaps your own. So nothing was changed.\n\nIf it was you: sign in with this address. If you have"
        " two accounts, write to help@securebase.example, and we make one of them.\n\nhttps://portal.example/email/SECRET\n\n"
        "If you know nothing of this, you need do nothing.\n",
    ),
    (
        "email_changed",
        "Your e-mail address was changed",
        "Dear Siân O’Hara & Co,\n\nAt Secure Base you sign in with new@trust.example from now on, and no longer with"
        " this address. Janet <b> vouched that the new address is yours.\n\nIf that is right, you need do nothing.\n\n"
        "If it is not, put the old address back here:\n\nhttps://portal.example/email/SECRET\n\n"
        "The link works until 17 November 2026.\n",
    ),
]


@pytest.mark.parametrize(("template", "subject", "words"), ADDRESS_MAILS)
def test_words_about_addresses(clock: SteppingClock, template: str, subject: str, words: str) -> None:
    known = {"before": "old@trust.example", "after": "new@trust.example", "voucher": "Janet <b>"}
    context = {**known, "path": "/email/SECRET", "until": clock.now() + timedelta(days=7)}
    letter = write(f"licences/{template}", LETTERHEAD, TO, context)
    assert (letter.subject, letter.text) == (subject, words + FOOT)
    assert "<b>" not in letter.html
