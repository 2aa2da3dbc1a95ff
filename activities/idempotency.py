"""Requests that are sent twice under one key are done once: the second gets the first one's answer."""

from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from domain.errors import BadInput, Conflict
from domain.values import Value
from retrieval.database import Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).parent / "idempotency.sql")


class RequestKey(Value):
    """The key of one request: of a store, by an actor (a key's or agent's id)."""

    store: str
    actor: str
    key: str


class KeptAnswer(Value):
    """What the first request was answered."""

    status: int
    response: Any


async def reserve(database: Database, key: RequestKey, request_hash: str) -> KeptAnswer | None:
    """None: the caller goes first and must call `keep_answer` or `forget`. Else what the first request was answered.

    Raises BadInput when the key was used for another request, Conflict while the first one is still being worked on.
    """
    fields = key.model_dump()
    async with database.in_store(key.store) as connection:
        cursor = await connection.execute(SQL["reserve"], {**fields, "request_hash": request_hash})
        if await cursor.fetchone() is not None:
            return None
        cursor = await connection.execute(SQL["find"], fields)
        row = await cursor.fetchone()
    if row is not None and row["request_hash"] != request_hash:
        raise BadInput("This Idempotency-Key was used for another request; use a new key for every request.")
    if row is None or row["status"] is None:
        raise Conflict("The first request under this Idempotency-Key is still being worked on; try again in a moment.")
    return KeptAnswer(status=row["status"], response=row["response"])


async def keep_answer(database: Database, key: RequestKey, answer: KeptAnswer) -> None:
    """Keeps the answer for later requests under the key."""
    async with database.in_store(key.store) as connection:
        fields = {**key.model_dump(), "status": answer.status, "response": Jsonb(answer.response)}
        await connection.execute(SQL["answer"], fields)


async def forget(database: Database, key: RequestKey) -> None:
    """Frees the key of a request that failed."""
    async with database.in_store(key.store) as connection:
        await connection.execute(SQL["forget"], key.model_dump())
