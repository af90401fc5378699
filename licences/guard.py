"""Guards on views. Each leaves its declaration on the function; `portal.app` refuses a view without one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from flask import g, redirect, request, url_for
from flask_login import current_user
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from kit.web.elsewhere import elsewhere
from kit.web.house import house
from licences.people.kinds import Step
from licences.people.sessions import is_sure
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


class NotInPerson(Forbidden):
    """A member of staff acts for somebody, and this is theirs alone: a copy with their name on it, their account."""


class NotSure(Forbidden):
    """A member of staff acts for somebody, and would have to show again who they are: that goes as oneself only."""


def viewer() -> Viewer:
    """The person at the door. Only for views behind a guard."""
    return cast(Viewer, current_user._get_current_object())


def viewer_or_none() -> Viewer | None:
    """The person, or None for somebody not signed in, or stopped before the second step."""
    return viewer() if current_user.is_authenticated and viewer().step is Step.DONE else None


def is_half_way() -> bool:
    """Whether somebody signed in and was stopped before the second step."""
    return bool(current_user.is_authenticated) and viewer().step is not Step.DONE


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
        return _away() or in_person(view)(*args, **kwargs)

    return _declared(guarded, Declaration("signed in"))


def in_person(view: Callable[P, R]) -> Callable[P, R]:
    """Nobody comes in for somebody else. Put it under the guard of what is a person's own."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if viewer().acted_by is not None:
            raise NotInPerson
        return view(*args, **kwargs)

    return guarded


def leaving(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Anybody who signed in, in whatever state: for signing out, and for staff who stop acting."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        return view(*args, **kwargs) if current_user.is_authenticated else _to_sign_in()

    return _declared(guarded, Declaration("half signed in"))


def half_signed_in(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Anybody who signed in, also one who has still to show or set up the second step: for those very pages."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        return in_person(view)(*args, **kwargs) if current_user.is_authenticated else _to_sign_in()

    return _declared(guarded, Declaration("half signed in"))


def sure(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Asks again who it is, unless they proved it within the last ten minutes. Put it under the guard, for what cannot
    be undone: both on the page with the form and on what the form is sent to.
    """

    @wraps(view)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if is_sure(house().clock, viewer()):
            return view(*args, **kwargs)
        if viewer().acted_by is not None:
            raise NotSure
        return _to_make_sure()

    return asked


def allowed(action: Action) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Those whose role allows the action. Others get a page that says who can."""

    def decorate(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            away = _away()
            if away is None and not can(viewer().role, action):
                raise WrongRole(action)
            return away or view(*args, **kwargs)

        return _declared(guarded, Declaration("allowed", action))

    return decorate


def declaration(view: Callable[..., Any]) -> Declaration | None:
    """What a view declares, or None when somebody forgot."""
    return getattr(view, "__guard__", None)


def _declared(view: Callable[P, R], made: Declaration) -> Callable[P, R]:
    view.__guard__ = made  # type: ignore[attr-defined]
    return view


def _away() -> Response | None:
    """Where somebody has to go first: to sign in, or to the second step. None when they are in."""
    if not current_user.is_authenticated:
        return _to_sign_in()
    if viewer().step is Step.DONE:
        return None
    return redirect(url_for("second_step.second_step", next=_wanted()), code=303)


def _to_sign_in() -> Response:
    """Off to sign in, and back afterwards to the page that was asked for (never to what a form was sent to)."""
    return redirect(elsewhere("sign in", next=_wanted()), code=303)


def _to_make_sure() -> Response:
    """Off to prove who one is; back to the page, or for a form to the page on which it stood."""
    wanted = _wanted() or urlsplit(request.referrer or "").path
    return redirect(url_for("account_sure.make_sure", next=wanted), code=303)


def _wanted() -> str | None:
    return request.full_path.rstrip("?") if request.method == "GET" else None
