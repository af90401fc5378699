"""Whose work the tests of this folder do."""

import pytest

from tests.browser_like import Browser
from tests.world import MANAGER, World


@pytest.fixture
def manager(world: World) -> Browser:
    """Lakeshire's licence manager, signed in."""
    return world.browser(MANAGER)
