"""The statements that stand behind every request, taken to the driver by the shortest way.

From a statement to its rows SQLAlchemy takes several times as long as the database does for the answer. What is asked
at every request, for ranges of a file too, or recorded with every change, is compiled once and handed to the driver as
it is.
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

Processor = Callable[[Any], Any]
"""Turns one value into another, as SQLAlchemy does for its type on one database."""


class Statement:
    """A SELECT of columns or an INSERT of one row, in the caller's transaction.

    Rows are tuples with the columns' names, and their values are as SQLAlchemy makes them. Values go in by the names of
    the statement's `bindparam`s, for an INSERT by those of the columns that it was given. Errors are SQLAlchemy's.
    """

    def __init__(
        self, statement: sa.Select[*tuple[Any, ...]] | sa.Insert, columns: Sequence[str] | None = None
    ) -> None:
        """`columns`: the names of those that an INSERT sets."""
        self._statement = statement
        self._columns = columns
        names = [str(column.key) for column in statement.exported_columns]
        self._row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
        self._ready: dict[str, _Ready] = {}

    def all(self, session: Session, **given: Any) -> list[Any]:
        """The rows, in the statement's order. What the session has not written yet is written first, and seen."""
        session.flush()
        connection = session.connection()
        ready = self._ready.get(connection.dialect.name) or self._made_ready(connection.dialect)
        log.debug("%s", ready.text)
        parameters = ready.parameters(given)
        try:
            with closing(connection.connection.cursor()) as cursor:
                cursor.execute(ready.text, parameters)
                found = cursor.fetchall() if cursor.description else ()
        except connection.dialect.loaded_dbapi.Error as error:
            raise _as_sqlalchemy(connection, ready.text, error) from error
        return [self._row._make(ready.values(row)) for row in found]

    def first(self, session: Session, **given: Any) -> Any:
        """The first row, or None; for statements that find one at most."""
        rows = self.all(session, **given)
        return rows[0] if rows else None

    def _made_ready(self, dialect: sa.Dialect) -> "_Ready":
        compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
        assert isinstance(compiled, SQLCompiler)
        takers = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()
        }
        makers = [
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in self._statement.exported_columns
        ]
        known = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self._ready[dialect.name] = _Ready(
            str(compiled),
            {name: _through(takers[name], value) for name, value in known.items()},
            tuple((name, taker) for name, taker in takers.items() if taker is not None and name not in known),
            tuple(compiled.positiontup or compiled.binds),
            compiled.positional,
            tuple((place, maker) for place, maker in enumerate(makers) if maker is not None),
        )
        return self._ready[dialect.name]


@dataclass(frozen=True)
class _Ready:
    """A statement in the words of one database.

    `fixed` are the values that the statement itself brought; `takers` turn given values into the driver's, and `makers`
    the driver's into ours; `names` are those of all parameters, in their order, by which the driver takes them unless
    it goes by their places.
    """

    text: str
    fixed: dict[str, Any]
    takers: tuple[tuple[str, Processor], ...]
    names: tuple[str, ...]
    by_place: bool
    makers: tuple[tuple[int, Processor], ...]

    def parameters(self, given: dict[str, Any]) -> dict[str, Any] | list[Any]:
        known = self.fixed | given
        for name, taker in self.takers:
            known[name] = taker(known[name])
        return [known[name] for name in self.names] if self.by_place else {name: known[name] for name in self.names}

    def values(self, row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for place, maker in self.makers:
            values[place] = maker(values[place])
        return values


def _through(processor: Processor | None, value: Any) -> Any:
    return processor(value) if processor else value


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
