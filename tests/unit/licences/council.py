"""A council and a programme to subscribe to, with a manager, two trainers and a finance contact."""

from sqlalchemy.orm import Session

from kit.audit import Actor
from kit.clock import Clock
from licences import programmes
from licences.people import memberships, organisations
from licences.people.kinds import OrganisationKind, Role

TEAM = Actor(None, "The test")
PEOPLE = (("Janet", Role.MANAGER), ("Amara", Role.TRAINER), ("Ben", Role.TRAINER), ("Colin", Role.FINANCE))


class LakeshireCouncil:
    """The ids of all of them; without a licence."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self.id = organisations.create_organisation(
            session, clock, TEAM, name="Lakeshire Council", kind=OrganisationKind.LOCAL_AUTHORITY
        ).id
        self.programme = programmes.create_programme(
            session, clock, TEAM, name="ABM", days=3, trainer_days=5, audience="Schools"
        ).id
        self.janet, self.amara, self.ben, self.colin = (
            memberships.add_person(
                session, clock, TEAM, self.id, name=name, email=f"{name.lower()}@lakeshire.example", role=role
            ).id
            for name, role in PEOPLE
        )
