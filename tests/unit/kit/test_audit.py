"""The audit trail: rows that cannot be changed, and a chain that shows it when they were."""

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from kit import audit
from kit.audit import Actor, AuditEntry, AuditSeal, Subject
from kit.clock import SteppingClock
from kit.db import Database

RUTH = Actor(person_id=7, name="Ruth O'Hara", organisation_id=3)


def note(session: Session, clock: SteppingClock, number: int, **detail: str | int | bool | None) -> None:
    audit.record(session, clock, RUTH, "edition published", Subject("edition", number, f"3.{number}", 1), **detail)


def test_an_entry_holds_who_what_and_when(session: Session, clock: SteppingClock) -> None:
    note(session, clock, 2, pages=64, reason=None)
    entry = session.scalars(sa.select(AuditEntry)).one()
    assert (entry.at, entry.actor_person_id, entry.actor_name) == (clock.now(), 7, "Ruth O'Hara")
    assert (entry.action, entry.subject_kind, entry.subject_id, entry.subject_label) == (
        "edition published",
        "edition",
        2,
        "3.2",
    )
    assert (entry.organisation_id, entry.detail) == (1, {"pages": 64})


@pytest.mark.parametrize("statement", ["UPDATE kit_audit_entry SET action = 'x'", "DELETE FROM kit_audit_entry"])
def test_the_database_refuses_to_change_entries(session: Session, clock: SteppingClock, statement: str) -> None:
    note(session, clock, 1)
    session.flush()
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(sa.text(statement))


def test_entries_are_sealed_once_in_their_order(session: Session, clock: SteppingClock) -> None:
    for number in range(3):
        note(session, clock, number)
    assert audit.seal_entries(session) == 3
    assert audit.seal_entries(session) == 0
    note(session, clock, 9)
    assert audit.seal_entries(session) == 1
    assert audit.broken_seal(session) is None
    assert session.scalar(sa.select(sa.func.count(sa.distinct(AuditSeal.seal)))) == 4


def test_a_change_behind_the_databases_back_shows(database: Database, clock: SteppingClock) -> None:
    with database.write() as session:
        for number in range(3):
            note(session, clock, number)
        audit.seal_entries(session)
        second = session.scalars(sa.select(AuditEntry.id).order_by(AuditEntry.id)).all()[1]
    with database.writer.begin() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER kit_audit_entry_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE kit_audit_entry DISABLE TRIGGER ALL")
        connection.execute(sa.update(AuditEntry).where(AuditEntry.id == second).values(actor_name="Somebody else"))
    with database.read() as session:
        assert audit.broken_seal(session) == second


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_one_who_seals_between_our_reads_breaks_no_chain(database: Database, clock: SteppingClock) -> None:
    """On SQLite a writing transaction is alone, so nobody can come between."""
    with database.write() as session:
        for number in range(3):
            note(session, clock, number)
    seals_once_in_between(database, clock)
    with pytest.raises(IntegrityError), database.write() as session:
        audit.seal_entries(session)
    with database.write() as session:
        audit.seal_entries(session)
        assert audit.broken_seal(session) is None
        assert session.scalar(sa.select(sa.func.count(AuditSeal.position))) == 4


def seals_once_in_between(database: Database, clock: SteppingClock) -> None:
    """After the next sealing has read what waits, another worker seals all there is, and one entry comes."""
    came: list[bool] = []

    @event.listens_for(database.writer, "after_cursor_execute")
    def come_in_between(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if came or "FROM kit_audit_entry" not in statement:
            return
        came.append(True)
        other = Database(database.url.render_as_string(hide_password=False))
        with other.write() as session:
            audit.seal_entries(session)
        with other.write() as session:
            note(session, clock, 99)
        other.close()
