"""The first member of staff of a new installation, from the command line."""

from contextlib import closing

from sqlalchemy.orm import Session

from kit.audit import SYSTEM
from kit.clock import Clock
from kit.refusals import Refused
from licences.people import accounts, memberships, organisations
from licences.people.kinds import OrganisationKind, Role
from portal.settings import Settings
from portal.wiring import make_house


def add(settings: Settings, *, name: str, email: str) -> str:
    """Adds a person to the programme team, which is made when it is missing; returns the address to set a password.

    Raises `Refused` when the address is in use.
    """
    if "@" not in email:
        raise Refused("Write an e-mail address such as name@school.example.")
    here = make_house(settings)
    with closing(here.database), here.database.write() as session:
        team = organisations.licensor(session)
        team_id = team.id if team else _found_team(session, here.clock, settings)
        person = memberships.add_person(session, here.clock, SYSTEM, team_id, name=name, email=email, role=Role.STAFF)
        secret = accounts.new_password_link(session, here.clock, person.id)
    return here.links.to(f"/welcome/{secret}")


def _found_team(session: Session, clock: Clock, settings: Settings) -> int:
    """The programme team's organisation, made for its first member."""
    name = f"{settings.brand_name} team"
    return organisations.create_organisation(session, clock, SYSTEM, name=name, kind=OrganisationKind.LICENSOR).id
