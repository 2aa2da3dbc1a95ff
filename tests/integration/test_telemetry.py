"""What a collector sees of a query, on the real stack; and what it must not see."""

import asyncio
import socket
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from psycopg import AsyncConnection

from activities.access import create_key
from activities.durable import QueryActivities
from activities.outbox import Outbox
from activities.records import Records
from activities.starting import StartOptions
from activities.webhook import SignedWebhook
from api.application import create_app
from api.feed import EventFeed
from api.parts import ApiOptions, ApiParts
from api.workflows_door import TemporalDoor
from app.embedded.foundation import free_port
from app.settings import Settings
from app.telemetry import (
    Tracing,
    instrument_web,
    read_metrics,
    temporal_runtime,
    tracing,
    worker_interceptors,
)
from app.temporal_client import connect
from app.temporal_worker import build_worker
from domain.errors import SetupError
from domain.steps import ClassifyInput, ClassifyResult
from domain.vocabulary import Scope, Tier
from graphs.fakes import FakeSteps
from graphs.steps import Steps
from retrieval.database import Database
from tests.conftest import Stack
from tests.desk_fixtures import Shop
from tests.otlp_collector import Collector, a_collector, attributes

WORDS = "Marmaladenglas"
TEXT = f"My {WORDS} arrived broken, write to petunia@example.org please"
STEPS = ("classify", "retrieve", "generate", "guard")


@dataclass
class Watched:
    """A shop with a worker and a web process, both traced as the two processes are."""

    shop: Shop
    http: httpx.AsyncClient
    key: str
    metrics_port: int
    traces: tuple[Tracing, ...]

    async def post(self, **headers: str) -> str:
        body = {
            "store": self.shop.store,
            "channel": "web",
            "message_id": uuid.uuid4().hex,
            "text": TEXT,
            "customer": {"email": "petunia@example.org"},
        }
        answer = await self.http.post(
            "/v1/queries?note=petunia", json=body, headers={"authorization": f"Bearer {self.key}", **headers}
        )
        assert answer.status_code == 202, answer.text
        query_id: str = answer.json()["query_id"]
        return query_id

    async def until(self, query_id: str, status: str) -> dict[str, Any]:
        for _ in range(400):
            rows = await self.shop.rows("SELECT status FROM queries WHERE query_id = %(id)s", id=query_id)
            if rows and rows[0]["status"] == status:
                return rows[0]
            await _pause()
        raise AssertionError(f"the query is {rows}, not {status}")

    def flush(self) -> None:
        for one in self.traces:
            one.shutdown()


async def _pause() -> None:
    await asyncio.sleep(0.05)


@asynccontextmanager
async def watched(stack: Stack, endpoint: str | None, steps: Steps, *, cached: int = 100) -> AsyncIterator[Watched]:
    settings = stack.settings.model_copy(update={"otlp_endpoint": endpoint})
    port = free_port()
    runtime = temporal_runtime(settings, port)
    of_worker, of_web = tracing(settings, "worker", read_metrics(port)), tracing(settings, "web")
    database = Database(stack.app_url)
    await database.open()
    try:
        async with httpx.AsyncClient() as webhook:
            client = await connect(settings, interceptors=of_worker.client_interceptors, runtime=runtime)
            shop = await Shop(database, client, f"test-{uuid.uuid4().hex[:8]}", webhook).open()
            outbox = Outbox(database, of_worker.helpdesk(SignedWebhook(webhook)))
            activities = QueryActivities(of_worker.steps(steps), Records(database, {}), outbox)
            worker = build_worker(
                client,
                activities,
                task_queue=shop.task_queue,
                interceptors=worker_interceptors(runtime),
                max_cached_workflows=cached,
            )
            async with worker, _web(stack, settings, of_web, shop) as http:
                key = (await create_key(database, shop.store, Scope.CUSTOMER, label="test")).key
                yield Watched(shop, http, key, port, (of_worker, of_web))
    finally:
        await database.close()
        of_worker.shutdown()
        of_web.shutdown()


