"""Messages about money are handled some together: which batch each belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("licences_told", sa.Column("batch", sa.String(40)))
    op.create_index("ix_licences_told_batch", "licences_told", ["batch"])


def downgrade() -> None:
    op.drop_index("ix_licences_told_batch", "licences_told")
    op.drop_column("licences_told", "batch")
