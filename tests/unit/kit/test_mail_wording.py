"""Words that people change: filled in once, never a script, and what cannot be filled in is told with its line."""

import pytest
from sqlalchemy.orm import Session

from kit.clock import SteppingClock
from kit.links import PublicLinks
from kit.mail import Address, Letterhead, wording
from kit.mail.wording import Fault, Wording
from licences.billing import mail_words

LETTERHEAD = Letterhead("Secure Base", "help@securebase.example", PublicLinks("https://portal.test"))
TO = Address("ann@a.example", "Ann <b>")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("One\nDear [nmae]", "Line 2: [nmae] is not known in this mail. Did you mean [name]?"),
        ("[zzz]", "Line 1: [zzz] is not known in this mail."),
        ("One\n\n[to pay", "Line 3: A square bracket is open or closed alone."),
        ("to pay]", "Line 1: A square bracket is open or closed alone."),
        ("[[to pay]]", "Line 1: A square bracket is open or closed alone."),
        ("[]", "Line 1: A square bracket is open or closed alone."),
        ("[to\npay]", "Line 1: A square bracket is open or closed alone."),
    ],
)
def test_a_variable_that_is_none_is_told_with_its_line(text: str, told: str) -> None:
    assert Fault("text", told) in list(wording.faults(Wording("x", text), ["to pay"]))


def test_faults_of_the_subject_and_what_is_missing() -> None:
    found = list(wording.faults(Wording("[x]", "[name] [to pay]"), ["to pay", "link"], ["link"]))
    assert found == [
        Fault("subject", "[x] is not known in this mail."),
        Fault("text", "[link] is missing: without it the mail is of no use."),
    ]
    assert not list(wording.faults(Wording("[to pay]", "[link] {{ x }} <b> %s"), ["to pay", "link"], ["link"]))


def test_what_is_filled_in_is_neither_looked_through_nor_markup() -> None:
    words = Wording(
        "About [what]", "Dear [name],\n\n[what]\n{{ to }} <script>\n\nSee it:\n\n[page]\n\n[nothing]\n\n[gone]"
    )
    values = {"what": "[page] <i>", "page": "https://portal.test/a?b=<c>", "nothing": ""}
    made = wording.compose(words, values, LETTERHEAD, TO)
    assert made.subject == "About [page] <i>"
    assert made.text.startswith(
        "Dear Ann <b>,\n\n[page] <i>\n{{ to }} <script>\n\nSee it:\n\nhttps://portal.test/a?b=<c>\n\n[gone]\n\n--\n"
    )
    assert "<p>[page] &lt;i&gt;<br>{{ to }} &lt;script&gt;</p>" in made.html
    assert '<a class="button" href="https://portal.test/a?b=&lt;c&gt;">See it</a>' in made.html
    assert "<script" not in made.html
    elsewhere = wording.compose(Wording("x", "https://evil.example/a"), {}, LETTERHEAD, TO)
    assert 'href="https://evil.example' not in elsewhere.html, "only addresses of ours become buttons"


def test_staff_words_stand_until_they_go_back(session: Session, clock: SteppingClock) -> None:
    template, words = "licences/invoice", Wording("Pay", "Please.")
    before = wording.wording(session, template)
    for _ in range(2):
        wording.keep(session, clock, template, words, by="Ruth")
        assert wording.wording(session, template) == words
    assert wording.restore(session, template)
    assert not wording.restore(session, template)
    assert wording.wording(session, template) == before == wording.original(template)


@pytest.mark.parametrize("kind", mail_words.KINDS)
def test_each_original_can_be_filled_in(kind: str) -> None:
    known, words = mail_words.KINDS[kind], wording.original(mail_words.template_of(kind))
    assert not list(wording.faults(words, known.variables, known.needed))
    made = wording.compose(words, mail_words.examples(kind), LETTERHEAD, TO)
    assert "[" not in made.subject + made.text
