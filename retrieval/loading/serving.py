"""Which embedders a store's passages are given to: the chosen one, and the one that serves until that has them all."""

from datetime import datetime
from pathlib import Path

from domain.ports import Embedder
from domain.values import Value
from retrieval.database import Database
from retrieval.embedding.shelf import EmbedderShelf
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("loading.sql"))


class StoreEmbedder(Value):
    """How far a store is with an embedder."""

    embedder: str
    dimensions: int
    started_at: datetime
    completed_at: datetime | None = None
    """None while passages lack their vectors."""
    indexed_at: datetime | None = None
    """None while the store is searched exactly."""


async def embedders_of(database: Database, store: str) -> tuple[StoreEmbedder, ...]:
    """The embedders that the store's passages were given to, first the one that began first."""
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["embedders_of"], {"store": store})).fetchall()
    return tuple(StoreEmbedder.model_validate(row) for row in rows)


async def embedders_to_fill(database: Database, store: str, shelf: EmbedderShelf) -> list[Embedder]:
    """The chosen embedder, and while that lacks passages those that have them all and can be reached."""
    known = await embedders_of(database, store)
    chosen = next((one for one in known if one.embedder == shelf.chosen.name), None)
    if chosen is not None and chosen.completed_at is not None:
        return [shelf.chosen]
    complete = [one.embedder for one in known if one.completed_at is not None]
    serving = [shelf.named(name) for name in complete]
    return [shelf.chosen, *(embedder for embedder in serving if embedder is not None)]


async def lacks_index(database: Database, store: str, above: int) -> bool:
    """Whether the store has more than `above` live passages, and no index by meaning for what it is searched with."""
    if not any(one.completed_at and not one.indexed_at for one in await embedders_of(database, store)):
        return False
    async with database.in_store(store) as connection:
        row = await (await connection.execute(SQL["live_passages"], {"store": store})).fetchone()
    return bool(row and row["passages"] > above)
