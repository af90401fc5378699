"""An organisation that becomes two: some of its people go to a new one, with seats for the rest of the licence's time.

What they did stays with the old one; merging the new one back undoes it.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from kit.audit import Actor, record
from kit.clock import Clock, today
from kit.refusals import Refused
from licences import seats, terms
from licences.people import memberships, organisations
from licences.people.kinds import OrganisationKind
from licences.people.memberships import Member
from licences.people.organisations import OrganisationFacts
from licences.standing import Standing
from licences.terms import LicenceFacts


def split(
    session: Session,
    clock: Clock,
    actor: Actor,
    organisation_id: int,
    *,
    name: str,
    kind: OrganisationKind,
    people: Sequence[int],
    seats_moved: Mapping[int, int],
) -> OrganisationFacts:
    """Makes the new organisation and returns it. `people` are persons, `seats_moved` counts seats by licence.

    A person who holds a seat holds one there as well. A suspension goes along. Raises `NotThere`, and `Refused`
    for a name that is taken, the last licence manager, fewer seats than people who hold one, or more than there are.
    """
    old = organisations.organisation(session, organisation_id)
    if old.kind is OrganisationKind.LICENSOR:
        raise Refused("The programme team’s own organisation cannot be split.")
    going = [memberships.member_in(session, organisation_id, person_id) for person_id in people]
    new = organisations.create_organisation(session, clock, actor, name=name, kind=kind)
    licences = [one for one in terms.licences_of(session, clock, organisation_id) if seats_moved.get(one.id)]
    holders = {one.id: _released(session, clock, actor, one, going) for one in licences}
    for member in going:
        memberships.join(session, clock, actor, new.id, member.id, member.role)
        seats.leave(session, clock, actor, member.membership_id)
    for licence in licences:
        _move_seats(session, clock, actor, licence, new, seats_moved[licence.id], holders[licence.id])
    record(session, clock, actor, "organisation split", old.subject, new=new.name, people=len(going))
    return new


def _released(
    session: Session, clock: Clock, actor: Actor, licence: LicenceFacts, going: Sequence[Member]
) -> list[int]:
    """Takes back the seats of those who go, and returns whose they were."""
    held = seats.holders_in(session, [licence.id])
    whose = [member.id for member in going if (licence.id, member.id) in held]
    for person_id in whose:
        seats.release(session, clock, actor, licence.id, person_id)
    return whose


def _move_seats(
    session: Session,
    clock: Clock,
    actor: Actor,
    licence: LicenceFacts,
    new: OrganisationFacts,
    count: int,
    holders: Sequence[int],
) -> None:
    """Grants what is left of the licence's time to the new organisation, with `count` of its seats."""
    field = f"seats_{licence.id}"
    if count > licence.seats_bought:
        raise Refused(f"There are {licence.seats_bought} seats for {licence.programme_name}.", field)
    if count < len(holders):
        raise Refused(f"{len(holders)} of those who go hold a seat for {licence.programme_name}.", field)
    left = [one for one in terms.periods_of(session, licence.id) if one.ends_on >= today(clock)]
    if not left:
        raise Refused(f"The licence for {licence.programme_name} has ended: there is no time left to give.", field)
    for period in left:
        made = terms.grant(
            session,
            clock,
            actor,
            organisation_id=new.id,
            programme_id=licence.programme_id,
            starts_on=max(period.starts_on, today(clock)),
            ends_on=period.ends_on,
            seats=count,
            reason=f"Split from {licence.organisation_name}",
        )
    terms.change_seats(
        session, clock, actor, licence.id, seats=licence.seats_bought - count, reason=f"Split: {count} to {new.name}"
    )
    if licence.standing.standing is Standing.SUSPENDED:
        terms.suspend(session, clock, actor, made, reason=licence.standing.reason)
    for person_id in holders:
        seats.give(session, clock, actor, made, person_id)
