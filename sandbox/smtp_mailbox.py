"""The folder in which the sandbox's mail server keeps what it was sent: one file per mail, newest last by name."""

import time
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from uuid import uuid4


@dataclass(frozen=True)
class KeptMail:
    """A mail that arrived, parsed."""

    name: str
    message: EmailMessage

    def header(self, name: str) -> str:
        """A header's text, or nothing."""
        return str(self.message.get(name, ""))

    def part(self, subtype: str) -> str:
        """The words as `plain` text or as `html`, or nothing."""
        found = self.message.get_body((subtype,))
        return str(found.get_content()) if found is not None else ""


class Mailbox:
    """Mails in a folder, shared by the processes that write and read it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, content: bytes) -> None:
        """Keeps one mail, whole or not at all."""
        path = self.folder / f"{time.time_ns():020d}-{uuid4().hex[:8]}.eml"
        making = path.with_suffix(".part")
        making.write_bytes(content)
        making.replace(path)

    def mails(self) -> list[KeptMail]:
        """All mails, oldest first."""
        return [self._read(path) for path in sorted(self.folder.glob("*.eml"))]

    def mail(self, name: str) -> KeptMail | None:
        """One mail by its name; None when there is none, whatever the name is made of."""
        known = {path.name: path for path in self.folder.glob("*.eml")}
        return self._read(known[name]) if name in known else None

    def to(self, address: str) -> list[KeptMail]:
        """The mails to one address, oldest first."""
        return [mail for mail in self.mails() if address in mail.header("To")]

    def clear(self) -> None:
        """Throws all mails away."""
        for path in self.folder.glob("*.eml"):
            path.unlink(missing_ok=True)

    def _read(self, path: Path) -> KeptMail:
        message = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        return KeptMail(path.name, message)
