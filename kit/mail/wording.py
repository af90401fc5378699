"""Words of a kind of mail that people may change: plain text, in which [a name in square brackets] is filled in.

The original lies beside the templates, as `<package>/mail/<name>.words.txt`: the subject on its first line, then the
text. What staff wrote in its place is a row. An address of ours alone in its paragraph becomes a button in HTML; its
label is the line before it that ends in a colon.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from sqlalchemy.orm import Session

from kit.clock import Clock
from kit.mail.models import MailWording
from kit.mail.writing import SUBJECT_LENGTH, Address, Letterhead, Written, one_line, source, write

VARIABLE = re.compile(r"\[([^\[\]\n]{1,60})\]")
LONGEST_TEXT = 5000
# Filled in for every kind: whom the mail goes to.
NAME = "name"


@dataclass(frozen=True)
class Wording:
    """Subject and text, with variables."""

    subject: str
    text: str


@dataclass(frozen=True)
class Fault:
    """What is wrong with a wording: in which field (`subject` or `text`), and the words to say so."""

    field: str
    words: str


@dataclass(frozen=True)
class Part:
    """A paragraph of a mail: its lines, or an address with the label of its button."""

    lines: tuple[str, ...] = ()
    label: str = ""
    address: str = ""


def original(template: str) -> Wording:
    """The words as they came. Raises `jinja2.TemplateNotFound` for a kind of mail whose words nobody may change."""
    package, _, name = template.partition("/")
    subject, _, text = source(f"{package}/mail/{name}.words.txt").partition("\n")
    return Wording(subject.strip(), text.strip())


def written_by_staff(session: Session, template: str) -> MailWording | None:
    """What stands in the original's place, if anything does."""
    return session.get(MailWording, template)


def wording(session: Session, template: str) -> Wording:
    """The words that count now."""
    row = written_by_staff(session, template)
    return original(template) if row is None else Wording(row.subject, row.text)


def keep(session: Session, clock: Clock, template: str, words: Wording, *, by: str) -> None:
    """Has other words stand in the original's place from now on; mails that were written before stay as they are."""
    row = written_by_staff(session, template) or MailWording(template=template)
    row.subject, row.text, row.changed_at, row.changed_by = words.subject, words.text, clock.now(), by
    session.add(row)
    session.flush()


def restore(session: Session, template: str) -> bool:
    """Goes back to the original; whether there was anything to go back from."""
    row = written_by_staff(session, template)
    if row is not None:
        session.delete(row)
        session.flush()
    return row is not None


def faults(words: Wording, allowed: Collection[str], needed: Collection[str] = ()) -> Iterator[Fault]:
    """What would not be filled in, with its line, and what must not be left out."""
    known = {NAME, *allowed}
    for field, text in (("subject", words.subject), ("text", words.text)):
        for number, line in enumerate(text.splitlines(), start=1):
            place = f"Line {number}: " if field == "text" else ""
            for name in VARIABLE.findall(line):
                if name not in known:
                    close = get_close_matches(name, known, n=1)
                    hint = f" Did you mean [{close[0]}]?" if close else ""
                    yield Fault(field, f"{place}[{name}] is not known in this mail.{hint}")
            if re.search(r"[\[\]]", VARIABLE.sub("", line)):
                yield Fault(field, f"{place}A square bracket is open or closed alone.")
    found = set(VARIABLE.findall(words.text))
    for name in needed:
        if name not in found:
            yield Fault("text", f"[{name}] is missing: without it the mail is of no use.")


def compose(words: Wording, values: Mapping[str, str], letterhead: Letterhead, to: Address) -> Written:
    """The mail with its variables filled in. What is filled in is never looked through for variables again."""
    known = {**values, NAME: to.name}
    subject = one_line(_filled(words.subject, known), SUBJECT_LENGTH)
    paragraphs = [part for part in re.split(r"\n\s*\n", _filled(words.text, known)) if part.strip()]
    parts = tuple(_parts(paragraphs, letterhead.links.to("/")))
    text = "\n\n".join(paragraphs)
    return write("kit/worded", letterhead, to, {"subject": subject, "text": text, "parts": parts})


def _filled(text: str, known: Mapping[str, str]) -> str:
    filled = VARIABLE.sub(lambda found: known.get(found[1], found[0]), text)
    return "\n".join(re.sub(r" {2,}", " ", line).rstrip() for line in filled.splitlines())


def _parts(paragraphs: list[str], ours: str) -> Iterator[Part]:
    for place, paragraph in enumerate(paragraphs):
        following = paragraphs[place + 1] if place + 1 < len(paragraphs) else ""
        if _is_address(paragraph, ours):
            before = paragraphs[place - 1] if place else ""
            yield Part(label=before.removesuffix(":") if _is_label(before) else paragraph, address=paragraph)
        elif not (_is_label(paragraph) and _is_address(following, ours)):
            yield Part(lines=tuple(paragraph.splitlines()))


def _is_label(paragraph: str) -> bool:
    return paragraph.endswith(":") and "\n" not in paragraph


def _is_address(paragraph: str, ours: str) -> bool:
    return paragraph.startswith(ours) and not re.search(r"\s", paragraph)
