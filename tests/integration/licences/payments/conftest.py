"""A stand-in for all tests of collecting: each makes its own council in its own database, and time goes on."""

from collections.abc import Iterator

import pytest

from kit.db import Database
from tests.integration.licences.payments.council import Paying, StandInClock
from tests.stripe_server import SECRET, StandIn, running


@pytest.fixture(scope="package")
def stand_in() -> Iterator[StandIn]:
    """The pretend Stripe, which keeps its events to itself until a test fetches them."""
    with running("--at", "2026-09-01T09:00:00") as found:
        yield found


@pytest.fixture
def paying(database: Database, stand_in: StandIn) -> Paying:
    """A council with an order, on the test's own database, and the stand-in that collects from it."""
    return Paying(database, stand_in, StandInClock(stand_in), SECRET)
