"""A store whose orders are at Shopify: described in a file, asked over HTTP, told to their owner alone."""

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from activities.stores import create_store
from app.batches.lines import AnswerLine
from app.cli import batch
from app.lookups_file import read_lookups
from app.wiring import Workshop, build_workshop
from domain.errors import SetupError
from retrieval.database import Database
from tests.conftest import Stack
from tests.integration.conftest import Command
from tests.shop_server import TOKEN, Fault, Shop, parcel, serve_shop, shopify_order

OWNER = "ana@example.org"
ASKED = {"id": "1", "text": "Where is my order #10017? I have been waiting for a week.", "email": OWNER}


@pytest.fixture
def shop() -> Iterator[Shop]:
    with serve_shop() as running:
        parcels = [parcel("IN_TRANSIT", trackingInfo=[{"company": "DHL", "number": "JD0140017"}])]
        running.orders = [
            shopify_order("#10017", OWNER, displayFulfillmentStatus="FULFILLED", fulfillments=parcels),
            shopify_order("#10018", "rui@example.org"),
        ]
        yield running


@pytest.fixture
def file(shop: Shop, tmp_path: Path) -> Path:
    (tmp_path / "token").write_text(TOKEN + "\n", encoding="utf-8")
    file = tmp_path / "lookups.toml"
    file.write_text(
        '[stores.STORE]\nkind = "shopify"\nshop = "x.myshopify.com"\ntoken_file = "token"\nseconds = 2\n'
        f'url = "{shop.url}"\n',
        encoding="utf-8",
    )
    return file


@pytest.fixture
async def workshop(stack: Stack, file: Path) -> AsyncIterator[tuple[Workshop, str]]:
    store = f"s{uuid4().hex[:10]}"
    file.write_text(file.read_text(encoding="utf-8").replace("STORE", store), encoding="utf-8")
    database = Database(stack.app_url)
    await database.open()
    await create_store(database, store, settings={"send_mode": "cold_start", "rollout_share": "100"})
    yield build_workshop(stack.settings.model_copy(update={"lookups": file}), database), store
    await database.close()


async def _answered(workshop: tuple[Workshop, str], monkeypatch: pytest.MonkeyPatch, **other: str) -> None:
    raw = json.dumps({**ASKED, **other}).encode() + b"\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    await batch.stream(*workshop, AnswerLine, batch.whole_graph)


async def test_an_order_at_shopify_is_told_to_its_owner(
    workshop: tuple[Workshop, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await _answered(workshop, monkeypatch)
    answer = json.loads(capsys.readouterr().out)
    assert answer["order_id"] == "#10017"
    assert "JD0140017" in answer["reply"]
    assert "DHL" in answer["reply"]


async def test_an_order_of_somebody_else_at_shopify_looks_like_none(
    workshop: tuple[Workshop, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replies = []
    for number in ("10018", "10099"):
        await _answered(workshop, monkeypatch, text=f"Where is my order #{number}?")
        replies.append(json.loads(capsys.readouterr().out)["reply"].replace(number, "N"))
    assert replies[0] == replies[1]
    assert "rui" not in replies[0]


async def test_a_shop_that_answers_with_a_web_page_leaves_the_query_to_a_person(
    workshop: tuple[Workshop, str], shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.then(*[Fault(body=b"<html>Maintenance</html>")] * 4)
    await _answered(workshop, monkeypatch)
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])  # a log line stands before it
    assert answer["tier"] == 3
    assert answer["reply"] is None or "JD0140017" not in answer["reply"]


async def test_orders_show_reads_the_stores_own_system(
    workshop: tuple[Workshop, str], file: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDPOINT_LOOKUPS", str(file))
    store = ["--store", workshop[1], "--email", OWNER]
    code, told, _ = await asyncio.to_thread(command, "orders", "show", *store)
    assert code == 0
    assert "#10017  2026-11-01  shipped  79.90 EUR  1 x Lamp" in told
    code, told, _ = await asyncio.to_thread(command, "orders", "show", *store, "--order", "10018", "--json")
    assert (code, json.loads(told)) == (0, [])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("stores = 3", "cannot be used: stores"),
        ("[stores.a", "is no TOML"),
        ('[stores.a]\nkind = "shopify"\nshop = "a.myshopify.com"\ntoken = "secret123"', "does not belong there"),
        ('[stores.a]\nkind = "shopify"\nshop = "a.myshopify.com"\ntoken_file = "none"', "FileNotFoundError"),
        ('[stores.a]\nkind = "shopify"\nshop = "a.example"\ntoken_file = "token"', "stores.a.shopify.shop"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_sentence_without_its_secrets(
    tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / "token").write_text("secret123", encoding="utf-8")
    file = tmp_path / "lookups.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SetupError) as caught:
        read_lookups(file)
    assert why in caught.value.message
    assert "secret123" not in caught.value.message
