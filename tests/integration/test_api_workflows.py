"""The API's door to the real workflows: a worker over scripted steps, the real Temporal, the real records."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from activities.access import create_key
from activities.intake import StartableQuery
from activities.starting import StartOptions
from api.application import create_app
from api.feed import EventFeed
from api.parts import ApiOptions, ApiParts
from api.ports import Where
from api.workflows_door import TemporalDoor
from domain.errors import NotFound, Unavailable
from domain.findings import Finding
from domain.steps import ClassifyInput, ClassifyResult
from domain.vocabulary import Scope, Tier
from graphs.fakes import FakeSteps
from graphs.steps import Steps
from tests.conftest import Stack
from tests.desk_fixtures import Shop, a_shop


class Desk:
    """One shop's API, over HTTP."""

    def __init__(self, shop: Shop, client: httpx.AsyncClient, keys: dict[Scope, str]) -> None:
        self.shop, self.client, self.keys = shop, client, keys

    async def call(self, method: str, path: str, body: Any = None, scope: Scope = Scope.AGENT) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[scope]}"}
        response = await self.client.request(method, path, json=body, headers=headers)
        return response.status_code, response.json()

    async def ask(self, message_id: str = "m1", **changes: Any) -> str:
        body = {"store": self.shop.store, "channel": "web", "message_id": message_id, "text": "Hello?", **changes}
        status, accepted = await self.call("POST", "/v1/queries", body)
        assert status == 202, accepted
        query_id: str = accepted["query_id"]
        return query_id

    async def until(self, query_id: str, status: str) -> Any:
        for _ in range(400):
            _, query = await self.call("GET", f"/v1/queries/{query_id}")
            if query["status"] == status:
                return query
            await asyncio.sleep(0.05)
        raise AssertionError(f"the query is {query['status']}, not {status}")

    async def decide(self, query_id: str, **fields: Any) -> Any:
        return await self.call("POST", f"/v1/reviews/{query_id}/decision", fields)


@asynccontextmanager
async def a_desk(stack: Stack, steps: Steps | None = None) -> AsyncIterator[Desk]:
    async with a_shop(stack.settings, stack.app_url, steps) as shop:

        async def nothing() -> dict[str, str]:
            return {}

        async def refuse() -> Any:
            raise AssertionError("nobody listens here")

        door = TemporalDoor(shop.client, StartOptions(task_queue=shop.task_queue, gather_seconds=0.3))
        app = create_app(ApiParts(shop.database, door, EventFeed(refuse), ApiOptions(), nothing))
        keys = {scope: (await create_key(shop.database, shop.store, scope, label="Ana")).key for scope in Scope}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            yield Desk(shop, client, keys)


async def test_a_message_is_answered_and_the_customer_reads_the_reply(stack: Stack) -> None:
    async with a_desk(stack) as desk:
        query_id = await desk.ask()
        await desk.until(query_id, "sent")
        _, shown = await desk.call("GET", f"/v1/queries/{query_id}", scope=Scope.CUSTOMER)
        assert shown["reply"] == "Draft 1."
        assert shown["disposition"] == "sent_automatically"


async def test_a_draft_is_held_edited_with_findings_and_sent(stack: Stack) -> None:
    finding = Finding(check="ungrounded_value", on="reply", excerpt="9", why="No source says 9.")
    async with a_desk(stack, FakeSteps(send=False, edit_findings=(finding,))) as desk:
        query_id = await desk.ask()
        draft_hash = (await desk.until(query_id, "waiting_review"))["draft_hash"]
        assert (await desk.call("POST", f"/v1/reviews/{query_id}/claim"))[1]["held_by"] == "Ana"
        status, problem = await desk.decide(query_id, action="approve", draft_hash="0" * 64)
        assert (status, problem["code"]) == (409, "stale")
        edit = {"action": "edit", "draft_hash": draft_hash, "text": "You get 9 euros."}
        status, problem = await desk.decide(query_id, **edit)
        assert (status, problem["findings"][0]["check"]) == (409, "ungrounded_value")
        status, decided = await desk.decide(query_id, **edit, confirm_findings=True)
        assert (status, decided["disposition"]) == (200, "sent_after_edit")
        query = await desk.until(query_id, "sent")
        assert (query["reply"], query["replied_by"]) == ("You get 9 euros.", "Ana")
        assert [one["decision"]["proven"] for one in query["decisions"]] == [True, True]
        status, problem = await desk.decide(query_id, action="take_over")
        assert (status, problem["code"]) == (409, "closed")


