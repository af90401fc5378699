"""A trainer's screens: the library, a material, taking a copy, own copies; and what anyone may ask of an edition."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from kit.ids import new_code, typed_code
from kit.keyset import Span
from kit.pdf.stamping import DoesNotFit, NameNotDrawable
from kit.refusals import Refused
from kit.web.addresses import row_id
from kit.web.files import send_spliced
from kit.web.house import house
from kit.web.pages import page_of, place_of
from kit.web.redirects import onward
from kit.web.transactions import db, roll_back, writes, writing
from licences.entitlements import Reason
from licences.guard import allowed, in_person, public, viewer
from licences.policy import Action
from licences.reminders import reminding
from materials import on_shelf, shelf
from materials.editions import current_of, edition_with_code
from materials.library import material

LONGEST_PRESS = 64
PAGE_SIZE = 25


def blueprint() -> Blueprint:
    """The screens of the shelf."""
    made = Blueprint("shelf", __name__, template_folder="../templates")
    made.get("/materials")(library)
    made.get("/materials/<int:material_id>")(one_material)
    made.post("/materials/<int:material_id>/copies")(take_copy)
    made.post("/materials/<int:material_id>/readings")(note_reading)
    made.post("/materials/reminders")(remind)
    made.get("/copies")(own_copies)
    made.get("/copies/<code>")(open_copy)
    made.get("/current/<code>")(current)
    made.register_error_handler(shelf.NoCopy, _no_copy)
    return made


@allowed(Action.SEE_MATERIALS)
def library() -> str:
    """Every material of the organisation's programmes."""
    return render_template("materials/library.html", shelves=on_shelf.all_on_shelf(db(), house().clock, viewer()))


@allowed(Action.SEE_MATERIALS)
def one_material(material_id: int) -> str:
    """A material: what it is, what may be done with it, its editions, and the button."""
    found = on_shelf.on_shelf(db(), house().clock, viewer(), material_id)
    known = reminding(db(), house().clock, viewer(), [found.entitlement])
    return render_template("materials/material.html", shelf=found, press=new_code, reminding=known)


@allowed(Action.TAKE_COPY)
@in_person
@writes
def take_copy(material_id: int) -> Response | tuple[str, int]:
    """Takes a copy and sends the person to its own address."""
    try:
        code = shelf.take_copy(
            writing(),
            house().clock,
            viewer(),
            material_id=material_id,
            edition_id=row_id(request.form.get("edition", "")),
            press=typed_code(request.form.get("press", ""))[:LONGEST_PRESS] or new_code(),
        )
    except shelf.NoCopy as stopped:
        if stopped.refusal.reason is not Reason.TERMS:
            raise
        back = url_for("shelf.one_material", material_id=material_id)
        return redirect(url_for("terms_of_use.accept_terms", next=back), code=303)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
        return redirect(url_for("shelf.one_material", material_id=material_id), code=303)
    except (NameNotDrawable, DoesNotFit) as error:
        roll_back()
        return render_template("materials/name_not_drawable.html", error=error), 409
    return redirect(url_for("shelf.open_copy", code=code), code=303)


@allowed(Action.TAKE_COPY)
@in_person
@writes
def note_reading(material_id: int) -> Response:
    """Keeps that the person has read what changed; their home does not ask again."""
    edition_id = row_id(request.form.get("edition", ""))
    try:
        name = on_shelf.note_reading(writing(), house().clock, viewer(), material_id=material_id, edition_id=edition_id)
        flash(f"Noted: you have read what changed in {name}.", "moss")
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
    return onward(request.form.get("next"), url_for("shelf.one_material", material_id=material_id))


@allowed(Action.TAKE_COPY)
@in_person
@writes
def remind() -> Response:
    """Writes to whoever can mend a refusal, at most once a week, and goes back to the page that showed it."""
    try:
        told = on_shelf.remind(
            writing(),
            house().clock,
            viewer(),
            house().letterhead,
            programme_id=row_id(request.form.get("programme", "")),
            material_id=row_id(request.form.get("material", "")),
        )
        flash(f"Your reminder to {told.to} is on its way.", "moss")
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
    return onward(request.form.get("next"), url_for("shelf.library"))


@allowed(Action.SEE_OWN_COPIES)
def own_copies() -> str:
    """What the person took, newest first, page by page."""
    place = place_of(request.args)
    span = Span(PAGE_SIZE + 1, place.older_than, place.newer_than)
    page = page_of(shelf.own_copies(db(), viewer(), span), place, PAGE_SIZE, lambda copy: copy.key)
    stopped = shelf.stopped(db(), house().clock, viewer())
    shown = {copy.material_id for copy in page.items}
    reasons = {answer.programme.id: answer for key, answer in stopped.items() if key in shown}
    return render_template("materials/own_copies.html", page=page, stopped=stopped, reasons=reasons.values())


@allowed(Action.TAKE_COPY)
@in_person
def open_copy(code: str) -> Response | tuple[str, int]:
    """The stamped PDF, for the one who took it, while they may: asked anew at each request, ranges too."""
    try:
        copy = shelf.open_copy(db(), house().clock, viewer(), typed_code(code))
    except Refused as refusal:
        return render_template("materials/withdrawn.html", refusal=refusal), 409
    roll_back()  # a long transfer must not hold a transaction open
    return send_spliced(
        house().store,
        sha256=copy.sha256,
        size=copy.size,
        patches=copy.patches,
        etag=f"{copy.code}-{copy.sha256[:12]}",  # a file made ready again is another: no range of it fits the old one
        file_name=copy.file_name,
    )


@public
def current(code: str) -> str:
    """What a page's QR leads to: is this page from the current edition? Says nothing of people."""
    wanted = typed_code(code)
    found = edition_with_code(db(), wanted)
    if found is None:
        raise NotFound
    edition, siblings = found
    item = material(db(), edition.material_id)
    return render_template("materials/current.html", edition=edition, current=current_of(siblings), material=item)


def _no_copy(stopped: shelf.NoCopy) -> tuple[str, int]:
    """Why not, who can mend it, what happens then."""
    roll_back()
    known = reminding(db(), house().clock, viewer(), [stopped.answer])
    return render_template("materials/no_copy.html", stopped=stopped, refusal=stopped.refusal, reminding=known), 403
