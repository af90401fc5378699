"""Every copy taken: by whom, for whom, when; searched, filtered, and as CSV."""

from collections.abc import Iterator
from datetime import timedelta

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from kit.clock import london, start_of, today
from kit.keyset import Span
from kit.web import forms
from kit.web.csv_export import csv_response
from kit.web.house import house
from kit.web.pages import Page, page_of, place_of
from kit.web.transactions import db
from licences.guard import allowed
from licences.policy import Action
from materials.copies import CopyQuery, copies, every_copy, takers
from materials.editions import editions_of_many
from materials.kinds import EditionState
from materials.library import materials

PAGE_SIZE = 50
HEADS = ("Taken", "Person", "Organisation", "Programme material", "Edition", "Copy code")


class CopiesForm(forms.Query):
    """What to look for."""

    q = forms.text("Name, organisation or copy code", max_length=120)
    material = forms.pick("Material")
    edition = forms.pick("Edition")
    organisation = forms.pick("Organisation")
    since = forms.day("From", hint="")
    until = forms.day("Until", hint="")

    @property
    def query(self) -> CopyQuery:
        since, until = self.since.data, self.until.data
        return CopyQuery(
            words=self.q.data,
            material_id=_number(self.material.data),
            edition_id=_number(self.edition.data),
            organisation_id=_number(self.organisation.data),
            since=start_of(since) if since else None,
            until=start_of(until + timedelta(days=1)) if until else None,
        )


def add_to(made: Blueprint) -> None:
    """Puts these views on the staff blueprint."""
    made.get("/copies")(all_copies)
    made.get("/copies.csv")(copies_csv)


@allowed(Action.SEE_ALL_COPIES)
def all_copies() -> str | tuple[str, int]:
    """The copies that fit, newest first. A filter that cannot be read shows nothing rather than everything."""
    form = _form()
    fine = form.validate()
    place = place_of(request.args)
    span = Span(PAGE_SIZE + 1, place.older_than, place.newer_than)
    found = copies(db(), form.query, span) if fine else []
    page = page_of(found, place, PAGE_SIZE, lambda copy: copy.key)
    asked = any(value for name, value in request.args.items() if name not in ("older_than", "newer_than"))
    shown = render_template("materials/staff/copies.html", form=form, page=page, asked=asked, kept=request.args)
    return shown if fine else (shown, 400)


@allowed(Action.SEE_ALL_COPIES)
def copies_csv() -> Response | tuple[str, int]:
    """The same, all of them, for a spreadsheet."""
    form = _form()
    if not form.validate():
        return render_template("materials/staff/copies.html", form=form, page=Page([]), asked=True, kept={}), 400
    return csv_response(f"copies-{today(house().clock)}.csv", HEADS, _csv_rows(form.query))


def _csv_rows(query: CopyQuery) -> Iterator[tuple[object, ...]]:
    """Asks for the session only when the rows are sent: the request's own is closed by then."""
    for copy in every_copy(db(), query):
        yield (
            f"{london(copy.taken_at):%Y-%m-%d %H:%M}",
            copy.person_name,
            copy.organisation_name,
            copy.material_title,
            copy.edition_number,
            copy.code,
        )


def _form() -> CopiesForm:
    """The filters, with what there is to choose from, in three statements."""
    form = CopiesForm(request.args)
    items = materials(db())
    editions = editions_of_many(db(), [item.id for item in items])
    form.material.choices = [("", "Any"), *((str(item.id), item.title) for item in items)]
    form.edition.choices = [("", "Any")] + [
        (str(one.id), f"{item.title} {one.number}")
        for item in items
        for one in editions.get(item.id, [])
        if one.state is not EditionState.DRAFT
    ]
    form.organisation.choices = [("", "Any"), *((str(org_id), name) for org_id, name in takers(db()))]
    return form


def _number(chosen: str | None) -> int | None:
    return int(chosen) if chosen and chosen.isdecimal() else None
