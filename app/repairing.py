"""Repairs the records of one store or all, over this installation's database and Temporal."""

from collections.abc import Callable

from activities.access import list_stores
from activities.records import Records
from activities.repair import RepairReport, repair_store
from app.embedded.urls import database_urls
from app.settings import Settings
from app.temporal_client import connect
from domain.errors import NotFound
from retrieval.database import Database


async def repair_stores(settings: Settings, only: str | None, say: Callable[[str], None]) -> dict[str, RepairReport]:
    """A report a store. Raises NotFound for an unknown store, Unavailable when a server is away."""
    database = Database(database_urls(settings).app)
    await database.open()
    try:
        client = await connect(settings)
        names = [row.store for row in await list_stores(database) if only in (None, row.store)]
        if only is not None and not names:
            raise NotFound(f"There is no store {only!r}.")
        reports = {}
        for name in names:
            say(f"Repairing {name} …")
            reports[name] = await repair_store(client, database, Records(database, {}), name)
        return reports
    finally:
        await database.close()
