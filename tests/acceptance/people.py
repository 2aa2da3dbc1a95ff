"""Customers and agents of the demo store, over the HTTP API; and what they leave behind, from the tables."""

import asyncio
import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
import psycopg
from psycopg.rows import dict_row

from app.embedded.urls import database_urls
from app.settings import Settings

STORE = "demo"
RESTED = frozenset({"sent", "closed", "waiting_review", "waiting_agent", "failed"})
PARKING = "I have forgotten my password and now my account is locked. How do I get in again?"
"""A question that needs a review, whatever the confidence: it is about an account."""


@dataclass(frozen=True)
class Trace:
    """What is left of a query in the tables."""

    replies: tuple[str, ...]
    delivered: int
    """Replies of the outbox that have left."""
    applied: tuple[str, ...]
    """Actions of the decisions that were applied."""


class People:
    """Holds the keys of the demo store."""

    def __init__(self, settings: Settings, keys: dict[str, str]) -> None:
        self.settings, self._keys = settings, keys
        self._http = httpx.AsyncClient(base_url=settings.web_url, timeout=30, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def ask(self, text: str, *, email: str | None = None, **fields: Any) -> dict[str, Any]:
        """Hands a message in, with a verified address where there is one; what the API accepted."""
        body = {"store": STORE, "channel": "acceptance", "message_id": uuid.uuid4().hex, "text": text, **fields}
        customer = {"customer": {"email": email, "verified": True}} if email else {}
        answer = await self._http.post("/v1/queries", json=body | customer, headers=self._as("verify"))
        assert answer.status_code == 202, answer.text
        accepted: dict[str, Any] = answer.json()
        return accepted

    async def see(self, query_id: str) -> dict[str, Any]:
        """The query as an agent sees it."""
        answer = await self._http.get(f"/v1/queries/{query_id}", headers=self._as("agent"))
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    async def until(self, query_id: str, wanted: Collection[str] = RESTED, seconds: float = 40.0) -> dict[str, Any]:
        """The query once its status is one of these. Fails with what it is instead."""
        ends = time.monotonic() + seconds
        while (seen := await self.see(query_id))["status"] not in wanted:
            assert time.monotonic() < ends, f"still {seen['status']}: {seen['failure'] or seen['reasons']}"
            await asyncio.sleep(0.1)
        return seen

    async def park(self) -> dict[str, Any]:
        """A query whose draft waits for a review."""
        return await self.until((await self.ask(PARKING))["query_id"], {"waiting_review"})

    async def decide(self, query_id: str, action: str, *, key: str | None = None, **fields: Any) -> httpx.Response:
        """What the API answers to a decision."""
        headers = self._as("agent") | ({"idempotency-key": key} if key else {})
        body = {"action": action, **fields}
        return await self._http.post(f"/v1/reviews/{query_id}/decision", json=body, headers=headers)

    async def trace(self, query_id: str) -> Trace:
        """What is left of a query in the tables."""
        return await asyncio.to_thread(self._trace, query_id)

    def _trace(self, query_id: str) -> Trace:
        with psycopg.connect(database_urls(self.settings).owner, row_factory=dict_row) as connection:

            def rows(sql: str) -> list[dict[str, Any]]:
                return connection.execute(sql.encode(), {"id": query_id}).fetchall()

            said = rows("SELECT text FROM messages WHERE query_id = %(id)s AND role IN ('assistant', 'agent')")
            left = rows("SELECT 1 FROM outbox WHERE query_id = %(id)s AND purpose = 'reply' AND status = 'delivered'")
            applied = rows("SELECT action FROM decisions WHERE query_id = %(id)s AND refusal IS NULL ORDER BY at")
        return Trace(tuple(row["text"] for row in said), len(left), tuple(row["action"] for row in applied))

    def _as(self, scope: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self._keys[scope]}"}
