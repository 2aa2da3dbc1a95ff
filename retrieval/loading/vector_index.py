"""An index by meaning for a store that is too large to be compared passage by passage.

Each large store has a partial HNSW index of its own for its embedder, so a search never walks through other stores'
vectors. It is built without blocking anybody, as the owner of the table; until it stands, searches stay exact.
"""

import asyncio
import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from domain.values import Value
from retrieval.loading.owner import NO_ROOM, Connection, owner_connection
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("vector_index.sql"))
M = 16
EF_CONSTRUCTION = 200
"""Where passages lie in tight clusters, a graph built with less has islands that no search enters: of 78,000 generated
passages, ef_search 200 found .90 of the ten nearest with 100, .97 with 200. M = 24 found no more (60 questions)."""
PREFIX = "passage_vectors_hnsw_"
POLL_SECONDS = 1.0
GRAPH_BYTES = 700
"""What the graph needs for a passage beside its vector, about, with M = 16."""
MOST_MEMORY = 2 * 1024**3

Progress = Callable[[str, float], None]
"""Called with what the server does at present, and how far it is in that: 0 to 1."""


class BuiltIndex(Value):
    """An index that was built now."""

    name: str
    passages: int
    seconds: float
    size: int
    """Bytes on disk."""


async def index_if_large(
    owner_url: str,
    store: str,
    embedder: str,
    dimensions: int,
    limit: int,
    *,
    progress: Progress = lambda phase, share: None,
) -> BuiltIndex | None:
    """Builds the store's index when it has more than `limit` live passages and none yet; None when nothing was built.

    Two processes may call it at once: one of them builds. What an interrupted build left behind is removed. Raises
    Unavailable when PostgreSQL does not answer or has no room, SetupError when the URL is not the owner's.
    """
    async with owner_connection(owner_url) as connection:
        return await _Building(connection, owner_url, store, embedder, dimensions).run(limit, progress)


async def drop_unused_indexes(owner_url: str) -> list[str]:
    """Drops the indexes of embedders that no store is searched with any more; their names. Raises as above."""
    async with owner_connection(owner_url) as connection:
        cursor = await connection.execute(SQL["all_embedders"])
        used = {index_name(store, embedder) for store, embedder in await cursor.fetchall()}
        cursor = await connection.execute(SQL["all_indexes"], {"prefix": PREFIX})
        unused = [name for (name,) in await cursor.fetchall() if name not in used]
        for name in unused:
            await connection.execute(sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(sql.Identifier(name)))
    return unused


def index_name(store: str, embedder: str) -> str:
    """The name of a store's index: its letters are safe whatever the embedder is called."""
    return PREFIX + hashlib.blake2b(f"{store}\0{embedder}".encode(), digest_size=8).hexdigest()


class _Building:
    def __init__(self, connection: Connection, owner_url: str, store: str, embedder: str, dimensions: int) -> None:
        self._connection = connection
        self._owner_url = owner_url
        self._store = store
        self._embedder = embedder
        self._dimensions = dimensions
        self._name = index_name(store, embedder)

    async def run(self, limit: int, progress: Progress) -> BuiltIndex | None:
        key = int.from_bytes(hashlib.blake2b(self._name.encode(), digest_size=8).digest(), "big", signed=True)
        if not await self._value("take_turn", key=key):
            return None  # another process is at it
        passages = int(await self._value("count_live"))
        valid = await self._value("is_valid")
        if valid:
            await self._value("mark_indexed")
        if valid or passages <= limit:
            return None
        if valid is False:
            await self._drop()
        began = time.monotonic()
        await self._create(passages, progress)
        await self._value("mark_indexed")
        size = int(await self._value("size_of"))
        return BuiltIndex(name=self._name, passages=passages, seconds=time.monotonic() - began, size=size)

    async def _create(self, passages: int, progress: Progress) -> None:
        bytes_needed = int(passages * (2 * self._dimensions + GRAPH_BYTES) * 1.2)
        memory = max(64 * 1024**2, min(bytes_needed, MOST_MEMORY, _physical_memory() // 4))
        await self._execute(sql.SQL("SET maintenance_work_mem = {}").format(sql.Literal(f"{memory // 1024}kB")))
        watching = asyncio.create_task(self._watch(progress))
        try:
            await self._create_with(workers=min(4, (os.cpu_count() or 2) - 1))
        except NO_ROOM:
            # Workers share memory through /dev/shm, which containers keep small; alone it takes memory of its own.
            await self._drop()
            await self._create_with(workers=0)
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _create_with(self, *, workers: int) -> None:
        await self._execute(sql.SQL("SET max_parallel_maintenance_workers = {}").format(sql.Literal(workers)))
        await self._execute(
            sql.SQL(SQL["create_index"]).format(
                name=sql.Identifier(self._name),
                dimensions=sql.Literal(self._dimensions),
                m=sql.Literal(M),
                ef_construction=sql.Literal(EF_CONSTRUCTION),
                store=sql.Literal(self._store),
                embedder=sql.Literal(self._embedder),
            )
        )

    async def _watch(self, progress: Progress) -> None:
        """Tells how far the server is, over a connection of its own."""
        process = {"process": self._connection.info.backend_pid}
        async with await psycopg.AsyncConnection.connect(self._owner_url, autocommit=True) as other:
            while True:
                await asyncio.sleep(POLL_SECONDS)
                if row := await (await other.execute(SQL["how_far"], process)).fetchone():
                    progress(row[0], row[1])

    async def _drop(self) -> None:
        await self._execute(sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(sql.Identifier(self._name)))

    async def _execute(self, statement: sql.Composed) -> None:
        await self._connection.execute(statement)

    async def _value(self, statement: str, **values: object) -> Any:
        """The first value of the first row, None without one."""
        own = {"store": self._store, "embedder": self._embedder, "name": f"public.{self._name}"}
        cursor = await self._connection.execute(SQL[statement], own | values)
        row = await cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def _physical_memory() -> int:
    """Bytes of this machine; the embedded server shares it, and a server elsewhere has seldom less."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 4 * 1024**3
