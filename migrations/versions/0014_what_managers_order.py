"""What licence managers order: accepted quotes, seats added within a year, seats released with the next, two parts.

More kinds of legal texts: the licence terms, and the agreement on personal data.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
KINDS_BEFORE = ("terms-of-use", "terms", "privacy", "cookies", "accessibility")
NEW_KINDS = ("licence-terms", "data-processing-agreement")


def upgrade() -> None:
    op.add_column("licences_quote", sa.Column("wanted_at", MOMENT, nullable=True))
    op.create_index("ix_licences_quote_made_at", "licences_quote", ["made_at"])
    op.add_column("licences_order", sa.Column("in_two_parts", sa.Boolean(), nullable=False, server_default=sa.false()))
    _allow_kinds(*KINDS_BEFORE, *NEW_KINDS)
    op.create_table(
        "licences_quote_acceptance",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("quote_id", BIG, sa.ForeignKey("licences_quote.id"), nullable=False, unique=True),
        sa.Column("order_id", BIG, sa.ForeignKey("licences_order.id"), nullable=False, unique=True),
        sa.Column("licence_terms_id", BIG, sa.ForeignKey("licences_legal_text.id"), nullable=False),
        sa.Column("agreement_id", BIG, sa.ForeignKey("licences_legal_text.id"), nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=False),
        sa.Column("accepted_by_id", BIG, sa.ForeignKey("licences_person.id"), nullable=False),
        sa.Column("accepted_by", sa.String(200), nullable=False),
    )
    op.create_table(
        "licences_planned_release",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("order_id", BIG, sa.ForeignKey("licences_order.id"), nullable=False),
        sa.Column("person_id", BIG, sa.ForeignKey("licences_person.id"), nullable=False),
        sa.UniqueConstraint("order_id", "person_id"),
    )
    op.create_index("ix_licences_planned_release_person_id", "licences_planned_release", ["person_id"])
    _offers()


def downgrade() -> None:
    for table in ("seats_offer", "planned_release", "quote_acceptance"):
        op.drop_table(f"licences_{table}")
    for table, column in (("acceptance", "legal_text_id"), ("legal_text", "id")):
        newer = "SELECT id FROM licences_legal_text WHERE kind IN ('licence-terms', 'data-processing-agreement')"
        op.execute(f"DELETE FROM licences_{table} WHERE {column} IN ({newer})")
    _allow_kinds(*KINDS_BEFORE)
    op.drop_column("licences_order", "in_two_parts")
    op.drop_index("ix_licences_quote_made_at", table_name="licences_quote")
    op.drop_column("licences_quote", "wanted_at")


def _offers() -> None:
    op.create_table(
        "licences_seats_offer",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("licence_id", BIG, sa.ForeignKey("licences_licence.id"), nullable=False),
        *(sa.Column(name, BIG, nullable=False) for name in ("seats", "net_pence", "vat_basis_points")),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("starts_on", "ends_on", "stands_until")),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("order_id", BIG, sa.ForeignKey("licences_order.id"), unique=True),
        sa.CheckConstraint("currency = 'GBP'", name="currency"),
        sa.CheckConstraint("ends_on >= starts_on AND stands_until BETWEEN starts_on AND ends_on", name="in_order"),
        sa.CheckConstraint("seats BETWEEN 1 AND 10000", name="seats"),
        sa.CheckConstraint("net_pence BETWEEN 0 AND 100000000", name="net"),
        sa.CheckConstraint("vat_basis_points BETWEEN 0 AND 10000", name="vat"),
    )
    op.create_index("ix_licences_seats_offer_licence_id", "licences_seats_offer", ["licence_id"])


def _allow_kinds(*kinds: str) -> None:
    """SQLite rebuilds the table to change a check."""
    words = ", ".join(f"'{kind}'" for kind in kinds)
    name = op.f("ck_licences_legal_text_legalkind")
    with op.batch_alter_table("licences_legal_text", reflect_kwargs={"resolve_fks": False}) as table:
        table.drop_constraint(name, type_="check")
        table.create_check_constraint(name, sa.text(f"kind IN ({words})"))
