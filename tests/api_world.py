"""A small world for tests of the API: a store of its own in the real database, keys, a fake door, an HTTP client."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from psycopg import AsyncConnection

from activities.access import add_agent, create_key
from activities.attachments.desk import AttachmentDesk
from activities.attachments.storage import PostgresAttachments
from activities.intake import NewQuery, ReviewTimes, receive
from activities.records import write_snapshot
from api.application import create_app
from api.fakes import FakeDoor
from api.feed import EventFeed
from api.parts import ApiOptions, ApiParts
from app.console_search import ConsoleSearch
from domain.attachments import MalwareScanner
from domain.drafts import Citation, Draft, with_hash
from domain.findings import Finding, Reason
from domain.messages import Customer
from domain.snapshots import Snapshot
from domain.steps import Brief, IntentScore
from domain.vocabulary import Intent, Language, Scope, Status, Tier
from retrieval.database import Database
from retrieval.embedders import HashEmbedder
from retrieval.search import PostgresKnowledge

ATTACHMENT_LIMIT = 256 * 1024
ANSWER = "You can send shoes back within 30 days. The return is free."


@dataclass
class World:
    """One store and the application that serves it."""

    database: Database
    store: str
    door: FakeDoor
    feed: EventFeed
    app: FastAPI
    client: httpx.AsyncClient
    keys: dict[str, str] = field(default_factory=dict)
    worker_metrics: dict[str, str] = field(default_factory=dict)

    def headers(self, scope: str = "customer", **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[scope]}", **more}

    def message(self, **changes: Any) -> dict[str, Any]:
        return {
            "store": self.store,
            "channel": "web",
            "message_id": secrets.token_hex(8),
            "text": "Can I send back shoes?",
            **changes,
        }

    async def post(self, path: str, body: Any = None, *, scope: str = "customer", **headers: str) -> httpx.Response:
        return await self.client.post(path, json=body, headers=self.headers(scope, **headers))

    async def get(self, path: str, *, scope: str = "customer", **params: Any) -> httpx.Response:
        return await self.client.get(path, params=params, headers=self.headers(scope))

    async def submit(self, **changes: Any) -> str:
        response = await self.post("/v1/queries", self.message(**changes))
        assert response.status_code == 202, response.text
        query_id: str = response.json()["query_id"]
        return query_id

    async def waiting(
        self,
        text: str = "Can I send back shoes?",
        *,
        status: Status = Status.WAITING_REVIEW,
        language: Language = Language.EN,
        hours: float = 20,
        attachments: tuple[str, ...] = (),
        **changes: Any,
    ) -> Snapshot:
        """A query that waits for a person, as a workflow would have recorded it."""
        query = NewQuery(
            store=self.store,
            channel="web",
            message_id=secrets.token_hex(8),
            text=text,
            language=language,
            customer=Customer(email="ana@example.com"),
            attachments=attachments,
        )
        times = ReviewTimes(reminder=3600, deadline=24 * 3600)
        now = datetime.now(UTC)
        received = await receive(self.database, query, times, now=now - timedelta(hours=24 - hours))
        draft = with_hash(changes.pop("draft", None) or a_draft(language), received.query_id, "m")
        waits = status is Status.WAITING_REVIEW
        given: dict[str, Any] = {
            "tier": Tier.REVIEW if waits else Tier.PERSON,
            "intent": Intent.RETURN_REQUEST,
            "intents": (IntentScore(intent=Intent.RETURN_REQUEST, probability=0.93),),
            "confidence": 0.71,
            "draft": draft,
            "waiting_hash": draft.hash if waits else None,
            "findings": (a_finding(),),
            "reasons": (Reason(code="below_threshold", text="Confidence 0.71 is below the threshold 0.85."),),
            "brief": None if waits else a_brief(),
            "overdue": hours < 0,
        }
        snapshot = Snapshot(
            store=self.store,
            query_id=received.query_id,
            conversation_id=received.conversation_id,
            status=status,
            language=language,
            remind_at=received.startable.remind_at,
            deadline_at=received.startable.deadline_at,
            version=1,
            **{**given, **changes},
        )
        self.door.snapshots[received.query_id] = snapshot
        await self.record(snapshot)
        return snapshot

    async def record(self, snapshot: Snapshot) -> None:
        async with self.database.in_store(self.store) as connection:
            await write_snapshot(connection, snapshot)
            await connection.execute(
                "UPDATE queries SET workflow_started_at = now() WHERE store = %s AND query_id = %s",
                (self.store, snapshot.query_id),
            )

    async def execute(self, statement: Any, values: tuple[Any, ...] = ()) -> None:
        async with self.database.in_store(self.store) as connection:
            await connection.execute(statement, values)

    async def an_agent(self, name: str = "", *, stores: tuple[str, ...] | None = None) -> tuple[str, str]:
        """Name and one-time password of a new agent, of this store unless told otherwise."""
        name = name or f"Ana {secrets.token_hex(4)}"
        return name, await add_agent(self.database, name, stores=(self.store,) if stores is None else stores)


def a_draft(language: Language = Language.EN) -> Draft:
    citation = Citation(
        passage_id="returns#1", document_id="returns", content_hash="h1", title="Returns", url="https://shop.example/r"
    )
    return Draft(
        text=ANSWER, language=language, kind="answer", citations=(citation,), facts={"order/A-1001/status": "delivered"}
    )


def a_finding() -> Finding:
    return Finding(check="ungrounded_value", on="reply", excerpt="30 days", why="No cited passage says 30 days.")


def a_brief() -> Brief:
    return Brief(
        who="ana@example.com, not verified",
        what="Wants to send back shoes.",
        tried=("Looked for a policy on returns.",),
        policy=("Returns: within 30 days.",),
        suggestion="Offer the return form.",
        because=(Reason(code="complaint", text="Complaints are handled by a person."),),
    )


async def make_world(app_url: str, *, scanner: MalwareScanner | None = None, **options: Any) -> World:
    """A new store with a key of each scope. Close it with `end_world`."""
    database = Database(app_url, max_size=6)
    await database.open()
    store = f"api-{secrets.token_hex(5)}"
    async with database.across_stores() as connection:
        await connection.execute("INSERT INTO stores (store, name) VALUES (%s, %s)", (store, "A shop"))

    async def connect() -> AsyncConnection[Any]:
        return await AsyncConnection.connect(app_url, autocommit=True)

    world: World

    async def record(snapshot: Snapshot) -> None:
        await world.record(snapshot)

    async def metrics() -> dict[str, str]:
        return world.worker_metrics

    door, feed = FakeDoor(record), EventFeed(connect)
    search = ConsoleSearch(lambda: PostgresKnowledge(database, HashEmbedder()))
    desk = AttachmentDesk(PostgresAttachments(database), scanner, limit=ATTACHMENT_LIMIT)
    options_ = ApiOptions(web_url="http://test", **options)
    app = create_app(ApiParts(database, door, feed, options_, metrics, search, desk))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://test")
    world = World(database, store, door, feed, app, client)
    for scope in Scope:
        world.keys[scope.value] = (await create_key(database, store, scope, label=f"{scope.value} of tests")).key
    return world


@asynccontextmanager
async def a_world(app_url: str, *, scanner: MalwareScanner | None = None, **options: Any) -> AsyncIterator[World]:
    """A world while the block runs, its feed listening."""
    world = await make_world(app_url, scanner=scanner, **options)
    listening = asyncio.create_task(world.feed.run())
    try:
        yield world
    finally:
        world.feed.close()
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        await world.client.aclose()
        await world.database.close()
