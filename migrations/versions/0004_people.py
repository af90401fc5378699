"""People: several places each, invitations, changes of address, second factors, merges; more kinds of one-use links.

SQLite rebuilds a table to alter it and forgets its indexes on expressions: they are said again here.
"""

from contextlib import AbstractContextManager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVE = sa.text("ended_at IS NULL")
OPEN = sa.text("accepted_at IS NULL AND withdrawn_at IS NULL")
ONE_PURPOSE = "purpose IN ('set password')"
PURPOSES = "purpose IN ('set password', 'sign in', 'invitation', 'confirm e-mail address', 'object to e-mail address')"
ORGANISATION_NAME = "CREATE UNIQUE INDEX uq_licences_organisation_name ON licences_organisation (lower(name))"
NO_ORGANISATION_NAME = "DROP INDEX uq_licences_organisation_name"
REGISTER_NUMBERS = ("urn", "ukprn", "trust_uid")


def upgrade() -> None:
    _new_tables()
    _widen_organisations()
    _widen_people()
    _widen_tokens()


def downgrade() -> None:
    _narrow_tokens()
    _narrow_people()
    _narrow_organisations()
    for table in ("licences_invitation", "licences_recovery_code", "licences_email_change", "licences_authenticator"):
        op.drop_table(table)
    op.drop_table("licences_merge")


def _altered(table: str) -> AbstractContextManager[BatchOperations]:
    """Reads back one table alone: indexes on expressions of those it refers to would warn."""
    return op.batch_alter_table(table, reflect_kwargs={"resolve_fks": False})


def _widen_organisations() -> None:
    op.execute(NO_ORGANISATION_NAME)
    with _altered("licences_organisation") as table:
        table.add_column(sa.Column("address", sa.String(500), nullable=False, server_default=""))
        for number, length in zip(REGISTER_NUMBERS, (6, 8, 10), strict=True):
            table.add_column(sa.Column(number, sa.String(length), nullable=True))
            table.create_unique_constraint(op.f(f"uq_licences_organisation_{number}"), [number])
        _add_merged_into(table, "licences_organisation")
    op.execute(ORGANISATION_NAME)


def _narrow_organisations() -> None:
    op.execute(NO_ORGANISATION_NAME)
    with _altered("licences_organisation") as table:
        for number in REGISTER_NUMBERS:
            table.drop_constraint(op.f(f"uq_licences_organisation_{number}"), type_="unique")
            table.drop_column(number)
        table.drop_column("address")
        _drop_merged_into(table, "licences_organisation")
    op.execute(ORGANISATION_NAME)


def _add_merged_into(table: BatchOperations, name: str) -> None:
    table.add_column(sa.Column("merged_into_id", BIG, nullable=True))
    table.create_index(op.f(f"ix_{name}_merged_into_id"), ["merged_into_id"])
    table.create_foreign_key(op.f(f"fk_{name}_merged_into_id_{name}"), name, ["merged_into_id"], ["id"])
    table.create_check_constraint(op.f(f"ck_{name}_merged_into_another"), sa.text("merged_into_id <> id"))


def _drop_merged_into(table: BatchOperations, name: str) -> None:
    table.drop_constraint(op.f(f"ck_{name}_merged_into_another"), type_="check")
    table.drop_constraint(op.f(f"fk_{name}_merged_into_id_{name}"), type_="foreignkey")
    table.drop_index(op.f(f"ix_{name}_merged_into_id"))
    table.drop_column("merged_into_id")


