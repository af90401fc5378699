"""What a person may take and why, as they would be answered: for staff who are asked on the telephone."""

from flask import Blueprint, render_template

from kit.web.house import house
from kit.web.transactions import db
from licences.guard import allowed
from licences.people.memberships import first_place
from licences.policy import Action
from materials.answers import answers_for


def add_to(made: Blueprint) -> None:
    """Puts this view on the staff blueprint."""
    made.get("/people/<int:person_id>/answers")(answers)


@allowed(Action.MANAGE_LICENCES)
def answers(person_id: int) -> str:
    """Every material, place by place: may they take a copy now, and if not, why, and who can mend it."""
    return render_template(
        "materials/staff/answers.html",
        person=first_place(db(), person_id),
        places=answers_for(db(), house().clock, person_id),
    )
