"""A query whose reply language models write, through the real workflow: the first one, the second while the first is
down, and a person when both are."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.api.enums.v1 import EventType

from activities.spending import usage_by_day
from activities.starting import step_modes_of
from app.embedded.checkup_models import examine_models
from app.embedded.report import PartReport, StackReport
from app.settings import Settings
from app.telemetry import read_metrics, temporal_runtime
from app.telemetry_worker import CIRCUIT, show_circuits
from app.wiring import Workshop, build_workshop
from domain.spending import DayUse
from retrieval.database import Database
from retrieval.embedders import UniversalSentenceEmbedder
from retrieval.ingest import load_knowledge
from tests import chat_server, cohere_server
from tests.chat_server import Chat, a_chat
from tests.cohere_server import Cohere, Fault, a_cohere
from tests.conftest import Stack
from tests.desk_fixtures import Asked, Shop, a_shop

ASKED = "Within how many days may I return something that does not fit?"
WINDOW = "You may return almost everything within 30 days of delivery."
POLICY = {
    "id": "returns",
    "kind": "policy",
    "language": "en",
    "title": "Returns",
    "text": f"{WINDOW} It must be unused.",
}
FIRST = f"Hello,\n\n{WINDOW} It must be unused.\n\nKind regards,\nThe Test team"
SECOND = f"Hello,\n\n{WINDOW} [1]\n\nKind regards,\nThe Test team"
DOWN = [Fault(status=500)] * 20


@dataclass
class Models:
    """Two model servers, and a shop whose replies they write."""

    cohere: Cohere
    chat: Chat
    shop: Shop
    workshop: Workshop

    async def ask(self) -> Asked:
        return await self.shop.ask(ASKED, step_modes=step_modes_of("cohere:command-a-03-2025"))

    async def usage(self) -> dict[str, DayUse]:
        return {
            f"{use.provider}:{use.model}": use for use in await usage_by_day(self.shop.database, self.shop.store, 1)
        }


def settings_of(stack: Stack, cohere: Cohere, chat: Chat) -> Settings:
    chosen: dict[str, Any] = {
        "model": "cohere:command-a-03-2025",
        "cohere_url": cohere.url,
        "cohere_api_key": SecretStr(cohere_server.KEY),
        "model_input_price": Decimal("2.5"),
        "model_output_price": Decimal(10),
        "fallback_model": f"openai:{chat_server.MODEL}",
        "fallback_model_url": chat.url,
        "fallback_model_api_key": SecretStr(chat_server.KEY),
        "fallback_model_input_price": Decimal(1),
        "fallback_model_output_price": Decimal(2),
    }
    return stack.settings.model_copy(update=chosen)


@asynccontextmanager
async def models(stack: Stack, folder: Path, **store: Any) -> AsyncIterator[Models]:
    with a_cohere() as cohere, a_chat() as chat:
        database = Database(stack.app_url)
        await database.open()
        workshop = build_workshop(settings_of(stack, cohere, chat), database)
        cohere.chat.says, cohere.chat.cites = FIRST, []
        chat.says = SECOND
        try:
            async with a_shop(stack.settings, stack.app_url, workshop.steps, **store) as shop:
                await teach(shop, folder)
                yield Models(cohere, chat, shop, workshop)
        finally:
            await database.close()


async def teach(shop: Shop, folder: Path) -> None:
    file = folder / "policies.jsonl"
    file.write_text(json.dumps(POLICY), encoding="utf-8")
    await load_knowledge(shop.database, UniversalSentenceEmbedder(), shop.store, file, detect=lambda _: None)


async def scheduled(asked: Asked) -> list[str]:
    """Names of the activities in the history; local ones are not among them."""
    kind = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    history = await asked.handle.fetch_history()
    events = [each for each in history.events if each.event_type == kind]
    return [each.activity_task_scheduled_event_attributes.activity_type.name for each in events]


async def ended(asked: Asked, *, waiting: str) -> dict[str, Any]:
    """The record once it was sent or waits as told."""
    for _ in range(800):
        row = await asked.row()
        if row["status"] in ("sent", waiting):
            return row
        await asyncio.sleep(0.05)
    raise AssertionError(f"the query is {row['status']}: {row['snapshot']}")


async def test_the_first_writes_then_the_second_then_a_person(stack: Stack, tmp_path: Path) -> None:
    async with models(stack, tmp_path) as world:
        world.cohere.chat.cites = [(WINDOW, await passages(world))]

        asked = await world.ask()
        row = await ended(asked, waiting="waiting_review")
        draft = row["snapshot"]["draft"]
        assert draft["text"] == FIRST
        assert [one["document_id"] for one in draft["citations"]] == ["returns"]
        assert "generate" in await scheduled(asked)
        (prompt,) = [each for each in world.cohere.requests if each["path"] == "/v2/chat"]
        assert (prompt["max_tokens"], prompt["temperature"]) == (500, 0.3)
        first = (await world.usage())["cohere:command-a-03-2025"]
        assert (first.calls, first.output_tokens) == (1, len(FIRST.split()))
        assert first.cost == Decimal("2.5") * first.input_tokens / 10**6 + Decimal(10) * first.output_tokens / 10**6

        world.cohere.then(*DOWN)
        row = await ended(await world.ask(), waiting="waiting_review")
        assert row["snapshot"]["draft"]["text"] == SECOND.replace(" [1]", "")
        assert row["snapshot"]["draft"]["citations"]
        assert (await world.usage())[f"openai:{chat_server.MODEL}"].calls == 1

        world.chat.then(*DOWN)
        row = await ended(await world.ask(), waiting="waiting_agent")
        (reason,) = [one for one in row["snapshot"]["reasons"] if one["code"] == "unavailable"]
        assert "cohere:command-a-03-2025 failed (500)" in reason["text"]
        assert f"openai:{chat_server.MODEL} failed (500)" in reason["text"]
        assert cohere_server.KEY not in reason["text"]


async def test_over_the_budget_an_agent_gets_a_draft_that_no_model_wrote(stack: Stack, tmp_path: Path) -> None:
    async with models(stack, tmp_path, model_budget="0.0001") as world:
        row = await (await world.ask()).until("waiting_review")
        assert row["snapshot"]["reasons"][0]["code"] == "budget"
        assert "30 days" in row["snapshot"]["draft"]["text"]
        assert [each for each in world.cohere.requests if each["path"] == "/v2/chat"] == []
        assert await world.usage() == {}


async def test_a_model_that_is_left_alone_shows_in_metrics_and_doctor(stack: Stack, tmp_path: Path) -> None:
    async with models(stack, tmp_path) as world:
        settings = settings_of(stack, world.cohere, world.chat)
        runtime = temporal_runtime(settings, settings.metrics_port)
        show_circuits(runtime.metric_meter, world.workshop.circuits)
        running = StackReport("", 1, (PartReport("worker", "ready", ""),))
        shown = read_metrics(settings.metrics_port)
        assert f'{CIRCUIT}{{model="command-a-03-2025",provider="cohere"}} 0' in await asyncio.to_thread(shown)
        well = await asyncio.to_thread(examine_models, settings, running)
        assert (well.verdict, well.said) == ("good", f"cohere:command-a-03-2025, then openai:{chat_server.MODEL}")

        world.cohere.then(Fault(status=401))
        await ended(await world.ask(), waiting="waiting_review")
        assert f'{CIRCUIT}{{model="command-a-03-2025",provider="cohere"}} 2' in await asyncio.to_thread(shown)
        unwell = await asyncio.to_thread(examine_models, settings, running)
        assert (unwell.verdict, "cohere:command-a-03-2025 is open" in unwell.said) == ("warning", True)
        away = examine_models(settings, StackReport("", None, ()))
        assert away.verdict == "skipped"


async def passages(world: Models) -> list[str]:
    rows = await world.shop.rows(
        "SELECT passage_id FROM passages WHERE store = %(store)s AND live", store=world.shop.store
    )
    return [row["passage_id"] for row in rows]


@pytest.mark.parametrize("chosen", [{"model": None}])
def test_without_a_model_doctor_says_what_writes(stack: Stack, chosen: dict[str, Any]) -> None:
    found = examine_models(stack.settings.model_copy(update=chosen), StackReport("", None, ()))
    assert found.verdict == "good"
    assert "own texts" in found.said
