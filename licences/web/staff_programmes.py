"""Staff screens of programmes."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.refusals import Refused
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import db, roll_back, writes, writing
from licences import history, programmes
from licences.guard import allowed, viewer
from licences.policy import Action

MOST_DAYS = 30


class ProgrammeForm(forms.Form):
    """What is taught, to whom, and for how long."""

    name = forms.text("Name", missing="Write the programme’s name", max_length=120)
    days = forms.whole_number(
        "Days of the course for schools", missing="Write how many days it takes", least=1, most=MOST_DAYS, width=3
    )
    trainer_days = forms.whole_number(
        "Days of the training for trainers",
        hint="Leave empty if there is none.",
        least=1,
        most=MOST_DAYS,
        width=3,
    )
    audience = forms.long_text("Who it is for", missing="Say who it is for", max_length=500, rows=3)


@allowed(Action.MANAGE_MATERIALS)
def programme_list() -> str:
    """All programmes."""
    return render_template("licences/staff/programmes.html", programmes=programmes.programmes(db()))


@allowed(Action.MANAGE_MATERIALS)
def new_programme() -> str:
    """The form for a new programme."""
    return _page(ProgrammeForm())


@allowed(Action.MANAGE_MATERIALS)
@writes
def new_programme_post() -> Response | tuple[str, int]:
    """Adds a programme."""
    form = ProgrammeForm()
    if not form.validate():
        return _page(form), 400
    try:
        made = programmes.create_programme(
            writing(),
            house().clock,
            viewer().actor,
            name=form.name.data,
            days=form.days.data,
            trainer_days=form.trainer_days.data,
            audience=form.audience.data,
        )
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _page(form), 409
    flash(f"{made.name} is here. Its materials can be added now.", "moss")
    return redirect(url_for(".programme_list"), code=303)


@allowed(Action.MANAGE_MATERIALS)
def one_programme(programme_id: int) -> str:
    """A programme, to be corrected."""
    found = programmes.programme(db(), programme_id)
    return _page(ProgrammeForm(obj=found), found)


@allowed(Action.MANAGE_MATERIALS)
@writes
def one_programme_post(programme_id: int) -> Response | tuple[str, int]:
    """Corrects a programme."""
    found = programmes.programme(db(), programme_id)
    form = ProgrammeForm()
    if not form.validate():
        return _page(form, found), 400
    try:
        programmes.change_programme(
            writing(),
            house().clock,
            viewer().actor,
            programme_id,
            name=form.name.data,
            days=form.days.data,
            trainer_days=form.trainer_days.data,
            audience=form.audience.data,
        )
    except Refused as refusal:
        roll_back()
        form.refuse(refusal)
        return _page(form, found), 409
    flash(f"{form.name.data} is saved.", "moss")
    return redirect(url_for(".programme_list"), code=303)


def _page(form: ProgrammeForm, found: programmes.ProgrammeFacts | None = None) -> str:
    happenings = history.history_of(db(), "programme", found.id) if found else []
    return render_template("licences/staff/programme.html", form=form, programme=found, happenings=happenings)
