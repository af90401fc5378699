"""Coming in and going out: the session's cookie, and what the door must know of the portal's settings.

A browser in which somebody has signed in before keeps a signed mark. It opens nothing; it only has that person's tries
counted apart from everybody else's, so that a stranger who fails in their name cannot shut them out.
"""

from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, abort, after_this_request, current_app, request, session
from flask_login import login_user, logout_user
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from kit.ids import new_code
from kit.web.house import house
from licences.people import limits, sessions
from licences.people.viewer import Viewer

MARK = "portal-known"
MARK_SECONDS = 365 * 24 * 3600
_KEY = "entry rules"


@dataclass(frozen=True)
class EntryRules:
    """What the settings say of the door: whether people of the demo, whose password everybody knows, may come in."""

    demo_may_enter: bool


@dataclass(frozen=True)
class KnownBrowser:
    """Whose browser this is by its mark, and the name under which its tries are counted."""

    person_id: int
    name: str


def furnish(app: Flask, rules: EntryRules) -> None:
    """Puts the rules on the app."""
    app.extensions[_KEY] = rules


def rules() -> EntryRules:
    """The rules of the app that serves this request."""
    return cast(EntryRules, current_app.extensions[_KEY])


def enter(secret: str) -> Viewer:
    """Puts a session that was just opened into the cookie, and marks the browser as known to that person."""
    with house().database.read() as reading:
        found = sessions.viewer_of(reading, house().clock, secret)
    if found is None:
        abort(503)
    viewer = found[0]
    session.clear()  # whatever was planted before signing in, form secrets included, counts no more
    login_user(viewer)
    _mark(viewer.person_id)
    return viewer


def leave() -> None:
    """Empties the cookie: words and form secrets meant for this person go with the session."""
    logout_user()
    session.clear()


def network_place() -> str:
    """The key under which tries from the asker's network are counted. Only trusted proxies may say another address."""
    return limits.place_of(request.remote_addr)


def browser_words() -> str:
    """How the browser calls itself."""
    return request.headers.get("User-Agent", "")


def known_browser() -> KnownBrowser | None:
    """The browser's mark, when it is ours and not too old."""
    try:
        person_id, name = _signer().loads(request.cookies.get(MARK, ""), max_age=MARK_SECONDS)
    except (BadSignature, TypeError, ValueError):
        return None
    return KnownBrowser(int(person_id), str(name))


def _mark(person_id: int) -> None:
    known = known_browser()
    name = known.name if known and known.person_id == person_id else new_code()
    value = _signer().dumps([person_id, name])

    @after_this_request
    def keep(response: Any) -> Response:
        response.set_cookie(
            MARK,
            value,
            max_age=MARK_SECONDS,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
            path="/sign-in",
        )
        return cast(Response, response)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="known browser")
