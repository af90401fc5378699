"""The audit trail: who changed what, when; searched, filtered, as CSV, and whether its chain of seals is whole."""

from collections.abc import Iterator
from datetime import timedelta

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from kit.audit import (
    AuditEntry,
    AuditQuery,
    broken_seal,
    chain_state,
    entries,
    every_entry,
    known_actions,
    known_kinds,
)
from kit.clock import london, start_of, today
from kit.keyset import Span, key_of
from kit.web import forms
from kit.web.csv_export import csv_response
from kit.web.house import house
from kit.web.pages import Page, page_of, place_of
from kit.web.transactions import db
from licences.guard import allowed
from licences.people.organisations import every_organisation
from licences.policy import Action

PAGE_SIZE = 50
# Where the things live that are never deleted; a draft that was put aside has no page any more.
PLACES = {
    "organisation": ("licence_staff.one_organisation", "organisation_id"),
    "person": ("licence_staff.one_person", "person_id"),
    "licence": ("licence_staff.one_licence", "licence_id"),
    "programme": ("licence_staff.one_programme", "programme_id"),
    "material": ("material_staff.material", "material_id"),
}
HEADS = ("Entry", "When", "Who", "Action", "Kind", "What", "Details")


class AuditForm(forms.Query):
    """What to look for in the trail."""

    subject = forms.text("What was changed", max_length=120)
    actor = forms.text("Who did it", max_length=120)
    action = forms.pick("Action")
    kind = forms.pick("Kind of thing")
    organisation = forms.pick("Organisation")
    since = forms.day("From", hint="")
    until = forms.day("Until", hint="")

    @property
    def query(self) -> AuditQuery:
        since, until, organisation = self.since.data, self.until.data, self.organisation.data
        return AuditQuery(
            actor=self.actor.data,
            subject=self.subject.data,
            action=self.action.data or "",
            subject_kind=self.kind.data or "",
            organisation_id=int(organisation) if organisation and organisation.isdecimal() else None,
            since=start_of(since) if since else None,
            until=start_of(until + timedelta(days=1)) if until else None,
        )


def add_to(made: Blueprint) -> None:
    """Puts these views on the staff blueprint."""
    made.get("/audit")(audit)
    made.get("/audit.csv")(audit_csv)
    made.get("/audit/chain")(audit_chain)


@allowed(Action.SEE_AUDIT)
def audit() -> str | tuple[str, int]:
    """The entries that fit, newest first, and how the chain stands."""
    form = _form()
    fine = form.validate()
    place = place_of(request.args)
    span = Span(PAGE_SIZE + 1, place.older_than, place.newer_than)
    found = entries(db(), form.query, span) if fine else []
    page = page_of(found, place, PAGE_SIZE, lambda entry: key_of(entry.at, entry.id))
    shown = _page(form, page)
    return shown if fine else (shown, 400)


@allowed(Action.SEE_AUDIT)
def audit_csv() -> Response | tuple[str, int]:
    """The same, all of them, for a spreadsheet."""
    form = _form()
    if not form.validate():
        return _page(form, Page([])), 400
    return csv_response(f"audit-trail-{today(house().clock)}.csv", HEADS, _csv_rows(form.query))


def _csv_rows(query: AuditQuery) -> Iterator[tuple[object, ...]]:
    """Asks for the session only when the rows are sent: the request's own is closed by then."""
    for entry in every_entry(db(), query):
        yield (
            entry.id,
            f"{london(entry.at):%Y-%m-%d %H:%M:%S}",
            entry.actor_name,
            entry.action,
            entry.subject_kind,
            entry.subject_label,
            _details(entry),
        )


@allowed(Action.SEE_AUDIT)
def audit_chain() -> str:
    """Checks every link of the chain, which takes a moment on a long trail."""
    broken = broken_seal(db())
    return render_template("portal/audit_chain.html", broken=broken, chain=chain_state(db(), newest=1))


def _page(form: AuditForm, page: Page[AuditEntry]) -> str:
    kept = {name: values for name, values in request.args.to_dict(flat=False).items() if not name.endswith("_than")}
    asked = any(value for values in kept.values() for value in values)
    return render_template(
        "portal/audit.html", form=form, page=page, asked=asked, kept=kept, chain=chain_state(db()),
        details=_details, place_of_subject=_place_of_subject,
    )  # fmt: skip


def _form() -> AuditForm:
    form = AuditForm(request.args)
    form.action.choices = [("", "Any"), *((name, name.capitalize()) for name in known_actions(db()))]
    form.kind.choices = [("", "Any"), *((name, name.capitalize()) for name in known_kinds(db()))]
    form.organisation.choices = [("", "Any"), *((str(one.id), one.name) for one in every_organisation(db()))]
    return form


def _details(entry: AuditEntry) -> str:
    """The details of an entry in one line."""
    return "; ".join(f"{name}: {value}" for name, value in entry.detail.items())


def _place_of_subject(entry: AuditEntry) -> str:
    """The address of what was changed, or nothing when it has none."""
    if entry.subject_kind not in PLACES or entry.subject_id is None:
        return ""
    endpoint, name = PLACES[entry.subject_kind]
    return url_for(endpoint, **{name: entry.subject_id})  # type: ignore[arg-type]
