"""What is written down of each load, for whoever wants to know how far it is or how it went."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.errors import ForeignKeyViolation
from psycopg.types.json import Jsonb

from domain.errors import HoldpointError, NotFound, Unavailable
from domain.values import Value
from retrieval.database import Database
from retrieval.reports import LoadReport
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("loads.sql"))
TOUCH_SECONDS = 20.0


class RecordedLoad(Value):
    """One load: of a person, or of a watch."""

    load_id: int
    watch_id: str | None = None
    location: str
    started_at: datetime
    seen_at: datetime
    finished_at: datetime | None = None
    """None while it runs; when `seen_at` is minutes ago, its process was killed."""
    documents: int
    """To be loaded: new or changed."""
    done: int
    report: LoadReport | None = None
    error: str | None = None
    """One sentence, when it did not get to its end."""


class LoadRecord:
    """The row of a load that runs."""

    def __init__(self, database: Database, store: str, load_id: int) -> None:
        self._database = database
        self._store = store
        self._load_id = load_id

    async def beat(self, done: int, documents: int) -> None:
        """It is still at it."""
        await self._write("beat_load", {"done": done, "documents": documents})

    async def touch(self) -> None:
        """Says so again and again, until it is cancelled: reading a large file takes minutes."""
        while True:
            await asyncio.sleep(TOUCH_SECONDS)
            with suppress(Unavailable):  # the load itself will notice
                await self._write("touch_load", {})

    async def end(self, report: LoadReport | None, error: str | None = None) -> None:
        """It is over."""
        body = None if report is None else Jsonb(report.model_dump(mode="json"))
        await self._write("end_load", {"report": body, "error": error})

    async def _write(self, statement: str, values: dict[str, Any]) -> None:
        async with self._database.in_store(self._store) as connection:
            await connection.execute(SQL[statement], {"store": self._store, "load_id": self._load_id} | values)


@asynccontextmanager
async def recorded_load(
    database: Database, store: str, location: str, watch_id: str | None
) -> AsyncIterator[LoadRecord]:
    """Writes a load down; what cuts it short is written down too. The block itself records its report.

    Raises NotFound when there is no such store.
    """
    values = {"store": store, "watch_id": watch_id, "location": location}
    try:
        async with database.in_store(store) as connection:
            row = await (await connection.execute(SQL["begin_load"], values)).fetchone()
    except ForeignKeyViolation as error:
        raise NotFound(f"There is no store {store[:80]!r}; create it with `holdpoint store create NAME`.") from error
    record = LoadRecord(database, store, row["load_id"] if row else 0)
    touching = asyncio.create_task(record.touch())
    try:
        yield record
    except BaseException as error:
        with suppress(Unavailable):
            await record.end(None, _sentence(error))
        raise
    finally:
        touching.cancel()


async def recent_loads(database: Database, store: str, *, most: int = 20) -> tuple[RecordedLoad, ...]:
    """The last loads of a store, newest first."""
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["recent_loads"], {"store": store, "most": most})).fetchall()
    return tuple(RecordedLoad.model_validate(row) for row in rows)


def _sentence(error: BaseException) -> str:
    if isinstance(error, HoldpointError):
        return error.message
    if isinstance(error, Exception):
        return f"It failed with an unexpected {type(error).__name__}; what was loaded before stays."
    return "It was interrupted; load again to go on."
