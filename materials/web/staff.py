"""The staff screens of materials: one blueprint, its views by subject in the modules beside this one."""

from flask import Blueprint

from materials.web import staff_answers, staff_copies, staff_drafts, staff_editions, staff_materials, staff_uploads


def blueprint() -> Blueprint:
    """Materials, editions and copies, under `/admin`."""
    made = Blueprint("material_staff", __name__, url_prefix="/admin", template_folder="../templates")
    for views in (staff_materials, staff_drafts, staff_editions, staff_copies, staff_answers):
        views.add_to(made)
    made.url_value_preprocessor(staff_uploads.let_large_files_in)
    made.register_error_handler(413, staff_uploads.too_large)
    return made
