"""The sweeper and the repair: what an outage, a termination or lost records leave behind."""

import asyncio

from temporalio.client import WorkflowExecutionStatus

from activities.records import Records
from activities.repair import repair_store
from activities.starting import StartOptions
from app.sweeper import Sweeper
from graphs.fakes import FakeSteps
from tests.conftest import Stack
from tests.desk_fixtures import Shop, a_shop


def a_sweeper(shop: Shop) -> Sweeper:
    options = StartOptions(task_queue=shop.task_queue)
    return Sweeper(shop.client, shop.database, Records(shop.database, {}), options)


async def test_a_query_that_temporal_never_heard_of_is_started_late(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url) as shop:
        asked = await shop.ask(start=False)
        await shop.rows("UPDATE queries SET received_at = now() - interval '1 minute'")
        await a_sweeper(shop).sweep(checking=False)
        await asked.until("sent")


async def test_a_run_that_was_terminated_is_shown_as_failed(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False)) as shop:
        asked = await shop.ask()
        await asked.until("waiting_review")
        await asked.handle.terminate("an operator did it")
        sweeper = a_sweeper(shop)
        for _ in range(50):  # the visibility store is eventually consistent
            await sweeper.sweep(checking=True)
            if (await asked.row())["status"] == "failed":
                break
            await asyncio.sleep(0.1)
        row = await asked.until("failed")
        assert "terminated" in row["failure"]
        assert row["snapshot"]["waiting_hash"] is None


async def test_records_that_were_lost_come_back_from_temporal(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url, FakeSteps(send=False)) as shop:
        asked = await shop.ask()
        before = await asked.until("waiting_review")
        await shop.rows("UPDATE queries SET status = 'working', snapshot = '{}', draft_hash = NULL, tier = NULL")
        report = await repair_store(shop.client, shop.database, Records(shop.database, {}), shop.store)
        assert (report.checked, report.updated) == (1, 1)
        row = await asked.row()
        assert {name: row[name] for name in ("status", "draft_hash", "tier", "snapshot")} == {
            name: before[name] for name in ("status", "draft_hash", "tier", "snapshot")
        }


async def test_a_repair_starts_what_temporal_has_lost_and_deletes_nothing(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url) as shop:
        asked = await shop.ask(start=False)
        await shop.rows("UPDATE queries SET workflow_started_at = now(), received_at = now() - interval '1 minute'")
        report = await repair_store(shop.client, shop.database, Records(shop.database, {}), shop.store)
        assert report.to_start == 1
        await a_sweeper(shop).sweep(checking=False)
        await asked.until("sent")
        await asked.handle.result()  # the reply has left before the run is over
        assert (await asked.handle.describe()).status is WorkflowExecutionStatus.COMPLETED
