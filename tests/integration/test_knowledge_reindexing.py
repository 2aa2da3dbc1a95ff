"""Another embedder, another analysis, an upgraded schema: everything is made anew while searches and loads go on."""

import asyncio
from typing import Any

import pytest

from domain.errors import Unavailable
from domain.vocabulary import Language
from retrieval.embedders import HashEmbedder
from retrieval.embedding.shelf import EmbedderShelf
from retrieval.loading import reindexing
from retrieval.loading.reindexing import missing, reindex_store
from retrieval.loading.serving import embedders_of
from retrieval.search import PostgresKnowledge
from tests.integration.knowledge_world import KnowledgeWorld


def document(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"faq-{number:03}",
        "kind": "faq",
        "language": "en",
        "title": f"Question {number}",
        "text": f"Answer number {number}. It is about subject {number % 7}.",
    } | changes


def shelf_of(shop: KnowledgeWorld, chosen: HashEmbedder) -> EmbedderShelf:
    return EmbedderShelf(chosen, {shop.embedder.name: shop.embedder}.get)


async def test_another_embedder_takes_over_once_it_has_every_passage(shop: KnowledgeWorld) -> None:
    await shop.load([document(number) for number in range(30)])
    other = HashEmbedder(64, "hash/other")
    assert (await missing(shop.database, shop.store, other.name)).standing == 30
    report = await reindex_store(shop.database, shelf_of(shop, other), shop.store)
    assert (report.embedded, report.removed) == (30, 30)
    assert await shop.vectors(other.name) == await shop.live()
    (served,) = await embedders_of(shop.database, shop.store)
    assert served.embedder == other.name
    assert served.completed_at is not None
    assert not await missing(shop.database, shop.store, other.name)


async def test_the_old_vectors_stay_when_asked_and_are_no_longer_taken_for_complete(shop: KnowledgeWorld) -> None:
    await shop.load([document(1)])
    await reindex_store(shop.database, shelf_of(shop, HashEmbedder(64, "hash/other")), shop.store, keep_old=True)
    served = {one.embedder: one.completed_at is not None for one in await embedders_of(shop.database, shop.store)}
    assert served == {"hash/1": False, "hash/other": True}
    assert await shop.vectors("hash/1") == await shop.live()


async def test_a_load_before_the_change_is_done_embeds_for_both(shop: KnowledgeWorld) -> None:
    await shop.load([document(1)])
    other = HashEmbedder(64, "hash/other")
    await shop.load([document(1), document(2)], embedder=shelf_of(shop, other))
    assert await shop.vectors("hash/1") == {"faq-001.en#0", "faq-002.en#0"}
    assert await shop.vectors("hash/other") == {"faq-002.en#0"}


class BreakingEmbedder(HashEmbedder):
    """Fails after some texts, as a process that is killed would."""

    def __init__(self, name: str, most: int) -> None:
        super().__init__(64, name)
        self._left = most

    async def embed(self, texts: Any, *, role: Any = "passage") -> list[list[float]]:
        self._left -= len(texts)
        if self._left < 0:
            raise RuntimeError("killed")
        return await super().embed(texts, role=role)


async def test_what_was_cut_short_goes_on_where_it_stopped(shop: KnowledgeWorld, monkeypatch: Any) -> None:
    monkeypatch.setattr(reindexing, "PAGE", 10)
    await shop.load([document(number) for number in range(60)])
    with pytest.raises(RuntimeError):
        await reindex_store(shop.database, shelf_of(shop, BreakingEmbedder("hash/other", 100)), shop.store)
    done = len(await shop.vectors("hash/other"))
    assert 0 < done < 60
    assert await shop.vectors("hash/1") == await shop.live()
    report = await reindex_store(shop.database, shelf_of(shop, HashEmbedder(64, "hash/other")), shop.store)
    assert report.embedded == 60 - done


async def test_loads_during_the_change_leave_nothing_behind(shop: KnowledgeWorld, monkeypatch: Any) -> None:
    monkeypatch.setattr(reindexing, "PAGE", 5)
    await shop.load([document(number) for number in range(40)])
    other = HashEmbedder(64, "hash/other")
    shelf = shelf_of(shop, other)

    async def load_more() -> None:
        for number in range(40, 50):
            await shop.load([document(number), document(number - 40, text="Changed.")], embedder=shelf)

    await asyncio.gather(reindex_store(shop.database, shelf, shop.store), load_more())
    assert await shop.vectors(other.name) == await shop.live()
    assert len(await shop.live()) == 50
    assert await shop.statistics() == await shop.recount()


