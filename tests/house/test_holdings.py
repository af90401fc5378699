"""When two people or organisations become one, nothing that names them is forgotten: it moves, or stays on purpose."""

from kit.db import Base
from licences.merging import OF_LICENCE, OWN_HOLDINGS
from materials.belongings import HOLDINGS
from portal import app

OWNERS = {"licences_person", "licences_organisation", "licences_licence"}
# What stays with the one who goes, or with the licence that stays behind, and why.
STAYS = {
    "licences_person.merged_into_id": "it says who they became",
    "licences_organisation.merged_into_id": "it says what it became",
    "licences_authenticator.person_id": "it opens an account that nobody signs in to any more",
    "licences_recovery_code.person_id": "it opens an account that nobody signs in to any more",
    "licences_one_use_token.person_id": "ended, but for links to object, which wait for an undoing",
    "licences_email_change.person_id": "the history of an address, which stays with its account",
    "licences_email_change.vouched_by_id": "who did it then",
    "licences_invitation.invited_by_id": "who did it then",
    "licences_invitation.accepted_by_id": "who did it then",
    "licences_staff_override.asked_by_id": "who did it then",
    "licences_staff_override.agreed_by_id": "who did it then",
    "licences_payee.asked_by_id": "who did it then",
    "licences_payee.agreed_by_id": "who did it then",
    "licences_period.licence_id": "the licence that is kept has years of its own",
    "licences_suspension.licence_id": "the licence that is kept stands by its own facts",
    "licences_staff_override.licence_id": "the licence that is kept stands by its own facts",
    "licences_renewal_promise.licence_id": "the licence that is kept stands by its own facts",
    "licences_payer.licence_id": "under whose name it was paid over there",
    "licences_notice.licence_id": "which mails went out about the licence as it was",
    "licences_seats_offer.licence_id": "the licence that is kept stands by its own facts",
    "licences_quote_acceptance.accepted_by_id": "who did it then",
    "licences_order.licence_id": "books that are closed: open ones stop the merge",
    "licences_invoice.licence_id": "books that are closed: open ones stop the merge",
}


def test_every_column_that_names_somebody_moves_or_stays_for_a_reason() -> None:
    assert app  # which brings every table
    columns = {
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name in OWNERS
    }
    moves = {one.key for holdings in (OWN_HOLDINGS, HOLDINGS) for kind in holdings.values() for one in kind}
    moves |= {one.key for one in OF_LICENCE.values()}
    assert columns - moves - STAYS.keys() == set(), "a merge would leave these behind unseen"
    assert (moves | STAYS.keys()) - columns == set(), "there are no such columns"
