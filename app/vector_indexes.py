"""Keeps the indexes by meaning of large stores: only here is the owner of the schema known."""

from collections.abc import Callable

from retrieval.database import Database
from retrieval.loading.owner import tidy
from retrieval.loading.serving import embedders_of
from retrieval.loading.vector_index import BuiltIndex, drop_unused_indexes, index_if_large

Progress = Callable[[str, float], None]
"""Called with what the server does at present, and how far it is in that: 0 to 1."""


class IndexKeeper:
    """Builds indexes as the owner of the schema, whose URL it holds."""

    def __init__(self, owner_url: str, above: int) -> None:
        self._owner_url = owner_url
        self._above = above

    async def keep(
        self, database: Database, store: str, progress: Progress = lambda phase, share: None
    ) -> list[BuiltIndex]:
        """Builds what a store needs that has more live passages than the limit, drops what nothing uses, and lets the
        planner know what was loaded.

        Raises Unavailable when PostgreSQL does not answer or has no room, SetupError when the URL is not the owner's.
        """
        await tidy(self._owner_url)
        built = []
        for one in await embedders_of(database, store):
            if one.completed_at is not None:
                made = await index_if_large(
                    self._owner_url, store, one.embedder, one.dimensions, self._above, progress=progress
                )
                built += [made] if made is not None else []
        await drop_unused_indexes(self._owner_url)
        return built
