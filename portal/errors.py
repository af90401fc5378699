"""Errors as pages that help: what happened, and what to do next."""

import structlog
from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException, SecurityError

from kit.ids import new_code
from kit.refusals import NotThere
from kit.store import FileMissing, StoreUnavailable
from kit.web.forms import typed_before
from kit.web.redirects import is_ours
from kit.web.transactions import roll_back
from licences.guard import NotInPerson, NotSure, WrongRole, look_nobody_up, viewer
from licences.people.kinds import Role

log = structlog.get_logger()

REFERENCE_LENGTH = 8  # characters: enough to find one line of the log, few enough to read out
_OPEN_ANEW = ("Go back and reload the page.", "Press the button again.")
_CARRY_OVER = (
    "Copy what you had typed, from below, before you leave this page.",
    "Go back and reload the page.",
    "Put in what you copied, and press the button again.",
)


def init_app(app: Flask) -> None:
    """Registers a page for every way in which a request can fail."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(SecurityError, _wrong_host)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(WrongRole, _wrong_role)
    app.register_error_handler(NotInPerson, _not_in_person)
    app.register_error_handler(NotSure, _not_sure)
    app.register_error_handler(NotThere, lambda _error: _page(404))
    app.register_error_handler(RecursionError, lambda _error: _page(400))
    app.register_error_handler(FileMissing, _unavailable)
    app.register_error_handler(StoreUnavailable, _unavailable)
    app.register_error_handler(DBAPIError, _without_database)
    app.register_error_handler(NoConnection, _without_database)
    app.register_error_handler(Exception, _fault)


def _http(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:
        return make_response(error.get_response())
    headers = _extra_headers(error)
    page = _page(error.code or 500, wait=_wait_in_words(dict(headers).get("Retry-After", "")))
    page.headers.extend(headers)
    return page


def _wait_in_words(seconds: str) -> str:
    """How long to wait before another try; nothing when that is not known in seconds."""
    minutes = -(-int(seconds) // 60) if seconds.isascii() and seconds.isdigit() else 0
    return f"{minutes} minutes" if minutes > 1 else "one minute" if minutes else ""


def _extra_headers(error: HTTPException) -> list[tuple[str, str]]:
    """Allow for 405, Retry-After for 429: what the standard asks for beside the page."""
    kept = {"allow", "retry-after", "content-range"}
    return [(name, value) for name, value in error.get_headers() if name.lower() in kept]


def _wrong_host(_error: SecurityError) -> Response:
    """A Host that is not ours. Plain words: for such a host no address of a page can be made, nor should be."""
    response = make_response("This address is not one of ours.\n", 400)
    response.mimetype = "text/plain"
    return response


def _expired(_error: CSRFError) -> Response:
    """The form's own secret is missing, stale, or from another session."""
    kept = typed_before(request.form)
    return _page(
        400,
        title="This page was open for too long",
        lead="To keep your account safe, a form works for twelve hours and in one sign-in. Nothing was changed.",
        steps=_CARRY_OVER if kept else _OPEN_ANEW,
        kept=kept,
    )


def _wrong_role(error: WrongRole) -> Response:
    return _page(403, lead=f"Your role cannot {error.action.value}.", who=[_in_words(role) for role in error.roles])


def _not_in_person(_error: NotInPerson) -> Response:
    return _page(
        403,
        title=f"Only {viewer().name} can do this",
        lead=f"You act for {viewer().name}. Copies, the terms and the account stay theirs alone. Nothing was changed.",
        steps=[
            f"Ask {viewer().name} to sign in and do it.",
            "If you have finished, press “Stop acting” at the top: then you are yourself again.",
        ],
    )


def _not_sure(_error: NotSure) -> Response:
    return _page(
        403,
        title="Show first who you are",
        lead="This cannot be undone, and you last showed who you are more than ten minutes ago. Nothing was changed.",
        steps=[
            "Press “Stop acting” at the top.",
            f"Act for {viewer().name} again: you are asked who you are, and may do this within ten minutes.",
        ],
    )


def _in_words(role: Role) -> str:
    """Who that is to the reader, who knows the staff as the programme team."""
    return "the programme team" if role is Role.STAFF else role.value


def _unavailable(error: Exception) -> Response:
    reference = _reference()
    log.error("unavailable", path=_path(), error=str(error), kind=type(error).__name__, reference=reference)
    page = _page(503, reference=reference, again=_again())
    page.headers["Retry-After"] = "30"
    return page


def _without_database(error: Exception) -> Response:
    """The page's frame would ask the database who is signed in."""
    look_nobody_up()
    return _unavailable(error)


def _fault(error: Exception) -> Response:
    reference = _reference()
    log.exception("fault", path=_path(), kind=type(error).__name__, reference=reference)
    return _page(500, reference=reference, again=_again())


def _reference() -> str:
    """Stands on the page and in the log: whoever is asked for help finds the line."""
    return new_code()[:REFERENCE_LENGTH]


def _again() -> dict[str, str] | None:
    """A button for the same page. None for what a form sent, and where the address would lead elsewhere."""
    address = request.full_path.rstrip("?")
    return {"label": "Try again", "url": address} if request.method == "GET" and is_ours(address) else None


def _path() -> str:
    """The address for the log; that of a one-use link would let whoever reads logs use it."""
    rule = request.url_rule
    return rule.rule if rule is not None and "secret" in rule.arguments else request.path


def _page(code: int, **facts: object) -> Response:
    roll_back()
    try:
        return make_response(render_template("errors/page.html", code=code, **facts), code)
    except (DBAPIError, NoConnection) as error:
        return _without_database(error)
