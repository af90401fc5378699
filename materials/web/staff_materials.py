"""Staff's list of materials, and a material with all its editions."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences.guard import allowed, viewer
from licences.policy import Action
from licences.programmes import programmes
from materials import library
from materials.copies import copies_of_editions
from materials.editions import EditionFacts, current_of, editions_of, editions_of_many
from materials.kinds import EditionState, MaterialKind
from materials.library import MaterialFacts
from materials.web.staff_forms import MaterialForm, NewMaterialForm, filled_in


@dataclass(frozen=True)
class Row:
    """A material in staff's list."""

    material: MaterialFacts
    current: EditionFacts | None
    draft: EditionFacts | None


def add_to(made: Blueprint) -> None:
    """Puts these views on the staff blueprint."""
    made.get("/materials")(materials)
    made.get("/materials/new")(new_material)
    made.post("/materials/new", endpoint="create_material")(create_material)
    made.get("/materials/<int:material_id>")(material)
    made.get("/materials/<int:material_id>/edit")(edit_material)
    made.post("/materials/<int:material_id>/edit", endpoint="change_material")(change_material)


@allowed(Action.MANAGE_MATERIALS)
def materials() -> str:
    """Every material by programme, with its current edition and its draft."""
    found = library.materials(db())
    editions = editions_of_many(db(), [item.id for item in found])
    rows = [_row(item, editions.get(item.id, [])) for item in found]
    grouped = [(home, [row for row in rows if row.material.programme_id == home.id]) for home in programmes(db())]
    return render_template("materials/staff/materials.html", grouped=grouped)


@allowed(Action.MANAGE_MATERIALS)
def new_material() -> str:
    """The form for a new material; `?programme=` chooses its programme beforehand."""
    return _new_page(_offer(NewMaterialForm(programme=request.args.get("programme", ""))))


@allowed(Action.MANAGE_MATERIALS)
@writes
def create_material() -> Response | tuple[str, int]:
    """Adds a material."""
    form = _offer(NewMaterialForm())
    if not form.validate():
        return _new_page(form), 400
    try:
        made = library.create_material(
            writing(), house().clock, viewer().actor, programme_id=int(form.programme.data), title=form.title.data,
            description=form.description.data, kind=MaterialKind(form.kind.data), uses=form.chosen,
        )  # fmt: skip
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _new_page(_offer(form)), 409
    flash(f"{made.title} is in the library of {made.programme_name}. Trainers see it with its first edition.", "moss")
    return redirect(url_for("material_staff.material", material_id=made.id), code=303)


@allowed(Action.MANAGE_MATERIALS)
def material(material_id: int) -> str:
    """A material with all its editions, and what can be done with each."""
    item = library.material(db(), material_id)
    editions = editions_of(db(), material_id)
    taken = copies_of_editions(db(), [one.id for one in editions])
    row = _row(item, editions)
    return render_template("materials/staff/material.html", row=row, item=item, editions=editions, taken=taken)


@allowed(Action.MANAGE_MATERIALS)
def edit_material(material_id: int) -> str:
    """The form to correct a material."""
    item = library.material(db(), material_id)
    return render_template("materials/staff/material_edit.html", item=item, form=filled_in(item))


@allowed(Action.MANAGE_MATERIALS)
@writes
def change_material(material_id: int) -> Response | tuple[str, int]:
    """Corrects a material."""
    item = library.material(db(), material_id)
    form = MaterialForm()
    if not form.validate():
        return render_template("materials/staff/material_edit.html", item=item, form=form), 400
    try:
        library.change_material(
            writing(), house().clock, viewer().actor, material_id, title=form.title.data,
            description=form.description.data, kind=MaterialKind(form.kind.data), uses=form.chosen,
        )  # fmt: skip
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return render_template("materials/staff/material_edit.html", item=item, form=form), 409
    flash("Saved. Trainers see it from now on.", "moss")
    return redirect(url_for("material_staff.material", material_id=material_id), code=303)


def _new_page(form: NewMaterialForm) -> str:
    return render_template("materials/staff/material_new.html", form=form)


def _offer(form: NewMaterialForm) -> NewMaterialForm:
    homes = [(str(home.id), home.name) for home in programmes(db())]
    form.programme.choices = [("", "Choose a programme"), *homes]
    return form


def _row(item: MaterialFacts, editions: list[EditionFacts]) -> Row:
    draft = next((one for one in editions if one.state is EditionState.DRAFT), None)
    return Row(item, current_of(editions), draft)
