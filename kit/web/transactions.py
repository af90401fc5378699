"""One transaction for each request: a reading one, which behind `@writes` may give way to one that writes.

The writing one begins when `writing()` is first asked for: a form is read, checked and drawn again with its messages
before anything holds SQLite's one write lock. A service takes nothing on trust that was read before: it looks again.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from enum import Enum
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, g
from sqlalchemy.orm import Session

from kit.web.house import house

P = ParamSpec("P")
R = TypeVar("R")


class _Stage(Enum):
    """How far a request is on its way to writing."""

    READS = "nothing may be written"
    MAY_WRITE = "behind @writes, and nothing was written yet"
    WRITES = "the writing transaction has begun"


class NotMarked(Exception):
    """A view asks to write without `@writes`, or after it has dropped its changes."""


def db() -> Session:
    """The request's session: held to reading by the database itself, until `writing()` was asked for."""
    if "session" not in g:
        _open(house().database.read())
    return cast(Session, g.session)


def writing() -> Session:
    """The session of the writing transaction, for a service that changes something. What was read before is over.

    Raises `NotMarked` outside `@writes`, and after `roll_back()`: a refusal leaves nothing to be written.
    """
    stage = g.get("stage", _Stage.READS)
    if stage is _Stage.READS:
        raise NotMarked
    if stage is _Stage.MAY_WRITE:
        _drop()
        _open(house().database.write())
        g.stage = _Stage.WRITES
    return cast(Session, g.session)


def writes(view: Callable[P, R]) -> Callable[P, R]:
    """Marks a view that changes something: what it did is committed once, after it returns.

    When the database says that another transaction got in the way, the view is done again: people never see a lock.
    """

    @wraps(view)
    def marked(*args: P.args, **kwargs: P.kwargs) -> R:
        return house().database.again(lambda: _once(view, *args, **kwargs))

    marked.__writes__ = True  # type: ignore[attr-defined]
    return marked


def is_writing(view: Callable[..., Any]) -> bool:
    """Whether a view is marked `@writes`; `portal.app` refuses the mark on an address that answers GET."""
    return getattr(view, "__writes__", False)


def roll_back() -> None:
    """Drops what the view did so far: for a page that shows a refusal. Only reading goes on, without the write lock."""
    g.stage = _Stage.READS
    _drop()


def init_app(app: Flask) -> None:
    """Closes the request's session at its end."""

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        roll_back()


def _once(view: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    _drop()  # what a guard read before is over
    g.stage = _Stage.MAY_WRITE
    try:
        result = view(*args, **kwargs)
        stack = g.pop("session_stack", None)
        g.pop("session", None)
        if stack is not None:
            stack.close()  # commits
    except BaseException:
        _drop()
        raise
    finally:
        g.stage = _Stage.READS
    return result


def _open(opened: AbstractContextManager[Session]) -> None:
    g.session_stack = ExitStack()
    g.session = g.session_stack.enter_context(opened)


def _drop() -> None:
    """Rolls the open transaction back, if there is one."""
    stack = g.pop("session_stack", None)
    session = g.pop("session", None)
    if session is not None and stack is not None:
        stack.pop_all()
        session.close()  # rolls back, and spares what `rollback` does so that a session can go on being used
