"""Writing mails: addresses that cannot carry a header, templates rendered without Flask."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jinja2

from kit.clock import in_words, london
from kit.ids import new_code
from kit.money import pounds
from kit.ports import Links

SUBJECT_LENGTH = 200
NAME_LENGTH = 200
# What RFC 5321 allows without quotes; quoted local parts are legal and found nowhere but in attacks.
ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,252}")


@dataclass(frozen=True)
class Address:
    """Whom a mail goes to. Raises `ValueError` for an address that is none or that would smuggle in a header."""

    email: str
    name: str = ""

    def __post_init__(self) -> None:
        if len(self.email) > 254 or not ADDRESS.fullmatch(self.email):
            raise ValueError("not an e-mail address")
        object.__setattr__(self, "name", one_line(self.name, NAME_LENGTH))


@dataclass(frozen=True)
class Letterhead:
    """What every mail says about us: the brand's name, where help is to be had, our public address."""

    brand_name: str
    help_email: str
    links: Links

    def new_message_id(self) -> str:
        """A `Message-ID` on the portal's public name; it is random and says nothing."""
        host = urlsplit(self.links.to("/")).hostname or "localhost"
        return f"<{new_code().lower()}@{host}>"


@dataclass(frozen=True)
class Written:
    """A mail's words: the same in plain text and in HTML."""

    subject: str
    text: str
    html: str


def write(template: str, letterhead: Letterhead, to: Address, context: dict[str, Any]) -> Written:
    """Renders `<package>/<name>` from the package's `templates/<package>/mail/<name>.{subject.txt,txt,html}`.

    Templates see `context`, `to`, `letterhead` and `link(path)`. Raises `jinja2.TemplateNotFound` and, for a name
    that nobody filled in, `jinja2.UndefinedError`.
    """
    package, _, name = template.partition("/")
    known = {**context, "to": to, "letterhead": letterhead, "link": letterhead.links.to}

    def rendered(ending: str) -> str:
        return _environment().get_template(f"{package}/mail/{name}.{ending}").render(known)

    subject = one_line(rendered("subject.txt"), SUBJECT_LENGTH)
    return Written(subject=subject, text=_tidy(rendered("txt")), html=rendered("html").strip() + "\n")


def one_line(text: str, length: int) -> str:
    """Text fit for a header: no line ends, no control characters, nothing invisible, at most `length` characters."""
    plain = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") else letter for letter in text
    )
    return " ".join(plain.split())[:length]


def source(name: str) -> str:
    """A file beside the templates, as it is. Raises `jinja2.TemplateNotFound`."""
    return _source(name)[0]


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source),
        autoescape=jinja2.select_autoescape(["html"], default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["day"] = lambda day: in_words(london(day).date() if isinstance(day, datetime) else day)
    environment.filters["pounds"] = pounds
    environment.filters["time"] = lambda moment: f"{london(moment):%H:%M on %-d %B}"
    return environment


def _source(name: str) -> tuple[str, str | None, Any]:
    """Finds a template in the package that its name begins with."""
    package = name.partition("/")[0]
    return _loader("kit.mail" if package == "kit" else package).get_source(_environment(), name)


@cache
def _loader(package: str) -> jinja2.PackageLoader:
    return jinja2.PackageLoader(package)
