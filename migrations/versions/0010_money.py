"""The money: prices, orders, invoices and what was paid of them, promised renewals, decisions of staff, notices sent."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Numbers that people read and type: the same whatever their capitals.
NUMBERED = ("licences_invoice", "licences_credit_note")
TABLES = (
    "licences_price",
    "licences_notice",
    "licences_order",
    "licences_renewal_promise",
    "licences_staff_override",
    "licences_invoice",
    "licences_credit_note",
    "licences_invoice_line",
    "licences_payment",
)


def upgrade() -> None:
    op.create_table(
        "licences_price",
        sa.Column("id", BIG, nullable=False),
        sa.Column("programme_id", BIG, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("licence_pence", BIG, nullable=False),
        sa.Column("seats_included", BIG, nullable=False),
        sa.Column("seat_pence", BIG, nullable=False),
        sa.Column("vat_basis_points", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("currency = 'GBP'", name=op.f("ck_licences_price_currency")),
        sa.CheckConstraint(
            "licence_pence BETWEEN 0 AND 100000000 AND seat_pence BETWEEN 0 AND 100000000",
            name=op.f("ck_licences_price_amounts"),
        ),
        sa.CheckConstraint("seats_included BETWEEN 0 AND 10000", name=op.f("ck_licences_price_seats_included")),
        sa.CheckConstraint("vat_basis_points BETWEEN 0 AND 10000", name=op.f("ck_licences_price_vat")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["licences_programme.id"], name=op.f("fk_licences_price_programme_id_licences_programme")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_price")),
        sa.UniqueConstraint("programme_id", "from_on", name=op.f("uq_licences_price_programme_id_from_on")),
    )
    op.create_table(
        "licences_notice",
        sa.Column("id", BIG, nullable=False),
        sa.Column("licence_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["licence_id"], ["licences_licence.id"], name=op.f("fk_licences_notice_licence_id_licences_licence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_licences_notice_key")),
    )
    op.create_index(op.f("ix_licences_notice_licence_id"), "licences_notice", ["licence_id"])

    op.create_table(
        "licences_order",
        sa.Column("id", BIG, nullable=False),
        sa.Column("licence_id", BIG, nullable=False),
        sa.Column(
            "kind",
            sa.Enum("licence", "more seats", name="orderkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("seats", BIG, nullable=False),
        sa.Column("net_pence", BIG, nullable=False),
        sa.Column("vat_basis_points", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("po_number", sa.String(length=60), nullable=True),
        sa.Column("po_waived", sa.Boolean(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_by", sa.String(length=200), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint("currency = 'GBP'", name=op.f("ck_licences_order_currency")),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name=op.f("ck_licences_order_withdrawn_with_reason")
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_licences_order_in_order")),
        sa.CheckConstraint("net_pence BETWEEN 0 AND 100000000", name=op.f("ck_licences_order_net")),
        sa.CheckConstraint("seats BETWEEN 1 AND 10000", name=op.f("ck_licences_order_seats")),
        sa.CheckConstraint("vat_basis_points BETWEEN 0 AND 10000", name=op.f("ck_licences_order_vat")),
        sa.ForeignKeyConstraint(
            ["licence_id"], ["licences_licence.id"], name=op.f("fk_licences_order_licence_id_licences_licence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_order")),
    )
    op.create_index(op.f("ix_licences_order_licence_id"), "licences_order", ["licence_id"])
    op.create_index(op.f("ix_licences_order_starts_on"), "licences_order", ["starts_on"])

    op.create_table(
        "licences_renewal_promise",
        sa.Column("id", BIG, nullable=False),
        sa.Column("licence_id", BIG, nullable=False),
        sa.Column("after_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promised_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("until_on > after_on", name=op.f("ck_licences_renewal_promise_in_order")),
        sa.ForeignKeyConstraint(
            ["licence_id"],
            ["licences_licence.id"],
            name=op.f("fk_licences_renewal_promise_licence_id_licences_licence"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_renewal_promise")),
        sa.UniqueConstraint("licence_id", "after_on", name=op.f("uq_licences_renewal_promise_licence_id_after_on")),
    )
    op.create_table(
        "licences_staff_override",
        sa.Column("id", BIG, nullable=False),
        sa.Column("licence_id", BIG, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("asked_by_id", BIG, nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("needs_second", sa.Boolean(), nullable=False),
        sa.Column("agreed_by_id", BIG, nullable=True),
        sa.Column("agreed_by", sa.String(length=200), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(agreed_at IS NULL) = (agreed_by_id IS NULL)", name=op.f("ck_licences_staff_override_agreed_by_somebody")
        ),
        sa.CheckConstraint("agreed_by_id <> asked_by_id", name=op.f("ck_licences_staff_override_second_is_another")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_licences_staff_override_in_order")),
        sa.ForeignKeyConstraint(
            ["agreed_by_id"],
            ["licences_person.id"],
            name=op.f("fk_licences_staff_override_agreed_by_id_licences_person"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["licences_person.id"], name=op.f("fk_licences_staff_override_asked_by_id_licences_person")
        ),
        sa.ForeignKeyConstraint(
            ["licence_id"], ["licences_licence.id"], name=op.f("fk_licences_staff_override_licence_id_licences_licence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_staff_override")),
    )
    op.create_index(op.f("ix_licences_staff_override_licence_id"), "licences_staff_override", ["licence_id"])

    op.create_table(
        "licences_invoice",
        sa.Column("id", BIG, nullable=False),
        sa.Column("licence_id", BIG, nullable=False),
        sa.Column("order_id", BIG, nullable=True),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("po_number", sa.String(length=60), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "paid",
                "given up",
                "void",
                name="invoicestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("net_pence", BIG, nullable=False),
        sa.Column("vat_pence", BIG, nullable=False),
        sa.Column("owed_pence", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("adds_seats", BIG, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("closed_reason", sa.String(length=500), nullable=True),
        sa.Column("failed_on", sa.Date(), nullable=True),
        sa.Column("in_flight_on", sa.Date(), nullable=True),
        sa.Column("uncollectible_on", sa.Date(), nullable=True),
        sa.Column("disputed_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(owed_pence > 0) = (state IN ('open', 'given up'))", name=op.f("ck_licences_invoice_state_says_owed")
        ),
        sa.CheckConstraint(
            "(state = 'given up') = (uncollectible_on IS NOT NULL)", name=op.f("ck_licences_invoice_given_up_on_a_day")
        ),
        sa.CheckConstraint("currency = 'GBP'", name=op.f("ck_licences_invoice_currency")),
        sa.CheckConstraint(
            "state NOT IN ('void', 'given up') OR closed_reason IS NOT NULL",
            name=op.f("ck_licences_invoice_closed_with_reason"),
        ),
        sa.CheckConstraint("adds_seats BETWEEN 0 AND 10000", name=op.f("ck_licences_invoice_adds_seats")),
        sa.CheckConstraint("due_on >= issued_on", name=op.f("ck_licences_invoice_in_order")),
        sa.CheckConstraint("net_pence > 0 AND vat_pence >= 0", name=op.f("ck_licences_invoice_amounts")),
        sa.CheckConstraint("owed_pence BETWEEN 0 AND net_pence + vat_pence", name=op.f("ck_licences_invoice_owed")),
        sa.ForeignKeyConstraint(
            ["licence_id"], ["licences_licence.id"], name=op.f("fk_licences_invoice_licence_id_licences_licence")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["licences_order.id"], name=op.f("fk_licences_invoice_order_id_licences_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_invoice")),
    )
    op.create_index(op.f("ix_licences_invoice_licence_id"), "licences_invoice", ["licence_id"])
    op.create_index(op.f("ix_licences_invoice_order_id"), "licences_invoice", ["order_id"])

    op.create_table(
        "licences_credit_note",
        sa.Column("id", BIG, nullable=False),
        sa.Column("invoice_id", BIG, nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("amount_pence", BIG, nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("amount_pence BETWEEN 1 AND 100000000", name=op.f("ck_licences_credit_note_amount")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["licences_invoice.id"], name=op.f("fk_licences_credit_note_invoice_id_licences_invoice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_credit_note")),
    )
    op.create_index(op.f("ix_licences_credit_note_invoice_id"), "licences_credit_note", ["invoice_id"])

    op.create_table(
        "licences_invoice_line",
        sa.Column("id", BIG, nullable=False),
        sa.Column("invoice_id", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("net_pence", BIG, nullable=False),
        sa.Column("vat_basis_points", BIG, nullable=False),
        sa.Column("vat_pence", BIG, nullable=False),
        sa.CheckConstraint(
            "net_pence > 0 AND vat_pence BETWEEN 0 AND net_pence", name=op.f("ck_licences_invoice_line_amounts")
        ),
        sa.CheckConstraint("vat_basis_points BETWEEN 0 AND 10000", name=op.f("ck_licences_invoice_line_vat")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["licences_invoice.id"], name=op.f("fk_licences_invoice_line_invoice_id_licences_invoice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_invoice_line")),
        sa.UniqueConstraint("invoice_id", "position", name=op.f("uq_licences_invoice_line_invoice_id_position")),
    )
    op.create_table(
        "licences_payment",
        sa.Column("id", BIG, nullable=False),
        sa.Column("invoice_id", BIG, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "bank transfer",
                "card",
                "Direct Debit",
                "cheque",
                name="paymentkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount_pence", BIG, nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "(taken_back_at IS NULL) = (taken_back_reason IS NULL)",
            name=op.f("ck_licences_payment_taken_back_with_reason"),
        ),
        sa.CheckConstraint("amount_pence BETWEEN 1 AND 100000000", name=op.f("ck_licences_payment_amount")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["licences_invoice.id"], name=op.f("fk_licences_payment_invoice_id_licences_invoice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences_payment")),
    )
    op.create_index(op.f("ix_licences_payment_invoice_id"), "licences_payment", ["invoice_id"])

    op.add_column("licences_licence", sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))

    owed = sa.text("owed_pence > 0")
    op.create_index(
        "ix_licences_invoice_owed", "licences_invoice", ["licence_id"], sqlite_where=owed, postgresql_where=owed
    )
    for table in NUMBERED:
        op.create_index(f"uq_{table}_number", table, [sa.text("lower(number)")], unique=True)
    with op.batch_alter_table("licences_period", reflect_kwargs={"resolve_fks": False}) as period:
        period.add_column(sa.Column("order_id", BIG, nullable=True))
        period.create_unique_constraint(op.f("uq_licences_period_order_id"), ["order_id"])
        period.create_foreign_key(
            op.f("fk_licences_period_order_id_licences_order"), "licences_order", ["order_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("licences_period", reflect_kwargs={"resolve_fks": False}) as period:
        period.drop_constraint(op.f("fk_licences_period_order_id_licences_order"), type_="foreignkey")
        period.drop_constraint(op.f("uq_licences_period_order_id"), type_="unique")
        period.drop_column("order_id")
    op.drop_column("licences_licence", "cancelled_at")
    for table in reversed(TABLES):
        op.drop_table(table)
