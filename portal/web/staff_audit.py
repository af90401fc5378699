"""The audit trail: who changed what, when; searched, filtered, as CSV, and whether its chain of seals is whole."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.validators import ValidationError

from kit.audit import (
    AuditEntry,
    AuditQuery,
    broken_seal,
    chain_state,
    entries,
    known_actions,
    known_kinds,
)
from kit.clock import london
from kit.keyset import key_of
from kit.refusals import Refused
from kit.web import forms
from kit.web.listing import Filters, Listing
from kit.web.transactions import db
from licences.guard import allowed
from licences.history import details_in_words
from licences.people.organisations import organisations_like
from licences.policy import Action

# Where the things live that are never deleted; a draft that was put aside has no page any more.
PLACES = {
    "organisation": ("licence_staff.one_organisation", "organisation_id"),
    "person": ("licence_staff.one_person", "person_id"),
    "licence": ("licence_staff.one_licence", "licence_id"),
    "programme": ("licence_staff.one_programme", "programme_id"),
    "material": ("material_staff.material", "material_id"),
}


class AuditForm(Filters):
    """What to look for in the trail."""

    subject = forms.text("What was changed", max_length=120)
    actor = forms.text("Who did it", max_length=120)
    action = forms.pick("Action")
    kind = forms.pick("Kind of thing")
    organisation = forms.text("Organisation", max_length=120)
    organisation_ids: Sequence[int] | None = None

    @property
    def query(self) -> AuditQuery:
        return AuditQuery(
            actor=self.actor.data,
            subject=self.subject.data,
            action=self.action.data or "",
            subject_kind=self.kind.data or "",
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
    made.get("/audit")(audit)
    made.get("/audit.csv")(audit_csv)
    made.get("/audit/chain")(audit_chain)


@allowed(Action.SEE_AUDIT)
def audit() -> str | tuple[str, int]:
    """The entries that fit, newest first, and how the chain stands."""
    return TRAIL.page(_form(), **_told())


@allowed(Action.SEE_AUDIT)
def audit_csv() -> Response | str | tuple[str, int]:
    """The same, all of them, for a spreadsheet, with each entry's details as they were recorded."""
    return TRAIL.download(_form(), **_told())


@allowed(Action.SEE_AUDIT)
def audit_chain() -> str:
    """Checks every link of the chain, which takes a moment on a long trail."""
    broken = broken_seal(db())
    return render_template("portal/audit_chain.html", broken=broken, chain=chain_state(db(), newest=1))


def _cells(entry: AuditEntry) -> tuple[object, ...]:
    return (
        entry.id,
        f"{london(entry.at):%Y-%m-%d %H:%M:%S}",
        entry.actor_name,
        entry.action,
        entry.subject_kind,
        entry.subject_label,
        "; ".join(f"{name}: {value}" for name, value in entry.detail.items()),
    )


TRAIL: Listing[AuditForm, AuditEntry] = Listing(
    name="audit-trail",
    template="portal/audit.html",
    fetch=lambda session, form, span: entries(session, form.query, span),
    key=lambda entry: key_of(entry.at, entry.id),
    heads=("Entry", "When", "Who", "Action", "Kind", "What", "Details"),
    cells=_cells,
)


def _told() -> dict[str, object]:
    """What the page tells beside the rows."""
    return {"chain": chain_state(db()), "details": details_in_words, "place_of_subject": _place_of_subject}


def _form() -> AuditForm:
    form = AuditForm(request.args)
    form.action.choices = [("", "Any"), *((name, name.capitalize()) for name in known_actions(db()))]
    form.kind.choices = [("", "Any"), *((name, name.capitalize()) for name in known_kinds(db()))]
    return form


def _place_of_subject(entry: AuditEntry) -> str:
    """The address of what was changed, or nothing when it has none."""
    if entry.subject_kind not in PLACES or entry.subject_id is None:
        return ""
    endpoint, name = PLACES[entry.subject_kind]
    return url_for(endpoint, **{name: entry.subject_id})  # type: ignore[arg-type]
