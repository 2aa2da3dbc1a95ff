"""Which attachments came with which message. A file belongs to the conversation that named it first."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from domain.attachments import Attachment, StoredAttachment
from domain.errors import BadInput, Conflict
from retrieval.database import Connection, Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("sent.sql"))


async def attach(
    connection: Connection, store: str, query_id: str, conversation_id: str, attachment_ids: Sequence[str]
) -> None:
    """Names the files that came with a query's message, within the transaction that stores it.

    Raises BadInput for an unknown file, or one of another store, and Conflict for one of another conversation.
    """
    if not attachment_ids:
        return
    key: dict[str, Any] = {"store": store, "query_id": query_id, "conversation_id": conversation_id}
    key["attachment_ids"] = list(attachment_ids)
    rows = await (await connection.execute(SQL["claim"], key)).fetchall()
    missing = next((each for each in attachment_ids if each not in {row["attachment_id"] for row in rows}), None)
    if missing is not None:
        known = await (await connection.execute(SQL["exists"], {"store": store, "attachment_id": missing})).fetchone()
        if known is None:
            raise BadInput(f"There is no attachment {missing} in this store; send the file to /v1/attachments first.")
        raise Conflict(f"The attachment {missing} belongs to another conversation; send the file anew for this one.")
    await connection.execute(SQL["attach"], key)


async def ids_of(connection: Connection, store: str, query_id: str) -> tuple[str, ...]:
    """The files that came with a query's own message, in order."""
    rows = await (await connection.execute(SQL["of_queries"], {"store": store, "query_ids": [query_id]})).fetchall()
    return tuple(row["attachment_id"] for row in rows)


async def of_queries(connection: Connection, store: str, query_ids: Sequence[str]) -> tuple[Attachment, ...]:
    """What is known of the files that came with the messages of these queries, oldest first, each once."""
    key = {"store": store, "query_ids": list(query_ids)}
    rows = await (await connection.execute(SQL["of_queries"], key)).fetchall()
    found = [Attachment.model_validate({name: row[name] for name in Attachment.model_fields}) for row in rows]
    return tuple(dict.fromkeys(found))


async def answered_by(database: Database, store: str, query_id: str) -> tuple[StoredAttachment, ...]:
    """The files of a query: of its own message, and of earlier ones that it answers for, oldest first."""
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["answered_by"], {"store": store, "query_id": query_id})).fetchall()
    return tuple(dict.fromkeys(StoredAttachment.model_validate(row) for row in rows))


async def in_conversation(
    database: Database, store: str, conversation_id: str
) -> dict[str, tuple[StoredAttachment, ...]]:
    """The files of a conversation, by the query with whose message they came."""
    found: dict[str, tuple[StoredAttachment, ...]] = {}
    async with database.in_store(store) as connection:
        key = {"store": store, "conversation_id": conversation_id}
        for row in await (await connection.execute(SQL["in_conversation"], key)).fetchall():
            sent_with = row.pop("sent_with")
            found[sent_with] = (*found.get(sent_with, ()), StoredAttachment.model_validate(row))
    return found
