"""What tests of quotes may ask for."""

import pytest
from sqlalchemy.orm import Session

from kit.clock import SteppingClock
from licences.people import legal
from licences.quotes import accepting
from tests.unit.licences.billing.place import Council


@pytest.fixture
def council(session: Session, clock: SteppingClock) -> Council:
    """A council that may order: there is a price, and both texts are published."""
    made = Council(session, clock)
    made.announce()
    for kind in (accepting.TERMS, accepting.AGREEMENT):
        legal.publish(session, clock, made.ruth, kind, title=kind.value.capitalize(), body="One.", after=0)
    return made
