"""A worker over scripted steps with the real Temporal and PostgreSQL, for tests of the workflows."""

import asyncio
import gc
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from psycopg.types.json import Jsonb
from temporalio.client import Client, WorkflowHandle

from activities.durable import QueryActivities
from activities.gaps import PostgresGaps
from activities.outbox import Outbox
from activities.records import Records
from activities.webhook import SignedWebhook
from app.settings import Settings
from app.temporal_client import connect
from app.temporal_worker import build_worker
from domain.identifiers import query_id_of, workflow_id_of
from domain.snapshots import Snapshot, StepModes, SupportQueryInput
from graphs.fakes import FakeSteps
from graphs.steps import Steps
from retrieval.database import Database


class Shop:
    """One store of its own in the shared database, with helpers that speak as its customers and agents."""

    def __init__(self, database: Database, client: Client, task_queue: str, webhook_client: httpx.AsyncClient) -> None:
        self.database, self.client, self.task_queue = database, client, task_queue
        self.store = f"s{uuid.uuid4().hex[:12]}"
        self._webhook_client = webhook_client

    async def open(self, **settings: Any) -> "Shop":
        chosen = {"send_mode": "cold_start", "rollout_share": 100, **settings}
        async with self.database.across_stores() as connection:
            await connection.execute(
                "INSERT INTO stores (store, name, settings, webhook_secret) VALUES (%s, 'Test', %s, %s)",
                (self.store, Jsonb(chosen), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            )
        return self

    async def ask(
        self,
        text: str = "How long does shipping take?",
        *,
        conversation: str | None = None,
        start: bool = True,
        remind: float = 3600,
        deadline: float = 7200,
        **request: Any,
    ) -> "Asked":
        message_id, conversation_id = uuid.uuid4().hex, conversation or uuid.uuid4().hex
        query_id = query_id_of(self.store, "test", message_id)
        now = datetime.now(UTC)
        times = {"remind_at": now + timedelta(seconds=remind), "deadline_at": now + timedelta(seconds=deadline)}
        key = {"store": self.store, "conversation_id": conversation_id, "query_id": query_id}
        async with self.database.in_store(self.store) as connection:
            for statement in INSERTS:
                await connection.execute(
                    statement,
                    key | times | {"text": text, "message_id": message_id, "now": now, "customer": Jsonb({"id": "c1"})},
                )
        asked = Asked(self, SupportQueryInput.model_validate(key | times | request))
        if start:
            await asked.start()
        return asked

    async def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        async with self.database.in_store(self.store) as connection:
            found = await connection.execute(sql.encode(), values)
            return await found.fetchall() if sql.startswith("SELECT") else []

    def activities(self, steps: Steps) -> QueryActivities:
        outbox = Outbox(self.database, SignedWebhook(self._webhook_client))
        return QueryActivities(steps, Records(self.database, {}), outbox, PostgresGaps(self.database))


INSERTS: tuple[Any, ...] = (
    """INSERT INTO conversations (store, conversation_id) VALUES (%(store)s, %(conversation_id)s)
       ON CONFLICT DO NOTHING""",
    """UPDATE conversations SET last_seq = last_seq + 1, last_customer_seq = last_seq + 1
       WHERE store = %(store)s AND conversation_id = %(conversation_id)s""",
    """INSERT INTO queries (store, query_id, conversation_id, seq, channel, message_id, customer, received_at,
                            remind_at, deadline_at)
       SELECT %(store)s, %(query_id)s, %(conversation_id)s, last_seq, 'test', %(message_id)s, %(customer)s, %(now)s,
              %(remind_at)s, %(deadline_at)s
       FROM conversations WHERE store = %(store)s AND conversation_id = %(conversation_id)s""",
    """INSERT INTO messages (store, conversation_id, seq, role, text, query_id, at)
       SELECT %(store)s, %(conversation_id)s, last_seq, 'customer', %(text)s, %(query_id)s, %(now)s
       FROM conversations WHERE store = %(store)s AND conversation_id = %(conversation_id)s""",
)


class Asked:
    """One query and its workflow."""

    def __init__(self, shop: Shop, given: SupportQueryInput) -> None:
        self.shop, self.given = shop, given
        self.workflow_id = workflow_id_of(given.store, given.query_id)

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        return self.shop.client.get_workflow_handle(self.workflow_id)

    async def start(self) -> None:
        await self.shop.client.start_workflow(
            "SupportQuery", self.given, id=self.workflow_id, task_queue=self.shop.task_queue
        )

    async def state(self) -> Snapshot:
        found: Snapshot = await self.handle.query("state", result_type=Snapshot)
        return found

    async def until(self, status: str, seconds: float = 20) -> dict[str, Any]:
        """Waits until the records show this status; fails with what they show instead."""
        row: dict[str, Any] = {}
        for _ in range(int(seconds * 20)):
            row = await self.row()
            if row["status"] == status:
                return row
            await asyncio.sleep(0.05)
        raise AssertionError(f"the query is {row['status']}, not {status}: {row['snapshot']}")

    async def row(self) -> dict[str, Any]:
        rows = await self.shop.rows("SELECT * FROM queries WHERE query_id = %(id)s", id=self.given.query_id)
        return rows[0]

    async def messages(self) -> list[tuple[str, str]]:
        rows = await self.shop.rows(
            "SELECT role, text FROM messages WHERE conversation_id = %(id)s ORDER BY seq", id=self.given.conversation_id
        )
        return [(row["role"], row["text"]) for row in rows]

    async def decide(self, action: str, **fields: Any) -> Any:
        payload = {"action": action, "agent": "Ana", "via": "api", "proven": True, **fields}
        return await self.handle.execute_update("decide", payload)


@asynccontextmanager
async def a_shop(settings: Settings, app_url: str, steps: Steps | None = None, **store: Any) -> AsyncIterator[Shop]:
    """A store with a worker of its own over `steps`."""
    database = Database(app_url)
    await database.open()
    client = await connect(settings)
    async with httpx.AsyncClient() as webhook_client:
        shop = Shop(database, client, f"test-{uuid.uuid4().hex[:8]}", webhook_client)
        await shop.open(**store)
        try:
            async with build_worker(client, shop.activities(steps or FakeSteps()), task_queue=shop.task_queue):
                yield shop
        finally:
            await database.close()
            # Workflows that still waited complain when they are collected. That has to happen here:
            # inside a compilation (pytest imports lazily) it makes CPython 3.11 raise SystemError.
            gc.collect()


LOCAL = StepModes()
OUTSIDE = StepModes(generate="activity")
