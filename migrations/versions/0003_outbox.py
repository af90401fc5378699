"""The outbox: mails, what became of them, and who has one in hand."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEXED = (["to_address"], ["template"], ["state"], ["queued_at"], ["about_kind", "about_id"])


def upgrade() -> None:
    op.create_table(
        "kit_mail_message",
        sa.Column("id", BIG, nullable=False),
        sa.Column("message_id", sa.String(200), nullable=False),
        sa.Column("to_address", sa.String(254), nullable=False),
        sa.Column("to_name", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("about_kind", sa.String(), nullable=True),
        sa.Column("about_id", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kit_mail_message")),
        sa.UniqueConstraint("message_id", name=op.f("uq_kit_mail_message_message_id")),
        sa.CheckConstraint("state in ('queued', 'sent', 'failed')", name=op.f("ck_kit_mail_message_state_is_known")),
        sa.CheckConstraint(
            "(state = 'sent') = (sent_at is not null)", name=op.f("ck_kit_mail_message_sent_has_its_moment")
        ),
    )
    for columns in INDEXED:
        op.create_index(op.f(f"ix_kit_mail_message_{'_'.join(columns)}"), "kit_mail_message", columns)


def downgrade() -> None:
    op.drop_table("kit_mail_message")
