"""Forms: fields that say what is wrong in plain words, and text that holds nothing hidden.

    class GrantSeat(forms.Form):
        name = forms.text("Full name", missing="Write the person’s name", max_length=120, autocomplete="name")
        starts = forms.day("First day", missing="Write the first day")

A field is required exactly when `missing` gives the sentence to say when it is left empty. Each function returns a
WTForms field still to be bound; after a post its `data` is a str (never None), an int or None, a date or None, a bool,
a list, or an uploaded file or None. In a template: `{{ form.name() }}`, or with GOV.UK's own parameters
`{{ form.name(params={"label": {"classes": "govuk-label--m"}}) }}`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import wtforms
from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms.validators import StopValidation, ValidationError

from kit.money import MOST_PENCE
from kit.money import pounds as in_pounds
from kit.refusals import Refused
from kit.web import fields
from kit.web.typed_text import Check, clean, email_address, file_name, filled, one_line, plain_text

__all__ = [
    "Form", "Part", "Problem", "Query", "choice", "day", "email", "file", "file_name", "long_text", "parts",
    "password", "pick", "plain_text", "pounds", "several", "text", "tick", "typed_before", "whole_number",
]  # fmt: skip

Choices = Sequence[tuple[str, str]]


# Forms and what is wrong with them


@dataclass(frozen=True)
class Problem:
    """One line of the error summary: the sentence, and the id of the input that it leads to (empty: none)."""

    text: str
    anchor: str


class Form(FlaskForm):  # type: ignore[misc]
    """The base of every form: protected against forgery, and able to list its problems in the order of the page."""

    form_errors: list[str]

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Where a form's data come from."""

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Take what was posted as a form, never JSON: Flask-WTF would read it unasked, however it is shaped."""
            if formdata is None or isinstance(formdata, MultiDict):
                return formdata
            return CombinedMultiDict([request.files, request.form]) if request.method == "POST" else None

    def problems(self) -> list[Problem]:
        """Return what is wrong, one line for each field, with the input that each line leads to."""
        return [*of_the_form(self), *of_fields(self)]

    def refuse(self, refusal: Refused | str, field: str | None = None) -> None:
        """Show a service's refusal: at the field that it names, or above the form when it names none of ours."""
        named = field or (refusal.field if isinstance(refusal, Refused) else None)
        words = refusal.message if isinstance(refusal, Refused) else refusal
        if named and named in self:
            self[named].errors = [*self[named].errors, words]
        else:
            self.form_errors = [*self.form_errors, words]


class Query(Form):
    """A form that only asks (search, filters): `Query(request.args)`. It changes nothing and needs no token."""

    class Meta(Form.Meta):
        """No token against forgery."""

        csrf = False

    def in_use(self, *but: str) -> int:
        """How many fields somebody filled in, those named left out: of filters that are folded away."""
        return sum(1 for field in self if field.name not in but and (field.data or field.errors))


class Part(wtforms.Form):  # type: ignore[misc]
    """A group of fields that repeats inside a form, one change of a change note for example; see `parts`."""


def of_the_form(form: Any) -> Iterator[Problem]:
    """Yield what is wrong with the form as a whole."""
    if "csrf_token" in form and form.csrf_token.errors:
        yield Problem("This page was open for too long. What you typed is still here: press the button again.", "")
    for words in form.form_errors:
        yield Problem(words, "")


def of_fields(form: Any) -> Iterator[Problem]:
    """Yield the first error of each field, going into groups that repeat."""
    for field in form:
        if field.name != "csrf_token" and field.errors:
            yield from of_field(field)


def of_field(field: Any) -> Iterator[Problem]:
    """Yield the errors of one field, or of the fields inside it."""
    if isinstance(field, wtforms.FormField):
        yield from of_fields(field.form)
    elif isinstance(field, wtforms.FieldList):
        for entry in field:
            yield from of_field(entry)
        for words in [error for error in field.errors if isinstance(error, str)]:
            yield Problem(words, "")
    elif field.errors:
        yield Problem(field.errors[0], getattr(field, "anchor", field.id))


# A form that came too late

SECRET_NAMES = ("password", "token", "secret", "code")


def typed_before(form: MultiDict[str, str]) -> list[tuple[str, str]]:
    """Return what the refused post `form` held, to show it for copying: at most 30 fields, no secrets, no files.

    Only for a form that came from our own pages, by the browser's word: from elsewhere it is not the reader's own text.
    """
    if request.headers.get("Sec-Fetch-Site") != "same-origin":
        return []
    told = [
        (name.replace("_", " ").replace("-", " ").capitalize(), clean(value)[:4000])
        for name, value in form.items(multi=True)
        if not any(secret in name.lower() for secret in SECRET_NAMES)
    ]
    return [(label, text) for label, text in told if text][:30]


# Fields


def looking(kind: type, **look: Any) -> type:
    """Return a kind of field whose inputs carry `look`: parameters for GOV.UK's macro, empty ones left out."""
    return type(kind.__name__, (kind,), {"look": {name: value for name, value in look.items() if value}})


def width_class(width: int) -> str:
    """Return GOV.UK's class for an input made for about `width` characters (2, 3, 4, 5, 10, 20); 0 fills the column."""
    return f"govuk-input--width-{width}" if width else ""