async def test_after_an_upgrade_terms_and_vectors_come_back(shop: KnowledgeWorld) -> None:
    await shop.load([document(number) for number in range(12)])
    await shop.load([document(3, text="Replaced.")])
    before = await shop.statistics()
    await shop.rows(
        "UPDATE passages SET analysis = '', terms = '{}', frequencies = '{}', title_terms = '{}', length = 0 "
        "WHERE store = %(store)s RETURNING 1"
    )
    for statement in (
        "DELETE FROM passage_vectors WHERE store = %(store)s RETURNING 1",
        "DELETE FROM store_embedders WHERE store = %(store)s RETURNING 1",
        "DELETE FROM terms WHERE store = %(store)s RETURNING 1",
        "UPDATE vocabularies SET passages = 0, length = 0 WHERE store = %(store)s RETURNING 1",
    ):
        await shop.rows(statement)
    left = await missing(shop.database, shop.store, shop.embedder.name)
    assert (left.terms, left.standing, left.withdrawn) == (13, 12, 1)
    report = await reindex_store(shop.database, EmbedderShelf(shop.embedder), shop.store)
    assert (report.analysed, report.embedded) == (13, 13)
    assert await shop.statistics() == before == await shop.recount()


async def test_a_better_analysis_replaces_the_terms_and_their_counts(shop: KnowledgeWorld) -> None:
    await shop.load([document(number) for number in range(5)])
    await shop.rows("UPDATE passages SET analysis = 'older', length = length + 1 WHERE store = %(store)s RETURNING 1")
    await shop.rows("UPDATE vocabularies SET length = length + passages WHERE store = %(store)s RETURNING 1")
    report = await reindex_store(shop.database, EmbedderShelf(shop.embedder), shop.store)
    assert (report.analysed, report.embedded) == (5, 0)
    assert await shop.statistics() == await shop.recount()


class GatedEmbedder(HashEmbedder):
    """Waits at a gate before it embeds passages; questions pass."""

    def __init__(self, name: str) -> None:
        super().__init__(64, name)
        self.reached = asyncio.Event()
        self.gate = asyncio.Event()

    async def embed(self, texts: Any, *, role: Any = "passage") -> list[list[float]]:
        if role == "passage" and len(self.embedded) > 30:
            self.reached.set()
            await self.gate.wait()
        return await super().embed(texts, role=role)


async def test_searches_find_everything_before_during_and_after_the_change(
    shop: KnowledgeWorld, monkeypatch: Any
) -> None:
    monkeypatch.setattr(reindexing, "PAGE", 5)
    await shop.load([document(number) for number in range(30)])
    other = GatedEmbedder("hash/other")
    shelf = shelf_of(shop, other)
    knowledge = PostgresKnowledge(shop.database, shelf)

    async def found(number: int) -> str:
        result = await knowledge.search(shop.store, f"Question {number}: answer number {number}?", language=Language.EN)
        return result.passages[0].document_id

    assert await found(17) == "faq-017"
    changing = asyncio.create_task(reindex_store(shop.database, shelf, shop.store))
    await other.reached.wait()
    assert 0 < len(await shop.vectors(other.name)) < 30
    assert [await found(number) for number in (2, 17, 29)] == ["faq-002", "faq-017", "faq-029"]
    other.gate.set()
    await changing
    assert [await found(number) for number in (2, 17, 29)] == ["faq-002", "faq-017", "faq-029"]
    assert await shop.vectors(shop.embedder.name) == set()


async def test_only_one_process_at_a_time_makes_a_store_anew(shop: KnowledgeWorld, monkeypatch: Any) -> None:
    monkeypatch.setattr(reindexing, "PAGE", 5)
    await shop.load([document(number) for number in range(30)])
    other = GatedEmbedder("hash/other")
    shelf = shelf_of(shop, other)
    first = asyncio.create_task(reindex_store(shop.database, shelf, shop.store))
    await other.reached.wait()
    with pytest.raises(Unavailable, match="made anew already"):
        await reindex_store(shop.database, shelf, shop.store)
    other.gate.set()
    await first
    assert (await reindex_store(shop.database, shelf, shop.store)).embedded == 0
