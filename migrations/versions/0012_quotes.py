"""Quotes: what was quoted to whom, and until when it stands."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "licences_quote",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("reference", sa.String(20), nullable=False, unique=True),
        sa.Column("fingerprint", sa.String(64), nullable=False, unique=True),
        sa.Column("programme_id", BIG, sa.ForeignKey("licences_programme.id"), nullable=False),
        sa.Column("programme_name", sa.String(120), nullable=False),
        sa.Column("organisation_name", sa.String(120), nullable=False),
        sa.Column("register_reference", sa.String(12)),
        sa.Column("person_name", sa.String(120), nullable=False),
        sa.Column("person_email", sa.String(254), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("net_pence", BIG, nullable=False),
        sa.Column("vat_basis_points", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stands_until", sa.Date(), nullable=False),
        sa.CheckConstraint("currency = 'GBP'", name="currency"),
        sa.CheckConstraint("ends_on >= starts_on", name="in_order"),
        sa.CheckConstraint("seats BETWEEN 1 AND 10000", name="seats"),
        sa.CheckConstraint("net_pence BETWEEN 0 AND 100000000", name="net"),
        sa.CheckConstraint("vat_basis_points BETWEEN 0 AND 10000", name="vat"),
    )
    op.create_index("ix_licences_quote_programme_id", "licences_quote", ["programme_id"])


def downgrade() -> None:
    op.drop_table("licences_quote")
