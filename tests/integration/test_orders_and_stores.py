"""Orders are told to their customer alone; a store's settings are checked before they are written."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from activities.customers import PostgresCustomers
from activities.orders import PostgresOrders, load_orders
from activities.returns import PostgresReturns
from activities.stores import create_store, read_policy, set_store, show_store
from app.demo_loading import DEMO_STORE, load_demo_once
from domain.errors import BadInput, Conflict, NotFound
from domain.orders import Order
from domain.policies import StorePolicy
from domain.vocabulary import Intent, Kind, Language, SendMode, Tier
from retrieval.database import Database
from retrieval.embedders import HashEmbedder
from retrieval.reports import LoadReport
from tests.conftest import Stack

ORDER: dict[str, Any] = {
    "order_id": "ORD-1", "email": "Ana@Example.com", "status": "shipped", "placed_at": "2026-01-05T10:00:00+01:00",
    "expected_at": "2026-01-09T20:00:00+01:00", "currency": "EUR", "total": 19.9,
    "items": [{"sku": "A", "name": "Mug", "quantity": 2, "price": 9.95}],
}  # fmt: skip
Load = Callable[..., Awaitable[LoadReport]]


@pytest.fixture
async def database(stack: Stack) -> AsyncIterator[Database]:
    database = Database(stack.app_url)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def store(database: Database) -> str:
    name = f"o{uuid4().hex[:12]}"
    await create_store(database, name)
    return name


@pytest.fixture
def load(database: Database, store: str, tmp_path: Path) -> Load:
    async def run(*orders: dict[str, Any] | str, shift_days: int = 0) -> LoadReport:
        file = tmp_path / "orders.jsonl"
        lines = [order if isinstance(order, str) else json.dumps(order) for order in orders]
        file.write_text("\n".join(lines), encoding="utf-8")
        return await load_orders(database, store, file, shift_days=shift_days)

    return run


async def found(database: Database, store: str, email: str, *order_ids: str) -> list[Order]:
    return list(await PostgresOrders(database).orders_of(store, email, order_ids=order_ids))


async def test_an_order_is_found_by_its_customer_alone(database: Database, store: str, load: Load) -> None:
    await load(ORDER, ORDER | {"order_id": "ORD-2", "email": "bo@example.com"})
    assert [order.order_id for order in await found(database, store, " ANA@example.COM ")] == ["ORD-1"]
    assert await found(database, store, "ana@example.com", "ORD-2") == []
    assert [order.order_id for order in await found(database, store, "bo@example.com", "ord-2")] == ["ORD-2"]
    assert await found(database, "elsewhere", "ana@example.com") == []
    assert await found(database, store, "a\0na@example.com") == []


async def test_orders_come_newest_first_and_not_too_many(database: Database, store: str, load: Load) -> None:
    await load(
        *(ORDER | {"order_id": f"ORD-{day}", "placed_at": f"2026-01-{day:02}T10:00:00Z"} for day in range(1, 20))
    )
    orders = await found(database, store, "ana@example.com")
    assert [order.order_id for order in orders] == [f"ORD-{day}" for day in range(19, 9, -1)]


async def test_a_second_load_says_what_changed(load: Load) -> None:
    await load(ORDER)
    report = await load(ORDER, ORDER | {"order_id": "ORD-2"})
    assert (report.added, report.changed, report.unchanged) == (1, 0, 1)
    report = await load(ORDER | {"status": "delivered"})
    assert (report.added, report.changed, report.unchanged) == (0, 1, 0)


async def test_times_are_moved_by_whole_days(database: Database, store: str, load: Load) -> None:
    await load(ORDER, shift_days=10)
    [order] = await found(database, store, "ana@example.com")
    assert order.placed_at == datetime(2026, 1, 15, 9, tzinfo=UTC)
    assert order.expected_at == datetime(2026, 1, 19, 19, tzinfo=UTC)
    assert order.delivered_at is None


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{oops", "not JSON"),
        (ORDER | {"status": "late"}, "`status`"),
        (ORDER | {"placed_at": "2026-01-05T10:00:00"}, "`placed_at`"),
        (ORDER | {"total": -1}, "`total`"),
        (ORDER | {"total": "NaN"}, "`total`"),
        (ORDER | {"currency": "euro"}, "`currency`"),
        (ORDER | {"email": "nobody"}, "address"),
        (ORDER | {"deliverd_at": "2026-01-05T10:00:00Z"}, "`deliverd_at` is not known"),
        (ORDER | {"items": [{"sku": "A", "name": "Mug", "quantity": 0, "price": 1}]}, "`items.0.quantity`"),
        (ORDER | {"order_id": "ok"}, "in line 2 already"),
    ],
)
async def test_a_bad_line_is_named_and_the_others_are_loaded(load: Load, bad: dict[str, Any] | str, why: str) -> None:
    report = await load("", ORDER | {"order_id": "OK"}, bad)
    assert (report.added, report.skipped_count) == (1, 1)
    assert report.skipped[0].where == "orders.jsonl line 3"
    assert why in report.skipped[0].why


async def test_a_file_without_orders_is_refused(load: Load, database: Database, store: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no order"):
        await load("{oops")
    with pytest.raises(BadInput, match="cannot be read"):
        await load_orders(database, store, tmp_path / "nowhere.jsonl")


async def test_a_new_store_is_in_shadow_mode(database: Database, store: str) -> None:
    assert await read_policy(database, store) == StorePolicy(store=store, name=store)
    assert (await read_policy(database, store)).send_mode is SendMode.SHADOW
    with pytest.raises(Conflict):
        await create_store(database, store)


@pytest.mark.parametrize("name", ["", "Shop", "-a", "a b", "a" * 64, "../x", "a\0", "ä"])
async def test_a_store_has_a_plain_name(database: Database, name: str) -> None:
    with pytest.raises(BadInput, match="cannot name a store"):
        await create_store(database, name)


async def test_settings_are_read_back_as_they_were_set(database: Database, store: str) -> None:
    await set_store(
        database,
        store,
        {"send_mode": "COLD_START", "rollout_share": "25", "currency": "chf", "refund_limit": "99.50", "name": "Shop",
         "threshold": "0.9", "signature.fr": "Merci", "table.shipping": "2", "return_form_url": "https://a.example/r"},
    )  # fmt: skip
    policy = await read_policy(database, store)
    assert (policy.send_mode, policy.rollout_share, policy.currency, str(policy.refund_limit), policy.name) == (
        SendMode.COLD_START, 25, "CHF", "99.50", "Shop",
    )  # fmt: skip
    assert (policy.threshold, policy.signature, policy.return_form_url) == (
        0.9, {Language.FR: "Merci"}, "https://a.example/r",
    )  # fmt: skip
    assert policy.table[Intent.SHIPPING] is Tier.REVIEW
    await set_store(database, store, {"table.shipping": "", "signature.fr": "", "rollout_share": ""})
    policy = await read_policy(database, store)
    assert (policy.table[Intent.SHIPPING], policy.signature, policy.rollout_share) == (Tier.AUTOMATIC, {}, 10)
    assert policy.send_mode is SendMode.COLD_START


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("send_mode", "always"),
        ("rollout_share", "101"),
        ("rollout_share", "ten"),
        ("currency", "EURO"),
        ("refund_limit", "-1"),
        ("refund_limit", "inf"),
        ("threshold", "0.5"),
        ("threshold", "1.5"),
        ("name", " "),
        ("webhook_url", "ftp://a.example"),
        ("webhook_url", "https://"),
        ("webhook_url", "javascript:alert(1)"),
        ("webhook_url", "http://[::1"),
        ("table.refund", "1"),
        ("table.complaint", "2"),
        ("table.gossip", "3"),
        ("table.refund", "4"),
        ("signature.it", "Ciao"),
        ("versions", "1"),
        ("store", "other"),
        ("table", "3"),
        ("", "x"),
    ],
)
async def test_a_setting_that_cannot_be_used_changes_nothing(
    database: Database, store: str, key: str, value: str
) -> None:
    before = await read_policy(database, store)
    with pytest.raises(BadInput) as refused:
        await set_store(database, store, {"currency": "USD", key: value})
    assert refused.value.message.endswith(".")
    assert await read_policy(database, store) == before


async def test_the_webhook_secret_is_shown_once(database: Database, store: str) -> None:
    first = await set_store(database, store, {"webhook_url": "https://a.example/hook"})
    assert first.webhook_secret is not None
    assert first.webhook_secret.startswith("whsec_")
    again = await set_store(database, store, {"webhook_url": "https://b.example/hook"})
    assert again.webhook_secret is None


async def test_a_new_webhook_secret_replaces_the_one_before(database: Database, store: str) -> None:
    first = await set_store(database, store, {"webhook_url": "https://a.example/hook"})
    second = await set_store(database, store, {"webhook_secret": "new"})
    assert second.webhook_secret not in (None, first.webhook_secret)
    async with database.across_stores() as connection:
        row = await (
            await connection.execute("SELECT webhook_secret FROM stores WHERE store = %s", (store,))
        ).fetchone()
    assert row is not None
    assert row["webhook_secret"] == second.webhook_secret
    assert (await show_store(database, store)).signs_webhooks


async def test_an_unknown_store_is_not_found(database: Database) -> None:
    for name in ("nowhere", "No Where", "\0"):
        with pytest.raises(NotFound):
            await read_policy(database, name)
        with pytest.raises(NotFound):
            await set_store(database, name, {"name": "x"})


async def test_the_demo_store_is_loaded_once_and_its_orders_are_of_today(database: Database) -> None:
    async def run(day: date, *, force: bool = False) -> bool:
        return await load_demo_once(database, HashEmbedder(), lambda _: None, force=force, today=day)

    await run(date(2026, 11, 1), force=True)
    facts = json.loads((Path(__file__).parents[2] / "app" / "demo" / "orders.jsonl").read_text().splitlines()[0])
    placed = datetime.fromisoformat(facts["placed_at"])
    orders = PostgresOrders(database)
    [order] = await orders.orders_of(DEMO_STORE, facts["email"], order_ids=[facts["order_id"]])
    assert order.placed_at == placed
    assert not await run(date(2026, 11, 9))
    assert await run(date(2026, 11, 9), force=True)
    [order] = await orders.orders_of(DEMO_STORE, facts["email"], order_ids=[facts["order_id"]])
    assert (order.placed_at - placed).days == 8
    [back] = await PostgresReturns(database).returns_of(DEMO_STORE, "meike.sandvoss@example.net")
    assert back.received_at is not None
    assert (datetime(2026, 11, 9, tzinfo=UTC) - back.received_at).days == 2
    record = await PostgresCustomers(database).customer_of(DEMO_STORE, "moira.kinsella@example.com")
    assert record is not None
    assert record.open_issues
    view = await show_store(database, DEMO_STORE)
    assert view.policy.send_mode is SendMode.COLD_START
    assert view.orders >= 120
    assert view.documents[Kind.PRODUCT] >= 25
    assert view.documents[Kind.POLICY] >= 10
    assert view.documents[Kind.FAQ] >= 25
