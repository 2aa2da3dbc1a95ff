"""What language models cost each store: an estimate is reserved before a call, and settled after it.

The budget is checked where the estimate is added to the day, in one statement that locks the day's row. So however many
workers call at once, a day is overspent by no more than what single answers cost beyond their estimates.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import structlog

from domain.errors import Unavailable
from domain.ports import Written
from domain.spending import DayUse, ModelCall
from domain.values import Value
from retrieval.database import Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("spending.sql"))
MAX_DAYS = 366
log = structlog.get_logger(__name__)


class Reserved(Value):
    """An estimate that counts until it is settled."""

    store: str
    usage_id: int


class Ledger(Protocol):
    """Where costs are booked. `activities.generation.fakes.OpenLedger` stands for it in tests."""

    async def reserve(
        self, call: ModelCall, estimate: Decimal | None, budget: Decimal | None, *, provider: str, model: str
    ) -> Reserved | None:
        """Books the estimate (None: no price is known) on today (UTC) for the model that is asked first; None when
        the budget does not allow it (None: no limit). Raises Unavailable."""
        ...

    async def settle(self, reserved: Reserved, written: Written, cost: Decimal | None) -> None:
        """Books what it came to. Never raises: what a model wrote is worth more than its entry, and an entry that
        could not be made stays at its estimate."""
        ...

    async def release(self, reserved: Reserved, *, provider: str, model: str) -> None:
        """Books a call without an answer, which costs nothing. Never raises."""
        ...


class PostgresLedger:
    """Satisfies `Ledger` over the tables model_usage and model_days."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(
        self, call: ModelCall, estimate: Decimal | None, budget: Decimal | None, *, provider: str, model: str
    ) -> Reserved | None:
        """As the port says."""
        fields = {**call.model_dump(), "provider": provider, "model": model, "cost": estimate, "budget": budget}
        async with self._database.in_store(call.store) as connection:
            cursor = await connection.execute(SQL["reserve_of_day"], {**fields, "estimate": estimate or Decimal(0)})
            day = await cursor.fetchone()
            if day is None:
                return None
            row = await (await connection.execute(SQL["reserve_call"], {**fields, **day})).fetchone()
        return None if row is None else Reserved(store=call.store, usage_id=row["usage_id"])

    async def settle(self, reserved: Reserved, written: Written, cost: Decimal | None) -> None:
        """As the port says."""
        told = written.model_dump(include={"provider", "model", "input_tokens", "output_tokens"})
        await self._settle(reserved, {**told, "state": "done", "cost": cost})

    async def release(self, reserved: Reserved, *, provider: str, model: str) -> None:
        """As the port says."""
        nothing = {"input_tokens": 0, "output_tokens": 0, "cost": None}
        await self._settle(reserved, {"provider": provider, "model": model, "state": "failed", **nothing})

    async def _settle(self, reserved: Reserved, fields: dict[str, object]) -> None:
        with _told(reserved):
            async with self._database.in_store(reserved.store) as connection:
                await connection.execute(SQL["settle"], {**fields, **reserved.model_dump()})


@contextmanager
def _told(reserved: Reserved) -> Iterator[None]:
    try:
        yield
    except Unavailable:
        log.warning("model_usage_not_settled", store=reserved.store, usage_id=reserved.usage_id)


async def usage_by_day(database: Database, store: str, days: int) -> tuple[DayUse, ...]:
    """What the models did for a store in the last `days` (1 to MAX_DAYS), today included, the newest day first."""
    async with database.in_store(store) as connection:
        fields = {"store": store, "days": min(max(days, 1), MAX_DAYS)}
        cursor = await connection.execute(SQL["usage_by_day"], fields)
        return tuple(DayUse.model_validate(row) for row in await cursor.fetchall())
