"""The words of mails about money: staff change them, look at them with examples, and go back to the original."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from kit.audit import Subject, record
from kit.mail import Address, wording
from kit.mail.wording import LONGEST_TEXT, Wording
from kit.mail.writing import SUBJECT_LENGTH, Written
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, writes, writing
from licences.billing import mail_words
from licences.billing.mail_words import KINDS, VARIABLES, Kind
from licences.guard import allowed, viewer
from licences.policy import Action


class WordsForm(forms.Form):
    """Subject and text of a kind of mail."""

    subject = forms.text("Subject", missing="Write the subject", max_length=SUBJECT_LENGTH)
    text = forms.long_text(
        "Text", missing="Write the text", max_length=LONGEST_TEXT, rows=16,
        hint="Plain text, an empty line between paragraphs. What stands in square brackets is filled in.",
    )  # fmt: skip

    @property
    def words(self) -> Wording:
        return Wording(self.subject.data, "\n".join(self.text.data.splitlines()))


def add_to(made: Blueprint) -> None:
    """Puts these views on the staff blueprint."""
    made.get("/mails/words")(mail_kinds)
    made.get("/mails/words/<kind>")(mail_words_of)
    made.post("/mails/words/<kind>")(mail_words_post)
    made.post("/mails/words/<kind>/original")(original_post)


@allowed(Action.EDIT_MAILS)
def mail_kinds() -> str:
    """The kinds of mail whose words may be changed, each with who changed it last."""
    rows = [(name, kind, wording.written_by_staff(db(), mail_words.template_of(name))) for name, kind in KINDS.items()]
    return render_template("portal/mail_kinds.html", rows=rows)


@allowed(Action.EDIT_MAILS)
def mail_words_of(kind: str) -> str:
    """The form with the words that count now."""
    _kind(kind)
    now = wording.wording(db(), mail_words.template_of(kind))
    return _page(kind, WordsForm(data={"subject": now.subject, "text": now.text}))


@allowed(Action.EDIT_MAILS)
@writes
def mail_words_post(kind: str) -> Response | str | tuple[str, int]:
    """Shows the mail with examples; or has these words stand in the original's place."""
    known, form = _kind(kind), WordsForm()
    if not form.validate():
        return _page(kind, form), 400
    wrong = list(mail_words.faults(kind, form.words))
    for fault in wrong:
        form.refuse(fault.words, fault.field)
    if wrong:
        return _page(kind, form), 400
    if "preview" in request.form:
        return _page(kind, form, _example(kind, form.words))
    template = mail_words.template_of(kind)
    if form.words == wording.original(template):
        wording.restore(writing(), template)
    else:
        wording.keep(writing(), house().clock, template, form.words, by=viewer().name)
    _record(kind, known, "mail words changed", subject_line=form.words.subject, text=form.words.text)
    flash("The next mail of this kind has these words.", "moss")
    return redirect(url_for(".mail_kinds"), code=303)


@allowed(Action.EDIT_MAILS)
@writes
def original_post(kind: str) -> Response:
    """Goes back to the original."""
    known = _kind(kind)
    if wording.restore(writing(), mail_words.template_of(kind)):
        _record(kind, known, "mail words put back")
    flash("The original words count again.", "moss")
    return redirect(url_for(".mail_kinds"), code=303)


def _record(kind: str, known: Kind, action: str, **detail: str) -> None:
    subject = Subject("mail words", list(KINDS).index(kind), known.title)
    record(writing(), house().clock, viewer().actor, action, subject, **detail)


def _kind(kind: str) -> Kind:
    if kind not in KINDS:
        raise NotFound
    return KINDS[kind]


def _example(kind: str, words: Wording) -> Written:
    to = Address("janet.whitlock@lakeshire.example", "Janet Whitlock")
    return wording.compose(words, mail_words.examples(kind), house().letterhead, to)


def _page(kind: str, form: WordsForm, preview: Written | None = None) -> str:
    known = KINDS[kind]
    return render_template(
        "portal/mail_words.html",
        name=kind,
        kind=known,
        form=form,
        preview=preview,
        needed=known.needed,
        variables=[(wording.NAME, "Janet Whitlock"), *((one, VARIABLES[one].example) for one in known.variables)],
        changed=wording.written_by_staff(db(), mail_words.template_of(kind)),
        original=wording.original(mail_words.template_of(kind)),
    )
