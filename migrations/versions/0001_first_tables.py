"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kit_audit_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject_label", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kit_audit_entry")),
    )
    with op.batch_alter_table("kit_audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kit_audit_entry_action"), ["action"], unique=False)
        batch_op.create_index(batch_op.f("ix_kit_audit_entry_actor_person_id"), ["actor_person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_kit_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_kit_audit_entry_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_kit_audit_entry_subject_kind_subject_id"), ["subject_kind", "subject_id"], unique=False
        )

    op.create_table(
        "kit_job_death",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kit_job_death")),
    )
    op.create_table(
        "kit_job_failure",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("arguments", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("repeated_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kit_job_failure")),
    )
    with op.batch_alter_table("kit_job_failure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kit_job_failure_failed_at"), ["failed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_kit_job_failure_job"), ["job"], unique=False)

    op.create_table(
        "kit_periodic",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_kit_periodic")),
    )
    op.create_table(
        "kit_stored_file",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_kit_stored_file_sha256_is_whole")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_kit_stored_file_size_is_not_negative")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_kit_stored_file")),
    )
    op.create_table(
        "kit_worker",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("adopter", sa.String(length=26), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kit_worker")),
    )
    with op.batch_alter_table("kit_worker", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kit_worker_beat_at"), ["beat_at"], unique=False)

    op.create_table(
        "licences_attempt",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_licences_attempt")),
    )
    op.create_table(
        "licences_legal_text",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "terms-of-use",
                "terms",
                "privacy",
                "cookies",
                "accessibility",
                name="legalkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_legal_text")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_licences_legal_text_kind_version")),
    )
    op.create_table(
        "licences_organisation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "licensor",
                "local authority",
                "EP team",
                "Virtual School team",
                "multi-academy trust",
                name="organisationkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_organisation")),
    )
    op.create_table(
        "licences_person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_person")),
        sa.UniqueConstraint("email", name=op.f("uq_licences_person_email")),
    )
    op.create_table(
        "licences_programme",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("trainer_days", sa.Integer(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("days BETWEEN 1 AND 30", name=op.f("ck_licences_programme_days")),
        sa.CheckConstraint("trainer_days BETWEEN 1 AND 30", name=op.f("ck_licences_programme_trainer_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_programme")),
    )
    op.create_table(
        "kit_audit_seal",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["kit_audit_entry.id"], name=op.f("fk_kit_audit_seal_entry_id_kit_audit_entry")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_kit_audit_seal")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_kit_audit_seal_entry_id")),
    )
    op.create_table(
        "licences_acceptance",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("legal_text_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["legal_text_id"],
            ["licences_legal_text.id"],
            name=op.f("fk_licences_acceptance_legal_text_id_licences_legal_text"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["licences_person.id"], name=op.f("fk_licences_acceptance_person_id_licences_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_acceptance")),
        sa.UniqueConstraint("person_id", "legal_text_id", name=op.f("uq_licences_acceptance_person_id_legal_text_id")),
    )
    op.create_table(
        "licences_accreditation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("programme_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_licences_accreditation_in_order")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["licences_person.id"], name=op.f("fk_licences_accreditation_person_id_licences_person")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["licences_programme.id"],
            name=op.f("fk_licences_accreditation_programme_id_licences_programme"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_accreditation")),
        sa.UniqueConstraint("person_id", "programme_id", name=op.f("uq_licences_accreditation_person_id_programme_id")),
    )
    with op.batch_alter_table("licences_accreditation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_licences_accreditation_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "licences_licence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("programme_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seats_bought", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("seats_bought BETWEEN 0 AND 10000", name=op.f("ck_licences_licence_seats_bought")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["licences_organisation.id"],
            name=op.f("fk_licences_licence_organisation_id_licences_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["licences_programme.id"],
            name=op.f("fk_licences_licence_programme_id_licences_programme"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_licence")),
        sa.UniqueConstraint(
            "organisation_id", "programme_id", name=op.f("uq_licences_licence_organisation_id_programme_id")
        ),
    )
    with op.batch_alter_table("licences_licence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_licences_licence_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "licences_membership",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "staff",
                "licence manager",
                "finance contact",
                "trainer",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["licences_organisation.id"],
            name=op.f("fk_licences_membership_organisation_id_licences_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["licences_person.id"], name=op.f("fk_licences_membership_person_id_licences_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_membership")),
        sa.UniqueConstraint(
            "person_id", "organisation_id", name=op.f("uq_licences_membership_person_id_organisation_id")
        ),
    )
    with op.batch_alter_table("licences_membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_licences_membership_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "licences_one_use_token",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum("set password", name="tokenpurpose", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["licences_person.id"], name=op.f("fk_licences_one_use_token_person_id_licences_person")
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_licences_one_use_token")),
    )
    with op.batch_alter_table("licences_one_use_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_licences_one_use_token_person_id"), ["person_id"], unique=False)

    op.create_table(
        "materials_material",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("programme_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "trainer manual",
                "slide deck",
                "handout",
                "reference book",
                name="materialkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("may_print", sa.Boolean(), nullable=False),
        sa.Column("may_project", sa.Boolean(), nullable=False),
        sa.Column("may_adapt", sa.Boolean(), nullable=False),
        sa.Column("may_hand_out", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["licences_programme.id"],
            name=op.f("fk_materials_material_programme_id_licences_programme"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_materials_material")),
    )
    with op.batch_alter_table("materials_material", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_materials_material_programme_id"), ["programme_id"], unique=False)

    op.create_table(
        "licences_period",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("licence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_licences_period_in_order")),
        sa.ForeignKeyConstraint(
            ["licence_id"], ["licences_licence.id"], name=op.f("fk_licences_period_licence_id_licences_licence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_period")),
    )
    with op.batch_alter_table("licences_period", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_licences_period_licence_id"), ["licence_id"], unique=False)

    op.create_table(
        "licences_seat",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("licence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["licence_id"], ["licences_licence.id"], name=op.f("fk_licences_seat_licence_id_licences_licence")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["licences_person.id"], name=op.f("fk_licences_seat_person_id_licences_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_seat")),
    )
    with op.batch_alter_table("licences_seat", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_licences_seat_licence_id"), ["licence_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_licences_seat_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_licences_seat_live",
            ["licence_id", "person_id"],
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        )

    op.create_table(
        "licences_sign_in",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("membership_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["membership_id"],
            ["licences_membership.id"],
            name=op.f("fk_licences_sign_in_membership_id_licences_membership"),
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_licences_sign_in")),
    )
    with op.batch_alter_table("licences_sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_licences_sign_in_membership_id"), ["membership_id"], unique=False)

    op.create_table(
        "licences_suspension",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("licence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("restored_reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "(restored_at IS NULL) = (restored_reason IS NULL)",
            name=op.f("ck_licences_suspension_restored_with_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["licence_id"], ["licences_licence.id"], name=op.f("fk_licences_suspension_licence_id_licences_licence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_suspension")),
    )
    with op.batch_alter_table("licences_suspension", schema=None) as batch_op:
        batch_op.create_index(
            "uq_licences_suspension_open",
            ["licence_id"],
            unique=True,
            sqlite_where=sa.text("restored_at IS NULL"),
            postgresql_where=sa.text("restored_at IS NULL"),
        )

    op.create_table(
        "materials_edition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("material_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=26), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "published",
                "withdrawn",
                name="editionstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("original_sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "preparation",
            sa.Enum(
                "waiting",
                "placing the stamp",
                "trying a copy",
                "ready",
                "refused",
                name="preparation",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("pages_done", sa.Integer(), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("prepared_sha256", sa.String(length=64), nullable=True),
        sa.Column("prepared_size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("prepared", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "(state = 'draft') = (published_at IS NULL)", name=op.f("ck_materials_edition_published_when_not_draft")
        ),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL) AND (withdrawn_at IS NULL) = (withdrawn_reason IS NULL)",
            name=op.f("ck_materials_edition_withdrawn_with_reason"),
        ),
        sa.CheckConstraint(
            "preparation <> 'ready' OR prepared_sha256 IS NOT NULL", name=op.f("ck_materials_edition_ready_with_file")
        ),
        sa.CheckConstraint(
            "state = 'draft' OR preparation = 'ready'", name=op.f("ck_materials_edition_published_when_ready")
        ),
        sa.ForeignKeyConstraint(
            ["material_id"], ["materials_material.id"], name=op.f("fk_materials_edition_material_id_materials_material")
        ),
        sa.ForeignKeyConstraint(
            ["original_sha256"],
            ["kit_stored_file.sha256"],
            name=op.f("fk_materials_edition_original_sha256_kit_stored_file"),
        ),
        sa.ForeignKeyConstraint(
            ["prepared_sha256"],
            ["kit_stored_file.sha256"],
            name=op.f("fk_materials_edition_prepared_sha256_kit_stored_file"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_materials_edition")),
        sa.UniqueConstraint("code", name=op.f("uq_materials_edition_code")),
        sa.UniqueConstraint("material_id", "number", name=op.f("uq_materials_edition_material_id_number")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("materials_edition", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_materials_edition_material_id_published_at"), ["material_id", "published_at"], unique=False
        )

    op.create_table(
        "materials_change_note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("edition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("must_read", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["materials_edition.id"], name=op.f("fk_materials_change_note_edition_id_materials_edition")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_materials_change_note")),
    )
    with op.batch_alter_table("materials_change_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_materials_change_note_edition_id"), ["edition_id"], unique=False)

    op.create_table(
        "materials_copy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=26), nullable=False),
        sa.Column("edition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_name", sa.String(length=120), nullable=False),
        sa.Column("organisation_name", sa.String(length=120), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("press", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["materials_edition.id"], name=op.f("fk_materials_copy_edition_id_materials_edition")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["licences_organisation.id"],
            name=op.f("fk_materials_copy_organisation_id_licences_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["licences_person.id"], name=op.f("fk_materials_copy_person_id_licences_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_materials_copy")),
        sa.UniqueConstraint("code", name=op.f("uq_materials_copy_code")),
        sa.UniqueConstraint("person_id", "press", name=op.f("uq_materials_copy_person_id_press")),
    )
    with op.batch_alter_table("materials_copy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_materials_copy_edition_id"), ["edition_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_materials_copy_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_materials_copy_person_id_edition_id"), ["person_id", "edition_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_materials_copy_taken_at"), ["taken_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("materials_copy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_materials_copy_taken_at"))
        batch_op.drop_index(batch_op.f("ix_materials_copy_person_id_edition_id"))
        batch_op.drop_index(batch_op.f("ix_materials_copy_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_materials_copy_edition_id"))

    op.drop_table("materials_copy")
    with op.batch_alter_table("materials_change_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_materials_change_note_edition_id"))

    op.drop_table("materials_change_note")
    with op.batch_alter_table("materials_edition", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_materials_edition_material_id_published_at"))

    op.drop_table("materials_edition")
    with op.batch_alter_table("licences_suspension", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_licences_suspension_open",
            sqlite_where=sa.text("restored_at IS NULL"),
            postgresql_where=sa.text("restored_at IS NULL"),
        )

    op.drop_table("licences_suspension")
    with op.batch_alter_table("licences_sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_licences_sign_in_membership_id"))

    op.drop_table("licences_sign_in")
    with op.batch_alter_table("licences_seat", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_licences_seat_live",
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_licences_seat_person_id"))
        batch_op.drop_index(batch_op.f("ix_licences_seat_licence_id"))

    op.drop_table("licences_seat")
    with op.batch_alter_table("licences_period", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_licences_period_licence_id"))

    op.drop_table("licences_period")
    with op.batch_alter_table("materials_material", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_materials_material_programme_id"))

    op.drop_table("materials_material")
    with op.batch_alter_table("licences_one_use_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_licences_one_use_token_person_id"))

    op.drop_table("licences_one_use_token")
    with op.batch_alter_table("licences_membership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_licences_membership_organisation_id"))

    op.drop_table("licences_membership")
    with op.batch_alter_table("licences_licence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_licences_licence_programme_id"))

    op.drop_table("licences_licence")
    with op.batch_alter_table("licences_accreditation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_licences_accreditation_programme_id"))

    op.drop_table("licences_accreditation")
    op.drop_table("licences_acceptance")
    op.drop_table("kit_audit_seal")
    op.drop_table("licences_programme")
    op.drop_table("licences_person")
    op.drop_table("licences_organisation")
    op.drop_table("licences_legal_text")
    op.drop_table("licences_attempt")
    with op.batch_alter_table("kit_worker", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kit_worker_beat_at"))

    op.drop_table("kit_worker")
    op.drop_table("kit_stored_file")
    op.drop_table("kit_periodic")
    with op.batch_alter_table("kit_job_failure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kit_job_failure_job"))
        batch_op.drop_index(batch_op.f("ix_kit_job_failure_failed_at"))

    op.drop_table("kit_job_failure")
    op.drop_table("kit_job_death")
    with op.batch_alter_table("kit_audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kit_audit_entry_subject_kind_subject_id"))
        batch_op.drop_index(batch_op.f("ix_kit_audit_entry_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_kit_audit_entry_at"))
        batch_op.drop_index(batch_op.f("ix_kit_audit_entry_actor_person_id"))
        batch_op.drop_index(batch_op.f("ix_kit_audit_entry_action"))

    op.drop_table("kit_audit_entry")
