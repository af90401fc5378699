"""Writing mails: words, addresses, headers. No database and no server."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import jinja2
import pytest

from kit.links import PublicLinks
from kit.mail import Address, Letter, Letterhead, SmtpMailer
from kit.mail.writing import one_line, write
from kit.web.typed_text import EMAIL

LETTERHEAD = Letterhead("Secure Base", "help@securebase.example", PublicLinks("https://portal.example"))
RUTH = Address("ruth@lakeshire.example", "Ruth O'Hara")


def written(programme: str = "Attachment Based Mentoring") -> tuple[str, str, str]:
    made = write("tests/hello", LETTERHEAD, RUTH, {"programme": programme})
    return made.subject, made.text, made.html


def test_a_mail_has_subject_text_and_html() -> None:
    subject, text, html = written()
    assert subject == "Attachment Based Mentoring: your seat"
    assert text == (
        "Dear Ruth O'Hara,\n\nyou have a seat in Attachment Based Mentoring. Choose a password here:\n\n"
        "https://portal.example/invitations/abc\n\n--\nSecure Base\nhttps://portal.example/\n"
        "Help: help@securebase.example. A person answers within one working day.\n"
    )
    assert '<a class="button" href="https://portal.example/invitations/abc">Choose a password</a>' in html
    assert "Dear Ruth O&#39;Hara" in html


def test_markup_in_a_name_is_words_in_html_and_untouched_in_text() -> None:
    _, text, html = written("<b>Me & you</b>")
    assert "<b>Me & you</b>" in text
    assert "&lt;b&gt;Me &amp; you&lt;/b&gt;" in html
    assert "<b>" not in html


def test_a_forgotten_name_is_an_error_not_a_gap() -> None:
    with pytest.raises(jinja2.UndefinedError, match="programme"):
        write("tests/hello", LETTERHEAD, RUTH, {})


@pytest.mark.parametrize(
    "email",
    [
        "ruth",
        "ruth@",
        "@lakeshire.example",
        "ruth@lakeshire.example\r\nBcc: all@lakeshire.example",
        "ruth@lakeshire.example,all@lakeshire.example",
        "Ruth <ruth@lakeshire.example>",
        "ruth @lakeshire.example",
        "ruth@lake\x00shire.example",
        "r" * 65 + "@lakeshire.example",
        "",
    ],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        Address(email)


HOSTILE = "Ruth\r\nBcc: all@lakeshire.example\r\n\r\nBuy now\u202e\u2028\x00"


def on_the_wire(to: Address, subject: str) -> bytes:
    mailer = SmtpMailer("smtp://127.0.0.1:2525", "Secure Base <no-reply@securebase.example>")
    letter = Letter("<a@portal.example>", to, subject, "text\n", "<p>html</p>\n", datetime(2026, 7, 1, tzinfo=UTC))
    return mailer.message(letter).as_bytes()


@pytest.mark.parametrize("local", ["a", "x" * 61, "o'hara+a/b=c{d}|e^f`~"])
def test_every_address_that_a_form_takes_can_be_written_to(local: str) -> None:
    email = f"{local}@{'.'.join(['b' * 61] * 3)}.school"
    assert EMAIL.fullmatch(email)
    assert len(email) <= 254
    assert Address(email).email == email


def test_no_name_or_subject_carries_a_header() -> None:
    subject = write("tests/hello", LETTERHEAD, RUTH, {"programme": HOSTILE}).subject
    parsed = message_from_bytes(on_the_wire(Address("ruth@lakeshire.example", HOSTILE), subject), policy=default)
    assert parsed["Bcc"] is None
    assert "\n" not in parsed["Subject"]
    assert parsed["To"].addresses[0].addr_spec == "ruth@lakeshire.example"
    assert len(parsed["To"].addresses) == 1


def test_letters_beyond_ascii_arrive() -> None:
    parsed = message_from_bytes(
        on_the_wire(Address("z@lakeshire.example", "Žofia Ó Néill"), "Café – naïve"), policy=default
    )
    assert parsed["Subject"] == "Café – naïve"
    assert parsed["To"].addresses[0].display_name == "Žofia Ó Néill"


def test_text_comes_before_html() -> None:
    parsed = message_from_bytes(on_the_wire(RUTH, "Words"), policy=default)
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["Message-ID"] == "<a@portal.example>"


def test_one_line_is_one_line() -> None:
    assert one_line(" a\r\n b\t\u2029c\u200b ", 100) == "a b c"
    assert one_line("abc", 2) == "ab"


def test_message_ids_are_on_our_name_and_never_twice() -> None:
    ids = {LETTERHEAD.new_message_id() for _ in range(50)}
    assert len(ids) == 50
    assert all(id.endswith("@portal.example>") for id in ids)


@pytest.mark.parametrize(
    "url", ["", "http://host", "smtp://", "smtp://host/path", "smtp://user:pass@mail.example:25", "smtp://host?x=1"]
)
def test_unsafe_or_senseless_servers_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="mail server"):
        SmtpMailer(url, "Secure Base <no-reply@securebase.example>")
