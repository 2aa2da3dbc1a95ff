"""Starts the background work that a changed embedder, or an upgraded schema, leaves to be done."""

import sys
from collections.abc import Sequence

import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from activities.repair import SQL as REPAIR
from domain.errors import Unavailable
from domain.identifiers import REINDEX_TYPE, TASK_QUEUE, reindex_id_of
from domain.upkeep import ReindexInput
from retrieval.database import Database
from retrieval.loading.reindexing import missing
from retrieval.loading.serving import lacks_index

log = structlog.get_logger(__name__)


async def start_reindexing(
    client: Client,
    database: Database,
    embedder: str,
    *,
    index_above: int = sys.maxsize,
    only: Sequence[str] = (),
    task_queue: str = TASK_QUEUE,
) -> int:
    """One workflow for each store whose passages lack terms or vectors of this embedder, or that has more than
    `index_above` of them and no index; how many there are.

    `only` names the stores that are meant, otherwise all are. Several workers may do so at once. Raises Unavailable
    when the database or Temporal does not answer.
    """
    started = 0
    for store in only or await _stores(database):
        left = await missing(database, store, embedder)
        if left or await lacks_index(database, store, index_above):
            await _start(client, store, task_queue)
            log.info("reindexing", store=store, missing=left.passages)
            started += 1
    return started


async def _stores(database: Database) -> list[str]:
    async with database.across_stores() as connection:
        return [row["store"] for row in await (await connection.execute(REPAIR["list_stores"])).fetchall()]


async def _start(client: Client, store: str, task_queue: str) -> None:
    try:
        await client.start_workflow(
            REINDEX_TYPE,
            ReindexInput(store=store),
            id=reindex_id_of(store),
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
    except RPCError as error:
        raise Unavailable("Temporal does not answer.") from error
