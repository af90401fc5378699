"""Staff screens (being built)."""

from flask import Blueprint


def blueprint() -> Blueprint:
    """The staff screens."""
    return Blueprint("material_staff", __name__, template_folder="../templates")
