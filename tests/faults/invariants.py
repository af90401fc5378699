"""What holds whatever was killed: asked of rows, of files and of the portal itself."""

import hashlib
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.audit import AuditEntry, AuditSeal, broken_seal, seal_entries
from kit.db import Base, Database
from kit.mail import MailMessage
from kit.store import StoredFile
from licences.models import Licence, Seat
from licences.people.models import Attempt, Invitation, SignIn

# What a request writes beside what it is for: when a session was last seen, how often somebody tried.
BESIDE = {Attempt.__tablename__, SignIn.__tablename__, AuditSeal.__tablename__}


def contents(database: Database) -> dict[str, list[str]]:
    """Every row of every table, waiting jobs too."""
    queue = sa.table("workflow_status", schema=None if database.is_sqlite else "dbos")
    tables = [table for table in Base.metadata.sorted_tables if table.name not in BESIDE]
    with database.read() as session:
        return {
            table.name: sorted(map(repr, session.execute(sa.select(sa.literal_column("*")).select_from(table))))
            for table in (*tables, queue)
        }


def grown(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, int]:
    """How many rows every table has more."""
    return {name: len(rows) - len(before[name]) for name, rows in after.items() if len(rows) != len(before[name])}


def check_rows(database: Database) -> None:
    """Seats, mails and the audit trail agree with what they stand for."""
    with database.read() as session:
        _no_seat_too_many(session)
        asked = session.scalars(sa.select(Invitation.mail_id)).all()
        queued = set(session.scalars(sa.select(MailMessage.id)))
        assert set(asked) <= queued, "an invitation without its mail"
    with database.write() as session:
        seal_entries(session)
    with database.read() as session:
        assert broken_seal(session) is None
        assert _number(session, AuditSeal) == _number(session, AuditEntry)


def _no_seat_too_many(session: Session) -> None:
    in_use = sa.select(Seat.licence_id, sa.func.count()).where(Seat.released_at.is_(None)).group_by(Seat.licence_id)
    for licence, number in session.execute(in_use):
        assert number <= session.get_one(Licence, licence).seats_bought


def _number(session: Session, entity: type[Base]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(entity)) or 0


def check_files(database: Database, folder: Path) -> tuple[int, int]:
    """Each row has its file, whole; returns how many rows and files there are."""
    files = {path.name: path for path in folder.glob("??/??/*")}
    for name, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == name
    with database.read() as session:
        rows = {row.sha256: row.size for row in session.scalars(sa.select(StoredFile))}
    assert rows == {name: files[name].stat().st_size for name in rows}
    return len(rows), len(files)
