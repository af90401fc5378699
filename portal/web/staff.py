"""Staff's own home and what belongs to no single package: the audit trail and the legal texts."""

from flask import Blueprint, render_template

from licences.guard import allowed
from licences.policy import Action


def blueprint() -> Blueprint:
    """The overview."""
    made = Blueprint("staff", __name__, url_prefix="/admin")
    made.get("")(overview)
    return made


@allowed(Action.MANAGE_LICENCES)
def overview() -> str:
    """Where staff land."""
    return render_template("portal/overview.html")
