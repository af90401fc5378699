"""Fields read what people type, say in words what is wrong, and take any post at all."""

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from kit.refusals import Refused
from kit.web import forms
from kit.web.typed_text import clean, file_name, hidden_in, one_line
from kit.web.widgets import Adjusted

Ask = Callable[..., Any]


class Line(forms.Part):
    """A group that repeats."""

    where = forms.text("Pages", missing="Write the pages")
    what = forms.text("What", missing="Say what differs")


class Everything(forms.Query):
    """One field of each kind; `Query` so that no token is needed here."""

    name = forms.text("Name", missing="Write the name", max_length=20)
    note = forms.text("Note")
    email = forms.email()
    secret = forms.password(least=12)
    seats = forms.whole_number("Seats", missing="Write how many", least=1, most=50)
    spare = forms.whole_number("Spare")
    starts = forms.day("First day", missing="Write the first day")
    ends = forms.day("Last day")
    reason = forms.long_text("Reason", missing="Say why", max_length=100)
    use = forms.choice("Use", [("print", "Print it"), ("show", "Show it")], missing="Choose a use")
    maybe = forms.choice("Maybe", [("a", "A")])
    programme = forms.pick("Programme", [("", "Choose"), ("abm", "ABM")], missing="Choose a programme")
    told = forms.several("Told", [("trainers", "Trainers"), ("staff", "Staff")])
    must = forms.tick("Must", hint="Leave empty for small corrections")
    agreed = forms.tick("I agree", missing="Tick to agree")
    pdf = forms.file("The PDF", missing="Choose a file", endings=["pdf"])
    lines = forms.parts(Line, least=1, most=3)


GOOD: dict[str, Any] = {
    "name": " Zoe\u0308 O’Rourke ", "email": "zoe@school.example", "secret": "  twelve chars", "seats": "1 0",
    "starts": ["31", "Mar", "2027"], "reason": "one\r\ntwo < 3", "use": "print", "programme": "abm",
    "told": ["trainers", "staff"], "must": "y", "agreed": "y", "lines-0-where": "41", "lines-0-what": "New",
}  # fmt: skip


@pytest.fixture
def ask(app: Flask) -> Ask:
    """Post values to a form of every field and return it, validated."""

    def post(values: dict[str, Any], upload: bool = True) -> Everything:
        data = dict(values)
        if upload:
            data.setdefault("pdf", (io.BytesIO(b"%PDF-"), "manual.pdf"))
        with app.test_request_context("/", method="POST", data=data, content_type="multipart/form-data"):
            form = Everything()
            form.validate()
            for field in form:  # each can be drawn, whatever it holds
                if field.name != "lines":
                    assert "<" in field()
            return form

    return post


def test_good_values_arrive_clean(ask: Ask) -> None:
    form = ask(GOOD)
    assert form.errors == {}
    assert form.name.data == "Zoë O’Rourke"
    assert form.secret.data == "  twelve chars"
    assert (form.seats.data, form.spare.data) == (10, None)
    assert (form.starts.data, form.ends.data) == (date(2027, 3, 31), None)
    assert form.reason.data == "one\ntwo < 3"
    assert (form.note.data, form.maybe.data, form.told.data) == ("", None, ["trainers", "staff"])
    assert form.must.data is True
    assert form.pdf.data.filename == "manual.pdf"
    assert form.lines.data == [{"where": "41", "what": "New"}]


