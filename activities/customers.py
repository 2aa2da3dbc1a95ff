"""The store's customer records in our own database, loaded from JSON Lines."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import ConfigDict

from activities.line_loading import Counts, Placed, RecordKind, load_lines, shifted
from domain.customers import CustomerRecord, name_key, postcode_key
from domain.errors import BadInput
from retrieval.database import Connection, Database
from retrieval.reports import LoadReport
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("customers.sql"))
TIMES = ("since",)
AT_POSTCODE = 5_000
"""Customers of one postcode that are compared by name."""


class _Record(CustomerRecord):
    """One line of a customer file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PostgresCustomers:
    """Satisfies `domain.ports.CustomerDesk`. Where there is no record, orders say who lives at a postcode."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def customer_of(self, store: str, email: str) -> CustomerRecord | None:
        """The record of a customer, None where there is none. Raises Unavailable."""
        if "\0" in email:
            return None
        values = {"store": store, "email": email.strip().lower()}
        async with self._database.in_store(store) as connection:
            row = await (await connection.execute(SQL["customer_of"], values)).fetchone()
        return CustomerRecord.model_validate(row["body"]) if row else None

    async def emails_of(self, store: str, names: Sequence[str], postcode: str) -> tuple[str, ...]:
        """The addresses of the customers at a postcode who bear one of these names. Raises Unavailable."""
        wanted, place = {name_key(name) for name in names} - {""}, postcode_key(postcode)
        if not wanted or not place or "\0" in place:
            return ()
        values = {"store": store, "postcode": place, "limit": AT_POSTCODE}
        async with self._database.in_store(store) as connection:
            rows = await (await connection.execute(SQL["at_postcode"], values)).fetchall()
        return tuple(sorted({row["email"] for row in rows if row["name"] and name_key(row["name"]) in wanted}))


async def load_customers(
    database: Database,
    store: str,
    path: Path,
    *,
    shift_days: int = 0,
    progress: Callable[[int], None] = lambda done: None,
) -> LoadReport:
    """Loads customers from JSON Lines as `load_orders` does orders. Raises BadInput and Unavailable likewise."""
    kind = RecordKind("customer", lambda fields: _customer(fields, shift_days), lambda each: each.email, _write)
    return await load_lines(database, store, path, kind, progress)


async def _write(connection: Connection, store: str, batch: Sequence[Placed[CustomerRecord]], counts: Counts) -> None:
    emails = {"store": store, "emails": [placed.record.email for placed in batch]}
    rows = await (await connection.execute(SQL["known_customers"], emails)).fetchall()
    known: dict[str, Any] = {row["email"]: row["body"] for row in rows}
    fresh = []
    for customer in (placed.record for placed in batch):
        body = customer.model_dump(mode="json", exclude_none=True)
        if counts.is_news(known, customer.email, body):
            postcode = postcode_key(customer.postcode or "") or None
            fresh.append({"store": store, "email": customer.email, "postcode": postcode, "body": Jsonb(body)})
    async with connection.cursor() as cursor:
        await cursor.executemany(SQL["put_customer"], fresh)


def _customer(fields: dict[str, Any], shift_days: int) -> CustomerRecord:
    customer = CustomerRecord.model_validate(_Record.model_validate(fields).model_dump())
    email = customer.email.strip().lower()
    if "@" not in email:
        raise BadInput("`email` has to be an address.")
    return shifted(customer.model_copy(update={"email": email}), TIMES, shift_days)
