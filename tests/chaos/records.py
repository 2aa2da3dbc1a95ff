"""What the product's own tables say at the end, and what Temporal says."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row
from temporalio.client import Client, WorkflowExecutionStatus

from api.workflows_door import STUCK
from domain.identifiers import workflow_id_of
from domain.snapshots import Snapshot

Row = dict[str, Any]
TABLES = ("queries", "messages", "outbox", "decisions", "drafts", "events")


@dataclass
class Tables:
    """Every row of the tables that tell what became of the queries."""

    queries: list[Row]
    messages: list[Row]
    outbox: list[Row]
    decisions: list[Row]
    drafts: list[Row]
    events: list[Row]

    def of(self, table: str, query: Row) -> list[Row]:
        """The rows of a table that belong to a query."""
        return [row for row in getattr(self, table) if row["query_id"] == query["query_id"]]


@dataclass
class Runs:
    """What Temporal knows."""

    status: dict[str, WorkflowExecutionStatus | None] = field(default_factory=dict)
    """By workflow id, the newest run."""
    said: dict[str, Snapshot] = field(default_factory=dict)
    """The answer of `state`, by workflow id."""
    stuck: int = 0


def read_tables(owner_url: str) -> Tables:
    """As the owner of the schema, whom row-level security lets see every store. Raises psycopg.OperationalError."""
    with psycopg.connect(owner_url, row_factory=dict_row) as connection:
        rows = {table: connection.execute(f"SELECT * FROM {table}".encode()).fetchall() for table in TABLES}
    return Tables(**rows)


def unsettled(tables: Tables, left: set[str]) -> list[Row]:
    """Queries on which something is still to happen: worked on, undecided, or not delivered yet."""
    pending = {row["query_id"] for row in tables.outbox if row["status"] == "pending"}
    return [
        query
        for query in tables.queries
        if query["query_id"] in pending or (query["closed_at"] is None and query["query_id"] not in left)
    ]


async def read_runs(client: Client, tables: Tables) -> Runs:
    """Asks every workflow for its state, ended ones too: their histories are replayed for it."""
    runs = Runs(stuck=(await client.count_workflows(STUCK)).count)
    async for found in client.list_workflows('WorkflowType = "SupportQuery"'):
        runs.status.setdefault(found.id, found.status)
    gate = asyncio.Semaphore(8)

    async def ask(query: Row) -> None:
        workflow_id = workflow_id_of(query["store"], query["query_id"])
        if workflow_id not in runs.status:
            return
        async with gate:
            handle = client.get_workflow_handle(workflow_id)
            runs.said[workflow_id] = await handle.query("state", result_type=Snapshot)

    await asyncio.gather(*(ask(query) for query in tables.queries))
    return runs


def longest_wait(tables: Tables) -> float:
    """Seconds from a message to the query's first rest (answered, superseded, or waiting for a person), at most."""
    return max((at - received).total_seconds() for received, at in _rests(tables))


def longest_silence(tables: Tables) -> float:
    """The longest time, in seconds, in which queries were being worked on and none came to its rest."""
    rests = sorted(_rests(tables), key=lambda rest: rest[1])
    longest = 0.0
    for place in range(1, len(rests)):
        began = max(rests[place - 1][1], min(received for received, _ in rests[place:]))
        longest = max(longest, (rests[place][1] - began).total_seconds())
    return longest


def _rests(tables: Tables) -> list[tuple[datetime, datetime]]:
    at_rest = {"sent", "closed", "waiting_review", "waiting_agent", "failed"}
    first: dict[str, datetime] = {}
    for event in sorted(tables.events, key=lambda row: row["id"]):
        if event["kind"] == "status" and event["body"]["status"] in at_rest:
            first.setdefault(event["query_id"], event["at"])
    return [(row["received_at"], first[row["query_id"]]) for row in tables.queries if row["query_id"] in first]
