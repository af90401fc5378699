"""What each role may do. Role at the door; whether it is paid for and in date is asked in `entitlements`."""

from enum import StrEnum

from licences.people.kinds import Role


class Action(StrEnum):
    """Something a role may do, in words for the page that says who can."""

    SEE_MATERIALS = "see the materials"
    TAKE_COPY = "take copies"
    SEE_OWN_COPIES = "see the copies they took"
    ACCEPT_TERMS = "accept the terms of use"
    SEE_ORGANISATION = "see the organisation’s licence"
    VOUCH = "vouch for somebody’s new e-mail address"
    MANAGE_PEOPLE = "invite people, give seats and change roles"
    RENEW = "renew the licence and send purchase orders"
    PAY = "pay by card or Direct Debit"
    MANAGE_MATERIALS = "manage programmes, materials and editions"
    MANAGE_LICENCES = "manage organisations, people and licences"
    SEE_ALL_COPIES = "see every copy taken"
    SEE_AUDIT = "see the audit trail"
    SEE_MAILS = "see the mails that were written"
    SEE_WORK = "see the work in the background"
    EDIT_LEGAL_TEXTS = "edit the legal texts"
    EDIT_MAILS = "change the words of mails"


_DELIVERS = frozenset({Role.TRAINER, Role.MANAGER})
_STAFF = frozenset({Role.STAFF})

ALLOWED: dict[Action, frozenset[Role]] = {
    Action.SEE_MATERIALS: _DELIVERS,
    Action.TAKE_COPY: _DELIVERS,
    Action.SEE_OWN_COPIES: _DELIVERS,
    Action.ACCEPT_TERMS: _DELIVERS,
    Action.SEE_ORGANISATION: frozenset({Role.MANAGER, Role.FINANCE}),
    Action.VOUCH: frozenset({Role.STAFF, Role.MANAGER}),
    Action.MANAGE_PEOPLE: frozenset({Role.MANAGER}),
    Action.RENEW: frozenset({Role.MANAGER}),
    Action.PAY: frozenset({Role.MANAGER, Role.FINANCE}),
    Action.MANAGE_MATERIALS: _STAFF,
    Action.MANAGE_LICENCES: _STAFF,
    Action.SEE_ALL_COPIES: _STAFF,
    Action.SEE_AUDIT: _STAFF,
    Action.SEE_MAILS: _STAFF,
    Action.SEE_WORK: _STAFF,
    Action.EDIT_LEGAL_TEXTS: _STAFF,
    Action.EDIT_MAILS: _STAFF,
}


def can(role: Role, action: Action) -> bool:
    """Whether a role may do this at all."""
    return role in ALLOWED[action]


def who_can(action: Action) -> list[Role]:
    """The roles that may, in the order of the brief."""
    return [role for role in Role if role in ALLOWED[action]]
