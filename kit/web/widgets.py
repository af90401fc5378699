"""GOV.UK widgets for WTForms, adjusted where the ones of `govuk_frontend_wtf` fall short of us.

What is added: labels in bold, width and autocomplete given with the field, `aria-invalid`, no empty hints, and a date
that survives a form post with any number of parts. `kit.web.forms` gives each field its widget.
"""

from copy import deepcopy
from typing import Any

from govuk_frontend_wtf import wtforms_widgets as govuk
from govuk_frontend_wtf.main import merger
from markupsafe import Markup


class Adjusted:
    """Mixed in before a GOV.UK widget: merges the field's own `look` with what the template asks for."""

    def map_gov_params(self, field: Any, **given: Any) -> dict[str, Any]:
        """Return the macro's parameters: the field's look, then the template's, then its states."""
        look = deepcopy(getattr(field, "look", {}))
        given["params"] = merger.merge(look, deepcopy(given.pop("params", {})))
        params: dict[str, Any] = super().map_gov_params(field, **given)  # type: ignore[misc]
        tidy(field, params)
        return params


def tidy(field: Any, params: dict[str, Any]) -> None:
    """Set the label's size, drop a hint without words and say which input is wrong."""
    if not (params.get("hint") or {}).get("text") and not (params.get("hint") or {}).get("html"):
        params.pop("hint", None)
    if params.get("fieldset"):
        params["fieldset"]["legend"].setdefault("classes", "govuk-fieldset__legend--s")
    elif "label" in params:
        params["label"].setdefault("classes", "govuk-label--s")
    if field.errors and "attributes" in params and not params.get("fieldset"):
        params["attributes"]["aria-invalid"] = "true"


class TextInput(Adjusted, govuk.GovTextInput):  # type: ignore[misc]
    """One line of text."""


class PasswordInput(Adjusted, govuk.GovPasswordInput):  # type: ignore[misc]
    """A password that can be pasted, and shown when there is a script."""


class TextArea(Adjusted, govuk.GovTextArea):  # type: ignore[misc]
    """Several lines of text."""


class FileInput(Adjusted, govuk.GovFileInput):  # type: ignore[misc]
    """A file to choose."""


class Radios(Adjusted, govuk.GovRadioInput):  # type: ignore[misc]
    """One of a few, all in sight."""


class Select(Adjusted, govuk.GovSelect):  # type: ignore[misc]
    """One of many."""


class Checkboxes(Adjusted, govuk.GovCheckboxesInput):  # type: ignore[misc]
    """Any of a few."""


class Checkbox(Adjusted, govuk.GovCheckboxInput):  # type: ignore[misc]
    """Yes, or nothing. Its hint stands under its words, not above the box where nothing has been said yet."""

    def map_gov_params(self, field: Any, **given: Any) -> dict[str, Any]:
        """Return the macro's parameters with the hint moved to the box's own words."""
        params: dict[str, Any] = super().map_gov_params(field, **given)
        if hint := params.pop("hint", None):
            params["items"][0]["hint"] = hint
        return params


class DateInput(Adjusted, govuk.GovFormBase):  # type: ignore[misc]
    """Day, month and year in three inputs of one name, as GOV.UK draws it."""

    template = "govuk_frontend_wtf/date.html"
    parts = (("day", "Day", 2), ("month", "Month", 2), ("year", "Year", 4))

    def __call__(self, field: Any, **given: Any) -> Markup:
        """Draw the field; the three values are what was typed, even when it is no date."""
        given.setdefault("id", field.id)
        return super().__call__(field, **given)  # type: ignore[no-any-return]

    def map_gov_params(self, field: Any, **given: Any) -> dict[str, Any]:
        """Return the macro's parameters with one item for each part of the date."""
        params: dict[str, Any] = super().map_gov_params(field, **given)
        params.pop("label", None)
        params.setdefault("fieldset", {"legend": {"text": field.label.text, "classes": "govuk-fieldset__legend--s"}})
        params["attributes"] = {}
        wrong = " govuk-input--error" if field.errors else ""
        invalid = {"aria-invalid": "true"} if field.errors else {}
        params["items"] = [
            {
                "label": label, "id": f"{field.id}-{part}", "name": field.name, "value": value,
                "classes": f"govuk-input--width-{width}{wrong}", "attributes": invalid,
            }
            for (part, label, width), value in zip(self.parts, field.typed(), strict=True)
        ]  # fmt: skip
        return params
