"""One installation with the demo store for all acceptance tests."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.acceptance.installation import Installation
from tests.acceptance.people import People


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """Runs, with the demo store loaded. A test that stops it starts it again."""
    here = Installation()
    try:
        here.start()
        yield here
    finally:
        here.remove()


@pytest.fixture(scope="session")
async def people(installation: Installation) -> AsyncIterator[People]:
    """Customers and agents of the demo store, over HTTP."""
    async with People(installation.settings, installation.keys) as someone:
        yield someone
