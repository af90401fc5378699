"""What staff should look at: licences ending or suspended, people who cannot sign in, whom an edition reaches."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from kit.clock import Clock, today
from licences.models import Licence, Seat
from licences.people.models import Membership, Organisation, Person
from licences.standing import Standing
from licences.terms import LicenceFacts, licences_of_many

SOON = timedelta(days=60)


@dataclass(frozen=True)
class Reach:
    """How many trainers hold a seat for a programme, and in how many organisations."""

    trainers: int
    organisations: int


@dataclass(frozen=True)
class Waiting:
    """Somebody who has not set a password yet."""

    person_id: int
    name: str
    organisation_name: str


@dataclass(frozen=True)
class LicencesToSee:
    """The licences that end within 60 days, soonest first, and the suspended ones, longest first."""

    ending: tuple[LicenceFacts, ...]
    suspended: tuple[LicenceFacts, ...]


def reach(session: Session, programme_id: int) -> Reach:
    """Who sees a new edition of the programme's materials."""
    counted = (
        sa.select(sa.func.count(sa.distinct(Seat.person_id)), sa.func.count(sa.distinct(Licence.organisation_id)))
        .join(Licence, Licence.id == Seat.licence_id)
        .where(Licence.programme_id == programme_id, Seat.released_at.is_(None))
    )
    trainers, organisations = session.execute(counted).one()
    return Reach(trainers, organisations)


def licences_to_see(session: Session, clock: Clock) -> LicencesToSee:
    """Reads every licence, with a constant number of statements: the standing is worked out, not kept."""
    organisations = session.scalars(sa.select(Licence.organisation_id).distinct()).all()
    found = licences_of_many(session, clock, organisations)
    limit = today(clock) + SOON
    ending = [one for one in found if one.standing.until is not None and one.standing.until <= limit]
    suspended = [one for one in found if one.standing.standing is Standing.SUSPENDED]
    return LicencesToSee(
        tuple(sorted(ending, key=lambda one: one.standing.until or limit)),
        tuple(sorted(suspended, key=lambda one: one.standing.since or limit)),
    )


def without_password(session: Session, limit: int = 5) -> tuple[int, list[Waiting]]:
    """How many people cannot sign in yet, and those added last."""
    nobody = Person.password_hash.is_(None)
    count = session.scalar(sa.select(sa.func.count()).select_from(Person).where(nobody)) or 0
    rows = session.execute(
        sa.select(Person.id, Person.name, Organisation.name)
        .join(Membership, Membership.person_id == Person.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(nobody, Membership.ended_at.is_(None))
        .order_by(Person.id.desc())
        .limit(limit)
    )
    return count, [Waiting(*row) for row in rows]
