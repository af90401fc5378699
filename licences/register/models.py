"""Tables of the register. Each row keeps a digest of what it was read from, so that a second reading finds changes.

`gone_since` is the day of the reading in which a row was missing for the first time; rows are never deleted.
"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base, words
from licences.register.kinds import EntryKind, EntryStatus, FileKind

# Compared byte by byte on both databases: beginnings of words are found as a range of an index.
Bytewise = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")


class RegisterEntry(Base):
    """An establishment, a group (a trust, a federation) or a Local Authority, under its number in the register.

    `reference` is made of the kind and the number: urn123456, uid2044, la301. `plain_name` is the name as searches
    compare it, see `licences.register.wording`. `la_code` of an authority is its own number.
    """

    __tablename__ = "licences_register_entry"

    reference: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    kind: Mapped[EntryKind] = mapped_column(words(EntryKind))
    name: Mapped[str] = mapped_column(sa.String(200))
    plain_name: Mapped[str] = mapped_column(Bytewise, index=True)
    type: Mapped[str] = mapped_column(sa.String(120))
    status: Mapped[EntryStatus] = mapped_column(words(EntryStatus))
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    ukprn: Mapped[str | None] = mapped_column(sa.String(8), index=True)
    group_id: Mapped[str | None] = mapped_column(sa.String(10), index=True)
    company_number: Mapped[str | None] = mapped_column(sa.String(10))
    la_code: Mapped[str | None] = mapped_column(sa.String(3))
    establishment_number: Mapped[str | None] = mapped_column(sa.String(4))
    address: Mapped[str] = mapped_column(sa.String(400))
    town: Mapped[str] = mapped_column(sa.String(80))
    postcode: Mapped[str] = mapped_column(sa.String(10))
    digest: Mapped[str] = mapped_column(sa.String(32))
    gone_since: Mapped[date | None]

    __table_args__ = (
        sa.CheckConstraint("gone_since IS NULL OR status = 'closed'", name="gone_is_closed"),
        sa.CheckConstraint("kind <> 'local authority' OR la_code IS NOT NULL", name="authority_has_its_code"),
    )


class RegisterWord(Base):
    """A word under which an entry is found: of its name or town, one of its numbers, its postcode."""

    __tablename__ = "licences_register_word"

    reference: Mapped[str] = mapped_column(sa.ForeignKey("licences_register_entry.reference"), primary_key=True)
    word: Mapped[str] = mapped_column(Bytewise, primary_key=True)

    __table_args__ = (sa.Index(None, "word", "reference"),)


class RegisterMember(Base):
    """That an establishment belongs to a group. The two may be in the register or not: files come one by one."""

    __tablename__ = "licences_register_member"

    establishment: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    belongs_to: Mapped[str] = mapped_column(sa.String(12), primary_key=True, index=True)
    joined_on: Mapped[date | None]
    digest: Mapped[str] = mapped_column(sa.String(32))
    gone_since: Mapped[date | None]


class RegisterSuccession(Base):
    """That one establishment became another, or became a part of it, or that several came of it."""

    __tablename__ = "licences_register_succession"

    before: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    after: Mapped[str] = mapped_column(sa.String(12), primary_key=True, index=True)
    since_on: Mapped[date | None]
    digest: Mapped[str] = mapped_column(sa.String(32))
    gone_since: Mapped[date | None]

    __table_args__ = (sa.CheckConstraint("before <> after", name="of_another"),)


class RegisterReading(Base):
    """A file that was read, and what changed by it. The newest of each kind says how old the register here is."""

    __tablename__ = "licences_register_reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[FileKind] = mapped_column(words(FileKind), index=True)
    file_name: Mapped[str] = mapped_column(sa.String(200))
    rows: Mapped[int] = mapped_column(sa.Integer)
    new: Mapped[int] = mapped_column(sa.Integer)
    changed: Mapped[int] = mapped_column(sa.Integer)
    gone: Mapped[int] = mapped_column(sa.Integer)
    read_at: Mapped[datetime]
