"""The SELECTs that stand behind every request, taken to the driver by the shortest way.

From a statement to its rows SQLAlchemy takes several times as long as the database does for the answer. What is asked
at every request, for ranges of a file too, is compiled once and handed to the driver as it is.
"""

import logging
from collections import namedtuple
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

log = logging.getLogger(__name__)  # each statement, at DEBUG: SQLAlchemy's own events do not see them


class Question:
    """A SELECT of columns, asked in the caller's transaction.

    Rows are tuples with the columns' names, and their values are as SQLAlchemy makes them. What is asked for goes in by
    the names of the statement's `bindparam`s, and is a number or a text. Errors are SQLAlchemy's.
    """

    def __init__(self, statement: sa.Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        names = [str(column.key) for column in statement.selected_columns]
        self._row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
        self._ready: dict[str, _Ready] = {}

    def all(self, session: Session, **asked: int | str) -> list[Any]:
        """The rows, in the statement's order. What the session has not written yet is written first, and seen."""
        session.flush()
        connection = session.connection()
        ready = self._ready.get(connection.dialect.name) or self._made_ready(connection.dialect)
        log.debug("%s", ready.text)
        parameters = ready.parameters(asked)
        try:
            with closing(connection.connection.cursor()) as cursor:
                cursor.execute(ready.text, parameters)
                found = cursor.fetchall()
        except connection.dialect.loaded_dbapi.Error as error:
            raise _as_sqlalchemy(connection, ready.text, error) from error
        return [self._row._make(ready.values(row)) for row in found]

    def first(self, session: Session, **asked: int | str) -> Any:
        """The first row, or None; for statements that find one at most."""
        rows = self.all(session, **asked)
        return rows[0] if rows else None

    def _made_ready(self, dialect: sa.Dialect) -> "_Ready":
        compiled = self._statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        makers = (
            (place, column.type.dialect_impl(dialect).result_processor(dialect, None))
            for place, column in enumerate(self._statement.selected_columns)
        )
        self._ready[dialect.name] = _Ready(
            str(compiled),
            {name: _sent(bind, dialect) for name, bind in compiled.binds.items() if not bind.required},
            tuple(compiled.positiontup or compiled.binds),
            compiled.positional,
            tuple((place, maker) for place, maker in makers if maker is not None),
        )
        return self._ready[dialect.name]


@dataclass(frozen=True)
class _Ready:
    """A question in the words of one database.

    `fixed` are the values that the statement itself brought; `names` those of all parameters, in their order, by which
    the driver takes them unless it goes by their places; `makers` turn the driver's values into ours.
    """

    text: str
    fixed: dict[str, Any]
    names: tuple[str, ...]
    by_place: bool
    makers: tuple[tuple[int, Callable[[Any], Any]], ...]

    def parameters(self, asked: dict[str, int | str]) -> dict[str, Any] | tuple[Any, ...]:
        known = self.fixed | asked
        return (
            tuple([known[name] for name in self.names]) if self.by_place else {name: known[name] for name in self.names}
        )

    def values(self, row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for place, maker in self.makers:
            values[place] = maker(values[place])
        return values


def _sent(bind: sa.BindParameter[Any], dialect: sa.Dialect) -> Any:
    """A value that is part of a statement, as the driver takes it."""
    process = bind.type.dialect_impl(dialect).bind_processor(dialect)
    return process(bind.value) if process else bind.value


def _as_sqlalchemy(connection: Connection, text: str, error: Any) -> Exception:
    """A driver's error as SQLAlchemy says it. A connection that is gone does not go back to the others."""
    gone = connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    if gone:
        connection.invalidate(error)
    driver = connection.dialect.loaded_dbapi.Error
    said: Exception = DBAPIError.instance(
        text, None, error, driver, hide_parameters=True, connection_invalidated=gone, dialect=connection.dialect
    )
    return said
