"""Tables of materials, their editions, and the copies taken of them."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kit.db import Base, words
from materials.kinds import EditionState, MaterialKind, Preparation, Signature


class Material(Base):
    """One thing in a programme's library, with what a trainer may do with it."""

    __tablename__ = "materials_material"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_programme.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    description: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[MaterialKind] = mapped_column(words(MaterialKind))
    may_print: Mapped[bool]
    may_project: Mapped[bool]
    may_adapt: Mapped[bool]
    may_hand_out: Mapped[bool]
    created_at: Mapped[datetime]

    editions: Mapped[list["Edition"]] = relationship(back_populates="material")

    __table_args__ = (
        sa.Index("uq_materials_material_title", "programme_id", sa.func.lower(sa.text("title")), unique=True),
    )


class Edition(Base):
    """A numbered version of a material. Triggers in the database hold a published one to what it was."""

    __tablename__ = "materials_edition"

    id: Mapped[int] = mapped_column(primary_key=True)
    material_id: Mapped[int] = mapped_column(sa.ForeignKey("materials_material.id"))
    number: Mapped[str] = mapped_column(sa.String(12))
    code: Mapped[str] = mapped_column(sa.String(26), unique=True)
    state: Mapped[EditionState] = mapped_column(words(EditionState))
    file_name: Mapped[str] = mapped_column(sa.String(200))
    original_sha256: Mapped[str] = mapped_column(sa.ForeignKey("kit_stored_file.sha256"))
    preparation: Mapped[Preparation] = mapped_column(words(Preparation))
    pages_done: Mapped[int] = mapped_column(sa.Integer, default=0)
    page_count: Mapped[int | None] = mapped_column(sa.Integer)
    refusal: Mapped[str | None] = mapped_column(sa.Text)
    signature: Mapped[Signature | None] = mapped_column(words(Signature))
    notes: Mapped[str | None] = mapped_column(sa.Text)  # what staff should know of the file, a sentence on each line
    prepared_sha256: Mapped[str | None] = mapped_column(sa.ForeignKey("kit_stored_file.sha256"))
    prepared_size: Mapped[int | None]
    # JSON as text: read at every request for a copy, so it is parsed once for each file and not by the driver
    prepared: Mapped[str | None] = mapped_column(sa.Text, deferred=True)
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None] = mapped_column(sa.String(500))

    material: Mapped[Material] = relationship(back_populates="editions")
    changes: Mapped[list["ChangeNote"]] = relationship(order_by="ChangeNote.position", cascade="all, delete-orphan")

    __table_args__ = (
        sa.UniqueConstraint("material_id", "number"),
        sa.Index(None, "material_id", "published_at"),
        sa.CheckConstraint("(state = 'draft') = (published_at IS NULL)", name="published_when_not_draft"),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)"
            " AND (withdrawn_at IS NULL) = (withdrawn_reason IS NULL)",
            name="withdrawn_with_reason",
        ),
        sa.CheckConstraint("preparation <> 'ready' OR prepared_sha256 IS NOT NULL", name="ready_with_file"),
        sa.CheckConstraint("state = 'draft' OR preparation = 'ready'", name="published_when_ready"),
        # A draft that is put aside must not leave its id to another: the audit trail and old addresses still name it.
        {"sqlite_autoincrement": True},
    )


class ChangeNote(Base):
    """One line of what differs from the edition before: where, what, and whether it must be read."""

    __tablename__ = "materials_change_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("materials_edition.id"), index=True)
    position: Mapped[int] = mapped_column(sa.Integer)
    place: Mapped[str] = mapped_column(sa.String(120))
    text: Mapped[str] = mapped_column(sa.String(1000))
    must_read: Mapped[bool]


class Copy(Base):
    """One download: frozen facts of its stamp, and who took it, for whom and when."""

    __tablename__ = "materials_copy"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(26), unique=True)
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("materials_edition.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_person.id"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_organisation.id"))
    person_name: Mapped[str] = mapped_column(sa.String(120))
    organisation_name: Mapped[str] = mapped_column(sa.String(120))
    taken_at: Mapped[datetime] = mapped_column(index=True)
    press: Mapped[str] = mapped_column(sa.String(64))

    edition: Mapped[Edition] = relationship()

    __table_args__ = (
        sa.UniqueConstraint("person_id", "press"),
        # what one person holds, by edition, without a look at the copies themselves
        sa.Index(
            "ix_materials_copy_person_id_organisation_id",
            "person_id",
            "organisation_id",
            "edition_id",
            "taken_at",
            "id",
        ),
        # each filter of the lists, in the lists' order
        sa.Index(None, "edition_id", "taken_at"),
        sa.Index(None, "organisation_id", "taken_at"),
        sa.Index(None, "person_id", "taken_at"),
    )


class Reading(Base):
    """That a person says they have read what changed in an edition, once and for all their organisations."""

    __tablename__ = "materials_reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_person.id"))
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("materials_edition.id"), index=True)
    noted_at: Mapped[datetime]

    __table_args__ = (sa.UniqueConstraint("person_id", "edition_id"),)
