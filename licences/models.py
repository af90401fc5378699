"""Tables of programmes, licences, seats and accreditations."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kit.db import Base


class Programme(Base):
    """What is taught. `days` is the length of the course for schools, `trainer_days` of the one for trainers."""

    __tablename__ = "licences_programme"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    days: Mapped[int] = mapped_column(sa.Integer)
    trainer_days: Mapped[int | None] = mapped_column(sa.Integer)
    audience: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime]

    __table_args__ = (
        sa.Index("uq_licences_programme_name", sa.func.lower(sa.text("name")), unique=True),
        sa.CheckConstraint("days BETWEEN 1 AND 30", name="days"),
        sa.CheckConstraint("trainer_days BETWEEN 1 AND 30", name="trainer_days"),
    )


class Licence(Base):
    """An organisation's annual subscription to a programme. Who counts or changes its seats locks this row first."""

    __tablename__ = "licences_licence"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_organisation.id"))
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_programme.id"), index=True)
    seats_bought: Mapped[int] = mapped_column(sa.Integer)
    created_at: Mapped[datetime]
    # Since when somebody has said that it is not renewed: it ends with its last period.
    cancelled_at: Mapped[datetime | None]

    periods: Mapped[list["Period"]] = relationship(order_by="Period.starts_on", lazy="selectin")
    suspensions: Mapped[list["Suspension"]] = relationship(order_by="Suspension.since", lazy="selectin")
    programme: Mapped[Programme] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "programme_id"),
        sa.CheckConstraint("seats_bought BETWEEN 0 AND 10000", name="seats_bought"),
    )


class Period(Base):
    """One stretch of a licence, first and last day included, in British dates; ordered, or granted by hand."""

    __tablename__ = "licences_period"

    id: Mapped[int] = mapped_column(primary_key=True)
    licence_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_licence.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(sa.String(500))
    created_at: Mapped[datetime]
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("licences_order.id"), unique=True)

    __table_args__ = (sa.CheckConstraint("ends_on >= starts_on", name="in_order"),)


class Suspension(Base):
    """A stop put on a licence by staff, with its reason; over when restored."""

    __tablename__ = "licences_suspension"

    id: Mapped[int] = mapped_column(primary_key=True)
    licence_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_licence.id"))
    since: Mapped[datetime]
    reason: Mapped[str] = mapped_column(sa.String(500))
    restored_at: Mapped[datetime | None]
    restored_reason: Mapped[str | None] = mapped_column(sa.String(500))

    __table_args__ = (
        sa.Index(
            "uq_licences_suspension_open",
            "licence_id",
            unique=True,
            sqlite_where=sa.text("restored_at IS NULL"),
            postgresql_where=sa.text("restored_at IS NULL"),
        ),
        sa.CheckConstraint("(restored_at IS NULL) = (restored_reason IS NULL)", name="restored_with_reason"),
    )


class Seat(Base):
    """The right of one trainer to use a licence, from the day it was given until it is released."""

    __tablename__ = "licences_seat"

    id: Mapped[int] = mapped_column(primary_key=True)
    licence_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_licence.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_person.id"), index=True)
    given_at: Mapped[datetime]
    released_at: Mapped[datetime | None]

    __table_args__ = (
        sa.Index(
            "uq_licences_seat_live",
            "licence_id",
            "person_id",
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        ),
    )


class Accreditation(Base):
    """A trainer's own qualification for a programme, in date between two days, both included."""

    __tablename__ = "licences_accreditation"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_person.id"))
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_programme.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date]
    note: Mapped[str] = mapped_column(sa.String(500))
    recorded_at: Mapped[datetime]

    __table_args__ = (
        sa.UniqueConstraint("person_id", "programme_id"),
        sa.CheckConstraint("until_on >= from_on", name="in_order"),
    )
