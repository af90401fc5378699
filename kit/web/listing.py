"""Lists that staff search, filter, read page by page and download: one way for all of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from flask import render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kit.clock import start_of, today
from kit.keyset import Span, every
from kit.web import forms
from kit.web.csv_export import csv_response
from kit.web.house import house
from kit.web.pages import page_of, place_of
from kit.web.transactions import db

PAGE_SIZE = 25  # on a phone each row is a block: 50 of them are a long way to the next page
_PLACES = ("older_than", "newer_than")

Row = TypeVar("Row")
Asked = TypeVar("Asked", bound="Filters")


class Filters(forms.Query):
    """What a list is asked for: words and choices of its own, and from which day until which, both included."""

    since = forms.day("From", hint="")
    until = forms.day("Until", hint="")

    @property
    def begins(self) -> datetime | None:
        """The first moment asked for."""
        return start_of(self.since.data) if self.since.data else None

    @property
    def ends(self) -> datetime | None:
        """The moment before which an entry lies: the start of the day after the last."""
        return start_of(self.until.data + timedelta(days=1)) if self.until.data else None


@dataclass(frozen=True)
class Listing(Generic[Asked, Row]):
    """One list: where its rows come from, and how it is shown.

    `fetch` reads a stretch; `key` is a row's place in the list (`kit.keyset`).
    `template` sees `form`, `page` and `asked` (whether anything was).
    `cells` are a row's, under the download's `heads`; its file is called after `name`.
    """

    name: str
    template: str
    fetch: Callable[[Session, Asked, Span], Sequence[Row]]
    key: Callable[[Row], str]
    heads: Sequence[str]
    cells: Callable[[Row], Sequence[object]]

    def page(self, form: Asked, **more: Any) -> str | tuple[str, int]:
        """The rows that fit, newest first. A filter that cannot be read shows nothing rather than everything."""
        fine = form.validate()
        place = place_of(request.args)
        found = self.fetch(db(), form, Span(PAGE_SIZE + 1, place.older_than, place.newer_than)) if fine else []
        page = page_of(found, place, PAGE_SIZE, self.key)
        asked = any(value for name, value in request.args.items(multi=True) if name not in _PLACES)
        shown = render_template(self.template, form=form, page=page, asked=asked, **more)
        return shown if fine else (shown, 400)

    def download(self, form: Asked, **more: Any) -> Response | str | tuple[str, int]:
        """The same, all of them, for a spreadsheet."""
        if not form.validate():
            return self.page(form, **more)
        return csv_response(f"{self.name}-{today(house().clock)}.csv", self.heads, self._rows(form))

    def _rows(self, form: Asked) -> Iterator[Sequence[object]]:
        """Asks for the session only when the rows are sent: the request's own is closed by then."""
        session = db()
        for row in every(lambda span: self.fetch(session, form, span), self.key):
            yield self.cells(row)


def chosen_id(field: Any) -> int | None:
    """The id that was picked from a list of choices, or None for “Any”."""
    return int(field.data) if field.data and field.data.isdecimal() else None
