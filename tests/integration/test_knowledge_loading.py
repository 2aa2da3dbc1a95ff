"""Knowledge that is loaded into a real PostgreSQL: versions, statistics, and loads that meet or are cut short."""

import asyncio
from typing import Any

from retrieval.embedders import HashEmbedder
from tests.integration.knowledge_world import KnowledgeWorld

KETTLE: dict[str, Any] = {
    "id": "kettle",
    "kind": "product",
    "language": "en",
    "title": "Brisa kettle HB-200",
    "text": "Holds 1.7 litres. It switches itself off when the water boils.",
}
RETURNS: dict[str, Any] = {
    "id": "returns",
    "kind": "policy",
    "language": "en",
    "title": "Returns",
    "text": "Send anything back within 30 days.\n\n## Who pays\n\nWe pay the postage for faulty goods.",
}


async def test_a_second_load_embeds_nothing_and_counts_nothing_twice(shop: KnowledgeWorld) -> None:
    assert await shop.counts([KETTLE, RETURNS]) == (2, 0, 0, 0, 0)
    before = await shop.statistics()
    shop.embedder.embedded.clear()
    assert await shop.counts([KETTLE, RETURNS]) == (0, 0, 2, 0, 0)
    assert shop.embedder.embedded == []
    assert await shop.statistics() == before == await shop.recount()


async def test_a_changed_document_gets_a_new_version_and_the_old_passages_stay_readable(shop: KnowledgeWorld) -> None:
    await shop.load([KETTLE, RETURNS])
    assert await shop.counts([KETTLE | {"text": "Holds 2 litres."}, RETURNS]) == (0, 1, 1, 0, 0)
    assert await shop.versions("kettle") == [(1, "replaced"), (2, None)]
    assert await shop.live() == {"kettle.en@2#0", "returns.en#0", "returns.en#1"}
    assert await shop.text("kettle.en#0") == KETTLE["text"]
    assert await shop.statistics() == await shop.recount()


async def test_passages_that_say_the_same_as_before_are_not_embedded_again(shop: KnowledgeWorld) -> None:
    await shop.load([RETURNS])
    shop.embedder.embedded.clear()
    await shop.load([RETURNS | {"text": RETURNS["text"].replace("faulty", "broken")}])
    assert shop.embedder.embedded
    assert not any("30 days" in text for text in shop.embedder.embedded)
    assert await shop.vectors(HashEmbedder().name) == {"returns.en@2#0", "returns.en@2#1"}


async def test_loads_at_the_same_time_write_each_document_once(shop: KnowledgeWorld) -> None:
    await asyncio.gather(*(shop.load([KETTLE, RETURNS]) for _ in range(4)))
    assert await shop.versions("kettle") == [(1, None)]
    assert await shop.statistics() == await shop.recount()
