"""Customer records and returns in our own database: for their customer alone, and never across stores."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from activities.classification.entities import OrderIdReader
from activities.customers import PostgresCustomers, load_customers
from activities.lookups.tries import MAX_WRONG_A_DAY
from activities.orders import PostgresOrders, load_orders
from activities.returns import PostgresReturns, load_returns
from activities.stores import create_store, read_policy, set_store
from app.lookups import build_lookups
from domain.customers import CustomerRecord, Proof, ReturnStatus
from domain.errors import BadInput
from domain.messages import Customer, QueryFacts, Turn, message_hash
from domain.orders import OrderStatus
from domain.steps import Case, ClassifyResult, IntentScore, OrderLookup
from domain.vocabulary import Intent, Language, Tier
from retrieval.database import Database
from retrieval.reports import LoadReport
from tests.conftest import Stack
from tests.integration.conftest import Command

ORDER: dict[str, Any] = {
    "order_id": "ORD-1001", "email": "ana@example.com", "name": "Ana Sol", "postcode": "28012", "status": "shipped",
    "placed_at": "2026-01-05T10:00:00+01:00", "currency": "EUR", "total": 19.9,
}  # fmt: skip
CUSTOMER = {"email": "Ana@Example.com", "name": "Ana Sol", "postcode": "28012", "loyalty_tier": "gold"}
RETURN = {"return_id": "R-1", "order_id": "ORD-1001", "status": "sent", "requested_at": "2026-01-09T10:00:00Z"}
LOADERS = {"orders": load_orders, "customers": load_customers, "returns": load_returns}
Load = Callable[..., Awaitable[LoadReport]]


@pytest.fixture
async def database(stack: Stack) -> AsyncIterator[Database]:
    database = Database(stack.app_url)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def store(database: Database) -> str:
    name = f"r{uuid4().hex[:12]}"
    await create_store(database, name)
    return name


@pytest.fixture
def load(database: Database, store: str, tmp_path: Path) -> Load:
    async def run(kind: str, *records: dict[str, Any], into: str = store, shift_days: int = 0) -> LoadReport:
        file = tmp_path / f"{kind}.jsonl"
        file.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
        return await LOADERS[kind](database, into, file, shift_days=shift_days)

    return run


async def look_up(database: Database, store: str, text: str, *, intent: Intent = Intent.ORDER_STATUS) -> OrderLookup:
    """What somebody is shown of whom nothing is known but what they write."""
    thread, reader = (Turn(role="customer", text=text),), OrderIdReader()
    query = QueryFacts(
        query_id="q", store=store, conversation_id="c", channel="test", customer=Customer(),
        received_at=datetime(2026, 1, 10, tzinfo=UTC),
    )  # fmt: skip
    policy = await read_policy(database, store)
    case = Case(query=query, thread=thread, message_hash=message_hash(thread), policy=policy)
    read = ClassifyResult(
        intent=intent, probability=1, intents=(IntentScore(intent=intent, probability=1),), language=Language.EN,
        language_confidence=1, tier=Tier.AUTOMATIC, order_ids=reader.read(text),
    )  # fmt: skip
    return await build_lookups(database, reader).look_up(case, read)


async def test_a_record_is_found_by_its_address_in_its_store_alone(database: Database, store: str, load: Load) -> None:
    report = await load("customers", CUSTOMER, {"email": "bo@example.com"})
    assert (report.added, report.skipped_count) == (2, 0)
    desk = PostgresCustomers(database)
    assert await desk.customer_of(store, " ANA@example.com") == CustomerRecord.model_validate(
        CUSTOMER | {"email": "ana@example.com"}
    )
    assert await desk.customer_of(store, "eve@example.com") is None
    assert await desk.customer_of("elsewhere", "ana@example.com") is None
    assert await desk.customer_of(store, "a\0na@example.com") is None
    assert (await load("customers", CUSTOMER)).unchanged == 1


async def test_returns_are_found_for_the_customer_of_their_order(database: Database, store: str, load: Load) -> None:
    await load("orders", ORDER, ORDER | {"order_id": "ORD-1002", "email": "bo@example.com"})
    later = {"return_id": "R-2", "requested_at": "2026-01-10T10:00:00Z", "amount": 9.95, "skus": ["A"]}
    await load("returns", RETURN, RETURN | later, RETURN | {"return_id": "R-3", "order_id": "ORD-1002"})
    desk = PostgresReturns(database)
    found = await desk.returns_of(store, "ana@example.com")
    assert [each.return_id for each in found] == ["R-2", "R-1"]
    assert (found[0].amount, found[0].skus, found[1].status) == (Decimal("9.95"), ("A",), ReturnStatus.SENT)
    assert [each.return_id for each in await desk.returns_of(store, "bo@example.com", order_ids=["ord-1002"])] == [
        "R-3"
    ]
    assert await desk.returns_of(store, "ana@example.com", order_ids=["ORD-1002"]) == ()
    assert await desk.returns_of("elsewhere", "ana@example.com") == ()
    await load("orders", ORDER | {"email": "new@example.com"})
    assert len(await desk.returns_of(store, "new@example.com")) == 2


async def test_a_return_without_its_order_is_named(load: Load) -> None:
    await load("orders", ORDER)
    report = await load("returns", RETURN, RETURN | {"return_id": "R-9", "order_id": "ORD-9"})
    assert (report.added, report.skipped[0].where) == (1, "returns.jsonl line 2")
    assert "'ORD-9'; load the orders first" in report.skipped[0].why


@pytest.mark.parametrize(
    ("kind", "bad", "why"),
    [
        ("customers", {"email": "nobody"}, "address"),
        ("customers", {"loyalty": "gold"}, "`loyalty` is not known"),
        ("customers", {"language": "it"}, "`language`"),
        ("customers", {"since": "2020-01-01"}, "`since`"),
        ("customers", {"postcode": "1" * 21}, "`postcode`"),
        ("customers", {"name": "A" * 10_000}, "`name`"),
        ("returns", {"status": "lost"}, "`status`"),
        ("returns", {"return_id": " "}, "blank"),
        ("returns", {"amount": -1}, "`amount`"),
        ("returns", {"requested_at": "2026-01-09T10:00:00"}, "`requested_at`"),
        ("orders", {"shipments": [{"status": "shipped", "carier": "DHL"}]}, "`shipments.0.carier` is not known"),
        ("orders", {"refunded": -5}, "`refunded`"),
    ],
)
async def test_a_bad_line_is_named(load: Load, kind: str, bad: dict[str, Any], why: str) -> None:
    good = {"customers": CUSTOMER, "returns": RETURN, "orders": ORDER}[kind]
    with pytest.raises(BadInput) as refused:
        await load(kind, good | bad)
    assert why in refused.value.message


async def test_times_of_returns_customers_and_parcels_are_moved_too(database: Database, store: str, load: Load) -> None:
    parcel = {"status": "delivered", "delivered_at": "2026-01-07T12:00:00Z", "skus": ["A"]}
    await load("orders", ORDER | {"shipments": [parcel], "refunded": 5}, shift_days=3)
    await load("returns", RETURN, shift_days=3)
    await load("customers", CUSTOMER | {"since": "2025-01-01T00:00:00Z"}, shift_days=3)
    [order] = await PostgresOrders(database).orders_of(store, "ana@example.com")
    assert order.shipments[0].delivered_at == datetime(2026, 1, 10, 12, tzinfo=UTC)
    assert (order.shipments[0].status, order.refunded) == (OrderStatus.DELIVERED, Decimal(5))
    [found] = await PostgresReturns(database).returns_of(store, "ana@example.com")
    assert found.requested_at == datetime(2026, 1, 12, 10, tzinfo=UTC)
    record = await PostgresCustomers(database).customer_of(store, "ana@example.com")
    assert record is not None and record.since == datetime(2025, 1, 4, tzinfo=UTC)


async def test_names_at_a_postcode_come_from_records_first_and_else_from_orders(
    database: Database, store: str, load: Load
) -> None:
    moved = ORDER | {"order_id": "ORD-1003", "postcode": "08001"}
    await load("orders", ORDER, moved, ORDER | {"order_id": "ORD-1004", "email": "bo@example.com", "name": "Bo Ek"})
    desk = PostgresCustomers(database)
    assert await desk.emails_of(store, ["Ana Sol"], "28012") == ("ana@example.com",)
    assert await desk.emails_of(store, ["ANA  sól", "x"], "08001") == ("ana@example.com",)
    assert await desk.emails_of(store, ["Ek Bo"], "28 012") == ("bo@example.com",)
    await load("customers", CUSTOMER)
    assert await desk.emails_of(store, ["Ana Sol"], "28012") == ("ana@example.com",)
    assert await desk.emails_of(store, ["Ana Sol"], "08001") == ()
    for names, postcode in (([], "28012"), ([""], "28012"), (["Ana Sol"], ""), (["Ana Sol"], "%"), (["%"], "28012")):
        assert await desk.emails_of(store, names, postcode) == ()
    assert await desk.emails_of("elsewhere", ["Ana Sol"], "28012") == ()


async def test_orders_of_another_store_are_missing(database: Database, store: str, load: Load) -> None:
    other = f"r{uuid4().hex[:12]}"
    await create_store(database, other)
    await load("orders", ORDER)
    await load("orders", ORDER | {"order_id": "ORD-2002"}, into=other)
    there = await look_up(database, store, "ORD-1001, ana@example.com")
    assert [order.order_id for order in there.orders] == ["ORD-1001"]
    assert await look_up(database, store, "ORD-2002, ana@example.com") == OrderLookup(missing=("ORD-2002",))
    assert await look_up(database, other, "ORD-1001, ana@example.com") == OrderLookup(missing=("ORD-1001",))


async def test_a_store_decides_what_proves_who_somebody_is(database: Database, store: str, load: Load) -> None:
    await load("orders", ORDER)
    by_name, by_number = "Where is my order? My name is Ana Sol, 28012 Madrid.", "ORD-1001, ana@example.com"
    assert (await read_policy(database, store)).identify_by == (Proof.EMAIL_ORDER,)
    assert (await look_up(database, store, by_name)).needs_identity
    await set_store(database, store, {"identify_by": "name_postcode"})
    assert (await look_up(database, store, by_name)).proof is Proof.NAME_POSTCODE
    assert (await look_up(database, store, by_number)).needs_identity
    await set_store(database, store, {"identify_by": "channel"})
    assert (await look_up(database, store, by_name)).needs_identity
    assert (await look_up(database, store, by_number)).needs_identity
    await set_store(database, store, {"identify_by": ""})
    assert (await look_up(database, store, by_number)).proof is Proof.EMAIL_ORDER
    with pytest.raises(BadInput, match="identify_by"):
        await set_store(database, store, {"identify_by": "birthday"})


async def test_guesses_over_many_conversations_end_and_are_forgotten_after_a_day(
    database: Database, store: str, load: Load
) -> None:
    await load("orders", ORDER, ORDER | {"order_id": "ORD-1002", "email": "bo@example.com"})
    for n in range(MAX_WRONG_A_DAY):
        found = await look_up(database, store, f"ORD-20{n:02}, ana@example.com")
        assert (found.orders, found.too_many_tries) == ((), n == MAX_WRONG_A_DAY - 1)
    assert (await look_up(database, store, "ORD-1001, ana@example.com")).too_many_tries
    assert (await look_up(database, store, "ORD-1002, bo@example.com")).orders
    other = f"r{uuid4().hex[:12]}"
    await create_store(database, other)
    await load("orders", ORDER, into=other)
    assert (await look_up(database, other, "ORD-1001, ana@example.com")).orders
    async with database.in_store(store) as connection:
        rows = await (await connection.execute("SELECT half || claim AS kept FROM identity_tries")).fetchall()
        await connection.execute("UPDATE identity_tries SET at = now() - interval '25 hours'")
    assert len(rows) == 2 * MAX_WRONG_A_DAY
    assert not any("ana" in row["kept"] or "ORD" in row["kept"] for row in rows)
    assert (await look_up(database, store, "ORD-1001, ana@example.com")).orders
    await look_up(database, store, "ORD-3001, eve@example.com")
    async with database.in_store(store) as connection:
        row = await (await connection.execute("SELECT count(*) AS kept FROM identity_tries")).fetchone()
    assert row == {"kept": 2}


async def test_hostile_writing_is_only_text_to_the_database(database: Database, store: str, load: Load) -> None:
    names = ["'; DROP TABLE orders; --", "{{ 7*7 }}", "A" * 400, "%", "$1"]
    await load("orders", *(ORDER | {"order_id": f"ORD-{n}000", "name": name} for n, name in enumerate(names)))
    await set_store(database, store, {"identify_by": "email_order,name_postcode"})
    for text in ("I am Ana Sol' OR '1'='1, 28012", "ORD-1000' OR 1=1 --, eve@example.com", "Name: {{ 7*7 }}, 28012"):
        found = await look_up(database, store, text)
        assert (found.orders, found.customer, found.returns) == ((), None, ())
    assert len(await PostgresOrders(database).orders_of(store, "ana@example.com")) == len(names)


def test_customers_and_returns_are_loaded_by_command(command: Command, tmp_path: Path) -> None:
    store = f"r{uuid4().hex[:12]}"
    assert command("store", "create", store)[0] == 0
    for kind, record in (("orders", ORDER), ("customers", CUSTOMER), ("returns", RETURN)):
        file = tmp_path / f"{kind}.jsonl"
        file.write_text(json.dumps(record))
        code, out, _ = command(kind, "load", str(file), "--store", store)
        assert (code, out) == (0, f"{kind.title()}: 1 added, 0 changed, 0 unchanged, 0 retired, 0 skipped.\n")
