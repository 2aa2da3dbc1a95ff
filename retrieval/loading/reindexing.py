"""Makes terms and vectors anew: after another embedder was chosen, a better analysis, or an upgrade of the schema.

Everything happens in batches that stand by themselves, so it can be cut short and gone on with at any point. Searches
go on meanwhile, with the embedder that has all passages; loads give their passages to both.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from domain.errors import Unavailable
from domain.knowledge import Passage
from domain.ports import Embedder
from domain.values import Value
from retrieval.database import Database
from retrieval.embedding.shelf import EmbedderShelf
from retrieval.loading.embedding import SLICE, Known, embed_passages, put_vectors, read_known_vectors
from retrieval.loading.preparing import ANALYSIS, Indexed, PreparedPassage, indexed, prepare_passage
from retrieval.loading.pumping import pump
from retrieval.loading.statistics import TermCounts, array_literal
from retrieval.loading.writing import SQL as LOADING
from retrieval.loading.writing import meet_embedders
from retrieval.postings import hashes
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("reindexing.sql"))
PAGE = 100
"""Passages of one batch."""
REMOVED_AT_ONCE = 5_000

Progress = Callable[[int, int], None]
"""Called with how many passages are done and how many there were to do."""


class Missing(Value):
    """What of a store is still to be made anew, in passages."""

    terms: int = 0
    """With terms of an older analysis."""
    standing: int = 0
    """Without a vector, of documents that stand."""
    withdrawn: int = 0
    """Without a vector, of versions that were replaced or retired: they explain answers of the past."""
    left_over: int = 0
    """Vectors of embedders that were given up."""

    @property
    def passages(self) -> int:
        """How much there is to do."""
        return self.terms + self.standing + self.withdrawn

    def __bool__(self) -> bool:
        return self.passages + self.left_over > 0


class ReindexReport(Value):
    """What was made anew, in passages."""

    analysed: int = 0
    embedded: int = 0
    removed: int = 0
    """Vectors of embedders that no longer serve the store."""


async def missing(database: Database, store: str, embedder: str) -> Missing:
    """What `reindex_store` would do for this embedder."""
    values = {"store": store, "embedder": embedder, "analysis": ANALYSIS}
    async with database.in_store(store) as connection:
        row = await (await connection.execute(SQL["missing"], values)).fetchone()
        left = await (await connection.execute(SQL["left_vectors"], values)).fetchone()
    return Missing(**(row or {}), left_over=left["vectors"] if left else 0)


async def reindex_store(
    database: Database,
    shelf: EmbedderShelf,
    store: str,
    *,
    keep_old: bool = False,
    progress: Progress = lambda done, total: None,
    texts_at_once: int = SLICE,
) -> ReindexReport:
    """Brings every passage of the store to the chosen embedder and the analysis of today.

    Once no live passage lacks a vector, searches change over; vectors of other embedders are then removed unless
    `keep_old`. The embedder is given `texts_at_once`: other work of this process waits for it so long. Raises
    Unavailable when the database or a remote embedder does not answer, or another process is at it: run it again then.
    """
    work = _Reindexing(database, shelf.chosen, store, progress, texts_at_once)
    async with _turn(database, store):
        return await work.run(keep_old=keep_old)


@asynccontextmanager
async def _turn(database: Database, store: str) -> AsyncIterator[None]:
    async with database.in_store(store) as connection:
        row = await (await connection.execute(SQL["take_turn"], {"store": store})).fetchone()
        if not (row and row["taken"]):
            raise Unavailable(
                f"The knowledge of {store} is being made anew already, most likely by `holdpoint up`: "
                "its workflow in the Temporal UI says how far it is."
            )
        yield


class _Reindexing:
    def __init__(
        self, database: Database, embedder: Embedder, store: str, progress: Progress, texts_at_once: int
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._store = store
        self._progress = progress
        self._texts_at_once = texts_at_once
        self._total = 0
        self._analysed = 0
        self._embedded = 0

    async def run(self, *, keep_old: bool) -> ReindexReport:
        self._total = (await missing(self._database, self._store, self._embedder.name)).passages
        await meet_embedders(self._database, self._store, [self._embedder])
        await self._analyse()
        await self._embed(standing=True)
        while not await self._complete(keep_old=keep_old):
            await self._embed(standing=True)  # of loads by a process that has chosen another embedder
        await self._embed(standing=False)
        removed = 0 if keep_old else await self._remove()
        return ReindexReport(analysed=self._analysed, embedded=self._embedded, removed=removed)

    async def _analyse(self) -> None:
        after = ""
        while passages := await self._page("stale_passages", after):
            after = passages[-1].passage_id
            made = await asyncio.to_thread(lambda some: [indexed(passage) for passage in some], passages)
            self._analysed += await self._put_terms(passages, made)
            self._tell()

    async def _put_terms(self, passages: Sequence[Passage], made: Sequence[Indexed]) -> int:
        values = {
            "store": self._store,
            "analysis": ANALYSIS,
            "passage_ids": [passage.passage_id for passage in passages],
            **_term_lists(self._store, passages, made),
        }
        counts = TermCounts(self._store)
        async with self._database.in_store(self._store) as connection:
            await connection.execute(LOADING["lock_store"], {"store": self._store})
            await connection.execute(SQL["uncount_passages"], values)
            rows = await (await connection.execute(SQL["put_terms"], values)).fetchall()
            live = {row["passage_id"]: row["live"] for row in rows}
            for passage, one in zip(passages, made, strict=True):
                if passage.passage_id in live:
                    counts.add(passage.language, one, live=live[passage.passage_id])
            await counts.write(connection)
        return len(rows)

    async def _embed(self, *, standing: bool) -> None:
        after = ""

        async def make() -> tuple[list[PreparedPassage], Known] | None:
            nonlocal after
            passages = await self._page("unembedded_passages", after, standing=standing, embedder=self._embedder.name)
            if not passages:
                return None
            after = passages[-1].passage_id
            prepared = [prepare_passage(passage) for passage in passages]
            known = await read_known_vectors(self._database, self._store, self._embedder, prepared)
            return prepared, await embed_passages(self._embedder, prepared, known, self._texts_at_once)

        await pump(make, self._put_vectors)

    async def _put_vectors(self, made: tuple[list[PreparedPassage], Known]) -> None:
        passages, vectors = made
        rows = [(one.passage.passage_id, vectors[one.passage.content_hash]) for one in passages]
        async with self._database.in_store(self._store) as connection:
            await connection.execute(LOADING["lock_store"], {"store": self._store})
            await put_vectors(connection, self._store, self._embedder.name, rows)
        self._embedded += len(rows)
        self._tell()

    async def _complete(self, *, keep_old: bool) -> bool:
        values = {"store": self._store, "embedder": self._embedder.name}
        async with self._database.in_store(self._store) as connection:
            await connection.execute(LOADING["lock_store"], values)
            done = await (await connection.execute(SQL["complete_embedder"], values)).fetchone()
            if done is None:
                return False
            await connection.execute(SQL["set_aside_embedders" if keep_old else "forget_embedders"], values)
        return True

    async def _remove(self) -> int:
        values = {"store": self._store, "embedder": self._embedder.name, "most": REMOVED_AT_ONCE}
        removed = 0
        while True:
            async with self._database.in_store(self._store) as connection:
                row = await (await connection.execute(SQL["remove_vectors"], values)).fetchone()
            some = int(row["removed"]) if row else 0
            removed += some
            if some == 0:
                return removed

    async def _page(self, statement: str, after: str, **values: object) -> list[Passage]:
        all_values = {"store": self._store, "after": after, "most": PAGE, "analysis": ANALYSIS} | values
        async with self._database.in_store(self._store) as connection:
            rows = await (await connection.execute(SQL[statement], all_values)).fetchall()
        return [Passage.model_validate(row) for row in rows]

    def _tell(self) -> None:
        done = self._analysed + self._embedded
        self._total = max(self._total, done)
        self._progress(done, self._total)


def _term_lists(store: str, passages: Sequence[Passage], made: Sequence[Indexed]) -> dict[str, list[Any]]:
    pairs = list(zip(passages, made, strict=True))
    return {
        "terms": [array_literal(hashes(store, passage.language, one.postings.terms)) for passage, one in pairs],
        "frequencies": [array_literal(one.postings.frequencies) for _, one in pairs],
        "title_terms": [array_literal(hashes(store, passage.language, one.title_terms)) for passage, one in pairs],
        "lengths": [one.postings.length for _, one in pairs],
        "pieces": [one.pieces for _, one in pairs],
    }
