"""The store's orders in our own database: looked up for their customer alone, loaded from JSON Lines."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import ConfigDict

from activities.line_loading import Counts, Placed, RecordKind, load_lines, shifted
from domain.errors import BadInput
from domain.orders import Order, OrderItem, Shipment
from retrieval.database import Connection, Database
from retrieval.reports import LoadReport
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("orders.sql"))
TIMES = ("placed_at", "delivered_at", "expected_at")
TIMES_OF_SHIPMENT = ("delivered_at", "expected_at")


class _Item(OrderItem):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Shipment(Shipment):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Record(Order):
    """One line of an order file. A misspelt field is a fault: a date left out would be told to the customer wrongly."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: tuple[_Item, ...] = ()
    shipments: tuple[_Shipment, ...] = ()


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
    kind = RecordKind("order", lambda fields: _order(fields, shift_days), lambda order: order.order_id.lower(), _write)
    return await load_lines(database, store, path, kind, progress)


async def _write(connection: Connection, store: str, batch: Sequence[Placed[Order]], counts: Counts) -> None:
    orders = [placed.record for placed in batch]
    ids = {"store": store, "order_ids": [order.order_id for order in orders]}
    rows = await (await connection.execute(SQL["known_orders"], ids)).fetchall()
    known: dict[str, Any] = {row["order_id"]: row["body"] for row in rows}
    fresh = []
    for order in orders:
        body = order.model_dump(mode="json", exclude_none=True)
        if counts.is_news(known, order.order_id, body):
            fresh.append({"store": store, "order_id": order.order_id, "email": order.email,
                          "placed_at": order.placed_at, "body": Jsonb(body)})  # fmt: skip
    async with connection.cursor() as cursor:
        await cursor.executemany(SQL["put_order"], fresh)


def _order(fields: dict[str, Any], shift_days: int) -> Order:
    order = Order.model_validate(_Record.model_validate(fields).model_dump())
    order_id, email = order.order_id.strip(), order.email.strip().lower()
    if not order_id or "@" not in email:
        raise BadInput("`order_id` must not be blank and `email` has to be an address.")
    shipments = tuple(shifted(shipment, TIMES_OF_SHIPMENT, shift_days) for shipment in order.shipments)
    order = order.model_copy(update={"order_id": order_id, "email": email, "shipments": shipments})
    return shifted(order, TIMES, shift_days)
