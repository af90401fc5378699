"""Rows beside the queue's own: workers that are alive, jobs set aside, deaths on the job, periodic work."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base


class WorkerRow(Base):
    """A worker process, from its start until another has taken over what it left behind. Ids are never used again."""

    __tablename__ = "kit_worker"

    id: Mapped[str] = mapped_column(sa.String(26), primary_key=True)
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime] = mapped_column(index=True)
    # Set by the worker that found this one dead; taken over again by a third when that one died doing it.
    adopter: Mapped[str | None] = mapped_column(sa.String(26))


class JobFailure(Base):
    """A job that was set aside with its error, so that the queue could go on."""

    __tablename__ = "kit_job_failure"

    id: Mapped[str] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(index=True)
    arguments: Mapped[dict[str, Any]]
    error: Mapped[str]
    attempts: Mapped[int] = mapped_column(sa.Integer)
    failed_at: Mapped[datetime] = mapped_column(index=True)
    # When somebody asked for it to be done again
    repeated_at: Mapped[datetime | None]


class JobDeath(Base):
    """How often a worker died while it did this job, or may die: see `trials`."""

    __tablename__ = "kit_job_death"

    id: Mapped[str] = mapped_column(primary_key=True)
    deaths: Mapped[int] = mapped_column(sa.Integer)
    last_at: Mapped[datetime]


class PeriodicRow(Base):
    """When a piece of periodic work was last begun, by whichever worker, and what went wrong if anything did."""

    __tablename__ = "kit_periodic"

    name: Mapped[str] = mapped_column(primary_key=True)
    last_at: Mapped[datetime]
    last_error: Mapped[str | None]
