"""The words for kinds of organisations, roles, links and legal texts: what other packages may know of the tables."""

from enum import StrEnum


class OrganisationKind(StrEnum):
    """What an organisation is. The licensor is the programme team's own."""

    LICENSOR = "licensor"
    LOCAL_AUTHORITY = "local authority"
    EP_TEAM = "EP team"
    VIRTUAL_SCHOOL = "Virtual School team"
    TRUST = "multi-academy trust"


class Role(StrEnum):
    """What a person is in one organisation."""

    STAFF = "staff"
    MANAGER = "licence manager"
    FINANCE = "finance contact"
    TRAINER = "trainer"


class TokenPurpose(StrEnum):
    """What a one-use link is for. A link opens the door of its own purpose and no other."""

    SET_PASSWORD = "set password"  # noqa: S105 - the name of a purpose, not a secret
    SIGN_IN = "sign in"
    INVITATION = "invitation"
    CONFIRM_EMAIL = "confirm e-mail address"
    OBJECT_TO_EMAIL = "object to e-mail address"


class AuthenticatorKind(StrEnum):
    """What a person proves themselves with beside the password."""

    APP = "authenticator app"
    PASSKEY = "passkey"


class Step(StrEnum):
    """How far somebody who signed in has come: in, or stopped before the second step, or with none set up yet."""

    DONE = "done"
    TO_SHOW = "to show"
    TO_SET_UP = "to set up"


class LegalKind(StrEnum):
    """The texts that staff edit.

    People accept the terms of use before their first copy; whoever orders for an organisation accepts the licence terms
    and the data-processing agreement.
    """

    TERMS_OF_USE = "terms-of-use"
    LICENCE_TERMS = "licence-terms"
    DATA_PROCESSING = "data-processing-agreement"
    TERMS = "terms"
    PRIVACY = "privacy"
    COOKIES = "cookies"
    ACCESSIBILITY = "accessibility"
