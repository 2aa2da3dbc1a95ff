"""The activity that makes a store's knowledge searchable anew, beside the queries that customers wait for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from temporalio import activity

from domain.upkeep import ReindexInput, ReindexProgress, ReindexResult
from retrieval.database import Database
from retrieval.embedding.shelf import EmbedderShelf
from retrieval.loading.reindexing import reindex_store

BEAT_SECONDS = 5.0
TEXTS_AT_ONCE = 8
"""A customer's question waits until the encoder is done with so many texts: about a hundredth of a second each."""


class Reindexing:
    """Bound to the database, the embedders, and what builds the index of a large store."""

    def __init__(
        self, database: Database, shelf: EmbedderShelf, keep_index: Callable[[str], Awaitable[object]]
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._keep_index = keep_index

    @activity.defn
    async def reindex_knowledge(self, request: ReindexInput) -> ReindexResult:
        """Goes on wherever the last attempt stopped. Raises Unavailable."""
        said = ReindexProgress()

        def tell(done: int, total: int) -> None:
            nonlocal said
            said = ReindexProgress(done=done, total=total)

        async with _beating(lambda: said):
            done = await reindex_store(
                self._database,
                self._shelf,
                request.store,
                keep_old=request.keep_old,
                progress=tell,
                texts_at_once=TEXTS_AT_ONCE,
            )
            await self._keep_index(request.store)
        return ReindexResult(analysed=done.analysed, embedded=done.embedded, removed=done.removed)


@asynccontextmanager
async def _beating(said: Callable[[], ReindexProgress]) -> AsyncIterator[None]:
    """Heartbeats that carry how far it is, also while the database is counting and nothing moves."""

    async def beat() -> None:
        while True:
            activity.heartbeat(said().model_dump())
            await asyncio.sleep(BEAT_SECONDS)

    beats = asyncio.create_task(beat())
    try:
        yield
    finally:
        beats.cancel()
        with suppress(asyncio.CancelledError):
            await beats