def _widen_people() -> None:
    with _altered("licences_person") as table:
        _add_merged_into(table, "licences_person")
    with _altered("licences_membership") as table:
        table.add_column(sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
        table.drop_constraint(op.f("uq_licences_membership_person_id_organisation_id"), type_="unique")
    op.create_index(
        "uq_licences_membership_live",
        "licences_membership",
        ["person_id", "organisation_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    with _altered("licences_sign_in") as table:
        table.add_column(sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("sure_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("acting_for_id", BIG, nullable=True))
        table.create_foreign_key(
            op.f("fk_licences_sign_in_acting_for_id_licences_membership"),
            "licences_membership",
            ["acting_for_id"],
            ["id"],
        )


def _narrow_people() -> None:
    """Places that ended are history that the older tables cannot hold."""
    op.execute("DELETE FROM licences_sign_in")
    op.execute("DELETE FROM licences_membership WHERE ended_at IS NOT NULL")
    with _altered("licences_sign_in") as table:
        table.drop_constraint(op.f("fk_licences_sign_in_acting_for_id_licences_membership"), type_="foreignkey")
        for column in ("acting_for_id", "sure_at", "proved_at"):
            table.drop_column(column)
    op.drop_index("uq_licences_membership_live", table_name="licences_membership")
    with _altered("licences_membership") as table:
        table.create_unique_constraint(
            op.f("uq_licences_membership_person_id_organisation_id"), ["person_id", "organisation_id"]
        )
        table.drop_column("ended_at")
    with _altered("licences_person") as table:
        _drop_merged_into(table, "licences_person")


def _widen_tokens() -> None:
    with _altered("licences_one_use_token") as table:
        table.add_column(sa.Column("invitation_id", BIG, nullable=True))
        table.add_column(sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True))
        table.alter_column("person_id", existing_type=BIG, nullable=True)
        table.create_index(op.f("ix_licences_one_use_token_invitation_id"), ["invitation_id"])
        table.create_foreign_key(
            op.f("fk_licences_one_use_token_invitation_id_licences_invitation"),
            "licences_invitation",
            ["invitation_id"],
            ["id"],
        )
        table.drop_constraint(op.f("ck_licences_one_use_token_tokenpurpose"), type_="check")
        table.create_check_constraint(op.f("ck_licences_one_use_token_tokenpurpose"), sa.text(PURPOSES))
        table.create_check_constraint(
            op.f("ck_licences_one_use_token_person_or_invitation"),
            sa.text("(person_id IS NULL) <> (invitation_id IS NULL)"),
        )
        table.create_check_constraint(
            op.f("ck_licences_one_use_token_invitation_has_its_purpose"),
            sa.text("(purpose = 'invitation') = (invitation_id IS NOT NULL)"),
        )


def _narrow_tokens() -> None:
    op.execute("DELETE FROM licences_one_use_token WHERE purpose <> 'set password'")
    with _altered("licences_one_use_token") as table:
        for check in ("tokenpurpose", "person_or_invitation", "invitation_has_its_purpose"):
            table.drop_constraint(op.f(f"ck_licences_one_use_token_{check}"), type_="check")
        table.drop_constraint(op.f("fk_licences_one_use_token_invitation_id_licences_invitation"), type_="foreignkey")
        table.drop_index(op.f("ix_licences_one_use_token_invitation_id"))
        table.alter_column("person_id", existing_type=BIG, nullable=False)
        table.drop_column("detail")
        table.drop_column("invitation_id")
        table.create_check_constraint(op.f("ck_licences_one_use_token_tokenpurpose"), sa.text(ONE_PURPOSE))


def _new_tables() -> None:
    op.create_table(
        "licences_merge",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("kept_id", BIG, nullable=False),
        sa.Column("gone_id", BIG, nullable=False),
        sa.Column("moved", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by", sa.String(length=120), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('person', 'organisation')", name=op.f("ck_licences_merge_kind_is_known")),
        sa.CheckConstraint("kept_id <> gone_id", name=op.f("ck_licences_merge_of_two")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_merge")),
    )
    with op.batch_alter_table("licences_merge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_licences_merge_gone_id"), ["gone_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_licences_merge_kept_id"), ["kept_id"], unique=False)

    op.create_table(
        "licences_authenticator",
        sa.Column("id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "authenticator app",
                "passkey",
                name="authenticatorkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("secret", sa.String(length=1000), nullable=False),
        sa.Column("credential", sa.String(length=1400), nullable=True),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("last_step", BIG, nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'passkey') = (credential IS NOT NULL)",
            name=op.f("ck_licences_authenticator_passkey_has_its_credential"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["licences_person.id"], name=op.f("fk_licences_authenticator_person_id_licences_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_authenticator")),
        sa.UniqueConstraint("credential", name=op.f("uq_licences_authenticator_credential")),
    )
    with op.batch_alter_table("licences_authenticator", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_licences_authenticator_person_id"), ["person_id"], unique=False)

    op.create_table(
        "licences_email_change",
        sa.Column("id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("before", sa.String(length=254), nullable=False),
        sa.Column("after", sa.String(length=254), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vouched_by_id", BIG, nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("objected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["licences_person.id"], name=op.f("fk_licences_email_change_person_id_licences_person")
        ),
        sa.ForeignKeyConstraint(
            ["vouched_by_id"],
            ["licences_person.id"],
            name=op.f("fk_licences_email_change_vouched_by_id_licences_person"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_email_change")),
    )
    with op.batch_alter_table("licences_email_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_licences_email_change_person_id"), ["person_id"], unique=False)

    op.create_table(
        "licences_recovery_code",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["licences_person.id"], name=op.f("fk_licences_recovery_code_person_id_licences_person")
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_licences_recovery_code")),
    )
    with op.batch_alter_table("licences_recovery_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_licences_recovery_code_person_id"), ["person_id"], unique=False)

    op.create_table(
        "licences_invitation",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
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
        sa.Column("licence_id", BIG, nullable=True),
        sa.Column("invited_by_id", BIG, nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mail_id", BIG, nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by_id", BIG, nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(accepted_at IS NULL) = (accepted_by_id IS NULL)", name=op.f("ck_licences_invitation_accepted_by_somebody")
        ),
        sa.CheckConstraint(
            "accepted_at IS NULL OR withdrawn_at IS NULL", name=op.f("ck_licences_invitation_accepted_or_withdrawn")
        ),
        sa.ForeignKeyConstraint(
            ["accepted_by_id"],
            ["licences_person.id"],
            name=op.f("fk_licences_invitation_accepted_by_id_licences_person"),
        ),
        sa.ForeignKeyConstraint(
            ["invited_by_id"], ["licences_person.id"], name=op.f("fk_licences_invitation_invited_by_id_licences_person")
        ),
        sa.ForeignKeyConstraint(
            ["licence_id"], ["licences_licence.id"], name=op.f("fk_licences_invitation_licence_id_licences_licence")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["licences_organisation.id"],
            name=op.f("fk_licences_invitation_organisation_id_licences_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_invitation")),
    )
    with op.batch_alter_table("licences_invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_licences_invitation_email"), ["email"], unique=False)
        batch_op.create_index(
            "uq_licences_invitation_open",
            ["organisation_id", "email"],
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        )
