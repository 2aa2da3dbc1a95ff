"""Knowledge is made anew in the background: started by a worker, resumed after a crash, one workflow a store."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from activities.failures import FailureTranslation
from activities.heartbeats import Heartbeats
from activities.reindexing import Reindexing
from app.reindexing import start_reindexing
from app.temporal_client import connect
from app.temporal_worker import workflow_runner
from domain.errors import Unavailable
from domain.identifiers import reindex_id_of
from domain.ports import EmbeddingRole
from domain.upkeep import ReindexResult
from retrieval.embedders import HashEmbedder
from retrieval.embedding.shelf import EmbedderShelf
from retrieval.loading.reindexing import missing
from tests.conftest import Stack
from tests.integration.knowledge_world import KnowledgeWorld
from workflows.reindexing import ReindexKnowledge


@pytest.fixture
async def client(stack: Stack) -> Client:
    return await connect(stack.settings)


@asynccontextmanager
async def a_worker(
    client: Client,
    shop: KnowledgeWorld,
    embedder: HashEmbedder,
    queue: str = "",
    keep_index: Callable[[str], None] = lambda store: None,
) -> AsyncIterator[str]:
    queue = queue or f"reindex-{uuid.uuid4().hex[:8]}"

    async def keep(store: str) -> None:
        keep_index(store)

    work = Reindexing(shop.database, EmbedderShelf(embedder), keep)
    async with Worker(
        client,
        task_queue=queue,
        workflows=[ReindexKnowledge],
        activities=[work.reindex_knowledge],
        interceptors=[FailureTranslation(), Heartbeats()],
        workflow_runner=workflow_runner(),
    ):
        yield queue


async def result_of(client: Client, shop: KnowledgeWorld) -> ReindexResult:
    handle = client.get_workflow_handle(reindex_id_of(shop.store), result_type=ReindexResult)
    return await asyncio.wait_for(handle.result(), 60)


async def fill(shop: KnowledgeWorld) -> None:
    await shop.load(
        [
            {"id": f"d{number}", "kind": "faq", "language": "en", "title": f"Title {number}", "text": f"Text {number}."}
            for number in range(20)
        ]
    )


async def test_a_worker_starts_what_is_missing_and_once_is_enough(client: Client, shop: KnowledgeWorld) -> None:
    await fill(shop)
    other = HashEmbedder(64, "hash/other")
    async with a_worker(client, shop, other) as queue:
        for _ in range(2):
            await start_reindexing(client, shop.database, other.name, only=[shop.store], task_queue=queue)
        done = await result_of(client, shop)
    assert (done.embedded, done.removed) == (20, 20)
    assert not await missing(shop.database, shop.store, other.name)
    assert await start_reindexing(client, shop.database, other.name, only=[shop.store], task_queue=queue) == 0


async def test_a_large_store_without_an_index_is_seen_to(client: Client, shop: KnowledgeWorld) -> None:
    await fill(shop)
    seen: list[str] = []
    async with a_worker(client, shop, shop.embedder, keep_index=seen.append) as queue:
        for above, started in ((20, 0), (19, 1)):
            name = shop.embedder.name
            assert started == await start_reindexing(
                client, shop.database, name, index_above=above, only=[shop.store], task_queue=queue
            )
        await result_of(client, shop)
    assert seen == [shop.store]


class FlakyEmbedder(HashEmbedder):
    """Does not answer at its third call."""

    calls = 0

    async def embed(self, texts: Sequence[str], *, role: EmbeddingRole = "passage") -> list[list[float]]:
        self.calls += 1
        if self.calls == 3:
            raise Unavailable("The model does not answer.")
        return await super().embed(texts, role=role)


async def test_a_model_that_does_not_answer_is_waited_for(client: Client, shop: KnowledgeWorld) -> None:
    await fill(shop)
    flaky = FlakyEmbedder(64, "hash/flaky")
    async with a_worker(client, shop, flaky) as queue:
        await start_reindexing(client, shop.database, flaky.name, only=[shop.store], task_queue=queue)
        await result_of(client, shop)
    assert await shop.vectors(flaky.name) == await shop.live()


class StuckEmbedder(HashEmbedder):
    """Stops answering after a while, as a machine that is switched off would."""

    stuck: asyncio.Event

    async def embed(self, texts: Sequence[str], *, role: EmbeddingRole = "passage") -> list[list[float]]:
        if len(self.embedded) > 20:
            self.stuck.set()
            await asyncio.sleep(600)
        return await super().embed(texts, role=role)


async def test_another_worker_goes_on_where_one_stopped(
    client: Client, shop: KnowledgeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.loading.reindexing.PAGE", 5)
    await fill(shop)
    stuck = StuckEmbedder(64, "hash/other")
    stuck.stuck = asyncio.Event()
    async with a_worker(client, shop, stuck) as queue:
        await start_reindexing(client, shop.database, stuck.name, only=[shop.store], task_queue=queue)
        await stuck.stuck.wait()
    before = len(await shop.vectors("hash/other"))
    async with a_worker(client, shop, HashEmbedder(64, "hash/other"), queue):
        done = await result_of(client, shop)
    assert 0 < before < 20
    assert done.embedded == 20 - before
