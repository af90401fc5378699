"""Searching inside words on SQLite by trigrams, as pg_trgm does it on PostgreSQL; and what one person holds, by edition.

The trigrams of each table that is searched lie in a table beside it, which triggers keep (`kit.search`, made anew
should `kit.folding` change its rules). Whoever builds one of these tables anew makes its triggers again.
"""

from alembic import op

from kit.search import index_of

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SEARCHED = {
    "licences_person": ("name", "email"),
    "licences_organisation": ("name",),
    "materials_copy": ("person_name", "organisation_name"),
    "kit_audit_entry": ("actor_name", "subject_label"),
    "kit_mail_message": ("to_name", "to_address", "subject"),
}
HELD = "ix_materials_copy_person_id_organisation_id"
HELD_BEFORE = "ix_materials_copy_person_id_edition_id"


def upgrade() -> None:
    op.create_index(HELD, "materials_copy", ["person_id", "organisation_id", "edition_id", "taken_at", "id"])
    op.drop_index(HELD_BEFORE, table_name="materials_copy")
    if op.get_bind().dialect.name == "sqlite":
        for table, columns in SEARCHED.items():
            _add_trigrams(table, columns)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in SEARCHED:
            for verb in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER {index_of(table)}_{verb}")
            op.execute(f"DROP TABLE {index_of(table)}")
    op.create_index(HELD_BEFORE, "materials_copy", ["person_id", "edition_id"])
    op.drop_index(HELD, table_name="materials_copy")


def _add_trigrams(table: str, columns: tuple[str, ...]) -> None:
    """`detail=none` keeps which rows hold a trigram and not where: half the size, and the words are compared anyway."""
    index = index_of(table)
    op.execute(
        f"CREATE VIRTUAL TABLE {index} "
        "USING fts5(words, tokenize='trigram case_sensitive 1', detail='none', columnsize=0)"
    )
    new = _words("NEW", columns)
    op.execute(
        f"CREATE TRIGGER {index}_insert AFTER INSERT ON {table} "
        f"BEGIN INSERT INTO {index} (rowid, words) VALUES (NEW.id, {new}); END"
    )
    op.execute(
        f"CREATE TRIGGER {index}_update AFTER UPDATE OF {', '.join(columns)} ON {table} "
        f"BEGIN UPDATE {index} SET words = {new} WHERE rowid = NEW.id; END"
    )
    op.execute(
        f"CREATE TRIGGER {index}_delete AFTER DELETE ON {table} BEGIN DELETE FROM {index} WHERE rowid = OLD.id; END"
    )
    op.execute(f"INSERT INTO {index} (rowid, words) SELECT id, {_words(table, columns)} FROM {table}")


def _words(row: str, columns: tuple[str, ...]) -> str:
    """The columns folded, a line each: no trigram reaches from one into the next unless a search does, too."""
    return " || char(10) || ".join(f"folded({row}.{column})" for column in columns)
