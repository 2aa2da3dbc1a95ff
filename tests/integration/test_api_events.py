"""Events as they happen, and what operators see."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from api.events import Place, follow
from domain.vocabulary import Status
from tests.api_world import World, a_world
from tests.conftest import Stack


@pytest.fixture
async def world(stack: Stack) -> AsyncIterator[World]:
    async with a_world(stack.app_url, heartbeat_seconds=0.2) as made:
        yield made


async def add_event(world: World, query_id: str, kind: str, **body: Any) -> None:
    await world.execute("SELECT add_event(%s, %s, %s, %s)", (world.store, query_id, kind, Jsonb(body)))


def read(line: str) -> tuple[str, dict[str, Any]]:
    fields = dict(part.split(": ", 1) for part in line.strip().split("\n") if not part.startswith(":"))
    return fields.get("event", ""), json.loads(fields.get("data", "{}"))


async def test_a_client_hears_of_each_step_and_then_of_the_end(world: World) -> None:
    snapshot = await world.waiting()
    parts = world.app.state.parts
    stream = follow(parts, world.store, snapshot.query_id, Place(0), for_agent=True)
    assert read(await anext(stream))[1]["status"] == "received"
    assert read(await anext(stream))[1]["status"] == "waiting_review"
    listening = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.05)
    await add_event(world, snapshot.query_id, "step", step="guard", confidence=0.7)
    assert read(await asyncio.wait_for(listening, 1))[1]["confidence"] == 0.7
    assert (await anext(stream)).startswith(": ")  # nothing new: a heartbeat
    await world.record(snapshot.model_copy(update={"status": Status.SENT, "version": 2}))
    assert read(await anext(stream))[1]["status"] == "sent"
    assert read(await anext(stream))[0] == "end"
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert world.feed.subscribers == 0


async def test_a_client_that_goes_away_leaves_nothing_behind(world: World) -> None:
    query_id = await world.submit()
    stream = follow(world.app.state.parts, world.store, query_id, Place(0), for_agent=True)
    await anext(stream)
    assert world.feed.subscribers == 1
    await stream.aclose()  # type: ignore[attr-defined]
    assert world.feed.subscribers == 0


async def test_closing_the_feed_ends_open_streams(world: World) -> None:
    query_id = await world.submit()
    stream = follow(world.app.state.parts, world.store, query_id, Place(0), for_agent=True)
    await anext(stream)
    world.feed.close()
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_customers_get_the_part_of_an_event_that_is_theirs(world: World) -> None:
    snapshot = await world.waiting()
    await add_event(world, snapshot.query_id, "step", step="guard", findings=["secret"])
    await add_event(world, snapshot.query_id, "reply", text="Hello", language="en", author="Ana")
    await add_event(world, snapshot.query_id, "brief", text="secret")
    await world.record(snapshot.model_copy(update={"status": Status.SENT, "version": 2}))
    response = await world.get(f"/v1/queries/{snapshot.query_id}/events")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert "secret" not in response.text
    assert "Ana" not in response.text
    assert '"text": "Hello"' in response.text
    assert response.text.endswith("event: end\ndata: {}\n\n")


async def test_a_stream_continues_after_the_last_event(world: World) -> None:
    snapshot = await world.waiting()
    await world.record(snapshot.model_copy(update={"status": Status.SENT, "version": 2}))
    path = f"/v1/queries/{snapshot.query_id}/events"
    whole = (await world.get(path)).text
    ids = [line[4:] for line in whole.split("\n") if line.startswith("id: ")]
    rest = await world.client.get(path, headers=world.headers(**{"Last-Event-ID": ids[0]}))
    assert f"id: {ids[0]}\n" not in rest.text
    assert f"id: {ids[1]}\n" in rest.text
    done = await world.client.get(path, headers=world.headers(**{"Last-Event-ID": ids[-1]}))
    assert done.status_code == 204
    for bad in ("x", "-1", "9" * 30, "1 2"):
        refused = await world.client.get(path, headers=world.headers(**{"Last-Event-ID": bad}))
        assert refused.status_code == 422


async def test_the_feed_connects_again_after_the_connection_is_lost(world: World) -> None:
    query_id = await world.submit()
    with world.feed.subscribe((world.store, query_id)) as news:
        await world.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND state = 'idle'"
        )
        await asyncio.sleep(1.5)
        await news.wait(0.5)
        await add_event(world, query_id, "step", step="classify")
        assert await news.wait(2)


async def test_metrics_show_requests_load_and_the_workers(world: World) -> None:
    await world.waiting(hours=-1)
    await world.get("/v1/queries/nope")
    world.worker_metrics = {
        "worker-1": '# TYPE temporal_x counter\ntemporal_x{a="1"} 3\n',
        "worker-2": '# TYPE temporal_x counter\ntemporal_x{a="1"} 4\n',
        "worker-3": "not metrics {",
    }
    text = (await world.client.get("/metrics")).text
    assert 'route="/v1/queries/{query_id}"' in text
    assert 'holdpoint_open_queries{status="waiting_review",tier="2"}' in text
    assert "holdpoint_stuck_workflows 0.0" in text
    assert 'temporal_x_total{a="1",worker="worker-1"} 3.0' in text
    assert 'worker="worker-2"' in text
    world.door.away = True
    assert (await world.client.get("/metrics")).status_code == 200


async def test_health_and_the_description_of_the_api(world: World) -> None:
    assert (await world.client.get("/healthz")).json()["status"] == "ok"
    assert (await world.client.get("/readyz")).status_code == 200
    world.door.away = True
    assert (await world.client.get("/readyz")).json()["temporal"] is False
    described = (await world.client.get("/openapi.json")).json()
    expected = {
        "/v1/queries": {"post"},
        "/v1/queries/{query_id}": {"get"},
        "/v1/queries/{query_id}/events": {"get"},
        "/v1/queries/{query_id}/human": {"post"},
        "/v1/queries/{query_id}/feedback": {"post"},
        "/v1/attachments": {"post"},
        "/v1/attachments/{attachment_id}": {"get"},
        "/v1/reviews": {"get"},
        "/v1/reviews/{query_id}/claim": {"post"},
        "/v1/reviews/{query_id}/release": {"post"},
        "/v1/reviews/{query_id}/decision": {"post"},
        "/healthz": {"get"},
        "/readyz": {"get"},
        "/metrics": {"get"},
    }
    assert {path: set(methods) for path, methods in described["paths"].items()} == expected
