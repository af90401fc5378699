"""Handing a mail to the mail server."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import unquote, urlsplit

from kit.mail.writing import NAME_LENGTH, Address, one_line

TIMEOUT_SECONDS = 15.0
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class Enclosure:
    """A file that goes with a mail: its name as the reader sees it, its media type, its bytes."""

    file_name: str
    media_type: str
    data: bytes


@dataclass(frozen=True)
class Letter:
    """A mail, ready to go."""

    message_id: str
    to: Address
    subject: str
    text: str
    html: str
    written_at: datetime
    enclosure: Enclosure | None = None


class MailRefused(Exception):
    """The mail server will never take this mail: no such mailbox, for example. Trying again is of no use."""


class Mailer(Protocol):
    """Hands mails to the outside."""

    def send(self, letter: Letter) -> None:
        """Returns when the other side has taken the mail. Raises `MailRefused` when it never will; any other
        exception means: not, or not known, try again."""
        ...


class SmtpMailer:
    """A mail server at `smtp://host:25`, `smtp+starttls://user:password@host:587` or `smtps://user:password@host:465`."""

    def __init__(self, url: str, sender: str, *, reply_to: str = "", timeout: float = TIMEOUT_SECONDS) -> None:
        """`sender` is `Name <address>`; `timeout` in seconds is that of each step of the conversation."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise ValueError("a mail server is smtp://, smtp+starttls:// or smtps:// with its host")
        if parts.username and parts.scheme == "smtp" and not _is_this_machine(parts.hostname):
            raise ValueError("a password goes to the mail server only over TLS: use smtp+starttls:// or smtps://")
        self._scheme, self._host, self._port = parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender, self._reply_to, self._timeout = _header_address(sender), reply_to, timeout

    def send(self, letter: Letter) -> None:
        """See `Mailer.send`."""
        message = self.message(letter)
        try:
            with self._conversation() as server:
                server.send_message(message, self._sender.addr_spec, [letter.to.email])
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            _raise_if_final(code, words, error)
        except smtplib.SMTPNotSupportedError as error:  # an address in letters that this server cannot write
            raise MailRefused(str(error)) from error
        except smtplib.SMTPAuthenticationError:
            raise  # our password is wrong, not the mail: it waits until somebody has mended that
        except smtplib.SMTPResponseException as error:
            _raise_if_final(error.smtp_code, error.smtp_error, error)

    def check(self) -> None:
        """Greets the server and signs in, as for a mail. Raises `OSError` when it does not answer or refuses us."""
        with self._conversation() as server:
            server.noop()

    def message(self, letter: Letter) -> EmailMessage:
        """The mail as it goes over the wire: plain text first, the same in HTML beside it."""
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = HeaderAddress(letter.to.name, addr_spec=letter.to.email)
        if self._reply_to:
            message["Reply-To"] = _header_address(self._reply_to)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(letter.written_at)
        message["Message-ID"] = letter.message_id
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: holiday replies stay away
        message["Content-Language"] = "en-GB"
        message.set_content(letter.text, cte="quoted-printable")
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
        for part in message.iter_parts():
            _keep_from(part)
        if letter.enclosure is not None:
            main, _, sub = letter.enclosure.media_type.partition("/")
            name = one_line(letter.enclosure.file_name, NAME_LENGTH)
            message.add_attachment(letter.enclosure.data, maintype=main, subtype=sub, filename=name)
        return message

    @contextmanager
    def _conversation(self) -> Iterator[smtplib.SMTP]:
        """Leaves without a farewell that could fail: after the server's 250 nothing may look like a failure."""
        if self._scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._timeout, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            if self._scheme == "smtp+starttls":
                server.starttls(context=ssl.create_default_context())
            if self._user:
                server.login(self._user, self._password)
            yield server
        finally:
            server.close()


def _keep_from(part: Message) -> None:
    """Smtplib would write “>From” where a line begins with “From ”; encoded, it stays as it is (RFC 4155)."""
    part.set_payload(re.sub(r"^From ", "=46rom ", str(part.get_payload()), flags=re.MULTILINE))


def _raise_if_final(code: int, words: bytes | str, error: Exception) -> None:
    """5xx is for ever, 4xx (grey-listing, full mailbox) is for now (RFC 5321, section 4.2.1)."""
    told = words.decode(errors="replace") if isinstance(words, bytes) else words
    if 500 <= code < 600:
        raise MailRefused(one_line(f"{code} {told}", 500)) from error
    raise error


def _header_address(text: str) -> HeaderAddress:
    name, address = parseaddr(text)
    return HeaderAddress(name, addr_spec=Address(address).email)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
