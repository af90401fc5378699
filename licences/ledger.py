"""Tables of the money: prices, offers, orders, invoices and what was paid of them, promises, decisions, notices.

Every amount is in pence, of one currency, and the database refuses any other. Whoever changes what a licence owes locks
its organisation and the licence first, as those do who change its seats.
"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kit.db import Base, words
from kit.money import CURRENCY
from licences.kinds import InvoiceState, OrderKind, PaymentKind

POUNDS_ONLY = f"currency = '{CURRENCY}'"


class Price(Base):
    """What a licence year of a programme costs, for years that begin on `from_on` or later, without VAT."""

    __tablename__ = "licences_price"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_programme.id"))
    from_on: Mapped[date]
    licence_pence: Mapped[int]
    seats_included: Mapped[int]
    seat_pence: Mapped[int]
    vat_basis_points: Mapped[int]
    currency: Mapped[str] = mapped_column(sa.String(3))
    announced_at: Mapped[datetime]
    announced_by: Mapped[str] = mapped_column(sa.String(200))

    __table_args__ = (
        sa.UniqueConstraint("programme_id", "from_on"),
        sa.CheckConstraint(POUNDS_ONLY, name="currency"),
        sa.CheckConstraint(
            "licence_pence BETWEEN 0 AND 100000000 AND seat_pence BETWEEN 0 AND 100000000", name="amounts"
        ),
        sa.CheckConstraint("seats_included BETWEEN 0 AND 10000", name="seats_included"),
        sa.CheckConstraint("vat_basis_points BETWEEN 0 AND 10000", name="vat"),
    )


class Order(Base):
    """What an organisation asked for, at a price that stands. It waits for a purchase order unless none is needed.

    It has begun when its number of seats counts. `in_two_parts`: its invoice is wanted by financial years.
    """

    __tablename__ = "licences_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    licence_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_licence.id"), index=True)
    kind: Mapped[OrderKind] = mapped_column(words(OrderKind))
    starts_on: Mapped[date] = mapped_column(index=True)
    ends_on: Mapped[date]
    seats: Mapped[int]
    net_pence: Mapped[int]
    vat_basis_points: Mapped[int]
    currency: Mapped[str] = mapped_column(sa.String(3))
    po_number: Mapped[str | None] = mapped_column(sa.String(60))
    po_waived: Mapped[bool]
    in_two_parts: Mapped[bool] = mapped_column(server_default=sa.false())
    paid_on: Mapped[date | None]
    placed_at: Mapped[datetime]
    placed_by: Mapped[str] = mapped_column(sa.String(200))
    begun_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None] = mapped_column(sa.String(500))

    __table_args__ = (
        sa.CheckConstraint(POUNDS_ONLY, name="currency"),
        sa.CheckConstraint("ends_on >= starts_on", name="in_order"),
        sa.CheckConstraint("seats BETWEEN 1 AND 10000", name="seats"),
        sa.CheckConstraint("net_pence BETWEEN 0 AND 100000000", name="net"),
        sa.CheckConstraint("vat_basis_points BETWEEN 0 AND 10000", name="vat"),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawn_with_reason"),
    )


class PlannedRelease(Base):
    """Whose seat is released when a smaller order begins."""

    __tablename__ = "licences_planned_release"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_order.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_person.id"), index=True)

    __table_args__ = (sa.UniqueConstraint("order_id", "person_id"),)


class SeatsOffer(Base):
    """What so many seats more cost from the day on which it was worked out: it stands, and is ordered by, unchanged."""

    __tablename__ = "licences_seats_offer"

    id: Mapped[int] = mapped_column(primary_key=True)
    licence_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_licence.id"), index=True)
    seats: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    net_pence: Mapped[int]
    vat_basis_points: Mapped[int]
    currency: Mapped[str] = mapped_column(sa.String(3))
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(sa.String(200))
    stands_until: Mapped[date]
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("licences_order.id"), unique=True)

    __table_args__ = (
        sa.CheckConstraint(POUNDS_ONLY, name="currency"),
        sa.CheckConstraint("ends_on >= starts_on AND stands_until BETWEEN starts_on AND ends_on", name="in_order"),
        sa.CheckConstraint("seats BETWEEN 1 AND 10000", name="seats"),
        sa.CheckConstraint("net_pence BETWEEN 0 AND 100000000", name="net"),
        sa.CheckConstraint("vat_basis_points BETWEEN 0 AND 10000", name="vat"),
    )


class Invoice(Base):
    """An invoice, raised by the owner's own finance system or by another that collects for it.

    `owed_pence` is what is left to pay; only an open or given-up invoice owes anything. The last four days are told by
    whoever collects: a card or Direct Debit failed, one is on its way, it was given up, the payment is disputed.
    """

    __tablename__ = "licences_invoice"

    id: Mapped[int] = mapped_column(primary_key=True)
    licence_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_licence.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("licences_order.id"), index=True)
    number: Mapped[str] = mapped_column(sa.String(60))
    po_number: Mapped[str | None] = mapped_column(sa.String(60))
    issued_on: Mapped[date]
    due_on: Mapped[date]
    state: Mapped[InvoiceState] = mapped_column(words(InvoiceState))
    net_pence: Mapped[int]
    vat_pence: Mapped[int]
    owed_pence: Mapped[int]
    currency: Mapped[str] = mapped_column(sa.String(3))
    adds_seats: Mapped[int]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(sa.String(200))
    closed_reason: Mapped[str | None] = mapped_column(sa.String(500))
    failed_on: Mapped[date | None]
    in_flight_on: Mapped[date | None]
    uncollectible_on: Mapped[date | None]
    disputed_on: Mapped[date | None]

    lines: Mapped[list["InvoiceLine"]] = relationship(order_by="InvoiceLine.position", lazy="selectin")

    __table_args__ = (
        sa.Index("uq_licences_invoice_number", sa.func.lower(sa.text("number")), unique=True),
        sa.Index(
            "ix_licences_invoice_owed",
            "licence_id",
            sqlite_where=sa.text("owed_pence > 0"),
            postgresql_where=sa.text("owed_pence > 0"),
        ),
        sa.CheckConstraint(POUNDS_ONLY, name="currency"),
        sa.CheckConstraint("due_on >= issued_on", name="in_order"),
        sa.CheckConstraint("net_pence > 0 AND vat_pence >= 0", name="amounts"),
        sa.CheckConstraint("owed_pence BETWEEN 0 AND net_pence + vat_pence", name="owed"),
        sa.CheckConstraint("(owed_pence > 0) = (state IN ('open', 'given up'))", name="state_says_owed"),
        sa.CheckConstraint("(state = 'given up') = (uncollectible_on IS NOT NULL)", name="given_up_on_a_day"),
        sa.CheckConstraint("state NOT IN ('void', 'given up') OR closed_reason IS NOT NULL", name="closed_with_reason"),
        sa.CheckConstraint("adds_seats BETWEEN 0 AND 10000", name="adds_seats"),
    )


class InvoiceLine(Base):
    """One line of an invoice, with its own rate of VAT."""

    __tablename__ = "licences_invoice_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_invoice.id"))
    position: Mapped[int]
    words: Mapped[str] = mapped_column(sa.String(300))
    net_pence: Mapped[int]
    vat_basis_points: Mapped[int]
    vat_pence: Mapped[int]

    __table_args__ = (
        sa.UniqueConstraint("invoice_id", "position"),
        sa.CheckConstraint("net_pence > 0 AND vat_pence BETWEEN 0 AND net_pence", name="amounts"),
        sa.CheckConstraint("vat_basis_points BETWEEN 0 AND 10000", name="vat"),
    )


class Payment(Base):
    """Money that came for an invoice. One recorded by mistake is taken back with a reason, and stays to be seen."""

    __tablename__ = "licences_payment"

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_invoice.id"), index=True)
    kind: Mapped[PaymentKind] = mapped_column(words(PaymentKind))
    amount_pence: Mapped[int]
    paid_on: Mapped[date]
    reference: Mapped[str] = mapped_column(sa.String(120))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(sa.String(200))
    taken_back_at: Mapped[datetime | None]
    taken_back_reason: Mapped[str | None] = mapped_column(sa.String(500))

    __table_args__ = (
        sa.CheckConstraint("amount_pence BETWEEN 1 AND 100000000", name="amount"),
        sa.CheckConstraint("(taken_back_at IS NULL) = (taken_back_reason IS NULL)", name="taken_back_with_reason"),
    )


class CreditNote(Base):
    """A part of an invoice that is not to be paid."""

    __tablename__ = "licences_credit_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_invoice.id"), index=True)
    number: Mapped[str] = mapped_column(sa.String(60))
    amount_pence: Mapped[int]
    issued_on: Mapped[date]
    reason: Mapped[str] = mapped_column(sa.String(500))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(sa.String(200))

    __table_args__ = (
        sa.Index("uq_licences_credit_note_number", sa.func.lower(sa.text("number")), unique=True),
        sa.CheckConstraint("amount_pence BETWEEN 1 AND 100000000", name="amount"),
    )


class RenewalPromise(Base):
    """Somebody's word that the licence is renewed after its last day; copies go on until `until_on`."""

    __tablename__ = "licences_renewal_promise"

    id: Mapped[int] = mapped_column(primary_key=True)
    licence_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_licence.id"))
    after_on: Mapped[date]
    until_on: Mapped[date]
    promised_at: Mapped[datetime]
    promised_by: Mapped[str] = mapped_column(sa.String(200))

    __table_args__ = (
        sa.UniqueConstraint("licence_id", "after_on"),
        sa.CheckConstraint("until_on > after_on", name="in_order"),
    )


class StaffOverride(Base):
    """A decision to keep a licence open between two days, both included, whatever is owed.

    One that needs a second person counts from when that person, who is not the first, has agreed.
    """

    __tablename__ = "licences_staff_override"

    id: Mapped[int] = mapped_column(primary_key=True)
    licence_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_licence.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date]
    reason: Mapped[str] = mapped_column(sa.String(500))
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_person.id"))
    asked_by: Mapped[str] = mapped_column(sa.String(200))
    asked_at: Mapped[datetime]
    needs_second: Mapped[bool]
    agreed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("licences_person.id"))
    agreed_by: Mapped[str | None] = mapped_column(sa.String(200))
    agreed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint("until_on >= from_on", name="in_order"),
        sa.CheckConstraint("agreed_by_id <> asked_by_id", name="second_is_another"),
        sa.CheckConstraint("(agreed_at IS NULL) = (agreed_by_id IS NULL)", name="agreed_by_somebody"),
    )


class Notice(Base):
    """A mail about money that was sent to a person: once for each key, whatever happens."""

    __tablename__ = "licences_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    licence_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_licence.id"), index=True)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    sent_at: Mapped[datetime]
