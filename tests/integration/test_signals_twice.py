"""Whoever signals is told nothing, so signals come twice: the second one interrupts the task that applies the first."""

import asyncio

from graphs.fakes import FakeSteps
from tests.conftest import Stack
from tests.desk_fixtures import a_shop


async def test_a_decision_by_signal_is_recorded_once_however_often_its_task_is_repeated(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False)) as shop:
        asked = [await shop.ask() for _ in range(8)]
        for each in asked:
            row = await each.until("waiting_review")
            decision = {"draft_hash": row["draft_hash"], "agent": "Ana"}
            await asyncio.gather(*(each.handle.signal("approve", decision) for _ in range(3)))
        for each in asked:
            await each.until("sent")
        applied = await shop.rows("SELECT query_id FROM decisions WHERE refusal IS NULL")
        assert sorted(row["query_id"] for row in applied) == sorted(each.given.query_id for each in asked)
