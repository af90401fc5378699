"""A draft on its way: the file, its number, the change note, how far the stamping is, and putting it aside."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences.attention import reach
from licences.guard import allowed, viewer
from licences.policy import Action
from materials import editions, library, readings
from materials.copies import copies_of_editions
from materials.editions import EditionFacts, current_of, editions_of
from materials.kinds import EditionState
from materials.web.staff_forms import ChangesForm, FileForm, NewEditionForm, next_number, with_lines
from materials.web.staff_uploads import Upload, keep, limit_mb, take_in


def add_to(made: Blueprint) -> None:
    """Puts these views on the staff blueprint."""
    made.get("/materials/<int:material_id>/editions/new")(new_edition)
    made.post("/materials/<int:material_id>/editions/new", endpoint="draft")(draft)
    made.get("/editions/<int:edition_id>")(edition)
    made.post("/editions/<int:edition_id>", endpoint="save_changes")(save_changes)
    made.get("/editions/<int:edition_id>/progress")(progress)
    made.get("/editions/<int:edition_id>/file")(file)
    made.post("/editions/<int:edition_id>/file", endpoint="replace_file")(replace_file)
    made.post("/editions/<int:edition_id>/signature")(give_up_signature)
    made.get("/editions/<int:edition_id>/aside")(aside)
    made.post("/editions/<int:edition_id>/aside", endpoint="put_aside")(put_aside)


@allowed(Action.MANAGE_MATERIALS)
def new_edition(material_id: int) -> str | Response:
    """The form for a new edition, its number suggested; a material with a draft leads to that draft."""
    known = editions_of(db(), material_id)
    waiting = next((one for one in known if one.state is EditionState.DRAFT), None)
    if waiting:
        flash(f"Edition {waiting.number} is a draft still. Publish it or put it aside first.", "honey")
        return redirect(_page_of(waiting.id), code=303)
    return _new_page(material_id, NewEditionForm(number=next_number([one.number for one in known])))


@allowed(Action.MANAGE_MATERIALS)
@writes
def draft(material_id: int) -> Response | tuple[str, int]:
    """Takes in the PDF and begins the edition; the file is safe before the transaction begins."""
    form = NewEditionForm()
    if "more" in request.form:  # nobody has said that it is finished: no messages, but the file is kept
        upload = take_in(form, needed=False)
        form.add_line()
        return _new_page(material_id, form, upload), 200
    form.validate()
    upload = take_in(form)
    form.refuse_pages(None)
    if upload is None or form.problems():
        return _new_page(material_id, form, upload), 400
    try:
        made = editions.draft(
            writing(), house().clock, viewer().actor, material_id=material_id, number=form.number.data,
            file=upload.file, file_name=upload.name, changes=form.changes,
        )  # fmt: skip
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _new_page(material_id, form, upload), 409
    return redirect(_page_of(made), code=303)


@allowed(Action.MANAGE_MATERIALS)
def edition(edition_id: int) -> str:
    """A draft on its way, or an edition that trainers see."""
    facts = editions.edition(db(), edition_id)
    return draft_page(facts, with_lines(facts.changes)) if _is_draft(facts) else published_page(facts)


@allowed(Action.MANAGE_MATERIALS)
@writes
def save_changes(edition_id: int) -> Response | tuple[str, int]:
    """Writes the change note; ready pages are shown stamped next."""
    facts = editions.edition(db(), edition_id)
    form = ChangesForm()
    if "more" in request.form:
        form.add_line()
        return draft_page(facts, form), 200
    form.validate()
    form.refuse_pages(facts.page_count)
    if form.problems():
        return draft_page(facts, form), 400
    try:
        editions.describe_changes(writing(), house().clock, viewer().actor, edition_id, form.changes)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
        return redirect(_page_of(edition_id), code=303)
    if facts.is_ready:
        return redirect(url_for("material_staff.publish", edition_id=edition_id), code=303)
    flash("The change note is saved. You can look at the pages stamped as soon as they are ready.", "moss")
    return redirect(_page_of(edition_id), code=303)


@allowed(Action.MANAGE_MATERIALS)
def progress(edition_id: int) -> str:
    """The card that says how far the file is: what htmx asks for every two seconds."""
    facts = editions.edition(db(), edition_id)
    return render_template("materials/staff/progress.html", edition=facts, upload=FileForm(), limit=limit_mb())


@allowed(Action.MANAGE_MATERIALS)
def file(edition_id: int) -> str | Response:
    """The form to give a draft another file."""
    facts = editions.edition(db(), edition_id)
    if not _is_draft(facts):
        return redirect(_page_of(edition_id), code=303)
    return _file_page(facts, FileForm())


@allowed(Action.MANAGE_MATERIALS)
@writes
def replace_file(edition_id: int) -> Response | tuple[str, int]:
    """Gives a draft another file; its number and its change note stay."""
    form = FileForm()
    form.validate()
    upload = take_in(form)
    if upload is None or form.problems():
        return _file_page(editions.edition(db(), edition_id), form), 400
    try:
        editions.replace_file(
            writing(), house().clock, viewer().actor, edition_id, file=upload.file, file_name=upload.name
        )
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
    return redirect(_page_of(edition_id), code=303)


@allowed(Action.MANAGE_MATERIALS)
@writes
def give_up_signature(edition_id: int) -> Response:
    """Has copies of a signed file made without its signature."""
    try:
        editions.give_up_signature(writing(), house().clock, viewer().actor, edition_id)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
    return redirect(_page_of(edition_id), code=303)


@allowed(Action.MANAGE_MATERIALS)
def aside(edition_id: int) -> str | Response:
    """Asks before a draft is put aside."""
    facts = editions.edition(db(), edition_id)
    if not _is_draft(facts):
        return redirect(_page_of(edition_id), code=303)
    item = library.material(db(), facts.material_id)
    return render_template("materials/staff/aside.html", edition=facts, item=item)


@allowed(Action.MANAGE_MATERIALS)
@writes
def put_aside(edition_id: int) -> Response:
    """Puts a draft aside."""
    facts = editions.edition(db(), edition_id)
    try:
        editions.put_aside(writing(), house().clock, viewer().actor, edition_id)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
        return redirect(_page_of(edition_id), code=303)
    flash(f"The draft of edition {facts.number} is put aside. Nobody but staff ever saw it.", "moss")
    return redirect(url_for("material_staff.material", material_id=facts.material_id), code=303)


def draft_page(facts: EditionFacts, form: ChangesForm) -> str:
    """The page of a draft, with the change note as typed."""
    item = library.material(db(), facts.material_id)
    before = current_of(editions_of(db(), facts.material_id))
    return render_template(
        "materials/staff/draft.html", edition=facts, item=item, before=before, form=form, upload=FileForm(),
        reach=reach(db(), item.programme_id), limit=limit_mb(),
    )  # fmt: skip


def published_page(facts: EditionFacts) -> str:
    """The page of an edition that trainers see or saw."""
    item = library.material(db(), facts.material_id)
    taken = copies_of_editions(db(), [facts.id]).get(facts.id, 0)
    read = readings.readers(db(), facts.id)
    return render_template("materials/staff/edition.html", edition=facts, item=item, taken=taken, readers=read)


def _new_page(material_id: int, form: NewEditionForm, upload: Upload | None = None) -> str:
    item = library.material(db(), material_id)
    before = current_of(editions_of(db(), material_id))
    return render_template(
        "materials/staff/edition_new.html", item=item, before=before, form=form, limit=limit_mb(),
        upload=upload, kept=keep(upload),
    )  # fmt: skip


def _file_page(facts: EditionFacts, form: FileForm) -> str:
    item = library.material(db(), facts.material_id)
    return render_template("materials/staff/file.html", edition=facts, item=item, form=form, limit=limit_mb())


def _is_draft(facts: EditionFacts) -> bool:
    return facts.state is EditionState.DRAFT


def _page_of(edition_id: int) -> str:
    return url_for("material_staff.edition", edition_id=edition_id)
