"""Tables of organisations, people and accounts."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kit.db import Base, words
from licences.people.kinds import LegalKind, OrganisationKind, Role, TokenPurpose


class Organisation(Base):
    """A Local Authority, EP team, Virtual School team, trust, or the licensor itself."""

    __tablename__ = "licences_organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[OrganisationKind] = mapped_column(words(OrganisationKind))
    created_at: Mapped[datetime]

    __table_args__ = (sa.Index("uq_licences_organisation_name", sa.func.lower(sa.text("name")), unique=True),)


class Person(Base):
    """Somebody with an account. The e-mail address is kept in lower case and is theirs alone."""

    __tablename__ = "licences_person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    password_hash: Mapped[str | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    memberships: Mapped[list["Membership"]] = relationship(back_populates="person")


class Membership(Base):
    """A person's place in one organisation, with one role."""

    __tablename__ = "licences_membership"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_person.id"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_organisation.id"), index=True)
    role: Mapped[Role] = mapped_column(words(Role))
    since: Mapped[datetime]

    person: Mapped[Person] = relationship(back_populates="memberships")
    organisation: Mapped[Organisation] = relationship()

    __table_args__ = (sa.UniqueConstraint("person_id", "organisation_id"),)


class SignIn(Base):
    """A session on the server: its cookie holds a random secret, of which only the fingerprint is kept here."""

    __tablename__ = "licences_sign_in"

    fingerprint: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    membership_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_membership.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(sa.String(200))


class OneUseToken(Base):
    """A link that works once, until it expires. Only the fingerprint of its secret is kept."""

    __tablename__ = "licences_one_use_token"

    fingerprint: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    purpose: Mapped[TokenPurpose] = mapped_column(words(TokenPurpose))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_person.id"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Attempt(Base):
    """How often something was tried under one key since a moment. Keys are fingerprints: no addresses are kept."""

    __tablename__ = "licences_attempt"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    since: Mapped[datetime]
    count: Mapped[int] = mapped_column(sa.Integer)


class LegalText(Base):
    """A version of a legal text, in Markdown. Versions are only added; the highest number counts."""

    __tablename__ = "licences_legal_text"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[LegalKind] = mapped_column(words(LegalKind))
    version: Mapped[int] = mapped_column(sa.Integer)
    title: Mapped[str] = mapped_column(sa.String(120))
    body: Mapped[str] = mapped_column(sa.Text)
    published_at: Mapped[datetime]

    __table_args__ = (sa.UniqueConstraint("kind", "version"),)


class Acceptance(Base):
    """That a person accepted one version of a text, and when."""

    __tablename__ = "licences_acceptance"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_person.id"))
    legal_text_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_legal_text.id"))
    accepted_at: Mapped[datetime]

    __table_args__ = (sa.UniqueConstraint("person_id", "legal_text_id"),)
