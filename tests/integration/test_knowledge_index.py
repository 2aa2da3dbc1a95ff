"""The index by meaning that a large store gets: built once, whatever was left behind, and named by the planner."""

import asyncio
from typing import Any

import psycopg
import pytest

from retrieval.embedders import HashEmbedder
from retrieval.loading.serving import embedders_of
from retrieval.loading.vector_index import drop_unused_indexes, index_if_large, index_name
from tests.conftest import Stack
from tests.integration.knowledge_world import KnowledgeWorld


@pytest.fixture
async def filled(shop: KnowledgeWorld) -> KnowledgeWorld:
    """Forty passages under an embedder whose name would be dangerous if it were pasted into a statement."""
    shop.embedder = HashEmbedder(64, 'it\'s; DROP TABLE "passages" --/1')
    await shop.load(
        [
            {"id": f"d{number}", "kind": "faq", "language": "en", "title": f"Title {number}", "text": f"Text {number}."}
            for number in range(40)
        ]
    )
    return shop


async def build(stack: Stack, shop: KnowledgeWorld, limit: int) -> Any:
    return await index_if_large(stack.owner_url, shop.store, shop.embedder.name, 64, limit)


async def test_a_store_below_the_limit_stays_without(filled: KnowledgeWorld, stack: Stack) -> None:
    assert await build(stack, filled, 40) is None
    (served,) = await embedders_of(filled.database, filled.store)
    assert served.indexed_at is None


async def test_a_store_above_the_limit_is_indexed_once(filled: KnowledgeWorld, stack: Stack) -> None:
    first, second = await asyncio.gather(build(stack, filled, 39), build(stack, filled, 39))
    assert (first is None) != (second is None)
    assert await build(stack, filled, 39) is None
    (served,) = await embedders_of(filled.database, filled.store)
    assert served.indexed_at is not None


async def test_what_an_interrupted_build_left_is_replaced(filled: KnowledgeWorld, stack: Stack) -> None:
    await build(stack, filled, 10)
    name = index_name(filled.store, filled.embedder.name)
    async with await psycopg.AsyncConnection.connect(_as_superuser(stack), autocommit=True) as connection:
        await connection.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(%s)", (f"public.{name}",)
        )
    built = await build(stack, filled, 10)
    assert built is not None
    assert built.passages == 40


async def test_the_planner_takes_the_index_for_this_store_alone(filled: KnowledgeWorld, stack: Stack) -> None:
    await build(stack, filled, 10)
    name = index_name(filled.store, filled.embedder.name)
    async with filled.database.in_store(filled.store) as connection:
        await connection.execute("SET LOCAL enable_seqscan = off")
        await connection.execute("SET LOCAL enable_sort = off")
        for store, expected in ((filled.store, True), ("another", False)):
            cursor = await connection.execute(
                "EXPLAIN SELECT passage_id FROM passage_vectors WHERE store = %s AND embedder = %s AND live "
                "ORDER BY (embedding::halfvec(64)) <=> %s::halfvec(64) LIMIT 3",
                (store, filled.embedder.name, str([0.1] * 64)),
            )
            plan = str(await cursor.fetchall())
            assert (name in plan) == expected


async def test_the_index_of_an_embedder_that_was_given_up_goes(filled: KnowledgeWorld, stack: Stack) -> None:
    await build(stack, filled, 10)
    await filled.rows("DELETE FROM store_embedders WHERE store = %(store)s RETURNING 1")
    assert index_name(filled.store, filled.embedder.name) in await drop_unused_indexes(stack.owner_url)
    assert await drop_unused_indexes(stack.owner_url) == []


def _as_superuser(stack: Stack) -> str:
    return stack.owner_url.replace("holdpoint_owner@", "postgres@")
