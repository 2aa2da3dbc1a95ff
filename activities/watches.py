"""The watches of a store as they are kept: added, listed, removed."""

from datetime import datetime
from pathlib import Path

from psycopg.types.json import Jsonb

from domain.errors import NotFound
from domain.values import Value
from domain.watches import Watch
from retrieval.database import Database
from retrieval.loading.pruning import retire
from retrieval.reports import LoadReport
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("watching.sql"))


class WatchView(Value):
    """A watch with how its last refresh went."""

    watch: Watch
    started_at: datetime | None = None
    """Of the last refresh; None before the first."""
    finished_at: datetime | None = None
    report: LoadReport | None = None
    error: str | None = None


async def put_watch(database: Database, watch: Watch) -> bool:
    """Whether it is new; one of the same location takes these settings."""
    values = watch.model_dump() | {"kinds": Jsonb([each.model_dump(mode="json") for each in watch.kinds])}
    async with database.in_store(watch.store) as connection:
        row = await (await connection.execute(SQL["put_watch"], values)).fetchone()
    return bool(row and row["was_new"])


async def list_watches(database: Database, store: str) -> tuple[WatchView, ...]:
    """Every watch of a store."""
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["list_watches"], {"store": store})).fetchall()
    return tuple(WatchView.model_validate(row | {"watch": row}) for row in rows)


async def read_watch(database: Database, store: str, watch_id: str) -> Watch:
    """Raises NotFound."""
    values = {"store": store, "watch_id": watch_id}
    async with database.in_store(store) as connection:
        row = await (await connection.execute(SQL["read_watch"], values)).fetchone()
    if row is None:
        raise NotFound(f"There is no watch {watch_id[:80]!r}; `holdpoint knowledge watch list` shows those there are.")
    return Watch.model_validate(row)


async def remove_watch(database: Database, store: str, watch_id: str, *, retire_documents: bool) -> int:
    """How many documents were retired with it. Raises NotFound."""
    await read_watch(database, store, watch_id)
    values = {"store": store, "watch_id": watch_id}
    keys: list[tuple[str, str, int]] = []
    if retire_documents:
        async with database.in_store(store) as connection:
            rows = await (await connection.execute(SQL["documents_of_watch"], values)).fetchall()
        keys = [(row["document_id"], row["language"], row["version"]) for row in rows]
        await retire(database, store, keys)
    async with database.in_store(store) as connection:
        await connection.execute(SQL["delete_watch"], values)
    return len(keys)
