"""A short crash test; `make chaos` runs longer ones."""

import pytest

from tests.acceptance.installation import Installation
from tests.chaos.__main__ import lines_of
from tests.chaos.ordeal import Plan, endure

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


async def test_nothing_is_lost_or_done_twice_when_parts_are_killed() -> None:
    installation = Installation(demo=False)
    try:
        report = await endure(installation, Plan(queries=20, kills=6, seed=20261124, every=2.0))
    finally:
        installation.remove()
    assert report.faults == 0, "\n".join(lines_of(report))
    assert sum(report.kills.values()) == 6
