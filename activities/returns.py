"""The store's returns in our own database: looked up for the customer of their order alone, loaded from JSON Lines."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import ConfigDict

from activities.line_loading import Counts, Placed, RecordKind, load_lines, shifted
from domain.customers import Return
from domain.errors import BadInput
from retrieval.database import Connection, Database
from retrieval.reports import LoadReport
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("returns.sql"))
TIMES = ("requested_at", "received_at", "refunded_at")


class _Record(Return):
    """One line of a file of returns."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PostgresReturns:
    """Satisfies `domain.ports.ReturnDesk`. Whose a return is, its order says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def returns_of(
        self, store: str, email: str, *, order_ids: Sequence[str] = (), limit: int = 10
    ) -> tuple[Return, ...]:
        """This customer's returns, newest first; with `order_ids` only those of these orders. Raises Unavailable."""
        values = {
            "store": store,
            "email": email.strip().lower(),
            "order_ids": [order_id.strip().lower() for order_id in order_ids] or None,
            "limit": limit,
        }
        if "\0" in email or any("\0" in order_id for order_id in order_ids):
            return ()
        async with self._database.in_store(store) as connection:
            rows = await (await connection.execute(SQL["returns_of"], values)).fetchall()
        return tuple(Return.model_validate(row["body"]) for row in rows)


async def load_returns(
    database: Database,
    store: str,
    path: Path,
    *,
    shift_days: int = 0,
    progress: Callable[[int], None] = lambda done: None,
) -> LoadReport:
    """Loads returns from JSON Lines as `load_orders` does orders; the orders come first. Raises BadInput and
    Unavailable likewise."""
    kind = RecordKind("return", lambda fields: _return(fields, shift_days), lambda each: each.return_id, _write)
    return await load_lines(database, store, path, kind, progress)


async def _write(connection: Connection, store: str, batch: Sequence[Placed[Return]], counts: Counts) -> None:
    ids = {
        "store": store,
        "return_ids": [placed.record.return_id for placed in batch],
        "order_ids": [placed.record.order_id for placed in batch],
    }
    rows = await (await connection.execute(SQL["known_returns"], ids)).fetchall()
    known: dict[str, Any] = {row["return_id"]: row["body"] for row in rows}
    there = {row["order_id"] for row in await (await connection.execute(SQL["orders_there"], ids)).fetchall()}
    fresh = []
    for placed in batch:
        each = placed.record
        if each.order_id not in there:
            counts.skip(placed.where, f"there is no order {each.order_id!r}; load the orders first.")
            continue
        body = each.model_dump(mode="json", exclude_none=True)
        if counts.is_news(known, each.return_id, body):
            fresh.append({"store": store, "return_id": each.return_id, "order_id": each.order_id,
                          "requested_at": each.requested_at, "body": Jsonb(body)})  # fmt: skip
    async with connection.cursor() as cursor:
        await cursor.executemany(SQL["put_return"], fresh)


def _return(fields: dict[str, Any], shift_days: int) -> Return:
    found = Return.model_validate(_Record.model_validate(fields).model_dump())
    return_id, order_id = found.return_id.strip(), found.order_id.strip()
    if not return_id or not order_id:
        raise BadInput("`return_id` and `order_id` must not be blank.")
    return shifted(found.model_copy(update={"return_id": return_id, "order_id": order_id}), TIMES, shift_days)
