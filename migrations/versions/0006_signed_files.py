"""Signed files: that staff are asked, and what they decided; and what staff should know of an edition's file.

The CHECK belongs to its column, so that SQLite can add and drop both without rebuilding a table with triggers.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE materials_edition ADD COLUMN signature VARCHAR(40) "
        "CONSTRAINT ck_materials_edition_signature CHECK (signature IN ('asked', 'given up'))"
    )
    op.execute("ALTER TABLE materials_edition ADD COLUMN notes TEXT")


def downgrade() -> None:
    op.execute("ALTER TABLE materials_edition DROP COLUMN notes")
    op.execute("ALTER TABLE materials_edition DROP COLUMN signature")
