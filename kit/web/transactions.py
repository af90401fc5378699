"""One transaction for each request: a reading one, or, behind `@writes`, a writing one that commits once.

The transaction begins when it is first asked for, so a view can take in an upload or hash a password before it holds
the write lock.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, g
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from kit.db import RETRIES, is_passing
from kit.web.house import house

P = ParamSpec("P")
R = TypeVar("R")


def db() -> Session:
    """The request's session. Reading, and held to that by the database, unless the view is marked `@writes`."""
    if "session" not in g:
        g.session_stack = ExitStack()
        opened = house().database.write() if g.get("writes") else house().database.read()
        g.session = g.session_stack.enter_context(opened)
    return cast(Session, g.session)


def writes(view: Callable[P, R]) -> Callable[P, R]:
    """Marks a view that changes something: what it did is committed once, after it returns.

    When the database says that another transaction got in the way, the view is done again: people never see a lock.
    """

    @wraps(view)
    def writing(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(RETRIES):
            try:
                return _once(view, *args, **kwargs)
            except DBAPIError as error:
                if attempt == RETRIES - 1 or not is_passing(error):
                    raise
                time.sleep(0.02 * 2**attempt)
        raise AssertionError("unreachable")

    writing.__writes__ = True  # type: ignore[attr-defined]
    return writing


def is_writing(view: Callable[..., Any]) -> bool:
    """Whether a view is marked `@writes`; `portal.app` refuses the mark on an address that answers GET."""
    return getattr(view, "__writes__", False)


def roll_back() -> None:
    """Drops what the view did so far: for a page that shows a refusal. Only reading goes on, without the write lock."""
    g.writes = False
    stack = g.pop("session_stack", None)
    session = g.pop("session", None)
    if session is not None and stack is not None:
        session.rollback()
        stack.pop_all()
        session.close()


def init_app(app: Flask) -> None:
    """Closes the request's session at its end."""

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        roll_back()


def _once(view: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    roll_back()  # what a guard read before is over: a reading transaction cannot become a writing one
    g.writes = True
    try:
        result = view(*args, **kwargs)
        stack = g.pop("session_stack", None)
        g.pop("session", None)
        if stack is not None:
            stack.close()  # commits
    except BaseException:
        roll_back()
        raise
    finally:
        g.writes = False
    return result
