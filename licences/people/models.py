"""Tables of organisations, people and accounts."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kit.db import Base, words
from licences.people.kinds import AuthenticatorKind, LegalKind, OrganisationKind, Role, TokenPurpose


class Organisation(Base):
    """A Local Authority, EP team, Virtual School team, trust, or the licensor itself.

    `urn`, `ukprn`, `trust_uid` and `la_code` are the numbers of the GIAS register; a council and its teams share the
    last. One that was merged names the one it became.
    """

    __tablename__ = "licences_organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[OrganisationKind] = mapped_column(words(OrganisationKind))
    address: Mapped[str] = mapped_column(sa.String(500), default="", server_default="")
    urn: Mapped[str | None] = mapped_column(sa.String(6), unique=True)
    ukprn: Mapped[str | None] = mapped_column(sa.String(8), unique=True)
    trust_uid: Mapped[str | None] = mapped_column(sa.String(10), unique=True)
    la_code: Mapped[str | None] = mapped_column(sa.String(3), index=True)
    created_at: Mapped[datetime]
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("licences_organisation.id"), index=True)

    __table_args__ = (
        sa.Index("uq_licences_organisation_name", sa.func.lower(sa.text("name")), unique=True),
        sa.CheckConstraint("merged_into_id <> id", name="merged_into_another"),
    )


class Person(Base):
    """Somebody with an account. The e-mail address is kept in lower case and is theirs alone."""

    __tablename__ = "licences_person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    password_hash: Mapped[str | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("licences_person.id"), index=True)

    memberships: Mapped[list["Membership"]] = relationship(back_populates="person")

    __table_args__ = (
        sa.CheckConstraint("merged_into_id <> id", name="merged_into_another"),
        sa.Index(
            "ix_licences_person_without_password",
            "id",
            sqlite_where=sa.text("password_hash IS NULL"),
            postgresql_where=sa.text("password_hash IS NULL"),
        ),
    )


class Membership(Base):
    """A person's place in one organisation, with one role. It ends when they leave; the row stays as history."""

    __tablename__ = "licences_membership"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_person.id"))
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_organisation.id"), index=True)
    role: Mapped[Role] = mapped_column(words(Role))
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="memberships")
    organisation: Mapped[Organisation] = relationship()

    __table_args__ = (
        sa.Index(
            "uq_licences_membership_live",
            "person_id",
            "organisation_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )


class Invitation(Base):
    """An address asked by an organisation to join it. Nobody has a place there before they accept.

    `licence_id` names the licence of which a seat is given on acceptance, if one is free then.
    """

    __tablename__ = "licences_invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_organisation.id"))
    name: Mapped[str] = mapped_column(sa.String(120))
    email: Mapped[str] = mapped_column(sa.String(254), index=True)
    role: Mapped[Role] = mapped_column(words(Role))
    licence_id: Mapped[int | None] = mapped_column(sa.ForeignKey("licences_licence.id"))
    invited_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("licences_person.id"))
    invited_at: Mapped[datetime]
    mail_id: Mapped[int | None]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("licences_person.id"))
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        sa.Index(
            "uq_licences_invitation_open",
            "organisation_id",
            "email",
            unique=True,
            sqlite_where=sa.text("accepted_at IS NULL AND withdrawn_at IS NULL"),
            postgresql_where=sa.text("accepted_at IS NULL AND withdrawn_at IS NULL"),
        ),
        sa.Index("ix_licences_invitation_organisation_id_invited_at", "organisation_id", "invited_at"),
        sa.CheckConstraint("accepted_at IS NULL OR withdrawn_at IS NULL", name="accepted_or_withdrawn"),
        sa.CheckConstraint("(accepted_at IS NULL) = (accepted_by_id IS NULL)", name="accepted_by_somebody"),
    )


class SignIn(Base):
    """A session on the server: its cookie holds a random secret, of which only the fingerprint is kept here.

    `proved_at` is when a second factor was last shown, `sure_at` when the person was last asked again who they are.
    `acting_for_id` is the membership that a member of staff acts for, under a banner.
    """

    __tablename__ = "licences_sign_in"

    fingerprint: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    membership_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_membership.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(sa.String(200))
    proved_at: Mapped[datetime | None]
    sure_at: Mapped[datetime | None]
    acting_for_id: Mapped[int | None] = mapped_column(sa.ForeignKey("licences_membership.id"))


class OneUseToken(Base):
    """A link that works once, until it expires. Only the fingerprint of its secret is kept.

    It is about a person, or about an invitation of somebody who may not be here yet.
    """

    __tablename__ = "licences_one_use_token"

    fingerprint: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    purpose: Mapped[TokenPurpose] = mapped_column(words(TokenPurpose))
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("licences_person.id"), index=True)
    invitation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("licences_invitation.id"), index=True)
    detail: Mapped[dict[str, Any] | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint("(person_id IS NULL) <> (invitation_id IS NULL)", name="person_or_invitation"),
        sa.CheckConstraint("(purpose = 'invitation') = (invitation_id IS NOT NULL)", name="invitation_has_its_purpose"),
    )


class EmailChange(Base):
    """A new address of a person: asked for, confirmed at the new one; the old one may object for seven days."""

    __tablename__ = "licences_email_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_person.id"), index=True)
    before: Mapped[str] = mapped_column(sa.String(254))
    after: Mapped[str] = mapped_column(sa.String(254))
    asked_at: Mapped[datetime]
    vouched_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("licences_person.id"))
    confirmed_at: Mapped[datetime | None]
    objected_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]


class Authenticator(Base):
    """A second proof of who somebody is: an authenticator app's shared secret, or a passkey's public key.

    `secret` is sealed for an app (see `licences.people.authenticators`) and public for a passkey. `last_step` is the
    newest 30-second step of which a code was used, so that no code works twice.
    """

    __tablename__ = "licences_authenticator"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_person.id"), index=True)
    kind: Mapped[AuthenticatorKind] = mapped_column(words(AuthenticatorKind))
    name: Mapped[str] = mapped_column(sa.String(80))
    secret: Mapped[str] = mapped_column(sa.String(1000))
    credential: Mapped[str | None] = mapped_column(sa.String(1400), unique=True)
    sign_count: Mapped[int] = mapped_column(sa.Integer, default=0)
    last_step: Mapped[int | None]
    added_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint("(kind = 'passkey') = (credential IS NOT NULL)", name="passkey_has_its_credential"),
    )


class RecoveryCode(Base):
    """A code that stands in for a lost second factor, once. Only its fingerprint is kept."""

    __tablename__ = "licences_recovery_code"

    fingerprint: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("licences_person.id"), index=True)
    used_at: Mapped[datetime | None]


class Merge(Base):
    """Two people or two organisations that became one; `moved` says which rows moved, so that it can be undone."""

    __tablename__ = "licences_merge"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    kept_id: Mapped[int] = mapped_column(index=True)
    gone_id: Mapped[int] = mapped_column(index=True)
    moved: Mapped[dict[str, Any]]
    merged_at: Mapped[datetime]
    merged_by: Mapped[str] = mapped_column(sa.String(120))
    undone_at: Mapped[datetime | None]

    __table_args__ = (
        sa.CheckConstraint("kind IN ('person', 'organisation')", name="kind_is_known"),
        sa.CheckConstraint("kept_id <> gone_id", name="of_two"),
    )


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
