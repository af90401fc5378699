"""Taking in an edition's PDF: how large it may be, whether it is one, and keeping it while a form is put right."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from flask import current_app, render_template, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import RequestEntityTooLarge

from kit.ports import StoredObject
from kit.web import forms
from kit.web.house import house
from kit.web.transactions import roll_back
from licences.guard import viewer, viewer_or_none
from licences.policy import Action, can

ROOM_FOR_WORDS = 1024 * 1024  # bytes beside the file, for the other fields of its form
KEPT_SECONDS = 12 * 3600
HEAD = 1024  # bytes at the start of a PDF within which readers look for its mark
TAKES_FILES = frozenset({"material_staff.draft", "material_staff.replace_file"})
NOT_A_PDF = "This file is not a PDF. Export or print it to PDF, then upload that file."


@dataclass(frozen=True)
class Upload:
    """A PDF that is safe in the store, and the name that it had on the computer it came from."""

    file: StoredObject
    name: str


def limit_mb() -> int:
    """The largest file that staff may upload, in MB."""
    return house().upload_limit_mb


def let_large_files_in(endpoint: str | None, _values: Mapping[str, Any] | None) -> None:
    """Lifts the limit of a request before anything reads it: for the two forms that take files, and for staff alone."""
    if request.method != "POST" or endpoint not in TAKES_FILES:
        return
    who = viewer_or_none()
    if who is not None and can(who.role, Action.MANAGE_MATERIALS):
        request.max_content_length = limit_mb() * 1024 * 1024 + ROOM_FOR_WORDS


def too_large(_error: RequestEntityTooLarge) -> tuple[str, int]:
    """The page that says how large a file may be."""
    roll_back()
    steps = (
        "Go back and choose a smaller file. If your browser shows an empty page, open the edition’s page anew.",
        "Save the PDF with smaller pictures, or leave out what trainers do not need.",
        "If you need it as large as this, write to us: there is another way.",
    )
    return render_template("errors/page.html", code=413, limit=f"{limit_mb()} MB", steps=steps), 413


def take_in(form: forms.Form, *, needed: bool = True) -> Upload | None:
    """Stores the PDF that came with a form, or finds the one kept from before.

    None leaves a message at the field, unless nothing came and nothing is `needed`. It must run before the view's
    transaction begins: storing a large file takes its time.
    """
    sent = form["file"].data
    if sent is None or not sent.filename:
        kept = _kept(request.form.get("kept", ""))
        if kept is None and needed:
            form.refuse("Choose the PDF of this edition.", "file")
        return kept
    if form["file"].errors:
        return None
    if not _is_pdf(sent.stream):
        form.refuse(NOT_A_PDF, "file")
        return None
    name = forms.file_name(sent.filename) or "edition.pdf"
    return Upload(house().store.put(sent.stream, "application/pdf"), name)


def keep(upload: Upload | None) -> str:
    """A signed note of a stored upload, for the page that shows its form again: nobody uploads 40 MB twice."""
    if upload is None:
        return ""
    return _notes().dumps([viewer().person_id, upload.file.sha256, upload.file.size, upload.name])


def _kept(note: str) -> Upload | None:
    try:
        person_id, sha256, size, name = _notes().loads(note, max_age=KEPT_SECONDS)
    except (BadData, ValueError, TypeError):
        return None
    return Upload(StoredObject(sha256, size, "application/pdf"), name) if person_id == viewer().person_id else None


def _notes() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="kept upload")


def _is_pdf(stream: BinaryIO) -> bool:
    stream.seek(0)
    found = b"%PDF-" in stream.read(HEAD)
    stream.seek(0)
    return found
