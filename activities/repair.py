"""Brings the records back in line with Temporal, which is the authority on what is open.

The sweeper runs the small repairs all the time: it starts what an outage of Temporal prevented and marks what failed
without being able to say so. `holdpoint repair` asks every workflow of a store for its state. Neither ever deletes:
what Temporal has forgotten stays in the records.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from activities.records import Records
from domain.errors import Unavailable
from domain.identifiers import takeover_id_of, workflow_id_of
from domain.snapshots import Snapshot
from domain.values import Value
from retrieval.database import Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("repair.sql"))
RPC_TIMEOUT = timedelta(seconds=10)
ENDED_BADLY = {
    WorkflowExecutionStatus.FAILED: "The run failed.",
    WorkflowExecutionStatus.TERMINATED: "The run was terminated in Temporal.",
    WorkflowExecutionStatus.CANCELED: "The run was cancelled in Temporal.",
    WorkflowExecutionStatus.TIMED_OUT: "The run timed out.",
}


class OpenQuery(Value):
    """An open query in the records."""

    query_id: str
    status: str


class RepairReport(Value):
    """What a repair found, in queries."""

    checked: int = 0
    updated: int = 0
    """The workflow knew better."""
    failed: int = 0
    """Marked as failed: its run ended without an answer."""
    to_start: int = 0
    """Temporal knows no run: the sweeper starts it."""
    silent: int = 0
    """The workflow did not answer; try again while a worker runs."""

    def plus(self, **counts: int) -> "RepairReport":
        """The same report with some counts raised."""
        return self.model_copy(update={name: getattr(self, name) + count for name, count in counts.items()})


async def open_queries(database: Database, store: str, *, quiet_for: float = 0.0) -> AsyncIterator[OpenQuery]:
    """Queries that the records show as open and have not heard of for `quiet_for` seconds, oldest first."""
    async with database.in_store(store) as connection:
        found = await connection.execute(SQL["open_queries"], {"store": store, "quiet_for": quiet_for})
        rows = await found.fetchall()
    for row in rows:
        yield OpenQuery.model_validate(row)


async def seems_open(database: Database, store: str, query_id: str) -> bool:
    """Whether the records show a query as waiting for something. False for one they do not know."""
    async with database.in_store(store) as connection:
        found = await connection.execute(SQL["find_open"], {"store": store, "query_id": query_id})
        return await found.fetchone() is not None


async def repair_store(client: Client, database: Database, records: Records, store: str) -> RepairReport:
    """Asks the workflow of every open query for its state and writes what the records lack. Raises Unavailable."""
    report = RepairReport()
    async for query in open_queries(database, store):
        report = report.plus(checked=1, **await repair_query(client, database, records, store, query))
    return report


async def repair_query(
    client: Client, database: Database, records: Records, store: str, query: OpenQuery
) -> dict[str, int]:
    """Repairs one query and says what was done, as counts of the report."""
    description = await _describe(client, takeover_id_of(store, query.query_id)) or await _describe(
        client, workflow_id_of(store, query.query_id)
    )
    if description is None:
        return {"to_start": await _write(database, "forget_start", store, query.query_id)}
    sentence = ENDED_BADLY.get(description.status) if description.status else None
    if sentence is not None:
        return {"failed": await _write(database, "mark_failed", store, query.query_id, failure=sentence)}
    try:
        handle = client.get_workflow_handle(description.id)
        snapshot = await handle.query("state", result_type=Snapshot, rpc_timeout=RPC_TIMEOUT)
    except (RPCError, WorkflowQueryFailedError):
        return {"silent": 1}
    return {"updated": int(await records.record(snapshot, repair=True))}


async def _describe(client: Client, workflow_id: str) -> WorkflowExecutionDescription | None:
    """The current run under an id; None when Temporal knows none. Raises Unavailable."""
    try:
        return await client.get_workflow_handle(workflow_id).describe(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise Unavailable("Temporal does not answer; nothing was changed.") from error


async def _write(database: Database, statement: str, store: str, query_id: str, **values: str) -> int:
    async with database.in_store(store) as connection:
        found = await connection.execute(SQL[statement], {"store": store, "query_id": query_id, **values})
        return int(await found.fetchone() is not None)
