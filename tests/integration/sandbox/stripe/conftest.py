"""One stand-in for all tests of it: each makes its own customers, and time only goes forward."""

from collections.abc import Iterator

import pytest

from tests.integration.sandbox.stripe.shop import Shop
from tests.stripe_server import running


@pytest.fixture(scope="package")
def shop() -> Iterator[Shop]:
    """A stand-in with a price and a tax rate."""
    with running() as stand_in:
        yield Shop(stand_in)
