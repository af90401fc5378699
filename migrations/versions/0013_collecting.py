"""Collecting by card and Direct Debit: what was asked for, what was told, and which bill is which invoice."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "licences_payer",
        sa.Column("licence_id", BIG, sa.ForeignKey("licences_licence.id"), primary_key=True),
        sa.Column("ref", sa.String(120), nullable=False, unique=True),
    )
    op.create_table(
        "licences_asked",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("key", sa.String(60), nullable=False, unique=True),
        sa.Column("order_id", BIG, sa.ForeignKey("licences_order.id"), nullable=False),
        sa.Column("is_page", sa.Boolean(), nullable=False),
        sa.Column("words", sa.String(250), nullable=False),
        sa.Column("po_number", sa.String(60)),
        sa.Column("payer_ref", sa.String(120)),
        sa.Column("payer_name", sa.String(200), nullable=False),
        sa.Column("payer_email", sa.String(254), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by", sa.String(200), nullable=False),
        sa.Column("ref", sa.String(120), unique=True),
        sa.Column("address", sa.String(2000)),
        sa.Column("closed_at", MOMENT),
        sa.CheckConstraint("(ref IS NULL) = (address IS NULL)", name="answered_whole"),
    )
    op.create_index("ix_licences_asked_order_id", "licences_asked", ["order_id"])
    op.create_table(
        "licences_bill",
        sa.Column("ref", sa.String(120), primary_key=True),
        sa.Column("invoice_id", BIG, sa.ForeignKey("licences_invoice.id"), nullable=False, unique=True),
        sa.Column("address", sa.String(2000), nullable=False),
        sa.Column("reading", BIG, nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
    )
    op.create_table(
        "licences_collected",
        sa.Column("ref", sa.String(140), primary_key=True),
        sa.Column("payment_id", BIG, sa.ForeignKey("licences_payment.id"), nullable=False, unique=True),
        sa.Column("refunded_pence", BIG, nullable=False),
        sa.CheckConstraint("refunded_pence BETWEEN 0 AND 100000000", name="refunded"),
    )
    op.create_table(
        "licences_told",
        sa.Column("id", sa.String(120), primary_key=True),
        sa.Column("kind", sa.String(120), nullable=False),
        sa.Column("about", sa.String(120), nullable=False),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("handled_at", MOMENT),
        sa.Column("outcome", sa.String(200)),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("last_error", sa.String(1000)),
        sa.CheckConstraint("(handled_at IS NULL) = (outcome IS NULL)", name="handled_with_outcome"),
    )
    op.create_index("ix_licences_told_received_at", "licences_told", ["received_at"])
    waiting = sa.text("handled_at IS NULL")
    op.create_index(
        "ix_licences_told_waiting", "licences_told", ["about"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_table(
        "licences_reconciled",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("last_told", sa.String(120)),
        sa.Column("told", BIG, nullable=False),
        sa.Column("bills", BIG, nullable=False),
        sa.Column("changed", BIG, nullable=False),
    )


def downgrade() -> None:
    for name in ("reconciled", "told", "collected", "bill", "asked", "payer"):
        op.drop_table(f"licences_{name}")
