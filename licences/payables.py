"""Tables of what finance offices are told: whom to pay, and links that show one invoice to whoever has them."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base


class Payee(Base):
    """Whom our customers pay, and how: one version after another, each asked for by one member of staff.

    It counts from when a second one has agreed; the newest that counts is the one on papers. `dropped_at` when it was
    taken back before that. The sort code and the account number are figures alone.
    """

    __tablename__ = "licences_payee"

    id: Mapped[int] = mapped_column(primary_key=True)
    legal_name: Mapped[str] = mapped_column(sa.String(120))
    address: Mapped[str] = mapped_column(sa.String(300))
    vat_number: Mapped[str | None] = mapped_column(sa.String(20))
    account_name: Mapped[str] = mapped_column(sa.String(70))
    sort_code: Mapped[str] = mapped_column(sa.String(6))
    account_number: Mapped[str] = mapped_column(sa.String(8))
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_person.id"))
    asked_by: Mapped[str] = mapped_column(sa.String(200))
    asked_at: Mapped[datetime]
    agreed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("licences_person.id"))
    agreed_by: Mapped[str | None] = mapped_column(sa.String(200))
    agreed_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint("length(sort_code) = 6 AND length(account_number) = 8", name="figures"),
        sa.CheckConstraint("agreed_by_id <> asked_by_id", name="second_is_another"),
        sa.CheckConstraint("(agreed_at IS NULL) = (agreed_by_id IS NULL)", name="agreed_by_somebody"),
        sa.CheckConstraint("agreed_at IS NULL OR dropped_at IS NULL", name="agreed_or_dropped"),
    )


class PayLink(Base):
    """A link that shows one invoice to whoever has it: only the fingerprint of its secret is kept."""

    __tablename__ = "licences_pay_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_invoice.id"), index=True)
    fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(sa.String(200))
    expires_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(sa.String(200))

    __table_args__ = (
        sa.CheckConstraint("expires_at > made_at", name="in_order"),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn_by_somebody"),
    )


class InvoiceFile(Base):
    """The invoice as the owner's own finance system printed it, in the store; it goes out in place of our sheet."""

    __tablename__ = "licences_invoice_file"

    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_invoice.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.ForeignKey("kit_stored_file.sha256"), index=True)
    file_name: Mapped[str] = mapped_column(sa.String(200))
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(sa.String(200))
