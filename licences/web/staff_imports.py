"""Moving in what exists: a table is looked at first, every fault told by its row, then taken whole or not at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import Response as FlaskResponse
from werkzeug.wrappers import Response

from kit.mail import Letterhead
from kit.refusals import NotThere
from kit.web import forms, sheets
from kit.web.csv_export import csv_response
from kit.web.house import house
from kit.web.pages import plural
from kit.web.sheets import Column, Fault, Sheet
from kit.web.transactions import db, roll_back, writes, writing
from licences import imports, programmes
from licences.guard import allowed, viewer
from licences.imports import (
    AccreditationRow,
    Cohort,
    CohortRow,
    Desk,
    LicenceRow,
    OrganisationRow,
    Outcome,
    PersonRow,
)
from licences.people.kinds import OrganisationKind, Role
from licences.people.organisations import Particulars
from licences.policy import Action
from licences.web.register_numbers import LA_CODE, TRUST_UID, UKPRN, URN

MOST_ROWS = 1_000
CUSTOMERS = {kind.value: kind for kind in OrganisationKind if kind is not OrganisationKind.LICENSOR}
ROLES = {role.value: role for role in Role if role is not Role.STAFF} | {
    "manager": Role.MANAGER,
    "finance": Role.FINANCE,
}


class TableForm(forms.Form):
    """A file or pasted lines; `seen` is the number of rows that were looked at and found fit."""

    file = forms.file("CSV file", endings=("csv", "txt"), hint="Saved from a spreadsheet as “CSV UTF-8”.")
    table = forms.long_text(
        "Or paste the table", hint="With its line of headings.", max_length=sheets.MOST_BYTES, rows=10
    )


class CohortForm(TableForm):
    """The same, with what everybody in the cohort gets."""

    programme = forms.pick("Programme", missing="Choose the programme they were trained for")
    from_on = forms.day("Last day of the five days", missing="Write the day on which they finished")
    until_on = forms.day("Accredited until", missing="Write the last day on which they may deliver")
    gives_seats = forms.tick("Give each a seat of their organisation’s licence")


@dataclass(frozen=True)
class Kind:
    """One kind of table: its words, its columns, an example, and what becomes of its rows."""

    title: str
    what: str
    columns: Callable[[], Sequence[Column]]
    example: Sequence[str]
    take: Callable[[Desk, Sheet, Any], Outcome]
    form: type[TableForm] = TableForm


def add_to(made: Blueprint) -> None:
    """Puts these views on the staff blueprint."""
    made.get("/imports")(every_import)
    made.get("/imports/<name>")(one_import)
    made.post("/imports/<name>")(one_import_post)
    made.get("/imports/<name>.csv")(import_example)


@allowed(Action.MANAGE_LICENCES)
def every_import() -> str:
    """What can be imported, in the order in which it is best done."""
    return render_template("licences/staff/imports.html", kinds=KINDS)


@allowed(Action.MANAGE_LICENCES)
def one_import(name: str) -> str:
    """The form for one kind of table."""
    kind = _kind(name)
    return _page(name, kind, _form(kind))


@allowed(Action.MANAGE_LICENCES)
def import_example(name: str) -> FlaskResponse:
    """A table with the headings and one example, to be filled in."""
    kind = _kind(name)
    return csv_response(f"{name}-example.csv", [column.heading for column in kind.columns()], [kind.example])


@allowed(Action.MANAGE_LICENCES)
@writes
def one_import_post(name: str) -> Response | str | tuple[str, int]:
    """Looks at a table, or, when that was done and found fit, takes it in."""
    kind = _kind(name)
    form = _form(kind)
    is_fine = form.validate()
    text = _typed(form)
    if not is_fine or text is None:
        return _page(name, kind, form), 400
    sheet = sheets.read_sheet(text, kind.columns(), most_rows=MOST_ROWS)
    if sheet.faults:
        return _page(name, kind, form, text=text, faults=sheet.faults), 400
    is_sure = request.form.get("sure") == "yes"
    outcome = kind.take(_desk(house().letterhead if is_sure else None), sheet, form)
    if not is_sure or not outcome.is_fit:
        roll_back()  # a first look leaves nothing behind, and neither does a table with a fault
    if not outcome.is_fit:
        return _page(name, kind, form, text=text, faults=_faults(kind, outcome)), 409
    if not is_sure:
        return _look_page(name, kind, form, text, outcome)
    here_already = f" {plural(len(outcome.same), 'row')} here already." if outcome.same else ""
    flash(f"{kind.title}: {plural(outcome.new, 'row')} imported.{here_already}", "moss")
    return redirect(url_for(".every_import"), code=303)


def _desk(letterhead: Letterhead | None) -> Desk:
    return Desk(writing(), house().clock, viewer().actor, letterhead)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise NotThere
    return KINDS[name]


def _form(kind: Kind) -> TableForm:
    form = kind.form()
    if isinstance(form, CohortForm):
        known = [(str(one.id), one.name) for one in programmes.programmes(db())]
        form.programme.choices = [("", "Choose a programme"), *known]
    return form


def _typed(form: TableForm) -> str | None:
    """The table out of the file, or else as it was pasted; None, with the form told, when there is neither."""
    if form.file.data:
        with form.file.data.stream as stream:
            data = stream.read(sheets.MOST_BYTES + 1)
        if len(data) > sheets.MOST_BYTES:
            form.refuse("This file is larger than 1 MB. Hand in a part of it at a time.", "file")
            return None
        try:
            return sheets.text_of(data)
        except ValueError as error:
            form.refuse(str(error), "file")
            return None
    if form.table.data:
        return str(form.table.data)
    form.refuse("Choose a file, or paste the table.", "file")
    return None


def _page(name: str, kind: Kind, form: TableForm, *, text: str | None = None, faults: Sequence[Fault] = ()) -> str:
    if text is not None:
        form.table.data = text  # what was in a file can be put right here as well
    return render_template(
        "licences/staff/import.html", name=name, kind=kind, form=form, columns=kind.columns(), faults=faults
    )


def _look_page(name: str, kind: Kind, form: TableForm, text: str, outcome: Outcome) -> str:
    kept = [(key, value) for key, value in request.form.items(multi=True) if key not in ("table", "sure", "csrf_token")]
    return render_template(
        "licences/staff/import_look.html", name=name, kind=kind, text=text, outcome=outcome, kept=kept
    )


def _faults(kind: Kind, outcome: Outcome) -> list[Fault]:
    headings = {column.name.replace(" ", "_"): column.heading for column in kind.columns()}
    return [Fault(each.row, headings.get(each.field, ""), each.message) for each in outcome.unfit]


# What the tables are made of


def _programme_column() -> Column:
    return Column("Programme", sheets.one_of({one.name: one.id for one in programmes.programmes(db())}))


def _organisation_columns() -> Sequence[Column]:
    return (
        Column("Name", sheets.words(120), others=("Organisation",)),
        Column("Kind", sheets.one_of(CUSTOMERS)),
        Column("Address", sheets.words(500), required=False),
        Column("Finance name", sheets.words(120), others=("Finance contact",), required=False),
        Column("Finance e-mail", sheets.email, others=("Finance email",), required=False),
        Column("URN", URN, required=False),
        Column("UKPRN", UKPRN, required=False),
        Column("Trust UID", TRUST_UID, required=False),
        Column("LA code", LA_CODE, required=False),
    )


def _organisations(desk: Desk, sheet: Sheet, _form: TableForm) -> Outcome:
    rows = []
    for row in sheet.rows:
        get = row.values.get
        numbers = (get(name) for name in ("urn", "ukprn", "trust uid", "la code"))
        particulars = Particulars(get("address") or "", *numbers)
        rows.append(
            OrganisationRow(
                row.number, get("name", ""), row.values["kind"], particulars, get("finance name"), get("finance e mail")
            )
        )
    return imports.import_organisations(desk, rows)


def _person_columns() -> Sequence[Column]:
    return (
        Column("Name", sheets.words(120)),
        Column("E-mail", sheets.email, others=("Email", "E-mail address", "Email address")),
        Column("Organisation", sheets.words(120)),
    )


def _people(desk: Desk, sheet: Sheet, _form: TableForm) -> Outcome:
    rows = [
        PersonRow(row.number, row.values["name"], row.values["e mail"], row.values["organisation"], row.values["role"])
        for row in sheet.rows
    ]
    return imports.import_people(desk, rows)


def _licence_columns() -> Sequence[Column]:
    return (
        Column("Organisation", sheets.words(120)),
        _programme_column(),
        Column("First day", sheets.day, others=("Starts on", "From")),
        Column("Last day", sheets.day, others=("Ends on", "Until")),
        Column("Seats", sheets.number(0, 10_000)),
        Column("Reason", sheets.words(500)),
    )


def _licences(desk: Desk, sheet: Sheet, _form: TableForm) -> Outcome:
    names = ("organisation", "programme", "first day", "last day", "seats", "reason")
    return imports.import_licences(
        desk, [LicenceRow(row.number, *(row.values[name] for name in names)) for row in sheet.rows]
    )


def _accreditation_columns() -> Sequence[Column]:
    return (
        Column("E-mail", sheets.email, others=("Email", "E-mail address", "Email address")),
        _programme_column(),
        Column("From", sheets.day),
        Column("Until", sheets.day),
        Column("Note", sheets.words(500), required=False),
    )


def _accreditations(desk: Desk, sheet: Sheet, _form: TableForm) -> Outcome:
    rows = []
    for row in sheet.rows:
        email, programme, begins, ends = (row.values[name] for name in ("e mail", "programme", "from", "until"))
        rows.append(AccreditationRow(row.number, email, programme, begins, ends, row.values.get("note") or ""))
    return imports.import_accreditations(desk, rows)


def _cohort(desk: Desk, sheet: Sheet, form: CohortForm) -> Outcome:
    finished: date = form.from_on.data
    note = f"Five-day course, finished on {forms.british(finished)}"
    cohort = Cohort(int(form.programme.data), finished, form.until_on.data, note, form.gives_seats.data)
    rows = [
        CohortRow(row.number, row.values["name"], row.values["e mail"], row.values["organisation"])
        for row in sheet.rows
    ]
    return imports.import_cohort(desk, cohort, rows)


KINDS = {
    "organisations": Kind(
        "Organisations",
        "Councils, EP teams, Virtual Schools and trusts, with address, register numbers and finance contact.",
        _organisation_columns,
        ("Lakeshire Council", "local authority", "County Hall, Lakeshire LK1 1AA", "Colin Marsh",
         "finance@lakeshire.example", "", "10012345", "", "971"),
        _organisations,
    ),
    "people": Kind(
        "People",
        "Trainers, licence managers and finance contacts. Each gets a mail with a link to set a password.",
        lambda: (*_person_columns(), Column("Role", sheets.one_of(ROLES))),
        ("Amara Osei", "amara@lakeshire.example", "Lakeshire Council", "trainer"),
        _people,
    ),
    "licences": Kind(
        "Licences",
        "Periods of licences that run already or begin soon, with the seats bought.",
        _licence_columns,
        ("Lakeshire Council", "Attachment Based Mentoring", "1/9/2026", "31/8/2027", "10", "Signed order form"),
        _licences,
    ),
    "accreditations": Kind(
        "Accreditations",
        "Who finished the five days, and until when they may deliver.",
        _accreditation_columns,
        ("amara@lakeshire.example", "Attachment Based Mentoring", "4/5/2025", "3/5/2028", "First delivery signed off"),
        _accreditations,
    ),
    "cohort": Kind(
        "A five-day cohort",
        "Everybody of one course at once: person, accreditation, seat and welcome mail.",
        _person_columns,
        ("Amara Osei", "amara@lakeshire.example", "Lakeshire Council"),
        _cohort,
        CohortForm,
    ),
}  # fmt: skip
