"""Tables of what somebody else collects for us: what we asked for, what we were told, and which bill is which invoice.

What a licence owes is in `licences.ledger` alone; these rows say where it came from, and nothing reads money here.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base


class PayerRow(Base):
    """Under which id a licence's organisation is known over there. One for each licence, which may change hands."""

    __tablename__ = "licences_payer"

    licence_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_licence.id"), primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(120), unique=True)


class AskedRow(Base):
    """Something that we ask somebody to pay for an order, written before the first call: a page, or a bill to be sent.

    All that the calls say is kept, so that a repeated one says the same. `ref` and `address` are of the page or bill
    over there, and missing until a call has answered; `closed_at` is when nothing more came of it.
    """

    __tablename__ = "licences_asked"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(60), unique=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_order.id"), index=True)
    is_page: Mapped[bool]
    words: Mapped[str] = mapped_column(sa.String(250))
    po_number: Mapped[str | None] = mapped_column(sa.String(60))
    payer_ref: Mapped[str | None] = mapped_column(sa.String(120))
    payer_name: Mapped[str] = mapped_column(sa.String(200))
    payer_email: Mapped[str] = mapped_column(sa.String(254))
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(sa.String(200))
    ref: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    address: Mapped[str | None] = mapped_column(sa.String(2000))
    closed_at: Mapped[datetime | None]

    __table_args__ = (sa.CheckConstraint("(ref IS NULL) = (address IS NULL)", name="answered_whole"),)


class BillRow(Base):
    """Which bill over there is which invoice of ours. `reading` counts how often it was brought up to date.

    Whoever has fetched a bill writes it only when nobody else has since: else an older answer could undo a newer one.
    """

    __tablename__ = "licences_bill"

    ref: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_invoice.id"), unique=True)
    address: Mapped[str] = mapped_column(sa.String(2000))
    reading: Mapped[int]
    read_at: Mapped[datetime]


class CollectedRow(Base):
    """Which payment over there is which of ours, and how much of it was sent back."""

    __tablename__ = "licences_collected"

    ref: Mapped[str] = mapped_column(sa.String(140), primary_key=True)
    payment_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_payment.id"), unique=True)
    refunded_pence: Mapped[int]

    __table_args__ = (sa.CheckConstraint("refunded_pence BETWEEN 0 AND 100000000", name="refunded"),)


class ToldRow(Base):
    """A message that came: once for each id, whoever repeats it. `body` is what came, as it came; a message that was
    only found in their list has none. It waits until it is handled, together with those of its `batch`; `outcome` says
    what came of it.
    """

    __tablename__ = "licences_told"

    id: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(120))
    about: Mapped[str] = mapped_column(sa.String(120))
    body: Mapped[bytes | None]
    received_at: Mapped[datetime] = mapped_column(index=True)
    handled_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(sa.String(200))
    batch: Mapped[str | None] = mapped_column(sa.String(40), index=True)
    attempts: Mapped[int]
    last_error: Mapped[str | None] = mapped_column(sa.String(1000))

    __table_args__ = (
        sa.Index(
            "ix_licences_told_waiting",
            "about",
            sqlite_where=sa.text("handled_at IS NULL"),
            postgresql_where=sa.text("handled_at IS NULL"),
        ),
        sa.CheckConstraint("(handled_at IS NULL) = (outcome IS NULL)", name="handled_with_outcome"),
    )


class ReconciledRow(Base):
    """When our records were last compared with theirs, what came of it, and the last message that was seen then."""

    __tablename__ = "licences_reconciled"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    last_told: Mapped[str | None] = mapped_column(sa.String(120))
    told: Mapped[int]
    bills: Mapped[int]
    changed: Mapped[int]
