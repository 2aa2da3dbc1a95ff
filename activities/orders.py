"""The store's orders in our own database: looked up for their customer alone, loaded from JSON Lines."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import ConfigDict, ValidationError

from domain.errors import BadInput
from domain.orders import Order, OrderItem
from retrieval.database import Connection, Database
from retrieval.documents import fault_of
from retrieval.json_lines import Line, read_json_lines
from retrieval.reports import LoadReport, Skipped, report
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("orders.sql"))
BATCH = 500
"""Orders that are written in one transaction."""
TIMES = ("placed_at", "delivered_at", "expected_at")


class _Item(OrderItem):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Record(Order):
    """One line of an order file. A misspelt field is a fault: a date left out would be told to the customer wrongly."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: tuple[_Item, ...] = ()


class PostgresOrders:
    """Satisfies `domain.ports.OrderDesk`. An order of somebody else is not found, like one that is not there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def orders_of(
        self, store: str, email: str, *, order_ids: Sequence[str] = (), limit: int = 10
    ) -> tuple[Order, ...]:
        """This customer's orders, newest first; with `order_ids` only those. Raises Unavailable."""
        values = {
            "store": store,
            "email": email.strip().lower(),
            "order_ids": [order_id.strip().lower() for order_id in order_ids] or None,
            "limit": limit,
        }
        if "\0" in email or any("\0" in order_id for order_id in order_ids):
            return ()
        async with self._database.in_store(store) as connection:
            rows = await (await connection.execute(SQL["orders_of"], values)).fetchall()
        return tuple(Order.model_validate(row["body"]) for row in rows)


class _Counts:
    def __init__(self) -> None:
        self.added = self.changed = self.unchanged = 0
        self.skipped: list[Skipped] = []


async def load_orders(
    database: Database,
    store: str,
    path: Path,
    *,
    shift_days: int = 0,
    progress: Callable[[int], None] = lambda done: None,
) -> LoadReport:
    """Loads orders from JSON Lines; those that the file does not name stay as they are.

    `shift_days` moves every time by whole days (the demo store is always of today); `progress` hears how many orders
    are done. A broken line is named and skipped. Raises BadInput when the file cannot be used or holds no order,
    Unavailable when the database does not answer.
    """
    counts = _Counts()
    orders = _orders(path, shift_days, counts.skipped)
    done = 0
    while batch := await asyncio.to_thread(lambda: list(islice(orders, BATCH))):
        async with database.in_store(store) as connection:
            await _write(connection, store, batch, counts)
        done += len(batch)
        progress(done)
    if not done:
        why = f"; the first fault is in {counts.skipped[0].where}: {counts.skipped[0].why}" if counts.skipped else "."
        raise BadInput(f"{path} holds no order that can be loaded{why}")
    return report(added=counts.added, changed=counts.changed, unchanged=counts.unchanged, skipped=counts.skipped)


async def _write(connection: Connection, store: str, batch: Sequence[Order], counts: _Counts) -> None:
    ids = {"store": store, "order_ids": [order.order_id for order in batch]}
    rows = await (await connection.execute(SQL["known_orders"], ids)).fetchall()
    known: dict[str, Any] = {row["order_id"]: row["body"] for row in rows}
    fresh = []
    for order in batch:
        body = order.model_dump(mode="json", exclude_none=True)
        if known.get(order.order_id) == body:
            counts.unchanged += 1
            continue
        counts.changed += order.order_id in known
        counts.added += order.order_id not in known
        fresh.append({"store": store, "order_id": order.order_id, "email": order.email,
                      "placed_at": order.placed_at, "body": Jsonb(body)})  # fmt: skip
    async with connection.cursor() as cursor:
        await cursor.executemany(SQL["put_order"], fresh)


def _orders(path: Path, shift_days: int, skipped: list[Skipped]) -> Iterator[Order]:
    """The good orders of a file; the others go to `skipped`."""
    seen: dict[str, int] = {}
    for line in read_json_lines(path):
        where = f"{path.name} line {line.number}"
        try:
            order = _order(line, shift_days)
        except BadInput as error:
            skipped.append(Skipped(where=where, why=error.message))
            continue
        if order.order_id.lower() in seen:
            first = seen[order.order_id.lower()]
            why = f"the order {order.order_id!r} was in line {first} already; each may occur once."
            skipped.append(Skipped(where=where, why=why))
            continue
        seen[order.order_id.lower()] = line.number
        yield order


def _order(line: Line, shift_days: int) -> Order:
    if line.fields is None:
        raise BadInput(line.fault or "the line cannot be read.")
    try:
        order = Order.model_validate(_Record.model_validate(line.fields).model_dump())
        moved = {name: getattr(order, name) + timedelta(days=shift_days) for name in TIMES if getattr(order, name)}
    except ValidationError as error:
        raise BadInput(fault_of(error)) from error
    except OverflowError as error:
        raise BadInput("a time lies too far in the past or the future.") from error
    order_id, email = order.order_id.strip(), order.email.strip().lower()
    if not order_id or "@" not in email:
        raise BadInput("`order_id` must not be blank and `email` has to be an address.")
    return order.model_copy(update={**moved, "order_id": order_id, "email": email})
