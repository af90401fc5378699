"""Guards on views. Each leaves its declaration on the function; `portal.app` refuses a view without one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import g, redirect, request
from flask_login import current_user
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from kit.web.elsewhere import elsewhere
from licences.people.viewer import Viewer
from licences.policy import Action, can, who_can

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Declaration:
    """Who may come through: everybody, everybody signed in, or those whose role allows an action."""

    kind: str
    action: Action | None = None

    def __str__(self) -> str:
        return self.action.name if self.action else self.kind


class WrongRole(Forbidden):
    """Signed in, but in a role that may not. The page says who can."""

    def __init__(self, action: Action) -> None:
        super().__init__()
        self.action = action
        self.roles = who_can(action)


def viewer() -> Viewer:
    """The person at the door. Only for views behind a guard."""
    return cast(Viewer, current_user._get_current_object())


def viewer_or_none() -> Viewer | None:
    """The person, or None for somebody not signed in."""
    return viewer() if current_user.is_authenticated else None


def look_nobody_up() -> None:
    """For a page that must be drawn without the database: whoever asks is shown as nobody, and stays signed in."""
    g.viewer_looked_up = None  # what the loader of `portal.security` keeps for the request


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Anybody may come in."""
    return _declared(view, Declaration("public"))


def signed_in(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Anybody with an account."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        return view(*args, **kwargs) if current_user.is_authenticated else _to_sign_in()

    return _declared(guarded, Declaration("signed in"))


def allowed(action: Action) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Those whose role allows the action. Others get a page that says who can."""

    def decorate(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            if not current_user.is_authenticated:
                return _to_sign_in()
            if not can(viewer().role, action):
                raise WrongRole(action)
            return view(*args, **kwargs)

        return _declared(guarded, Declaration("allowed", action))

    return decorate


def declaration(view: Callable[..., Any]) -> Declaration | None:
    """What a view declares, or None when somebody forgot."""
    return getattr(view, "__guard__", None)


def _declared(view: Callable[P, R], made: Declaration) -> Callable[P, R]:
    view.__guard__ = made  # type: ignore[attr-defined]
    return view


def _to_sign_in() -> Response:
    """Off to sign in, and back afterwards to the page that was asked for (never to what a form was sent to)."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(elsewhere("sign in", next=wanted), code=303)