@asynccontextmanager
async def _web(stack: Stack, settings: Settings, traces: Tracing, shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    client = await connect(settings, interceptors=traces.client_interceptors)

    async def listen() -> AsyncConnection[Any]:
        return await AsyncConnection.connect(stack.app_url, autocommit=True)

    async def no_metrics() -> dict[str, str]:
        return {}

    door = TemporalDoor(client, StartOptions(task_queue=shop.task_queue, gather_seconds=0))
    app = create_app(ApiParts(shop.database, door, EventFeed(listen), ApiOptions(), no_metrics))
    instrument_web(app, traces)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        yield http


@pytest.fixture
def collector() -> Any:
    with a_collector() as found:
        yield found


async def test_one_trace_holds_the_request_the_workflow_and_each_step(stack: Stack, collector: Collector) -> None:
    async with watched(stack, collector.endpoint, FakeSteps()) as here:
        query_id = await here.post()
        await here.until(query_id, "sent")
    (request,) = collector.named("POST /v1/queries")
    (workflow,) = collector.named("RunWorkflow:SupportQuery")
    steps = {step: collector.named(f"step {step}") for step in STEPS}
    assert {step: len(spans) for step, spans in steps.items()} == dict.fromkeys(STEPS, 1)
    of_query = [request, workflow, *(spans[0] for spans in steps.values())]
    assert {span.trace_id for span in of_query} == {request.trace_id}
    told = attributes(steps["classify"][0])
    assert told["holdpoint.store"] == here.shop.store
    assert told["holdpoint.query_id"] == query_id
    assert (told["holdpoint.intent"], told["holdpoint.language"], told["holdpoint.tier"]) == ("shipping", "en", 1)
    assert attributes(steps["guard"][0])["holdpoint.send"] is True
    assert collector.services == {"holdpoint-worker", "holdpoint-web"}


async def test_the_request_says_which_query_it_made(stack: Stack, collector: Collector) -> None:
    async with watched(stack, collector.endpoint, FakeSteps()) as here:
        query_id = await here.post(traceparent=f"00-{'a' * 32}-{'b' * 16}-01")
        await here.until(query_id, "sent")
    (request,) = collector.named("POST /v1/queries")
    told = attributes(request)
    assert request.trace_id.hex() == "a" * 32
    assert told["http.response.status_code"] == 202
    assert (told["holdpoint.store"], told["holdpoint.query_id"]) == (here.shop.store, query_id)


async def test_nothing_that_anybody_wrote_is_sent(stack: Stack, collector: Collector) -> None:
    async with watched(stack, collector.endpoint, FakeSteps()) as here:
        query_id = await here.post(baggage=f"word={WORDS}")
        await here.until(query_id, "sent")
        rows = await here.shop.rows("SELECT snapshot FROM queries WHERE query_id = %(id)s", id=query_id)
    sent = b"".join(collector.bodies)
    assert collector.spans
    for private in (WORDS.encode(), b"petunia", rows[0]["snapshot"]["reply"].encode(), here.key.encode()):
        assert private not in sent


class Quoting(FakeSteps):
    """Fails with a message that quotes the customer."""

    async def classify(self, request: ClassifyInput) -> ClassifyResult:
        raise ValueError(f"cannot read {request.case.thread[-1].text}")


async def test_an_exception_leaves_without_its_message(stack: Stack, collector: Collector) -> None:
    async with watched(stack, collector.endpoint, Quoting()) as here:
        await here.until(await here.post(), "failed")
    (step,) = collector.named("step classify")
    assert attributes(step)["error.type"] == "ValueError"
    assert WORDS.encode() not in b"".join(collector.bodies)


async def test_a_parked_draft_is_seen_at_once_and_replays_tell_nothing_twice(
    stack: Stack, collector: Collector
) -> None:
    async with watched(stack, collector.endpoint, FakeSteps(tier=Tier.REVIEW, send=False), cached=0) as here:
        query_id = await here.post()
        await here.until(query_id, "waiting_review")
        until = time.monotonic() + 8
        while not collector.named("step guard") and time.monotonic() < until:
            await _pause()
        before = Counter(collector.names())
        assert before["RunWorkflow:SupportQuery"] == 1
        handle = here.shop.client.get_workflow_handle(f"query/{here.shop.store}/{query_id}")
        state = await handle.query("state")
        await handle.execute_update(
            "decide", {"action": "approve", "agent": "Ana", "draft_hash": state["waiting_hash"], "via": "api"}
        )
        await here.until(query_id, "sent")
    after = Counter(collector.names())
    for name in ("RunWorkflow:SupportQuery", "CompleteWorkflow:SupportQuery", *(f"step {step}" for step in STEPS)):
        assert after[name] == 1, name
    (decided,) = collector.named("HandleUpdate:decide")
    assert decided.trace_id == collector.named("step guard")[0].trace_id


async def test_metrics_of_the_sdk_and_of_our_own_are_shown_and_sent(stack: Stack, collector: Collector) -> None:
    ours = ("holdpoint_queries_ended", "holdpoint_step_seconds_bucket", "holdpoint_outbox_total")
    names = (*ours, "temporal_workflow_completed_total")  # the SDK counts once the server has taken the last task
    async with watched(stack, collector.endpoint, FakeSteps()) as here:
        await here.until(await here.post(), "sent")
        shown = ""
        for _ in range(60):
            shown = await _shown(here.metrics_port)
            if all(name in shown for name in names):
                break
            await _pause()
    assert 'disposition="sent_automatically"' in shown
    assert [name for name in names if name not in shown] == []
    assert {"holdpoint_step_seconds", "holdpoint_outbox", "temporal_workflow_completed"} <= collector.metrics.keys()
    steps = collector.metrics["holdpoint_step_seconds"].histogram.data_points
    assert {attributes(point)["step"] for point in steps} == set(STEPS)
    assert all(point.count == 1 and sum(point.bucket_counts) == 1 for point in steps)


async def _shown(port: int) -> str:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(f"http://127.0.0.1:{port}/metrics")).text


async def test_a_collector_that_is_away_disturbs_nothing(stack: Stack) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    async with watched(stack, away, FakeSteps()) as here:
        await here.until(await here.post(), "sent")
        began = time.monotonic()
        here.flush()
        assert time.monotonic() - began < 8


async def test_without_an_endpoint_nothing_is_built(stack: Stack) -> None:
    nothing = tracing(stack.settings, "worker")
    steps = FakeSteps()
    assert nothing.tracer is None
    assert not nothing.client_interceptors
    assert not nothing.worker_interceptors
    assert nothing.steps(steps) is steps
    nothing.shutdown()


async def test_a_taken_metrics_port_is_a_sentence(stack: Stack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SetupError, match="HOLDPOINT_METRICS_PORT"):
        temporal_runtime(stack.settings, taken.getsockname()[1])
