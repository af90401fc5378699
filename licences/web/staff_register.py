"""Finding an organisation in the register of schools and trusts, and filling a form in from it."""

from collections import defaultdict

from flask import render_template, request, url_for

from kit.refusals import NotThere
from kit.web.transactions import db
from licences.guard import allowed
from licences.people import organisations
from licences.people.kinds import OrganisationKind
from licences.people.organisations import OrganisationFacts, Particulars
from licences.policy import Action
from licences.register import lookup
from licences.register.kinds import EntryKind
from licences.register.lookup import EntryFacts, Held
from licences.web import alphabet

LONGEST_QUESTION = 120
ADDRESS_LENGTH, NAME_LENGTH = 500, 120


@allowed(Action.MANAGE_LICENCES)
def look_up() -> str:
    """The search, and what it found: each entry leads to a form that is filled in from it."""
    asked = request.args.get("q", "")[:LONGEST_QUESTION]
    corrected = alphabet.row_id(request.args.get("for", ""))
    organisation = organisations.organisation(db(), corrected) if corrected is not None else None
    found = lookup.look_up(db(), asked)

    def use_url(reference: str) -> str:
        if organisation is not None:
            return url_for(".edit_organisation", organisation_id=organisation.id, entry=reference)
        return url_for(".new_organisation", entry=reference)

    return render_template(
        "licences/staff/look_up.html",
        asked=asked,
        organisation=organisation,
        found=found,
        here=_here_already(found.entries),
        read_at=lookup.read_last(db()),
        use_url=use_url,
    )


def chosen() -> EntryFacts | None:
    """The entry that an address names; None for none, and for one that is not in the register."""
    reference = request.args.get("entry", "")
    try:
        return lookup.entry(db(), reference) if reference else None
    except NotThere:
        return None


def filled_in(entry: EntryFacts) -> dict[str, str]:
    """An organisation's fields as the register knows them."""
    address = "\n".join(part for part in (entry.address, entry.postcode) if part)
    return {
        "name": entry.name[:NAME_LENGTH],
        "kind": _kind_of(entry),
        "address": address[:ADDRESS_LENGTH],
        "urn": entry.urn or "",
        "ukprn": entry.ukprn or "",
        "trust_uid": entry.trust_uid or "",
        "la_code": (entry.la_code or "") if entry.kind is EntryKind.LOCAL_AUTHORITY else "",
    }


def numbers_of(particulars: Particulars) -> Held:
    """An organisation's numbers, to ask the register by."""
    return Held(particulars.urn, particulars.ukprn, particulars.trust_uid, particulars.la_code)


def _kind_of(entry: EntryFacts) -> str:
    if entry.kind is EntryKind.LOCAL_AUTHORITY:
        return OrganisationKind.LOCAL_AUTHORITY.value
    return OrganisationKind.TRUST.value if "trust" in entry.type.lower() else ""


def _here_already(entries: tuple[EntryFacts, ...]) -> dict[str, list[OrganisationFacts]]:
    """Organisations of ours that have an entry's number, by the entry's reference."""
    held = [Particulars("", **_own_numbers(entry)) for entry in entries]
    ours = organisations.with_numbers_of(db(), held)
    here: dict[str, list[OrganisationFacts]] = defaultdict(list)
    for entry, numbers in zip(entries, held, strict=True):
        here[entry.reference] += [one for one in ours if one.particulars.shares_a_number(numbers)]
    return here


def _own_numbers(entry: EntryFacts) -> dict[str, str | None]:
    known = filled_in(entry)
    return {name: known[name] or None for name in ("urn", "ukprn", "trust_uid", "la_code")}
