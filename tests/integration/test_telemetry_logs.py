"""What the logs of a process say of a query, on the real stack; and what they must not say."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from app.logs import configure_logs
from domain.steps import ClassifyInput, ClassifyResult
from graphs.fakes import FakeSteps
from tests.conftest import Stack
from tests.integration.test_telemetry import TEXT, WORDS, watched


@pytest.fixture
def lines(stack: Stack) -> Iterator[Any]:
    root = logging.getLogger()
    level, stream = root.level, io.StringIO()
    configure_logs(stack.settings.model_copy(update={"log_level": "debug"}), "worker", stream)

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    yield read
    root.setLevel(level)
    for ours in [one for one in root.handlers if type(one).__module__ == "app.logs"]:
        root.removeHandler(ours)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


async def test_every_line_about_a_query_names_it_and_its_store(stack: Stack, lines: Any) -> None:
    async with watched(stack, None, FakeSteps()) as here:
        query_id = await here.post()
        await here.until(query_id, "sent")
    told = {line["event"]: line for line in lines() if line["event"] in {"request", "step", "outbox"}}
    assert told.keys() == {"request", "step", "outbox"}
    for line in told.values():
        assert (line["store"], line["query_id"]) == (here.shop.store, query_id), line
    assert told["request"]["route"] == "/v1/queries"
    assert told["outbox"]["outcome"] == "delivered"


async def test_a_workflow_can_log_and_says_which_it_is(stack: Stack, lines: Any) -> None:
    async with watched(stack, None, FakeSteps(send=False)) as here:
        query_id = await here.post()
        await here.until(query_id, "waiting_review")
        handle = here.shop.client.get_workflow_handle(f"query/{here.shop.store}/{query_id}")
        await handle.signal("customer_message", {"nonsense": WORDS})
        for _ in range(100):
            if (await handle.query("state"))["ignored_signals"]:
                break
            await asyncio.sleep(0.05)
    (line,) = [line for line in lines() if line["event"].startswith("Ignored a signal")]
    assert (line["store"], line["query_id"]) == (here.shop.store, query_id)
    assert line["workflow_type"] == "SupportQuery"
    assert WORDS not in json.dumps(lines())


class Quoting(FakeSteps):
    """Fails with a message that quotes the customer."""

    async def classify(self, request: ClassifyInput) -> ClassifyResult:
        raise ValueError(f"cannot read {request.case.thread[-1].text}")


async def test_a_bug_is_told_with_its_place_and_without_the_customer(stack: Stack, lines: Any) -> None:
    async with watched(stack, None, Quoting()) as here:
        query_id = await here.post()
        await here.until(query_id, "failed")
    failed = [line for line in lines() if line["level"] in {"warning", "error"} and line.get("query_id") == query_id]
    assert any("ValueError" in json.dumps(line) and "test_telemetry_logs.py" in json.dumps(line) for line in failed)
    everything = json.dumps(lines())
    for private in (WORDS, TEXT, "petunia", here.key):
        assert private not in everything