async def test_a_request_for_a_person_reaches_a_waiting_draft(stack: Stack) -> None:
    async with a_desk(stack, FakeSteps(send=False)) as desk:
        query_id = await desk.ask()
        await desk.until(query_id, "waiting_review")
        status, _ = await desk.call("POST", f"/v1/queries/{query_id}/human", scope=Scope.CUSTOMER)
        assert status == 202
        assert (await desk.until(query_id, "waiting_agent"))["tier"] == 3


async def test_a_newer_message_supersedes_the_waiting_one(stack: Stack) -> None:
    async with a_desk(stack, FakeSteps(send=False)) as desk:
        first = await desk.ask()
        conversation = (await desk.until(first, "waiting_review"))["conversation_id"]
        second = await desk.ask("m2", conversation_id=conversation, text="One more thing")
        await desk.until(second, "waiting_review")
        assert (await desk.until(first, "closed"))["superseded_by"] == second


class Buggy(FakeSteps):
    """Has a bug."""

    async def classify(self, request: ClassifyInput) -> ClassifyResult:
        raise TypeError("a bug")


async def test_a_failed_query_is_taken_over_and_answered_by_an_agent(stack: Stack) -> None:
    async with a_desk(stack, Buggy()) as desk:
        query_id = await desk.ask()
        await desk.until(query_id, "failed")
        assert (await desk.decide(query_id, action="reply", text="Hi"))[1]["code"] == "failed"
        assert (await desk.decide(query_id, action="take_over"))[0] == 200
        query = await desk.until(query_id, "waiting_agent")
        assert (query["held_by"], query["takeover_by"]) == ("Ana", "Ana")
        status, decided = await desk.decide(query_id, action="reply", text="Hello, Ana here.")
        assert (status, decided["disposition"]) == (200, "handled_by_agent")
        assert (await desk.until(query_id, "sent"))["reply"] == "Hello, Ana here."


async def test_an_agent_replies_to_what_only_a_person_may_answer(stack: Stack) -> None:
    async with a_desk(stack, FakeSteps(tier=Tier.PERSON)) as desk:
        query_id = await desk.ask()
        query = await desk.until(query_id, "waiting_agent")
        assert query["brief"]["suggestion"]
        assert (await desk.decide(query_id, action="close", reason="Spam"))[1]["status"] == "closed"


async def test_unknown_workflows_and_an_absent_server_are_told_apart(stack: Stack) -> None:
    async with a_shop(stack.settings, stack.app_url) as shop:
        door = TemporalDoor(shop.client, StartOptions(task_queue=shop.task_queue))
        with pytest.raises(NotFound):
            await door.request_human(Where(store=shop.store, query_id="0" * 32))
        with pytest.raises(NotFound):
            await door.claim(Where(store=shop.store, query_id="0" * 32), "Ana")
        assert await door.is_ready()
        assert await door.count_stuck() >= 0
    nowhere = TemporalDoor(await Client.connect("127.0.0.1:9", lazy=True), StartOptions())
    assert not await nowhere.is_ready()
    times = {"remind_at": "2030-01-01T00:00:00Z", "deadline_at": "2030-01-01T00:00:00Z"}
    query = StartableQuery.model_validate(
        {"store": "s", "query_id": "q", "conversation_id": "c", "gather": False, **times}
    )
    for _ in range(2):
        with pytest.raises(Unavailable):
            await nowhere.start(query)
    with pytest.raises(Unavailable):
        await nowhere.claim(Where(store="s", query_id="q"), "Ana")
