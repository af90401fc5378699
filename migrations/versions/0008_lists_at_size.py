"""Indexes that let every list cost the same on a thousand times the rows: in its order, by each of its filters.

Those on folded words (`kit.folding`, made anew should its rules change) are not in the models: Alembic cannot compare
them. Searching inside words takes pg_trgm, which belongs to PostgreSQL and which a database's owner may add; where it
cannot be had, searches find the same and take longer.
"""

import logging

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

from kit.folding import folded

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

log = logging.getLogger(__name__)

INDEXES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("kit_audit_entry", ("action", "at")),
    ("kit_audit_entry", ("organisation_id", "at")),
    ("kit_audit_entry", ("subject_kind", "at")),
    ("materials_copy", ("edition_id", "taken_at")),
    ("materials_copy", ("organisation_id", "taken_at")),
    ("materials_copy", ("person_id", "taken_at")),
    ("licences_period", ("ends_on",)),
)
# The new ones begin with the same column.
SPARED = (
    ("kit_audit_entry", "action"),
    ("kit_audit_entry", "organisation_id"),
    ("materials_copy", "edition_id"),
    ("materials_copy", "organisation_id"),
)
ORDERED = ("licences_person", "licences_organisation")
SEARCHED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("licences_person", ("name", "email")),
    ("licences_organisation", ("name",)),
    ("materials_copy", ("person_name", "organisation_name")),
    ("kit_audit_entry", ("actor_name", "subject_label")),
    ("kit_mail_message", ("to_name", "to_address", "subject")),
)
WAITING = "ix_licences_person_without_password"


def upgrade() -> None:
    for table, columns in INDEXES:
        op.create_index(_name(table, columns), table, list(columns))
    for table, column in SPARED:
        op.drop_index(_name(table, (column,)), table_name=table)
    empty = sa.text("password_hash IS NULL")
    op.create_index(WAITING, "licences_person", ["id"], sqlite_where=empty, postgresql_where=empty)
    for table in ORDERED:
        op.execute(f"CREATE INDEX ix_{table}_name_folded ON {table} (({_folded('name')}))")
    if op.get_bind().dialect.name == "postgresql" and _has_trigrams():
        for table, columns in SEARCHED:
            words = ", ".join(f"({_folded(column)}) gin_trgm_ops" for column in columns)
            op.execute(f"CREATE INDEX ix_{table}_words_folded ON {table} USING gin ({words})")


def downgrade() -> None:
    for table, _ in SEARCHED:
        op.execute(f"DROP INDEX IF EXISTS ix_{table}_words_folded")
    for table in ORDERED:
        op.execute(f"DROP INDEX ix_{table}_name_folded")
    op.drop_index(WAITING, table_name="licences_person")
    for table, column in SPARED:
        op.create_index(_name(table, (column,)), table, [column])
    for table, columns in INDEXES:
        op.drop_index(_name(table, columns), table_name=table)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"


def _folded(column: str) -> str:
    """The expression as queries write it, without which the index would not be used."""
    dialect = op.get_bind().dialect
    made = folded(sa.column(column)).compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    return str(made).replace("%%", "%")


def _has_trigrams() -> bool:
    """Adds the extension where it may be added; a savepoint keeps the rest when it may not."""
    bind = op.get_bind()
    try:
        with bind.begin_nested():
            bind.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DBAPIError as error:
        log.warning("pg_trgm cannot be had: searches take longer on long lists (%s)", error.orig)
        return False
    return True
