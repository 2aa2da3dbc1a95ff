"""What language models cost is booked by store and day; no budget is overspent, however many workers call at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from activities.spending import PostgresLedger, Reserved, usage_by_day
from activities.stores import create_store, read_policy, set_store
from domain.errors import BadInput
from domain.ports import Written
from domain.spending import DayUse, ModelCall
from retrieval.database import Database
from tests.conftest import Stack

COST = Decimal("0.25")
WRITTEN = Written(text="Yes.", provider="cohere", model="command-a", input_tokens=400, output_tokens=60)


@pytest.fixture
async def store(database: Database) -> str:
    name = f"m{uuid4().hex[:12]}"
    await create_store(database, name)
    return name


async def reserve(
    database: Database, store: str, budget: Decimal | None, estimate: Decimal | None = COST, query_id: str = "q1"
) -> Reserved | None:
    call = ModelCall(store=store, query_id=query_id)
    return await PostgresLedger(database).reserve(call, estimate, budget, provider="cohere", model="command-a")


async def settle(database: Database, reserved: Reserved | None, cost: Decimal | None) -> None:
    assert reserved is not None
    await PostgresLedger(database).settle(reserved, WRITTEN, cost)


async def used(database: Database, store: str) -> DayUse:
    (one,) = await usage_by_day(database, store, 1)
    return one


async def test_what_was_reserved_is_settled_at_what_it_came_to(database: Database, store: str) -> None:
    reserved = await reserve(database, store, Decimal(1))
    assert (await used(database, store)).pending == 1
    await settle(database, reserved, Decimal("0.0123"))
    await settle(database, reserved, Decimal(99))  # the second time changes nothing
    found = await used(database, store)
    assert found == DayUse(
        day=datetime.now(UTC).date(),
        provider="cohere",
        model="command-a",
        calls=1,
        input_tokens=400,
        output_tokens=60,
        cost=Decimal("0.0123"),
    )


async def test_a_budget_is_used_to_its_end_and_not_beyond(database: Database, store: str) -> None:
    budget = Decimal("0.60")
    first, second = await reserve(database, store, budget), await reserve(database, store, budget)
    assert await reserve(database, store, budget) is None
    await settle(database, first, Decimal("0.05"))
    third = await reserve(database, store, budget)
    assert third is not None
    assert await reserve(database, store, budget) is None
    assert await reserve(database, store, None) is not None  # no limit
    assert second is not None


async def test_a_budget_of_nothing_allows_what_costs_nothing(database: Database, store: str) -> None:
    assert await reserve(database, store, Decimal(0)) is None
    assert await reserve(database, store, Decimal(0), estimate=Decimal(0)) is not None


async def test_what_a_failed_call_had_reserved_is_free_again(database: Database, store: str) -> None:
    reserved = await reserve(database, store, COST)
    assert reserved is not None
    assert await reserve(database, store, COST) is None
    await PostgresLedger(database).release(reserved, provider="cohere", model="command-a")
    found = await used(database, store)
    assert (found.failed, found.calls, found.cost) == (1, 0, None)
    assert await reserve(database, store, COST) is not None


@asynccontextmanager
async def workers(stack: Stack, count: int) -> AsyncIterator[list[Database]]:
    """Databases as so many processes would have them."""
    opened = [Database(stack.app_url, max_size=4) for _ in range(count)]
    try:
        for database in opened:
            await database.open()
        yield opened
    finally:
        for database in opened:
            await database.close()


async def test_forty_calls_of_four_workers_at_once_stay_within_the_budget(
    stack: Stack, database: Database, store: str
) -> None:
    budget = Decimal(2)
    async with workers(stack, 4) as several:
        found = await asyncio.gather(*(reserve(each, store, budget) for each in several for _ in range(10)))
        granted = [each for each in found if each is not None]
        assert len(granted) == budget / COST
        await asyncio.gather(*(settle(database, each, COST) for each in granted))
    assert (await used(database, store)).cost == budget


async def test_a_day_is_overspent_by_no_more_than_single_answers_beyond_their_estimates(
    database: Database, store: str
) -> None:
    budget, dear = Decimal(1), Decimal("0.30")
    granted = 0
    while (reserved := await reserve(database, store, budget)) is not None:
        await settle(database, reserved, dear)
        granted += 1
    assert granted == 3
    assert (await used(database, store)).cost == Decimal("0.90")


async def test_yesterdays_cost_is_not_todays_and_stays_in_the_report(database: Database, store: str) -> None:
    await settle(database, await reserve(database, store, COST), COST)
    async with database.in_store(store) as connection:
        for table in (b"model_usage", b"model_days"):
            await connection.execute(b"UPDATE " + table + b" SET day = day - 1 WHERE store = %s", (store,))
    assert await reserve(database, store, COST) is not None
    assert [found.day for found in await usage_by_day(database, store, 1)] == [datetime.now(UTC).date()]
    assert len(await usage_by_day(database, store, 2)) == 2


async def test_a_store_sees_no_usage_of_another(database: Database, store: str) -> None:
    await settle(database, await reserve(database, store, None), COST)
    other = f"m{uuid4().hex[:12]}"
    await create_store(database, other)
    assert await usage_by_day(database, other, 30) == ()
    async with database.in_store(other) as connection:
        rows = await (await connection.execute("SELECT 1 FROM model_usage UNION SELECT 1 FROM model_days")).fetchall()
    assert rows == []


async def test_without_a_price_tokens_are_counted_and_no_cost(database: Database, store: str) -> None:
    await settle(database, await reserve(database, store, None, estimate=None), None)
    found = await used(database, store)
    assert (found.input_tokens, found.cost) == (400, None)


async def test_a_budget_is_a_setting_of_the_store(database: Database, store: str) -> None:
    await set_store(database, store, {"model_budget": "2.50"})
    assert (await read_policy(database, store)).model_budget == Decimal("2.50")
    await set_store(database, store, {"model_budget": ""})
    assert (await read_policy(database, store)).model_budget is None
    for bad in ("-1", "much", "nan", "inf"):
        with pytest.raises(BadInput, match="model_budget"):
            await set_store(database, store, {"model_budget": bad})
