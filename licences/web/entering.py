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
from kit.sealing import Sealer
from kit.web.house import house
from licences.people import limits, sessions
from licences.people.kinds import Role, Step
from licences.people.viewer import Viewer

MARK = "portal-known"
MARK_SECONDS = 365 * 24 * 3600
_KEY = "entry rules"


@dataclass(frozen=True)
class EntryRules:
    """What the settings say of the door.

    `demo_may_enter`: whether people of the demo, whose password everybody knows, may come in. `second_step_for`: the
    roles that must have a second step beside the password.
    """

    demo_may_enter: bool
    second_step_for: frozenset[Role] = frozenset()


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
    """Puts a session that was just opened into the cookie. The browser is known to that person from now on."""
    viewer = _looked_up(secret)
    session.clear()  # whatever was planted before signing in, form secrets included, counts no more
    login_user(viewer)
    if viewer.step is Step.DONE:
        _mark(viewer.person_id)
    return viewer


def go_on(secret: str) -> Viewer:
    """Puts the new secret of a session that was proved into the cookie; forms that are open stay good."""
    viewer = _looked_up(secret)
    login_user(viewer)
    _mark(viewer.person_id)
    return viewer


def sealer() -> Sealer:
    """Seals with a key derived from the portal's own."""
    return Sealer(str(current_app.secret_key), house().clock)


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


def _looked_up(secret: str) -> Viewer:
    with house().database.read() as reading:
        found = sessions.viewer_of(reading, house().clock, secret, rules().second_step_for)
    if found is None:
        abort(503)
    return found[0]


def counted_as(person_id: int) -> str:
    """The name under which a person's wrong codes are counted: a browser that they have used before has its own."""
    known = known_browser()
    return f"{person_id} {known.name}" if known and known.person_id == person_id else str(person_id)


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
        )
        return cast(Response, response)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="known browser")
