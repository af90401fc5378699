"""Looking at an edition stamped, publishing it, and withdrawing it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.clock import today
from kit.ids import fingerprint
from kit.pdf.stamping import DoesNotFit, NameNotDrawable, StampFacts, personal_bytes, size_of
from kit.refusals import Refused
from kit.web.files import send_spliced
from kit.web.house import house
from kit.web.pages import day
from kit.web.transactions import db, roll_back, writes, writing
from licences.attention import reach
from licences.guard import allowed, sure, viewer
from licences.policy import Action
from materials import editions, library
from materials.copies import copies_of_editions
from materials.editions import EditionFacts, current_of, editions_of
from materials.kinds import EditionState
from materials.web.staff_drafts import draft_page
from materials.web.staff_forms import WithdrawForm, with_lines

NOBODYS_CODE = "0" * 26
NOT_FOR_USE = "Preview, not for use"


def add_to(made: Blueprint) -> None:
    """Puts these views on the staff blueprint."""
    made.get("/editions/<int:edition_id>/preview")(preview)
    made.get("/editions/<int:edition_id>/publish")(publish)
    made.post("/editions/<int:edition_id>/publish", endpoint="publish_now")(publish_now)
    made.get("/editions/<int:edition_id>/withdraw")(withdraw)
    made.post("/editions/<int:edition_id>/withdraw", endpoint="withdraw_now")(withdraw_now)


@allowed(Action.MANAGE_MATERIALS)
def preview(edition_id: int) -> Response:
    """The pages with a stamp that names the one who looks. No copy is logged: it is nobody's."""
    facts = editions.edition(db(), edition_id)
    sha256, prepared = editions.prepared_file(db(), edition_id)
    title = library.material(db(), facts.material_id).title
    when = day(today(house().clock))
    try:
        patches = personal_bytes(prepared, _stamp(viewer().name, when, facts))
    except (NameNotDrawable, DoesNotFit):  # staff whose name has no letters in our fonts still want to look
        patches = personal_bytes(prepared, _stamp("Programme team", when, facts))
    roll_back()  # a long transfer must not hold a transaction open
    return send_spliced(
        house().store,
        sha256=sha256,
        size=size_of(prepared, patches),
        patches=tuple(patches),
        etag=f"preview-{sha256[:16]}-{viewer().person_id}-{fingerprint(viewer().name + when)[:16]}",
        file_name=f"{title} {facts.number} - preview.pdf",
    )


@allowed(Action.MANAGE_MATERIALS)
@sure
def publish(edition_id: int) -> Response | str | tuple[str, int]:
    """Look at it, and what happens when it is published."""
    facts = editions.edition(db(), edition_id)
    if facts.state is not EditionState.DRAFT:
        return redirect(_page_of(edition_id), code=303)
    if not facts.is_ready:
        flash("The pages are not ready for stamping yet.", "honey")
        return redirect(_page_of(edition_id), code=303)
    form = with_lines(facts.changes)
    form.refuse_pages(facts.page_count)
    if form.problems():  # a change note written before the pages were counted
        return draft_page(facts, form), 409
    item = library.material(db(), facts.material_id)
    before = current_of(editions_of(db(), facts.material_id))
    seen_by = reach(db(), item.programme_id)
    return render_template("materials/staff/publish.html", edition=facts, item=item, before=before, reach=seen_by)


@allowed(Action.MANAGE_MATERIALS)
@sure
@writes
def publish_now(edition_id: int) -> Response:
    """Publishes a draft, for good."""
    try:
        facts = editions.publish(writing(), house().clock, viewer().actor, edition_id)
    except Refused as refusal:
        roll_back()
        flash(refusal.message, "honey")
        return redirect(_page_of(edition_id), code=303)
    title = library.material(db(), facts.material_id).title
    flash(f"Edition {facts.number} of {title} is published. Trainers with a seat can take it now.", "moss")
    return redirect(url_for("material_staff.material", material_id=facts.material_id), code=303)


@allowed(Action.MANAGE_MATERIALS)
@sure
def withdraw(edition_id: int) -> Response | str:
    """Asks for the reason, and says what follows."""
    facts = editions.edition(db(), edition_id)
    if facts.state is not EditionState.PUBLISHED:
        return redirect(_page_of(edition_id), code=303)
    return _withdraw_page(facts, WithdrawForm())


@allowed(Action.MANAGE_MATERIALS)
@sure
@writes
def withdraw_now(edition_id: int) -> Response | tuple[str, int]:
    """Withdraws a published edition."""
    facts = editions.edition(db(), edition_id)
    form = WithdrawForm()
    if not form.validate():
        return _withdraw_page(facts, form), 400
    try:
        editions.withdraw(writing(), house().clock, viewer().actor, edition_id, reason=form.reason.data)
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _withdraw_page(facts, form), 409
    flash(f"Edition {facts.number} is withdrawn. Copies of it cannot be opened any more.", "moss")
    return redirect(url_for("material_staff.material", material_id=facts.material_id), code=303)


def _withdraw_page(facts: EditionFacts, form: WithdrawForm) -> str:
    item = library.material(db(), facts.material_id)
    others = [one for one in editions_of(db(), facts.material_id) if one.state is EditionState.PUBLISHED]
    left = next((one for one in others if one.id != facts.id), None)
    taken = copies_of_editions(db(), [facts.id]).get(facts.id, 0)
    return render_template("materials/staff/withdraw.html", edition=facts, item=item, form=form, left=left, taken=taken)


def _stamp(name: str, when: str, facts: EditionFacts) -> StampFacts:
    return StampFacts(
        name=name, organisation=NOT_FOR_USE, date_text=when, edition_label=facts.label, copy_code=NOBODYS_CODE
    )


def _page_of(edition_id: int) -> str:
    return url_for("material_staff.edition", edition_id=edition_id)
