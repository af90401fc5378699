"""Pages for developers: every component and state in one place, drawn with the same macros as the product.

They hold no data of anybody's and reach no database, so they are public; they are also what the axe and width tests
look at first.
"""

from datetime import UTC, datetime

from flask import Blueprint, abort, render_template
from werkzeug.datastructures import MultiDict

from kit.web import forms
from kit.web.pages import Page
from licences.guard import public

ERROR_CODES = (400, 403, 404, 405, 413, 429, 500, 503)
PAGES = 190
CHOOSE = "Choose the programme"


def blueprint() -> Blueprint:
    """Return the developers' pages, under `/developers`."""
    pages = Blueprint("developers", __name__, url_prefix="/developers", template_folder="../templates")
    pages.get("/components")(components)
    pages.get("/components/form")(form_with_errors)
    pages.get("/components/refusal")(refusal)
    pages.get("/components/confirm")(confirm)
    pages.get("/components/progress/<int:done>")(progress)
    pages.get("/components/errors/<int:code>")(error)
    return pages


class ChangeLine(forms.Part):
    """One line of a change note, as an example of a group that repeats."""

    where = forms.text("Pages", missing="Write the pages", max_length=40)
    what = forms.text("What is different", missing="Say what is different")


class ExampleForm(forms.Query):
    """One field of each kind."""

    number = forms.text("Edition number", missing="Write the edition’s number", hint="For example, 3.3", width=5)
    email = forms.email()
    password = forms.password()
    seats = forms.whole_number("Seats", missing="Write how many seats", least=1, most=500)
    starts = forms.day("First day of the licence", missing="Write the first day")
    programme = forms.pick("Programme", [("", "Choose a programme"), ("abm", "Attachment Based Mentoring")], CHOOSE)
    use = forms.choice(
        "What may trainers do with it", [("keep", "Keep it"), ("give", "Hand it out")], "Choose what they may do"
    )
    told = forms.several("Who is told", [("trainers", "Trainers"), ("managers", "Licence managers")])
    pdf = forms.file("The PDF", missing="Choose the PDF", hint="Up to 200 MB", endings=["pdf"])
    reason = forms.long_text("Reason", missing="Say why, for the record")
    lines = forms.parts(ChangeLine, least=1)
    must = forms.tick("Trainers must read these pages first", hint="Leave empty for small corrections.")


@public
def components() -> str:
    """Show every component and state."""
    return render_template(
        "portal/developers/components.html",
        example=ExampleForm(None),
        paged=Page([], newer_url="#newer", older_url="#older"),
        then=datetime(2026, 5, 12, 13, 2, tzinfo=UTC),
        codes=ERROR_CODES,
    )


@public
def form_with_errors() -> str:
    """Show a form with an error at every field that can have one."""
    typed = MultiDict([("number", "<b>"), ("email", "ruth@"), ("seats", "many"), ("starts", "31"), ("starts", "2"),
                       ("starts", "2027"), ("lines-0-where", "204")])  # fmt: skip
    form = ExampleForm(typed)
    form.validate()
    return render_template("portal/developers/form.html", form=form)


@public
def refusal() -> str:
    """Show how a copy is refused."""
    return render_template("portal/developers/refusal.html")


@public
def confirm() -> str:
    """Show how a grave step is confirmed."""
    return render_template("portal/developers/confirm.html")


@public
def progress(done: int) -> str:
    """Show one moment of a job that moves on each time the page asks; the fragment alone is what htmx swaps in."""
    return render_template("portal/developers/progress.html", done=min(done, PAGES), pages=PAGES)


@public
def error(code: int) -> tuple[str, int]:
    """Show one of the error pages, with its true status."""
    if code not in ERROR_CODES:
        abort(404)
    kept = [("Reason", "Paid on account of the split invoice")] if code == 400 else []
    return render_template("errors/page.html", code=code, kept=kept, who=["Staff"] if code == 403 else []), code