def test_an_empty_post_names_each_field_once_in_order(ask: Ask) -> None:
    found = [(problem.anchor, problem.text) for problem in ask({}, upload=False).problems()]
    assert found == [
        ("name", "Write the name"), ("email", "Write an e-mail address"), ("secret", "Write your password"),
        ("seats", "Write how many"), ("starts-day", "Write the first day"), ("reason", "Say why"),
        ("use", "Choose a use"),
        ("programme", "Choose a programme"), ("agreed", "Tick to agree"), ("pdf", "Choose a file"),
        ("lines-0-where", "Write the pages"), ("lines-0-what", "Say what differs"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("name", "   ", "Write the name"),
        ("name", "x" * 21, "21 characters. Shorten it to 20"),
        ("name", "a\x00b", "cannot be seen"),
        ("name", "safe\u202egnp.exe", "cannot be seen"),
        ("name", "a\u2066b", "cannot be seen"),
        ("name", "a\nb", "cannot be seen"),
        ("name", "<script>", "Leave out the signs"),
        ("reason", "a\x08b", "cannot be seen"),
        ("reason", "x" * 101, "Shorten it to 100"),
        ("email", "ruth@", "Write an e-mail address such as"),
        ("email", "a b@c.example", "such as"),
        ("email", "a@b.example\nBcc: c@d.example", "such as"),
        ("email", "a@" + "b" * 300 + ".example", "such as"),
        ("secret", "short", "at least 12"),
        ("secret", "x" * 201, "up to 200"),
        ("seats", "many", "in figures"),
        ("seats", "0", "from 1 to 50"),
        ("seats", "51", "from 1 to 50"),
        ("seats", "9" * 5000, "in figures"),
        ("seats", "1.5", "in figures"),
        ("starts", ["31", "2", "2027"], "no such day"),
        ("starts", ["31", "3", "27"], "four figures"),
        ("starts", ["31", "3"], "a day, a month and a year"),
        ("starts", ["1"] * 9, "a day, a month and a year"),
        ("starts", ["1", "Smarch", "2027"], "no such day"),
        ("starts", ["1", "1", "1066"], "between 1 1 2000 and 31 12 2099"),
        ("ends", ["", "", "2027"], "a day, a month and a year"),
        ("use", "eat", "Choose one of the answers"),
        ("maybe", "b", "Choose one of the answers"),
        ("programme", "", "Choose a programme"),
        ("programme", "xyz", "Choose one of the answers"),
        ("told", ["trainers", "nobody"], "Choose one of the answers"),
    ],
)
def test_what_is_wrong_is_said(ask: Ask, field: str, typed: Any, says: str) -> None:
    form = ask(GOOD | {field: typed})
    assert list(form.errors) == [field]
    assert says in form[field].errors[0].replace("\u00a0", " ")
    assert len(form[field].errors) == 1


@pytest.mark.parametrize("typed", [["5", "May", "2026"], ["05", "05", "2026"], ["5th", "may", "2026"], ["5 5 2026"],
                                   ["5/5/2026"], ["2026-05-05"], [" 5 ", "5", "2026 "]])  # fmt: skip
def test_british_days_in_many_hands(ask: Ask, typed: list[str]) -> None:
    assert ask(GOOD | {"starts": typed}).starts.data == date(2026, 5, 5)


def test_what_was_typed_stays_on_the_page(ask: Ask, app: Flask) -> None:
    form = ask(GOOD | {"seats": "m<any", "starts": ["31", "2", "2027"]})
    with app.test_request_context():
        assert 'value="m&lt;any"' in form.seats()
        drawn = form.starts()
    assert [f'value="{part}"' in drawn for part in ("31", "2", "2027")] == [True] * 3
    assert 'href="#' not in drawn


def test_a_password_never_comes_back(ask: Ask, app: Flask) -> None:
    form = ask(GOOD | {"secret": "short", "name": ""})
    with app.test_request_context():
        assert "short" not in form.secret()


def test_a_wrong_file_ending(ask: Ask) -> None:
    form = ask(GOOD | {"pdf": (io.BytesIO(b"MZ"), "manual.pdf.exe")})
    assert form.errors == {"pdf": ["Choose a file that ends in .pdf."]}


def test_files_under_the_names_of_text_count_as_nothing(ask: Ask) -> None:
    hostile = {name: (io.BytesIO(b"x"), "x.pdf") for name in GOOD}
    form = ask(hostile)
    assert form.name.data == ""
    assert "name" in form.errors
    assert "use" in form.errors


def test_strange_indices_and_too_many_lines(ask: Ask) -> None:
    strange = {"lines-²-where": "1", f"lines-{'9' * 5000}-where": "2", "lines--1-where": "3", "lines-x": "4"}
    many = {f"lines-{at}-{part}": "x" for at in range(1, 40) for part in ("where", "what")}
    assert len(ask(GOOD | strange).lines.entries) == 1
    assert len(ask(GOOD | many).lines.entries) == 3


