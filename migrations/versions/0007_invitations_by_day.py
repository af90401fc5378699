"""Invitations of one organisation are counted by the day and looked through when their people are shown."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NAME = "ix_licences_invitation_organisation_id_invited_at"


def upgrade() -> None:
    op.create_index(NAME, "licences_invitation", ["organisation_id", "invited_at"])


def downgrade() -> None:
    op.drop_index(NAME, table_name="licences_invitation")
