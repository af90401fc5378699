"""Counts the SQL statements that a page needs, so that they do not grow with its rows."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from kit import statements
from kit.db import Database


class _Noting(logging.Handler):
    """Notes what `kit.statements` hands to the driver by itself, past SQLAlchemy's events."""

    def __init__(self, sent: list[str]) -> None:
        super().__init__()
        self.sent = sent

    def emit(self, record: logging.LogRecord) -> None:
        self.sent.append(record.getMessage())


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements sent to the database inside the block, in their order."""
    sent: list[str] = []
    noting, level = _Noting(sent), statements.log.level

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    statements.log.addHandler(noting)
    statements.log.setLevel(logging.DEBUG)
    for engine in (database.reader, database.writer):
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        for engine in (database.reader, database.writer):
            event.remove(engine, "before_cursor_execute", note)
        statements.log.setLevel(level)
        statements.log.removeHandler(noting)
