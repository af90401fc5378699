"""The first member of staff of a new installation, from the command line."""

import sqlalchemy as sa

from kit.audit import SYSTEM
from kit.refusals import Refused
from licences.people import accounts, organisations
from licences.people.models import Organisation, OrganisationKind, Role
from portal.settings import Settings
from portal.wiring import make_house


def add(settings: Settings, *, name: str, email: str) -> str:
    """Adds a person to the programme team, which is made when it is missing; returns the address to set a password.

    Raises `Refused` when the address is in use.
    """
    here = make_house(settings)
    if "@" not in email:
        raise Refused("Write an e-mail address such as name@school.example.")
    with here.database.write() as session:
        team = session.scalar(sa.select(Organisation.id).where(Organisation.kind == OrganisationKind.LICENSOR))
        if team is None:
            made = organisations.create_organisation(
                session, here.clock, SYSTEM, name=f"{settings.brand_name} team", kind=OrganisationKind.LICENSOR
            )
            team = made.id
        person = organisations.add_person(session, here.clock, SYSTEM, team, name=name, email=email, role=Role.STAFF)
        secret = accounts.new_password_link(session, here.clock, person.id)
    return here.links.to(f"/welcome/{secret}")
