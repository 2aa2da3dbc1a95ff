"""`holdpoint usage`, and what an agent sees of a query's models."""

import json
from decimal import Decimal
from uuid import uuid4

import pytest

from activities.reading import find_query
from activities.spending import PostgresLedger
from activities.stores import create_store
from api.parts import ApiOptions
from api.views import agent_query, customer_query
from app.cli.query_text import query_lines
from domain.ports import Written
from domain.spending import ModelCall, ModelUse
from retrieval.database import Database
from tests.api_world import a_world
from tests.conftest import Stack
from tests.desk_fixtures import a_shop
from tests.integration.conftest import Command
from tests.integration.test_api_console import at_console

WRITTEN = Written(text="Yes.", provider="cohere", model="command-a", input_tokens=1400, output_tokens=60)


async def book(database: Database, store: str, query_id: str, cost: Decimal | None) -> None:
    ledger = PostgresLedger(database)
    call = ModelCall(store=store, query_id=query_id)
    reserved = await ledger.reserve(call, cost, None, provider="cohere", model="command-a")
    assert reserved is not None
    await ledger.settle(reserved, WRITTEN, cost)


@pytest.fixture
async def store(database: Database) -> str:
    name = f"m{uuid4().hex[:12]}"
    await create_store(database, name, settings={"model_budget": "3"})
    await book(database, name, "q1", Decimal("0.0125"))
    await book(database, name, "q2", Decimal("0.01"))
    return name


def test_days_are_summed_beside_the_budget(store: str, command: Command) -> None:
    code, said, _ = command("usage", "--store", store)
    assert code == 0
    day, line = said.splitlines()
    assert day.endswith("  0.0225 of 3")
    assert line.strip() == "cohere:command-a: 2 answered; 2,800 tokens read, 120 written; cost 0.0225"
    code, said, _ = command("usage", "--store", store, "--days", "1", "--json")
    told = json.loads(said)
    assert (told["budget"], told["usage"][0]["calls"], told["usage"][0]["cost"]) == ("3", 2, "0.022500000")


def test_a_store_without_any_says_so_and_an_unknown_one_is_an_error(store: str, command: Command) -> None:
    name = f"m{uuid4().hex[:12]}"
    assert command("store", "create", name)[0] == 0
    code, said, told = command("usage", "--store", name)
    assert (code, said) == (0, "")
    assert "No language model" in told
    assert command("usage", "--store", "nowhere")[0] == 1
    assert command("usage", "--store", store, "--days", "0")[0] == 2


async def test_agents_see_what_models_did_for_a_query_and_customers_do_not(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url) as shop:
        asked = await shop.ask(start=False)
        query_id = asked.given.query_id
        await book(shop.database, shop.store, query_id, Decimal("0.0125"))
        await book(shop.database, shop.store, query_id, None)
        record = await find_query(shop.database, shop.store, query_id)
    options = ApiOptions(version="0", web_url="http://h")
    used = ModelUse(
        provider="cohere",
        model="command-a",
        calls=2,
        input_tokens=2800,
        output_tokens=120,
        cost=Decimal("0.0125"),
    )
    view = agent_query(record, options)
    assert view.usage == (used,)
    assert "usage" not in customer_query(record, options).model_dump()
    assert any("2 answered" in line for line in query_lines(json.loads(view.model_dump_json())))


async def test_the_page_and_the_api_tell_agents_tokens_and_cost(stack: Stack) -> None:
    async with a_world(stack.app_url) as world:
        snapshot = await world.waiting()
        await book(world.database, world.store, snapshot.query_id, Decimal("0.0125"))
        told = (await world.get(f"/v1/queries/{snapshot.query_id}", scope="agent")).json()
        (used,) = told["usage"]
        assert (used["model"], used["input_tokens"], used["output_tokens"]) == ("command-a", 1400, 60)
        assert Decimal(used["cost"]) == Decimal("0.0125")
        customers = (await world.get(f"/v1/queries/{snapshot.query_id}")).json()
        assert "usage" not in customers
        await at_console(world)
        page = (await world.client.get(f"/console/queries/{snapshot.query_id}")).text
        assert "<h3>cohere:command-a</h3>" in page
        assert "1,400 read, 60 written" in page
        assert "<dd>0.0125</dd>" in page
