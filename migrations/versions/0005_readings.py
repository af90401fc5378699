"""Who said that they have read what changed in an edition."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "materials_reading",
        sa.Column("id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("edition_id", BIG, nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_materials_reading")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["licences_person.id"], name=op.f("fk_materials_reading_person_id_licences_person")
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["materials_edition.id"], name=op.f("fk_materials_reading_edition_id_materials_edition")
        ),
        sa.UniqueConstraint("person_id", "edition_id", name=op.f("uq_materials_reading_person_id_edition_id")),
    )
    op.create_index(op.f("ix_materials_reading_edition_id"), "materials_reading", ["edition_id"])


def downgrade() -> None:
    op.drop_table("materials_reading")
