"""The activity that makes a store's knowledge searchable anew, beside the queries that customers wait for."""

from collections.abc import Awaitable, Callable

from temporalio import activity

from activities.heartbeats import telling
from domain.upkeep import ReindexInput, ReindexProgress, ReindexResult
from retrieval.database import Database
from retrieval.embedding.shelf import EmbedderShelf
from retrieval.loading.reindexing import reindex_store

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

        async with telling(lambda: said):
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
