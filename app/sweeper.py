"""The sweeper: starts what an outage of Temporal prevented, and marks runs that ended without being able to say so."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from activities.intake import mark_started, unstarted
from activities.records import Records
from activities.repair import SQL, OpenQuery, open_queries, repair_query, seems_open
from activities.starting import StartOptions, start_workflow
from domain.errors import Unavailable
from retrieval.database import Database

PAUSE = 2.0
"""Seconds between two sweeps."""
CHECK_EVERY = 15
"""Every so many sweeps the open queries are checked against Temporal."""
ENDED_BADLY = (
    'WorkflowType IN ("SupportQuery", "TakeOver")'
    ' AND ExecutionStatus IN ("Failed", "Terminated", "Canceled", "TimedOut") AND CloseTime > "{since}"'
)
LOOK_BACK = timedelta(minutes=15)
MOST = 500
"""Runs that are looked at in one check; the next check takes the rest."""
QUIET_FOR = 60.0
WORKING = frozenset({"received", "working"})
log = structlog.get_logger(__name__)


class Sweeper:
    """Runs beside a worker. Several at once do no harm: every act of theirs is idempotent."""

    def __init__(self, client: Client, database: Database, records: Records, options: StartOptions) -> None:
        self._client, self._database, self._records, self._options = client, database, records, options

    async def run(self) -> None:
        """Sweeps until it is cancelled. Servers that are away are waited for."""
        for turn in itertools.count():
            try:
                await self.sweep(checking=turn % CHECK_EVERY == CHECK_EVERY - 1)
            except Unavailable as error:
                log.warning("sweep_postponed", reason=error.message)
            await asyncio.sleep(PAUSE)

    async def sweep(self, *, checking: bool) -> None:
        """Starts what waits to be started and, when `checking`, compares with Temporal. Raises Unavailable."""
        for store in await self._stores():
            await self._start(store)
            if checking:
                await self._check(store)
        if checking:
            await self._mark_ended_badly()

    async def _stores(self) -> list[str]:
        async with self._database.across_stores() as connection:
            return [row["store"] for row in await (await connection.execute(SQL["list_stores"])).fetchall()]

    async def _start(self, store: str) -> None:
        for query in await unstarted(self._database, store):
            await start_workflow(self._client, query, self._options)
            await mark_started(self._database, store, query.query_id)
            log.info("started_late", store=store, query_id=query.query_id)

    async def _check(self, store: str) -> None:
        """Queries that work without a word for a minute: did their run end without a word?"""
        async for query in open_queries(self._database, store, quiet_for=QUIET_FOR):
            if query.status in WORKING:
                await self._repair(store, query)

    async def _mark_ended_badly(self) -> None:
        """Runs that failed, or that an operator terminated, without a word to the records: drafts of theirs may still
        be shown as waiting. Raises Unavailable."""
        since = (datetime.now(UTC) - LOOK_BACK).isoformat(timespec="seconds")
        try:
            async for run in self._client.list_workflows(ENDED_BADLY.format(since=since), limit=MOST):
                _, store, query_id = run.id.split("/", 2)
                if await seems_open(self._database, store, query_id):
                    await self._repair(store, OpenQuery(query_id=query_id, status=""))
        except RPCError as error:
            raise Unavailable("Temporal does not answer.") from error

    async def _repair(self, store: str, query: OpenQuery) -> None:
        done = await repair_query(self._client, self._database, self._records, store, query)
        if any(count for name, count in done.items() if name != "silent"):
            log.warning("repaired", store=store, query_id=query.query_id, **done)
