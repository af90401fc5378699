"""Names of organisations are taken once, whatever their capitals."""

import pytest
from sqlalchemy.orm import Session

from kit.audit import Actor
from kit.clock import SteppingClock
from kit.refusals import Refused
from licences.people.kinds import OrganisationKind
from licences.people.organisations import create_organisation, organisation, rename_organisation

TEAM = Actor(None, "Ruth Vaughan")


def made(session: Session, clock: SteppingClock, name: str) -> int:
    return create_organisation(session, clock, TEAM, name=name, kind=OrganisationKind.TRUST).id


@pytest.mark.parametrize("name", ["Ridge Trust", "RIDGE TRUST", "Écoles Élan"])
def test_a_name_is_taken_once(session: Session, clock: SteppingClock, name: str) -> None:
    for first in ("Ridge Trust", "Écoles Élan"):
        made(session, clock, first)
    with pytest.raises(Refused, match="of this name already"):
        made(session, clock, name)


def test_a_name_may_change_its_capitals_but_not_take_anothers(session: Session, clock: SteppingClock) -> None:
    ridge = made(session, clock, "Ridge Trust")
    made(session, clock, "Écoles Élan")
    rename_organisation(session, clock, TEAM, ridge, name="RIDGE Trust", kind=OrganisationKind.TRUST)
    assert organisation(session, ridge).name == "RIDGE Trust"
    with pytest.raises(Refused, match="of this name already"):
        rename_organisation(session, clock, TEAM, ridge, name="Écoles Élan", kind=OrganisationKind.TRUST)
