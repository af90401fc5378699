"""What Alembic does not see: triggers that hold what never changes, and names unique whatever their capitals."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("kit_audit_entry", "kit_audit_seal")
# A published edition may still be withdrawn, and its prepared file made anew when the portal's address changes.
FROZEN = ("material_id", "number", "code", "file_name", "original_sha256", "published_at", "created_at")

NAMES = (
    ("uq_licences_organisation_name", "licences_organisation (lower(name))"),
    ("uq_licences_programme_name", "licences_programme (lower(name))"),
    ("uq_materials_material_title", "materials_material (programme_id, lower(title))"),
)


def _sqlite_upgrade() -> None:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in FROZEN)
    op.execute(
        "CREATE TRIGGER materials_edition_frozen BEFORE UPDATE ON materials_edition "
        f"WHEN OLD.state <> 'draft' AND ({changed} OR NEW.state = 'draft') "
        "BEGIN SELECT RAISE(ABORT, 'a published edition is immutable'); END"
    )
    op.execute(
        "CREATE TRIGGER materials_edition_kept BEFORE DELETE ON materials_edition WHEN OLD.state <> 'draft' "
        "BEGIN SELECT RAISE(ABORT, 'a published edition is immutable'); END"
    )
    for verb, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER materials_change_note_{verb.lower()} BEFORE {verb} ON materials_change_note "
            f"WHEN (SELECT state FROM materials_edition WHERE id = {row}.edition_id) <> 'draft' "
            "BEGIN SELECT RAISE(ABORT, 'a published edition is immutable'); END"
        )


def _postgresql_upgrade() -> None:
    op.execute(
        "CREATE FUNCTION kit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION kit_append_only()"
        )
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in FROZEN)
    op.execute(
        "CREATE FUNCTION materials_edition_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF OLD.state <> 'draft' THEN "
        f"IF TG_OP = 'DELETE' OR {changed} OR NEW.state = 'draft' THEN "
        "RAISE EXCEPTION 'a published edition is immutable'; END IF; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER materials_edition_frozen BEFORE UPDATE OR DELETE ON materials_edition "
        "FOR EACH ROW EXECUTE FUNCTION materials_edition_frozen()"
    )
    op.execute(
        "CREATE FUNCTION materials_change_note_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE edition bigint; BEGIN "
        "IF TG_OP = 'INSERT' THEN edition := NEW.edition_id; ELSE edition := OLD.edition_id; END IF; "
        "IF (SELECT state FROM materials_edition WHERE id = edition) <> 'draft' THEN "
        "RAISE EXCEPTION 'a published edition is immutable'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER materials_change_note_frozen BEFORE INSERT OR UPDATE OR DELETE ON materials_change_note "
        "FOR EACH ROW EXECUTE FUNCTION materials_change_note_frozen()"
    )


def upgrade() -> None:
    for name, columns in NAMES:
        op.execute(f"CREATE UNIQUE INDEX {name} ON {columns}")
    if op.get_bind().dialect.name == "sqlite":
        _sqlite_upgrade()
    else:
        _postgresql_upgrade()


def downgrade() -> None:
    for name, _ in NAMES:
        op.execute(f"DROP INDEX {name}")
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_no_{verb}")
        for trigger in ("materials_edition_frozen", "materials_edition_kept"):
            op.execute(f"DROP TRIGGER {trigger}")
        for verb in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER materials_change_note_{verb}")
        return
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute("DROP TRIGGER materials_edition_frozen ON materials_edition")
    op.execute("DROP TRIGGER materials_change_note_frozen ON materials_change_note")
    for function in ("kit_append_only", "materials_edition_frozen", "materials_change_note_frozen"):
        op.execute(f"DROP FUNCTION {function}()")
