"""`batch` over a real PostgreSQL: a line in, a line out, in order; bad lines in their place."""

import io
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from activities.stores import create_store
from app.batches.lines import AnswerLine, ClassifyLine, GuardLine, Line, RetrieveLine
from app.cli import batch
from app.wiring import Workshop, build_workshop
from domain.orders import Order, OrderStatus
from retrieval.database import Database
from retrieval.ingest import load_knowledge
from tests.conftest import Stack

Run = Callable[..., Awaitable[list[dict[str, Any]]]]

KNOWLEDGE = [
    {"id": "delivery", "kind": "faq", "language": "en", "title": "How long does delivery take?",
     "text": "Standard delivery takes 3 to 5 working days within the EU."},
    {"id": "returns", "kind": "policy", "language": "de", "title": "Rückgabe",
     "text": "Sie können Artikel innerhalb von 30 Tagen nach der Lieferung zurückgeben."},
]  # fmt: skip


@pytest.fixture
async def workshop(stack: Stack) -> AsyncIterator[Workshop]:
    database = Database(stack.app_url)
    await database.open()
    yield build_workshop(stack.settings, database)
    await database.close()


@pytest.fixture
async def store(workshop: Workshop, tmp_path: Path) -> str:
    name = f"b{uuid4().hex[:10]}"
    await create_store(workshop.database, name, settings={"send_mode": "cold_start", "rollout_share": "100"})
    path = tmp_path / "knowledge.jsonl"
    path.write_text("\n".join(json.dumps(each) for each in KNOWLEDGE), encoding="utf-8")
    await load_knowledge(workshop.database, workshop.embedder, name, path, detect=lambda _text: None)
    order = Order(
        order_id="ORD-10017",
        email="ana@example.com",
        status=OrderStatus.SHIPPED,
        placed_at=datetime(2026, 6, 1, tzinfo=UTC),
        expected_at=datetime(2026, 6, 10, tzinfo=UTC),
        currency="EUR",
        total=Decimal("59.90"),
    )
    async with workshop.database.in_store(name) as connection:
        await connection.execute(
            "INSERT INTO orders (store, order_id, email, placed_at, body) VALUES (%s, %s, %s, %s, %s)",
            (name, order.order_id, order.email, order.placed_at, Jsonb(order.model_dump(mode="json"))),
        )
    return name


@pytest.fixture
def run(workshop: Workshop, store: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    async def go(kind: type[Line], prepare: batch.Prepare, *lines: Any) -> list[dict[str, Any]]:
        raw = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        await batch.stream(workshop, store, kind, prepare)
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return go


async def test_answers_come_in_order_and_bad_lines_in_their_place(run: Run) -> None:
    asked = "Where is my order ORD-10017?"
    found = await run(
        AnswerLine,
        batch.whole_graph,
        {"id": 1, "text": asked, "email": "Ana@example.com", "received_at": "2026-06-08T10:00:00+02:00"},
        b"no json\n",
        b'{"id": "x", "text": "\xff\xfe"}\n',
        {"id": 2, "text": asked, "email": "ana@example.com", "received_at": "2026-06-12T10:00:00Z"},
        {"id": 3},
        {"id": 4, "text": "hi", "received_at": "2026-06-12"},
        b"\n",
        {"id": "5", "text": asked, "email": "bob@example.com", "expected": "ignored"},
        {"id": "6", "text": "My lawyer will contact you."},
        {"id": "7", "text": "Thanks, bye!"},
        {"id": "8", "text": "x", "conversation": [{"role": "boss", "text": "y"}]},
        b'{"id": "9", "text": "' + b"a" * batch.MAX_LINE + b'"}\n',
    )
    assert [line.get("id") for line in found] == [1, None, None, 2, 3, 4, "5", "6", "7", "8", None]
    assert [line.get("line") for line in found] == [None, 2, 3, None, 5, 6, None, None, None, 11, 12]
    on_time, late = found[0], found[3]
    assert (on_time["status"], on_time["disposition"], on_time["order_id"]) == (
        "sent",
        "sent_automatically",
        "ORD-10017",
    )
    assert "late" not in on_time["reply"]
    assert "late" in late["reply"]
    assert "59.90" not in found[6]["reply"]
    assert (found[7]["tier"], found[7]["status"], found[7]["reply"]) == (3, "waiting_agent", None)
    assert found[8]["disposition"] == "closed_without_reply"


async def test_an_answer_cites_its_source_and_a_weak_one_waits(run: Run) -> None:
    sent, unsent = await run(
        AnswerLine,
        batch.whole_graph,
        {"id": "a", "text": "How long does delivery take?"},
        {"id": "b", "text": "Do you sell washing machines?"},
    )
    assert [citation["document_id"] for citation in sent["citations"]] == ["delivery"]
    assert "3 to 5 working days" in sent["reply"]
    assert (unsent["disposition"], unsent["status"]) == (None, "waiting_review")
    assert unsent["reply"]


async def test_single_steps_answer_in_their_formats(run: Run) -> None:
    [classified] = await run(ClassifyLine, batch.classifying, {"id": "c", "text": "Quanto custa o envio?"})
    assert {"id", "intent", "probability", "intents", "language", "tier", "reasons"} <= classified.keys()
    assert (classified["intent"], classified["language"]) == ("shipping", "pt")
    [retrieved] = await run(
        RetrieveLine, batch.retrieving(1), {"id": "r", "text": "How long does delivery take?", "kinds": ["faq"]}
    )
    assert [passage["document_id"] for passage in retrieved["passages"]] == ["delivery"]
    assert retrieved["passages"][0]["text"]
    good, bad, danger = await run(
        GuardLine,
        batch.guarding,
        {"id": 1, "message": "How long?", "reply": "It takes 3 days.", "passages": [{"text": "It takes 3 days."}]},
        {"id": 2, "message": "How long?", "reply": "It takes 4 days.", "passages": [{"text": "It takes 3 days."}]},
        {"id": 3, "message": "I want to die"},
    )
    assert (good["outcome"], good["findings"]) == ("pass", [])
    assert bad["outcome"] == "review"
    assert bad["findings"][0]["check"] == "ungrounded_value"
    assert set(bad["findings"][0]) == {"check", "on", "excerpt", "why"}
    assert danger["outcome"] == "escalate"