def text(
    label: str, missing: str = "", hint: str = "", *, max_length: int = 200, width: int = 0,
    autocomplete: str = "", markup: bool = False, checks: Sequence[Check] = (),
) -> Any:  # fmt: skip
    """One line of text, without < and > unless `markup`."""
    kind = looking(fields.TextField, classes=width_class(width), autocomplete=autocomplete)
    return kind(label, [filled(missing), plain_text(max_length, markup=markup), *checks], [one_line], description=hint)


def email(
    label: str = "E-mail address", missing: str = "Write an e-mail address", hint: str = "",
    *, autocomplete: str = "email",
) -> Any:  # fmt: skip
    """An e-mail address."""
    kind = looking(fields.TextField, type="email", autocomplete=autocomplete, spellcheck="false")
    return kind(label, [filled(missing), email_address], [clean], description=hint)


def long_text(label: str, missing: str = "", hint: str = "", *, max_length: int = 4000, rows: int = 5) -> Any:
    """Several lines of text; < and > are welcome, since people write “< 5 years”."""
    kind = looking(fields.LongTextField, rows=str(rows))
    return kind(label, [filled(missing), plain_text(max_length, lines=True, markup=True)], [clean], description=hint)


def password(
    label: str = "Password", missing: str = "Write your password", hint: str = "",
    *, autocomplete: str = "current-password", least: int = 0,
) -> Any:  # fmt: skip
    """A password; `least` characters for a new one. Beyond 200 characters it is refused, as hashing costs time."""

    def length(form: Any, field: Any) -> None:
        if len(field.data) > 200:
            raise StopValidation("A password may have up to 200 characters.")
        if len(field.data) < least:
            raise StopValidation(f"Choose at least {least} characters. Three words in a row are easy to remember.")

    return looking(fields.PasswordField, autocomplete=autocomplete)(label, [filled(missing), length], description=hint)


def whole_number(
    label: str, missing: str = "", hint: str = "", *, least: int = 0, most: int = 1_000_000, width: int = 5
) -> Any:
    """A whole number from `least` to `most`."""

    def within(form: Any, field: Any) -> None:
        if not least <= field.data <= most:
            raise ValidationError(f"Write a number from {least:,} to {most:,}.")

    kind = looking(fields.WholeNumberField, classes=width_class(width), inputmode="numeric", autocomplete="off")
    return kind(label, [filled(missing), within], description=hint)


def pounds(label: str, missing: str = "", hint: str = "", *, least: int = 1, most: int = MOST_PENCE) -> Any:
    """An amount from `least` to `most` pence, typed in pounds; its `data` is whole pence."""

    def within(form: Any, field: Any) -> None:
        if field.data is not None and not least <= field.data <= most:
            raise ValidationError(f"Write an amount from {in_pounds(least)} to {in_pounds(most)}.")

    look = {"classes": width_class(10), "inputmode": "decimal", "autocomplete": "off", "prefix": {"text": "£"}}
    return looking(fields.PoundsField, **look)(label, [filled(missing), within], description=hint)


def day(
    label: str, missing: str = "", hint: str = "For example, 31 3 2027", *,
    earliest: date = date(2000, 1, 1), latest: date = date(2099, 12, 31),
) -> Any:  # fmt: skip
    """A calendar date within limits."""

    def within(form: Any, field: Any) -> None:
        if not earliest <= field.data <= latest:
            raise ValidationError(f"Write a day between {british(earliest)} and {british(latest)}.")

    return fields.DayField(label, [filled(missing), within], description=hint)


def british(value: date) -> str:
    """Return a date in figures as the date field takes it: “31 3 2027”."""
    return f"{value.day} {value.month} {value.year}"


def choice(label: str, choices: Choices = (), missing: str = "", hint: str = "") -> Any:
    """One of a few (value, words), as radio buttons. Set `form.field.choices` later when they come from data."""
    return fields.RadioField(label, [filled(missing)], choices=fields.offered(choices), description=hint)


def pick(label: str, choices: Choices = (), missing: str = "", hint: str = "") -> Any:
    """One of many (value, words), as a drop-down list; begin with ("", "Choose …")."""
    return fields.SelectField(label, [filled(missing)], choices=fields.offered(choices), description=hint)


def several(label: str, choices: Choices = (), missing: str = "", hint: str = "") -> Any:
    """Any of a few (value, words), as boxes to tick."""
    return fields.CheckboxesField(label, [filled(missing)], choices=fields.offered(choices), description=hint)


def tick(label: str, missing: str = "", hint: str = "") -> Any:
    """One box to tick, never ticked beforehand; with `missing` it has to be."""
    return fields.TickField(label, [filled(missing)], description=hint)


def file(label: str, missing: str = "", hint: str = "", *, endings: Sequence[str] = ()) -> Any:
    """A file; `endings` (without the dot) say what may be chosen. What it really is, the service has to look at."""

    def ending(form: Any, field: Any) -> None:
        if endings and file_name(field.data.filename or "").rpartition(".")[2].lower() not in endings:
            raise StopValidation(f"Choose a file that ends in {' or '.join('.' + end for end in endings)}.")

    look = {"attributes": {"accept": ",".join(f".{end}" for end in endings)}} if endings else {}
    return looking(fields.UploadField, **look)(label, [filled(missing), ending], description=hint)


def parts(part: type[Part], *, least: int = 1, most: int = 30) -> Any:
    """A group of fields, between `least` and `most` times; groups beyond `most` in a post are left out."""
    return fields.PartsField(wtforms.FormField(part), min_entries=least, max_entries=most)
