"""What finance offices are told: whom to pay, links to one invoice, mails with a file, words that staff changed."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "licences_payee",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("legal_name", sa.String(120), nullable=False),
        sa.Column("address", sa.String(300), nullable=False),
        sa.Column("vat_number", sa.String(20)),
        sa.Column("account_name", sa.String(70), nullable=False),
        sa.Column("sort_code", sa.String(6), nullable=False),
        sa.Column("account_number", sa.String(8), nullable=False),
        *_done("asked", "asked_by_id", nullable=False),
        *_done("agreed", "agreed_by_id", nullable=True),
        sa.Column("dropped_at", MOMENT),
        sa.CheckConstraint("length(sort_code) = 6 AND length(account_number) = 8", name="figures"),
        sa.CheckConstraint("agreed_by_id <> asked_by_id", name="second_is_another"),
        sa.CheckConstraint("(agreed_at IS NULL) = (agreed_by_id IS NULL)", name="agreed_by_somebody"),
        sa.CheckConstraint("agreed_at IS NULL OR dropped_at IS NULL", name="agreed_or_dropped"),
    )
    op.create_table(
        "licences_pay_link",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("invoice_id", BIG, sa.ForeignKey("licences_invoice.id"), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False, unique=True),
        *_done("made", "", nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        *_done("withdrawn", "", nullable=True),
        sa.CheckConstraint("expires_at > made_at", name="in_order"),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn_by_somebody"),
    )
    op.create_index("ix_licences_pay_link_invoice_id", "licences_pay_link", ["invoice_id"])
    op.create_table(
        "licences_invoice_file",
        sa.Column("invoice_id", BIG, sa.ForeignKey("licences_invoice.id"), primary_key=True),
        sa.Column("sha256", sa.String(64), sa.ForeignKey("kit_stored_file.sha256"), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        *_done("added", "", nullable=False),
    )
    op.create_index("ix_licences_invoice_file_sha256", "licences_invoice_file", ["sha256"])
    _mails()


def downgrade() -> None:
    op.drop_table("kit_mail_wording")
    op.drop_column("kit_mail_message", "enclosure_id")
    op.drop_column("kit_mail_message", "enclosure_kind")
    for table in ("invoice_file", "pay_link", "payee"):
        op.drop_table(f"licences_{table}")


def _mails() -> None:
    op.add_column("kit_mail_message", sa.Column("enclosure_kind", sa.String(40)))
    op.add_column("kit_mail_message", sa.Column("enclosure_id", BIG))
    op.create_table(
        "kit_mail_wording",
        sa.Column("template", sa.String(100), primary_key=True),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        *_done("changed", "", nullable=False),
    )


def _done(what: str, person: str, *, nullable: bool) -> tuple[sa.Column[object], ...]:
    """When something was done and by whom; with `person` the column of their id, too."""
    own = (sa.Column(person, BIG, sa.ForeignKey("licences_person.id"), nullable=nullable),) if person else ()
    return (
        *own,
        sa.Column(f"{what}_by", sa.String(200), nullable=nullable),
        sa.Column(f"{what}_at", MOMENT, nullable=nullable),
    )
