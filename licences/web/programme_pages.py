"""What anybody may read about a programme: what it is, what it costs, and whom to ask."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.clock import today
from kit.refusals import Refused
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences import programmes
from licences.billing import prices
from licences.guard import public
from licences.quotes import questions
from licences.quotes.questions import Question
from licences.web import entering, quote_accepting, quote_pages


class QuestionForm(forms.Form):
    """A question, and where the answer goes."""

    words = forms.long_text("Your question", missing="Write your question", max_length=2000)
    name = forms.text("Your name", missing="Write your name", max_length=120, autocomplete="name")
    email = forms.email("Your e-mail address", missing="Write your e-mail address")


def blueprint() -> Blueprint:
    """The programme pages, and the way to a quote."""
    made = Blueprint("programmes", __name__, template_folder="../templates")
    made.get("/programmes")(all_programmes)
    made.get("/programmes/<int:programme_id>")(one_programme)
    made.get("/programmes/<int:programme_id>/question")(question)
    made.post("/programmes/<int:programme_id>/question")(question_post)
    quote_pages.add_to(made)
    quote_accepting.add_to(made)
    return made


@public
def all_programmes() -> str:
    """Every programme, by name."""
    return render_template("licences/programmes.html", programmes=programmes.programmes(db()))


@public
def one_programme(programme_id: int) -> str:
    """One programme: what is taught, for whom, and what a licence costs now and later."""
    found = programmes.programme(db(), programme_id)
    known = prices.prices_of(db(), programme_id)
    now = next((one for one in known if one.from_on <= today(house().clock)), None)
    later = [one for one in known if one.from_on > today(house().clock)]
    return render_template("licences/programme.html", programme=found, price=now, later=list(reversed(later)))


@public
def question(programme_id: int) -> str:
    """The form for a question."""
    return _question_page(programme_id, QuestionForm())


@public
@writes
def question_post(programme_id: int) -> Response | tuple[str, int]:
    """Sends the question to the programme team."""
    form = QuestionForm()
    if not form.validate():
        return _question_page(programme_id, form), 400
    asked = Question(form.name.data, form.email.data, form.words.data)
    place = entering.network_place()
    try:
        questions.ask(writing(), house().clock, house().letterhead, programme_id, asked, place=place)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _question_page(programme_id, form), 429
    flash("Your question is on its way. A person answers within one working day.", "moss")
    return redirect(url_for(".one_programme", programme_id=programme_id), code=303)


def _question_page(programme_id: int, form: QuestionForm) -> str:
    found = programmes.programme(db(), programme_id)
    return render_template("licences/programme_question.html", programme=found, form=form)
