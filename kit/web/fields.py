"""The kinds of field that `kit.web.forms` hands out: WTForms fields that take any post without breaking.

Whatever arrives (a file under a text field's name, nine parts of a date, an index of 5,000 figures), the worst that
comes of it is a sentence at the field.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import wtforms
from flask_wtf.file import FileField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation, ValidationError

from kit.money import pounds
from kit.web import widgets
from kit.web.typed_text import british_day


class Words:
    """Mixed in before a field: passes on only text, since a hostile form may send files under any name."""

    raw_data: list[Any] | None

    def process_formdata(self, values: list[Any]) -> None:
        """Drop what is not text, from what the field shows again too."""
        self.raw_data = [value for value in values if isinstance(value, str)]
        super().process_formdata(self.raw_data)  # type: ignore[misc]


class TextField(Words, wtforms.StringField):  # type: ignore[misc]
    """One line of text."""

    widget = widgets.TextInput()


class LongTextField(Words, wtforms.StringField):  # type: ignore[misc]
    """Several lines of text."""

    widget = widgets.TextArea()


class PasswordField(Words, wtforms.PasswordField):  # type: ignore[misc]
    """A password: taken as it is, spaces included, and never sent back to the page."""

    widget = widgets.PasswordInput()


class WholeNumber(wtforms.Field):  # type: ignore[misc]
    """Reads a whole number, or None when nothing was typed; what was typed stays on the page."""

    widget = widgets.TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)

    def process_formdata(self, values: list[str]) -> None:
        """Read what was typed; a thousands comma and spaces are forgiven."""
        typed = re.sub(r"[,\s]", "", values[0]) if values else ""
        self.data = None
        if typed:
            if not re.fullmatch(r"-?[0-9]{1,9}", typed):
                raise ValueError("Write a whole number in figures, such as 10.")
            self.data = int(typed)


class WholeNumberField(Words, WholeNumber):
    """A whole number."""


class Pounds(wtforms.Field):  # type: ignore[misc]
    """Reads an amount in pounds as whole pence, or None when nothing was typed; what was typed stays on the page."""

    widget = widgets.TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else pounds(self.data).lstrip("£")

    def process_formdata(self, values: list[str]) -> None:
        """Read what was typed; a pound sign, thousands commas and spaces are forgiven."""
        typed = re.sub(r"[£,\s]", "", values[0]) if values else ""
        self.data = None
        if typed:
            found = re.fullmatch(r"([0-9]{1,7})(?:\.([0-9]{2}))?", typed, re.ASCII)
            if found is None:
                raise ValueError("Write an amount in pounds and pence, such as 1,450.00.")
            self.data = int(found[1]) * 100 + int(found[2] or 0)


class PoundsField(Words, Pounds):
    """An amount of money."""


class Day(wtforms.Field):  # type: ignore[misc]
    """Reads a date from three inputs of one name (day, month, year), or from one value such as “2027-03-31”."""

    widget = widgets.DateInput()
    data: date | None

    @property
    def anchor(self) -> str:
        """The id of the input that the error summary leads to."""
        return f"{self.id}-day"

    def typed(self) -> tuple[str, str, str]:
        """Return the three parts to show: what was typed, else the date."""
        if self.raw_data is not None:
            first, second, third, *_ = [*split_day(self.raw_data), "", "", ""]
            return first, second, third
        if self.data:
            return str(self.data.day), str(self.data.month), str(self.data.year)
        return "", "", ""

    def process_formdata(self, values: list[str]) -> None:
        """Read the parts; all empty means no date."""
        self.data = None
        parts = split_day(values)
        if any(parts):
            if len(parts) != 3 or not all(parts):
                raise ValueError("Write a day, a month and a year.")
            self.data = british_day(parts)


def split_day(values: list[str]) -> list[str]:
    """Return the parts of a date as typed, day first, at most 20 characters of each."""
    if len(values) == 1:
        values = re.split(r"[\s/.,-]+", values[0].strip()[:60])
        if len(values[0]) == 4:  # a year first: the form that machines write
            values = values[::-1]
    return [value.strip()[:20] for value in values]


class DayField(Words, Day):
    """A date."""


def offered(pairs: Any) -> Any:
    """Return (value, words) pairs as WTForms' own choices; anything else as it is."""
    if not isinstance(pairs, (list, tuple)):
        return pairs
    return [SelectChoice(*pair) if isinstance(pair, tuple) else pair for pair in pairs]


class Chosen(Words):
    """Mixed in before a choice: our words when what came is not on offer; nothing at all is left to `filled`."""

    data: Any

    @property
    def choices(self) -> Any:
        """What is on offer; may be set to (value, words) pairs."""
        return super().choices  # type: ignore[misc]

    @choices.setter
    def choices(self, pairs: Any) -> None:
        super(Chosen, type(self)).choices.fset(self, offered(pairs))  # type: ignore[misc]

    def pre_validate(self, form: Any) -> None:
        """Refuse what is not offered."""
        if self.data in (None, "", []):
            return
        try:
            super().pre_validate(form)  # type: ignore[misc]
        except ValidationError:
            raise StopValidation("Choose one of the answers on this page.") from None


class RadioField(Chosen, wtforms.RadioField):  # type: ignore[misc]
    """One of a few."""

    widget = widgets.Radios()


class SelectField(Chosen, wtforms.SelectField):  # type: ignore[misc]
    """One of many."""

    widget = widgets.Select()


class CheckboxesField(Chosen, wtforms.SelectMultipleField):  # type: ignore[misc]
    """Any of a few."""

    widget = widgets.Checkboxes()
    option_widget = wtforms.widgets.CheckboxInput()


class TickField(Words, wtforms.BooleanField):  # type: ignore[misc]
    """Yes, or nothing."""

    widget = widgets.Checkbox()


class UploadField(FileField):  # type: ignore[misc]
    """A file that came with the form, or None."""

    widget = widgets.FileInput()


class PartsField(wtforms.FieldList):  # type: ignore[misc]
    """A group of fields that repeats. Only small indices count: `int()` refuses what `isdigit()` lets by."""

    def _extract_indices(self, prefix: str, formdata: Mapping[str, Any]) -> Iterator[int]:
        shape = re.compile(rf"{re.escape(prefix)}-([0-9]{{1,4}})(?:-|$)", re.ASCII)
        for name in formdata:
            if found := shape.match(name):
                yield int(found[1])
