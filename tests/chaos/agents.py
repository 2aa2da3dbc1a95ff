"""Agents: they work through the review queue, by API and by signal, and send a decision again under its own id."""

import asyncio
import random
import uuid
from typing import Any

import httpx
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.access import NewKey
from api.deciding import decision_id_of
from domain.identifiers import workflow_id_of
from tests.chaos.insisting import PAUSE_SECONDS, client, insist
from tests.chaos.ledger import Decided, Ledger

POLL_SECONDS = 0.7
EDITED = "Thank you for your patience. A colleague has looked into it and will see to the rest."


class Agents:
    """All agents of one store. `at_work` tells whether a decision is on its way."""

    def __init__(self, url: str, key: NewKey, temporal: Client, ledger: Ledger, chance: random.Random) -> None:
        self._http = client(url, key.key)
        self._key, self._temporal, self._ledger, self._chance = key, temporal, ledger, chance
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def at_work(self) -> bool:
        return any(not task.done() for task in self._tasks.values())

    async def work(self) -> None:
        """Works until it is cancelled."""
        async with self._http:
            while True:
                for item in await self._queue():
                    busy = self._tasks.get(item["query_id"])
                    if item["query_id"] not in self._ledger.left and (busy is None or busy.done()):
                        self._tasks[item["query_id"]] = asyncio.create_task(self._see_to(item))
                await asyncio.sleep(POLL_SECONDS)

    async def _queue(self) -> list[dict[str, Any]]:
        try:
            answer = await self._http.get("/v1/reviews", params={"limit": 200})
        except httpx.TransportError:
            return []
        if answer.is_success:
            items: list[dict[str, Any]] = answer.json()["items"]
            return items
        if answer.status_code < 500:
            self._ledger.complaints.append(f"GET /v1/reviews: {answer.status_code} {answer.text[:200]}")
        return []

    async def _see_to(self, item: dict[str, Any]) -> None:
        draw, thinking, by_signal = self._chance.random(), self._chance.uniform(0, 3), self._chance.random() < 0.15
        await asyncio.sleep(thinking)
        if item["status"] == "waiting_review":
            action = "approve" if draw < 0.6 else "edit" if draw < 0.8 else "reject"
        elif item["status"] == "failed" or draw < 0.4:
            self._ledger.left.add(item["query_id"])
            return
        else:
            action = "reply" if draw < 0.85 else "close"
        decided = Decided(
            self._key.store, item["query_id"], action, item["draft_hash"], "signal" if by_signal else "api"
        )
        self._ledger.decided.append(decided)
        fields = _fields(decided)
        await (self._signal(decided, fields) if by_signal else self._send(decided, fields))

    async def _send(self, decided: Decided, fields: dict[str, Any]) -> None:
        key = uuid.uuid4().hex
        decided.decision_id = decision_id_of(self._key.key_id, key)

        def tried() -> None:
            decided.tries += 1

        answer = await insist(
            self._http,
            "POST",
            f"/v1/reviews/{decided.query_id}/decision",
            body={"action": decided.action, **fields},
            headers={"idempotency-key": key},
            tried=tried,
        )
        if answer is None:
            return
        if answer.is_success:
            decided.outcome = "applied"
        elif answer.status_code == 409:
            decided.outcome, decided.code = "refused", answer.json()["code"]
        else:
            self._ledger.complaints.append(f"POST …/decision: {answer.status_code} {answer.text[:200]}")

    async def _signal(self, decided: Decided, fields: dict[str, Any]) -> None:
        """Twice: whoever signals is told nothing, and sends it again to be sure."""
        handle = self._temporal.get_workflow_handle(workflow_id_of(decided.store, decided.query_id))
        sent = 0
        while sent < 2 and decided.tries < 200:
            decided.tries += 1
            try:
                await handle.signal(decided.action, {"agent": "chaos agents", **fields})
                sent += 1
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    return  # it has ended by then
                await asyncio.sleep(PAUSE_SECONDS)


def _fields(decided: Decided) -> dict[str, Any]:
    fields: dict[str, Any] = {"draft_hash": decided.draft_hash} if decided.draft_hash else {}
    if decided.action in ("edit", "reply"):
        fields["text"] = EDITED
    if decided.action in ("reject", "close"):
        fields["reason"] = "Not what was asked."
    return fields
