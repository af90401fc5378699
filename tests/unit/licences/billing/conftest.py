"""What tests of the money may ask for."""

import pytest
from sqlalchemy.orm import Session

from kit.clock import SteppingClock
from tests.unit.licences.billing.place import Council


@pytest.fixture
def council(session: Session, clock: SteppingClock) -> Council:
    return Council(session, clock)
