"""What stands behind every request does the same as by SQLAlchemy's own way, on both databases."""

import logging
from datetime import date, timedelta
from enum import StrEnum

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from kit import audit
from kit.clock import SteppingClock
from kit.db import Database, is_passing, words
from kit.statements import Statement
from kit.store import StoredFile


class Kind(StrEnum):
    PDF = "application/pdf"
    TEXT = "text/plain"


KIND = sa.type_coerce(StoredFile.content_type, words(Kind))
ALL_SORTS = (
    sa.select(
        StoredFile.sha256,
        StoredFile.size,
        StoredFile.created_at,
        KIND.label("kind"),
        (StoredFile.size > 5).label("is_large"),
        sa.literal(date(2026, 2, 28), sa.Date).label("day"),
        audit.AuditEntry.detail,
    )
    .join(audit.AuditEntry, audit.AuditEntry.subject_label == StoredFile.sha256)
    .where(KIND == Kind.PDF, StoredFile.size >= sa.bindparam("least"), StoredFile.sha256 != sa.bindparam("not_this"))
    .order_by(StoredFile.size)
    .limit(2)
)


def keep(session: Session, clock: SteppingClock, letter: str, size: int, kind: Kind = Kind.PDF) -> None:
    clock.move(minutes=1)
    session.add(StoredFile(sha256=letter * 64, size=size, content_type=kind.value, created_at=clock.now()))
    subject = audit.Subject("file", None, letter * 64)
    audit.record(session, clock, audit.SYSTEM, "file kept", subject, size=size, ready=True)


def test_values_and_names_are_those_of_sqlalchemy(session: Session, clock: SteppingClock) -> None:
    for letter, size in zip("abcde", (9, 1, 7, 5, 3), strict=True):
        keep(session, clock, letter, size)
    keep(session, clock, "f", 6, Kind.TEXT)
    session.flush()
    asked = {"least": 3, "not_this": "e" * 64}
    expected = session.execute(ALL_SORTS, asked).all()
    found = Statement(ALL_SORTS).all(session, **asked)
    assert [tuple(row) for row in found] == [tuple(row) for row in expected]
    assert [row.sha256[0] for row in found] == ["d", "c"]
    assert found[0].kind is Kind.PDF
    assert found[0].created_at == clock.now() - timedelta(minutes=2)
    assert found[0].detail == {"size": 5, "ready": True}


def test_it_is_asked_in_the_callers_transaction(session: Session, clock: SteppingClock) -> None:
    statement = Statement(sa.select(StoredFile.size).where(StoredFile.sha256 == sa.bindparam("sha256")))
    assert statement.first(session, sha256="a" * 64) is None
    keep(session, clock, "a", 4)  # not flushed
    assert statement.first(session, sha256="a" * 64).size == 4


def test_what_is_asked_for_must_be_said(session: Session) -> None:
    with pytest.raises(KeyError):
        Statement(ALL_SORTS).all(session, least=3)


def test_what_is_inserted_is_kept_as_sqlalchemy_keeps_it(session: Session, clock: SteppingClock) -> None:
    columns = ("at", "actor_name", "action", "subject_kind", "subject_label", "detail")
    kept = Statement(sa.insert(audit.AuditEntry).returning(audit.AuditEntry.id, audit.AuditEntry.at), columns)
    given = {"at": clock.now(), "actor_name": "Ann", "action": "thing done", "subject_kind": "thing"}
    row = kept.first(session, **given, subject_label="Ä", detail={"size": 5, "ready": True})
    entry = session.get_one(audit.AuditEntry, row.id)
    assert (entry.at, entry.subject_label, entry.detail) == (clock.now(), "Ä", {"size": 5, "ready": True})
    assert row.at == clock.now()
    with pytest.raises(ValueError, match="time zone"):
        kept.first(session, **given | {"at": clock.now().replace(tzinfo=None)}, subject_label="", detail={})


def test_a_constraint_that_bites_is_an_error_to_try_again(session: Session, clock: SteppingClock) -> None:
    insert = Statement(sa.insert(StoredFile).inline(), ("sha256", "size", "content_type", "created_at"))
    given = {"sha256": "a" * 64, "size": 1, "content_type": "text/plain", "created_at": clock.now()}
    assert insert.all(session, **given) == []
    with pytest.raises(IntegrityError) as caught, session.begin_nested():
        insert.all(session, **given)
    if session.get_bind().dialect.name == "postgresql":
        assert is_passing(caught.value)


def test_errors_are_sqlalchemys_and_name_no_words_of_people(database: Database) -> None:
    gone = sa.table("kit_no_such_table", sa.column("name"))
    statement = Statement(sa.select(gone.c.name).where(gone.c.name == sa.bindparam("name")))
    with database.read() as session, pytest.raises(DBAPIError, match="kit_no_such_table") as caught:
        statement.all(session, name="Amara Okafor")
    assert "Amara" not in str(caught.value)


def test_a_connection_that_is_gone_is_not_given_to_the_next(database: Database, database_kind: str) -> None:
    statement = Statement(sa.select(sa.func.count().label("count")).select_from(StoredFile))
    with database.read() as session:
        if database_kind == "postgresql":
            me = session.scalar(sa.text("SELECT pg_backend_pid()"))
            with database.write() as other:
                other.execute(sa.text("SELECT pg_terminate_backend(:me)"), {"me": me})
        else:
            driver = session.connection().connection.dbapi_connection
            assert driver is not None
            driver.close()
        with pytest.raises(DBAPIError):
            statement.first(session)
    with database.read() as session:
        assert statement.first(session).count == 0


def test_statements_can_be_seen_in_the_log(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "kit.statements"):
        Statement(sa.select(StoredFile.size)).all(session)
    assert "kit_stored_file" in caplog.text
