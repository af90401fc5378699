"""Merging two accounts or two organisations: found, looked at, done once one is sure, and undone if it was wrong."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kit.refusals import NotThere, Refused
from kit.web import forms
from kit.web.addresses import row_id
from kit.web.house import house
from kit.web.pages import plural
from kit.web.transactions import db, roll_back, writes, writing
from licences import merging
from licences.guard import allowed, sure, viewer
from licences.people import memberships, organisations
from licences.policy import Action


class OtherPersonForm(forms.Query):
    """Which account the person has besides."""

    other = forms.email("E-mail address of the other account", missing="Write the address of the other account")


class OtherOrganisationForm(forms.Query):
    """Which organisation became part of this one."""

    other = forms.text(
        "Name of the other organisation", missing="Write the name of the other organisation", max_length=120
    )


@dataclass(frozen=True)
class Kept:
    """The one that stays, as the pages name it."""

    kind: str
    id: int
    name: str
    url: str


def add_to(made: Blueprint) -> None:
    """Puts these views on the staff blueprint."""
    made.get("/merges")(all_merges)
    made.post("/merges/<int:merge_id>/undo")(undo_post)
    made.get("/people/<int:person_id>/merge")(merge_person)
    made.post("/people/<int:person_id>/merge")(merge_person_post)
    made.get("/organisations/<int:organisation_id>/merge")(merge_organisation)
    made.post("/organisations/<int:organisation_id>/merge")(merge_organisation_post)


@allowed(Action.MANAGE_LICENCES)
def all_merges() -> str:
    """The merges that were done, newest first, to be undone if one was wrong."""
    return _merges_page()


@allowed(Action.MANAGE_LICENCES)
@sure
@writes
def undo_post(merge_id: int) -> Response | tuple[str, int]:
    """Takes a merge back."""
    try:
        lost = merging.undo(writing(), house().clock, viewer().actor, merge_id, house().holdings)
    except Refused as refusal:
        roll_back()
        return _merges_page(str(refusal)), 409
    if lost:
        told = f"{plural(lost, 'seat')} could not be kept: all are in use, or the place that it went with is gone."
        flash(f"The merge is undone. {told}", "honey")
    else:
        flash("The merge is undone. Everything is where it was before.", "moss")
    return redirect(url_for(".all_merges"), code=303)


@allowed(Action.MANAGE_LICENCES)
@sure
def merge_person(person_id: int) -> str | tuple[str, int]:
    """Asks which other account, then shows what merging would do."""
    return _merge_page(_person(person_id), OtherPersonForm(request.args))


@allowed(Action.MANAGE_LICENCES)
@sure
@writes
def merge_person_post(person_id: int) -> Response | tuple[str, int]:
    """Merges two accounts of one person."""
    return _merged(_person(person_id), OtherPersonForm(request.args))


@allowed(Action.MANAGE_LICENCES)
@sure
def merge_organisation(organisation_id: int) -> str | tuple[str, int]:
    """Asks which other organisation, then shows what merging would do."""
    return _merge_page(_organisation(organisation_id), OtherOrganisationForm(request.args))


@allowed(Action.MANAGE_LICENCES)
@sure
@writes
def merge_organisation_post(organisation_id: int) -> Response | tuple[str, int]:
    """Merges two organisations."""
    return _merged(_organisation(organisation_id), OtherOrganisationForm(request.args))


def _person(person_id: int) -> Kept:
    name = memberships.first_place(db(), person_id).name
    return Kept("person", person_id, name, url_for(".one_person", person_id=person_id))


def _organisation(organisation_id: int) -> Kept:
    name = organisations.organisation(db(), organisation_id).name
    return Kept("organisation", organisation_id, name, url_for(".one_organisation", organisation_id=organisation_id))


def _merge_page(kept: Kept, form: forms.Query) -> str | tuple[str, int]:
    if "other" not in request.args:
        return render_template("licences/staff/merge.html", kept=kept, form=form)
    found = form.validate() and _found(kept.kind, form)
    if found:
        try:
            shown = merging.preview(db(), kept.kind, kept.id, found, house().holdings[kept.kind])
            return render_template("licences/staff/merge_look.html", kept=kept, gone_id=found, preview=shown)
        except Refused as refusal:
            form.refuse(refusal, "other")
    return render_template("licences/staff/merge.html", kept=kept, form=form), 400


def _merged(kept: Kept, form: forms.Query) -> Response | tuple[str, int]:
    gone_id = row_id(request.form.get("gone", ""))
    try:
        merging.merge(
            writing(), house().clock, viewer().actor, kept.kind, kept.id, gone_id, house().holdings[kept.kind]
        )
    except (Refused, NotThere) as refusal:
        roll_back()
        words = refusal if isinstance(refusal, Refused) else "The other one is not there any more."
        form.refuse(words, "other")
        return render_template("licences/staff/merge.html", kept=kept, form=form), 409
    flash(f"Merged into {kept.name}. If that was wrong, undo it among the merges.", "moss")
    return redirect(kept.url, code=303)


def _found(kind: str, form: forms.Query) -> int:
    """The id of the other one; 0, with the form told, when there is none."""
    if kind == "person":
        person = memberships.person_with_email(db(), form.other.data)
        found, words = person.id if person else 0, "Nobody here has this address."
    else:
        place = organisations.organisation_named(db(), form.other.data)
        found, words = place.id if place else 0, "There is no organisation of this name."
    if not found:
        form.refuse(words, "other")
    return found


def _merges_page(refused: str = "") -> str:
    return render_template("licences/staff/merges.html", merges=merging.merges(db()), refused=refused)
