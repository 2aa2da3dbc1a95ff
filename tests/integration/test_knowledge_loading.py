"""Knowledge that is loaded into a real PostgreSQL: versions, statistics, and loads that meet or are cut short."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from domain.errors import BadInput, NotFound
from domain.ports import EmbeddingRole
from retrieval import ingest
from retrieval.embedders import HashEmbedder
from retrieval.loading.loads import recent_loads
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


async def test_editions_stand_beside_each_other_and_contradictions_do_not(shop: KnowledgeWorld) -> None:
    old = RETURNS | {"effective_to": "2026-01-01"}
    new = RETURNS | {"text": "Send anything back within 14 days.", "effective_from": "2026-01-01"}
    assert await shop.counts([old, new]) == (2, 0, 0, 0, 0)
    assert await shop.versions("returns") == [(1, None), (2, None)]
    later = new | {"effective_from": "2026-02-01", "effective_to": "2027-01-01"}
    assert await shop.counts([later]) == (1, 0, 0, 0, 0)
    assert await shop.versions("returns") == [(1, None), (2, "replaced"), (3, None)]
    assert await shop.counts([old, later], prune=True) == (0, 0, 2, 0, 0)
    assert await shop.counts([later], prune=True) == (0, 0, 1, 1, 0)
    assert await shop.versions("returns") == [(1, "retired"), (2, "replaced"), (3, None)]
    assert await shop.statistics() == await shop.recount()


async def test_a_watch_prunes_only_what_it_brought_and_adopts_what_it_names(shop: KnowledgeWorld) -> None:
    await shop.load([KETTLE])
    await shop.load([RETURNS], source="site")
    assert (await shop.load([RETURNS], source="site", prune=True)).retired == 0
    assert (await shop.load([RETURNS, KETTLE], source="site")).unchanged == 2
    assert (await shop.load([RETURNS], source="site", prune=True)).retired == 1
    assert await shop.versions("kettle") == [(1, "retired")]


async def test_each_load_is_written_down_with_its_report_or_why_it_failed(shop: KnowledgeWorld) -> None:
    await shop.load([KETTLE, RETURNS], source="site")
    with pytest.raises(BadInput):
        await shop.load([])
    failed, done = await recent_loads(shop.database, shop.store)
    assert (done.watch_id, done.documents, done.done) == ("site", 2, 2)
    assert done.report is not None
    assert done.report.added == 2
    assert "holds no document" in (failed.error or "")


async def test_a_load_that_writes_nothing_for_long_still_says_that_it_lives(
    shop: KnowledgeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.loading.loads.TOUCH_SECONDS", 0.05)
    slow = SlowEmbedder()
    await slow.embed(["warm"])
    loading = asyncio.create_task(shop.load([KETTLE], embedder=slow))
    await slow.stuck.wait()
    (first,) = await recent_loads(shop.database, shop.store)
    await asyncio.sleep(0.3)
    (then,) = await recent_loads(shop.database, shop.store)
    assert then.seen_at > first.seen_at
    loading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loading


async def test_a_store_that_does_not_exist_is_named(shop: KnowledgeWorld) -> None:
    shop.store = "nowhere"
    with pytest.raises(NotFound, match="no store 'nowhere'"):
        await shop.load([KETTLE])


class SlowEmbedder(HashEmbedder):
    """Says when it has begun, and takes its time from the second batch on."""

    def __init__(self) -> None:
        super().__init__()
        self.stuck = asyncio.Event()

    async def embed(self, texts: Sequence[str], *, role: EmbeddingRole = "passage") -> list[list[float]]:
        if self.embedded:
            self.stuck.set()
            await asyncio.sleep(60)
        return await super().embed(texts, role=role)


async def test_a_load_that_is_interrupted_keeps_what_it_embedded_and_goes_on_from_there(
    shop: KnowledgeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "BATCH", 6)
    records = [KETTLE | {"id": f"kettle-{number}"} for number in range(9)]
    slow = SlowEmbedder()
    loading = asyncio.create_task(shop.load(records, embedder=slow))
    await slow.stuck.wait()
    loading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loading
    kept = len(await shop.live())
    assert 0 < kept < 9
    (cut,) = await recent_loads(shop.database, shop.store)
    assert (cut.done, cut.documents) == (kept, 9)
    assert "interrupted" in (cut.error or "")
    assert await shop.statistics() == await shop.recount()
    assert await shop.counts(records) == (9 - kept, 0, kept, 0, 0)
