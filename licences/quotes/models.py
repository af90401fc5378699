"""Tables of quotes and of what became of them."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base
from kit.money import CURRENCY


class Quote(Base):
    """What was quoted, to whom, and until when it stands: facts of that day, which no later change of a price alters.

    It is opened by a link whose secret is kept as a fingerprint only. `register_reference` is the organisation's entry
    in the register of schools and trusts, when it was found there. Amounts are in pence. `wanted_at` is when somebody
    without an account asked for one, to order by it.
    """

    __tablename__ = "licences_quote"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(sa.String(20), unique=True)
    fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_programme.id"), index=True)
    programme_name: Mapped[str] = mapped_column(sa.String(120))
    organisation_name: Mapped[str] = mapped_column(sa.String(120))
    register_reference: Mapped[str | None] = mapped_column(sa.String(12))
    person_name: Mapped[str] = mapped_column(sa.String(120))
    person_email: Mapped[str] = mapped_column(sa.String(254))
    seats: Mapped[int] = mapped_column(sa.Integer)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    net_pence: Mapped[int]
    vat_basis_points: Mapped[int] = mapped_column(sa.Integer)
    currency: Mapped[str] = mapped_column(sa.String(3))
    made_at: Mapped[datetime] = mapped_column(index=True)
    stands_until: Mapped[date]
    wanted_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint(f"currency = '{CURRENCY}'", name="currency"),
        sa.CheckConstraint("ends_on >= starts_on", name="in_order"),
        sa.CheckConstraint("seats BETWEEN 1 AND 10000", name="seats"),
        sa.CheckConstraint("net_pence BETWEEN 0 AND 100000000", name="net"),
        sa.CheckConstraint("vat_basis_points BETWEEN 0 AND 10000", name="vat"),
    )


class QuoteAcceptance(Base):
    """That a quote was accepted, once, by whom, with which versions of the texts, and the order that came of it."""

    __tablename__ = "licences_quote_acceptance"

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_quote.id"), unique=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_order.id"), unique=True)
    licence_terms_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_legal_text.id"))
    agreement_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_legal_text.id"))
    accepted_at: Mapped[datetime]
    accepted_by_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_person.id"))
    accepted_by: Mapped[str] = mapped_column(sa.String(200))
