"""Work in the background, for staff: whether the worker is there, and jobs that were given up, to be tried again."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from kit.jobs import has_beat, last_beat, repeat, set_aside
from kit.web.house import house
from kit.web.transactions import db, writes, writing
from licences.guard import allowed, viewer
from licences.policy import Action


def add_to(made: Blueprint) -> None:
    """The page, and the button on each job."""
    made.get("/work")(work)
    made.post("/work/<job_id>/repeat")(repeat_job)


@allowed(Action.SEE_WORK)
def work() -> str:
    """What the worker gave up, with its error."""
    clock = house().clock
    return render_template(
        "portal/work.html", jobs=set_aside(db()), is_there=has_beat(db(), clock), last_beat=last_beat(db())
    )


@allowed(Action.SEE_WORK)
@writes
def repeat_job(job_id: str) -> Response:
    """Puts a job on the queue again. Pressing twice is once."""
    repeat(writing(), house().clock, viewer().actor, job_id)
    flash("The worker tries again now.", "moss")
    return redirect(url_for("staff.work"), code=303)
