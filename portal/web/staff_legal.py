"""The legal texts: their versions, and writing the next one."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from kit.ids import fingerprint
from kit.refusals import Refused
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences.guard import allowed, sure, viewer
from licences.people import legal
from licences.people.kinds import LegalKind
from licences.people.legal import LegalVersion
from licences.people.sessions import is_sure
from licences.policy import Action

LONGEST_TEXT = 100_000  # characters


class LegalForm(forms.Form):
    """The next version of a text. `after` is the version that the writer began from."""

    title = forms.text("Title", missing="Write the title that stands above the text", max_length=120)
    body = forms.long_text(
        "Text", missing="Write the text", max_length=LONGEST_TEXT, rows=24,
        hint="Plain Markdown: a line beginning with ## is a heading, with - an item of a list; **stars** make bold.",
    )  # fmt: skip
    after = forms.whole_number("Version before", missing="Reload the page to begin from the newest version")

    @property
    def mark(self) -> str:
        """The mark of these very words: the preview hands it on, so that only what was looked at is published."""
        return fingerprint(f"{self.title.data}\n{self.body.data}")


def add_to(made: Blueprint) -> None:
    """Puts these views on the staff blueprint."""
    made.get("/legal")(legal_texts)
    made.get("/legal/sure")(legal_sure)
    made.get("/legal/<kind>")(legal_text)
    made.post("/legal/<kind>", endpoint="publish_legal_text")(publish_legal_text)


@allowed(Action.EDIT_LEGAL_TEXTS)
def legal_texts() -> str:
    """The texts, each with its newest version."""
    texts = [(kind, _name(kind), legal.versions(db(), kind)) for kind in LegalKind]
    return render_template("portal/legal_texts.html", texts=texts)


@allowed(Action.EDIT_LEGAL_TEXTS)
@sure
def legal_sure() -> str:
    """Opens beside what is being written: `@sure` on its form would lose it, since writing takes its time."""
    return render_template("portal/legal_sure.html")


@allowed(Action.EDIT_LEGAL_TEXTS)
def legal_text(kind: str) -> str:
    """The form for the next version, beginning from the newest."""
    wanted = _kind(kind)
    known = legal.versions(db(), wanted)
    newest = known[0] if known else None
    form = LegalForm(
        title=newest.title if newest else _name(wanted),
        body=newest.body if newest else "",
        after=newest.version if newest else 0,
    )
    return _page(wanted, form, known)


@allowed(Action.EDIT_LEGAL_TEXTS)
@writes
def publish_legal_text(kind: str) -> Response | tuple[str, int]:
    """Shows the text as it will be read; publishes it as the next version when these very words have been shown."""
    wanted = _kind(kind)
    form = LegalForm()
    known = legal.versions(db(), wanted)
    if not form.validate():
        return _page(wanted, form, known), 400
    if known and (known[0].title, known[0].body) == (form.title.data, form.body.data):
        form.refuse(f"Nothing differs from version {known[0].version}.", "body")
        return _page(wanted, form, known), 400
    if "preview" in request.form or request.form.get("seen") != form.mark:
        return _page(wanted, form, known, preview=True), 200
    if not is_sure(house().clock, viewer()):
        form.refuse("Nothing is published yet: show who you are first, then press “Publish” again.")
        return _page(wanted, form, known, preview=True), 403
    try:
        made = legal.publish(
            writing(), house().clock, viewer().actor, wanted,
            title=form.title.data, body=form.body.data, after=form.after.data,
        )  # fmt: skip
    except Refused as refusal:
        roll_back()
        return _conflict(wanted, form, refusal)
    flash(f"Version {made.version} of “{made.title}” is published.", "moss")
    return redirect(url_for("staff.legal_texts"), code=303)


def _conflict(kind: LegalKind, form: LegalForm, refusal: Refused) -> tuple[str, int]:
    """What was typed stays; the other version is shown beside it; publishing again means having seen it."""
    known = legal.versions(db(), kind)
    form.refuse(refusal)
    form.after.raw_data, form.after.data = None, known[0].version if known else 0
    return _page(kind, form, known, other=known[0] if known else None), 409


def _page(
    kind: LegalKind,
    form: LegalForm,
    known: list[LegalVersion],
    *,
    preview: bool = False,
    other: LegalVersion | None = None,
) -> str:
    return render_template(
        "portal/legal_edit.html",
        kind=kind, name=_name(kind), form=form, versions=known, preview=preview, other=other,
        asks_anew=kind is LegalKind.TERMS_OF_USE, is_sure=is_sure(house().clock, viewer()),
    )  # fmt: skip


def _kind(given: str) -> LegalKind:
    try:
        return LegalKind(given)
    except ValueError:
        raise NotFound from None


def _name(kind: LegalKind) -> str:
    return kind.value.replace("-", " ").capitalize()
