"""Every copy taken: by whom, for whom, when; searched, filtered, and as CSV."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response
from wtforms.validators import ValidationError

from kit.clock import london
from kit.refusals import Refused
from kit.web import forms
from kit.web.listing import Filters, Listing, chosen_id
from kit.web.transactions import db
from licences.guard import allowed
from licences.people.organisations import organisations_like
from licences.policy import Action
from materials.copies import CopyQuery, TakenCopy, copies
from materials.editions import editions_of_many
from materials.kinds import EditionState
from materials.library import materials


class CopiesForm(Filters):
    """What to look for."""

    q = forms.text("Name, organisation or copy code", max_length=120)
    material = forms.pick("Material")
    edition = forms.pick("Edition")
    organisation = forms.text("Organisation", max_length=120)
    organisation_ids: Sequence[int] | None = None

    @property
    def query(self) -> CopyQuery:
        return CopyQuery(
            words=self.q.data,
            material_id=chosen_id(self.material),
            edition_id=chosen_id(self.edition),
            organisation_ids=self.organisation_ids,
            since=self.begins,
            until=self.ends,
        )

    def validate_organisation(self, field: Any) -> None:
        """Looks the words up among the organisations' names."""
        if not field.data:
            return
        try:
            self.organisation_ids = organisations_like(db(), field.data)
        except Refused as refusal:
            raise ValidationError(refusal.message) from refusal


def add_to(made: Blueprint) -> None:
    """Puts these views on the staff blueprint."""
    made.get("/copies")(all_copies)
    made.get("/copies.csv")(copies_csv)


@allowed(Action.SEE_ALL_COPIES)
def all_copies() -> str | tuple[str, int]:
    """The copies that fit, newest first."""
    return COPIES.page(_form())


@allowed(Action.SEE_ALL_COPIES)
def copies_csv() -> Response | str | tuple[str, int]:
    """The same, all of them, for a spreadsheet."""
    return COPIES.download(_form())


def _cells(copy: TakenCopy) -> tuple[object, ...]:
    return (
        f"{london(copy.taken_at):%Y-%m-%d %H:%M}",
        copy.person_name,
        copy.organisation_name,
        copy.material_title,
        copy.edition_number,
        copy.code,
    )


COPIES: Listing[CopiesForm, TakenCopy] = Listing(
    name="copies",
    template="materials/staff/copies.html",
    fetch=lambda session, form, span: copies(session, form.query, span),
    key=lambda copy: copy.key,
    heads=("Taken", "Person", "Organisation", "Programme material", "Edition", "Copy code"),
    cells=_cells,
)


def _form() -> CopiesForm:
    """The filters, with what there is to choose from, in two statements."""
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
    return form
