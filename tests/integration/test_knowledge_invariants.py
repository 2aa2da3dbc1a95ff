"""Whatever is loaded, retired, released or made anew in whatever order: counts, vectors and versions stay exact."""

import asyncio
import random
from contextlib import suppress
from typing import Any

import pytest

from domain.errors import NotFound
from domain.knowledge import Document
from domain.vocabulary import Language
from retrieval.embedders import HashEmbedder
from retrieval.embedding.shelf import EmbedderShelf
from retrieval.loading.curation import list_documents, release_document, retire_document
from retrieval.loading.reindexing import reindex_store
from tests.integration.knowledge_world import KnowledgeWorld

WORDS = "kettle litres return postage garantie délai Rücksendung Frist plazo devolución HB-200 500 prazo".split()
WINDOWS: tuple[dict[str, str], ...] = (
    {},
    {"effective_to": "2026-01-01"},
    {"effective_from": "2026-01-01"},
    {"effective_from": "2026-01-01", "effective_to": "2026-06-01"},
)


def inspect(document: Document) -> tuple[dict[str, Any], ...]:
    return ({"why": "It says HB-200."},) if "HB-200 500" in document.text else ()


class RandomWorld:
    """Takes steps that are drawn from a seed."""

    def __init__(self, shop: KnowledgeWorld, seed: int) -> None:
        self.shop = shop
        self.draw = random.Random(seed)
        self.embedder = shop.embedder

    @property
    def shelf(self) -> EmbedderShelf:
        return EmbedderShelf(self.embedder, {self.shop.embedder.name: self.shop.embedder}.get)

    def records(self) -> list[dict[str, Any]]:
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for _ in range(self.draw.randint(1, 8)):
            key = (f"d{self.draw.randint(1, 6)}", self.draw.choice(["en", "de", "es"]))
            text = "\n\n".join(" ".join(self.draw.choices(WORDS, k=6)) for _ in range(self.draw.randint(1, 3)))
            found[key] = {
                "id": key[0],
                "language": key[1],
                "kind": "faq",
                "title": self.draw.choice(WORDS),
                "text": f"# One\n\n{text}\n\n# Two\n\nAlways the same.",
                **self.draw.choice(WINDOWS),
            }
        return list(found.values())

    async def load(self) -> None:
        source = self.draw.choice([None, "site"])
        await self.shop.load(
            self.records(), prune=self.draw.random() < 0.3, source=source, embedder=self.shelf, inspect=inspect
        )

    async def load_at_once(self) -> None:
        await asyncio.gather(*(self.load() for _ in range(3)))

    async def retire(self) -> None:
        with suppress(NotFound):
            await retire_document(self.shop.database, self.shop.store, f"d{self.draw.randint(1, 6)}")

    async def release(self) -> None:
        for one in await list_documents(self.shop.database, self.shop.store, state="quarantined", most=2):
            await release_document(
                self.shop.database, self.shop.store, one.document_id, Language(one.language), one.version, agent="Ana"
            )

    async def forget_analysis(self) -> None:
        await self.shop.rows("UPDATE passages SET analysis = 'older' WHERE store = %(store)s RETURNING 1")

    async def reindex(self) -> None:
        if self.draw.random() < 0.5:
            self.embedder = HashEmbedder(self.draw.choice([32, 64]), f"hash/{self.draw.randint(1, 3)}")
        await asyncio.gather(self.load(), reindex_store(self.shop.database, self.shelf, self.shop.store))

    async def check(self) -> None:
        assert await self.shop.statistics() == await self.shop.recount()
        rows = await self.shop.rows(
            "SELECT p.passage_id, p.live, d.withdrawn_at IS NULL AND (d.quarantined_at IS NULL OR d.released_at IS NOT "
            "NULL) AS answers FROM passages p JOIN documents d USING (store, document_id, language, version) "
            "WHERE store = %(store)s"
        )
        assert [row for row in rows if row["live"] != row["answers"]] == []
        vectors = await self.shop.rows(
            "SELECT passage_id FROM passages p JOIN passage_vectors v USING (store, passage_id) "
            "WHERE store = %(store)s "
            "AND (p.live, p.kind, p.language, p.effective_from, p.effective_to) IS DISTINCT FROM "
            "(v.live, v.kind, v.language, v.effective_from, v.effective_to)"
        )
        assert vectors == []


@pytest.mark.parametrize("seed", range(6))
async def test_after_any_steps_everything_agrees(shop: KnowledgeWorld, seed: int) -> None:
    world = RandomWorld(shop, seed)
    await world.load()
    for _ in range(10):
        step = world.draw.choice(
            [world.load, world.load_at_once, world.retire, world.release, world.forget_analysis, world.reindex]
        )
        await step()
        await world.check()
    await reindex_store(shop.database, world.shelf, shop.store)
    await world.check()
    assert await shop.vectors(world.embedder.name) == await shop.live()