def test_json_is_not_read_as_a_form(app: Flask) -> None:
    with app.test_request_context("/", method="POST", data="[" * 2000, content_type="application/json"):
        form = Everything()
        assert form.validate() is False


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from([*GOOD, "ends", "spare", "maybe", "note"]),
                       st.lists(st.text(max_size=30), max_size=4)))  # fmt: skip
def test_any_post_is_answered(values: dict[str, list[str]]) -> None:
    app = Flask("any")
    app.secret_key = "only for this test"
    with app.test_request_context():
        form = Everything(MultiDict(values))
        form.validate()
        for problem in form.problems():
            assert problem.text
            assert not hidden_in(problem.text)


def test_a_services_refusal_stands_at_its_field(ask: Ask) -> None:
    form = ask(GOOD)
    form.refuse(Refused("All 10 seats are in use. Free one, or add seats.", "seats"))
    form.refuse(Refused("This organisation has no licence yet.", "organisation"))
    form.refuse("Nothing was saved.")
    assert [(problem.anchor, problem.text) for problem in form.problems()] == [
        ("", "This organisation has no licence yet."),
        ("", "Nothing was saved."),
        ("seats", "All 10 seats are in use. Free one, or add seats."),
    ]
    assert form.errors


def test_choices_may_come_later(app: Flask) -> None:
    with app.test_request_context():
        form = Everything(MultiDict({"programme": "rel"}))
        form.programme.choices = [("rel", "Relational learning")]
        form.validate()
        assert "programme" not in form.errors
        assert "Relational learning" in form.programme()


def test_hints_and_errors_are_tied_to_their_input(app: Flask) -> None:
    with app.test_request_context():
        form = Everything(MultiDict({"seats": "x"}))
        form.validate()
        assert 'aria-describedby="seats-error"' in form.seats()
        assert 'aria-invalid="true"' in form.seats()
        drawn = form.must()
        assert drawn.index('type="checkbox"') < drawn.index("Leave empty for small corrections")
        assert 'id="must-item-hint"' in drawn
        assert "govuk-hint" not in form.use()


def test_each_widget_is_adjusted() -> None:
    with_widgets = [field for field in Everything.__dict__.values() if hasattr(field, "field_class")]
    kinds = {field.field_class for field in with_widgets if field.field_class.__name__ != "PartsField"}
    assert kinds
    assert all(isinstance(kind.widget, Adjusted) for kind in kinds)


class TestTypedBefore:
    def kept(self, app: Flask, site: str) -> list[tuple[str, str]]:
        data = {"reason": "Paid <b>", "password": "x", "csrf_token": "t", "empty": " ", "what_changed": "Page 3"}
        headers = {"Sec-Fetch-Site": site} if site else {}
        with app.test_request_context("/", method="POST", data=data, headers=headers) as context:
            return forms.typed_before(context.request.form)

    def test_keeps_the_readers_own_words_and_no_secrets(self, app: Flask) -> None:
        assert self.kept(app, "same-origin") == [("Reason", "Paid <b>"), ("What changed", "Page 3")]

    @pytest.mark.parametrize("site", ["cross-site", "same-site", ""])
    def test_shows_nothing_that_came_from_elsewhere(self, app: Flask, site: str) -> None:
        assert self.kept(app, site) == []


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\manual.pdf", "manual.pdf"),
        ("C:\\Users\\ruth\\Trainer manual 3.2.pdf", "Trainer manual 3.2.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ('x"\r\nSet-Cookie: y.pdf', "xSet-Cookie y.pdf"),
        ("...", ""),
        ("x" * 300 + ".pdf", "x" * 110 + ".pdf"),
    ],
)
def test_file_names_without_tricks(given_name: str, kept: str) -> None:
    assert file_name(given_name) == kept


@given(st.text(max_size=50))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_several_spaces_inside_a_name_are_one() -> None:
    assert one_line("  Whole-school   relational  practice ") == "Whole-school relational practice"
    assert clean("one  two\n  three") == "one  two\n  three"
