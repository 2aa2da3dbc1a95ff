"""The outbox: a reply leaves exactly once, under a key that survives resets and refuses other content."""

from pathlib import Path
from typing import Any, Literal

from psycopg.types.json import Jsonb

from activities.records import SQL as RECORDS
from activities.records import write_snapshot
from domain.canonical import content_hash
from domain.errors import BadInput, NotFound
from domain.ports import Helpdesk, Outbound, Receipt
from domain.records import DeliverInput, DeliverResult, DeliveryFailure, SendInput, SendResult
from domain.vocabulary import Disposition
from retrieval.database import Connection, Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("outbox.sql"))
OWN = "conversation"
"""Name of the helpdesk that is the conversation in our own store."""


class Outbox:
    """Writes what leaves, and hands it to the store's helpdesk."""

    def __init__(self, database: Database, webhook: Helpdesk) -> None:
        self._database = database
        self._webhook = webhook

    async def write(self, request: SendInput, run_id: str) -> SendResult:
        """Enters a reply or notice, in one transaction that excludes a newer customer message.

        Where the conversation in our own store is the helpdesk, the reply has left when the transaction commits.
        """
        async with self._database.in_store(request.store) as connection:
            key = _key(request)
            conversation = await (await connection.execute(RECORDS["lock_conversation"], key)).fetchone()
            if conversation is None:
                raise NotFound(f"No query {request.query_id} in the store {request.store}.")
            refused = await self._refused(connection, request, run_id, conversation["last_customer_seq"])
            return refused or await self._enter(connection, request)

    async def _refused(
        self, connection: Connection, request: SendInput, run_id: str, last_customer_seq: int
    ) -> SendResult | None:
        key = _key(request)
        standing = await (await connection.execute(SQL["standing_of_query"], key)).fetchone() or {}
        entry = await (await connection.execute(SQL["find_entry"], key)).fetchone()
        if entry is not None:
            return await self._found(connection, request, entry, standing)
        if last_customer_seq > request.through_seq:
            place = {"store": request.store, "conversation_id": request.conversation_id}
            newest = await (await connection.execute(RECORDS["newest_query"], place)).fetchone()
            return SendResult(outcome="superseded", newer=newest["query_id"] if newest else None)
        if standing.get("first_run_id") != run_id and not request.approved:
            return SendResult(outcome="review")
        return None

    async def _found(self, connection: Connection, request: SendInput, entry: Any, standing: Any) -> SendResult:
        if entry["content_hash"] != _content(request):
            found = standing.get("disposition")
            return SendResult(
                outcome="answered", disposition=Disposition(found) if found else Disposition.HANDLED_BY_AGENT
            )
        if entry["status"] != "delivered":
            return SendResult(outcome="pending")
        if request.final is not None:
            await write_snapshot(connection, request.final)
        return SendResult(outcome="sent")

    async def _enter(self, connection: Connection, request: SendInput) -> SendResult:
        webhook = await (await connection.execute(SQL["webhook_of_store"], {"store": request.store})).fetchone()
        own = not (webhook and webhook["url"])
        entry = {
            "content_hash": _content(request),
            "body": Jsonb(_outbound(request).model_dump(mode="json")),
            "helpdesk": OWN if own else self._webhook.name,
        }
        await connection.execute(SQL["write_entry"], _key(request) | entry)
        if not own:
            return SendResult(outcome="pending")
        await _mark_delivered(connection, _key(request), external_id=None)
        if request.final is not None:
            await write_snapshot(connection, request.final)
        return SendResult(outcome="sent")

    async def deliver(self, request: DeliverInput, attempt: int) -> DeliverResult:
        """Hands one entry to the helpdesk. After a first try whose outcome is unknown it is looked up before a second.

        Raises Unavailable when it is worth trying again, BadInput when it never will be.
        """
        key = request.model_dump()
        async with self._database.in_store(request.store) as connection:
            entry = await (await connection.execute(SQL["find_entry"], key)).fetchone()
            settings = await self._webhook_settings(connection, request.store)
        if entry is None:
            raise NotFound(f"Nothing in the outbox for query {request.query_id}.")
        if entry["status"] == "delivered":
            return DeliverResult(external_id=entry["external_id"])
        receipt = await self._hand_over(Outbound.model_validate(entry["body"]), settings, attempt)
        async with self._database.in_store(request.store) as connection:
            await _mark_delivered(connection, key, external_id=receipt.external_id)
        return DeliverResult(external_id=receipt.external_id)

    async def _hand_over(self, outbound: Outbound, settings: dict[str, str], attempt: int) -> Receipt:
        found = await self._webhook.find(outbound, settings) if attempt > 1 else None
        return found or await self._webhook.deliver(outbound, settings)

    async def _webhook_settings(self, connection: Connection, store: str) -> dict[str, str]:
        row = await (await connection.execute(SQL["webhook_of_store"], {"store": store})).fetchone()
        if row is None or not row["url"] or not row["secret"]:
            raise BadInput("The store has no webhook any more; set `webhook_url`, or answer the customer elsewhere.")
        return {"url": row["url"], "secret": row["secret"]}

    async def give_up(self, failure: DeliveryFailure) -> None:
        """Notes that an entry will not leave under its key."""
        key = failure.delivery.model_dump() | {"failure": failure.reason}
        async with self._database.in_store(failure.delivery.store) as connection:
            await connection.execute(SQL["mark_failed"], key)


async def _mark_delivered(connection: Connection, key: dict[str, Any], *, external_id: str | None) -> None:
    """Marks an entry as delivered and makes it part of the conversation: once, whoever calls."""
    row = await (await connection.execute(SQL["mark_delivered"], key | {"external_id": external_id})).fetchone()
    if row is None:
        return
    outbound = Outbound.model_validate(row["body"])
    role = "notice" if outbound.purpose == "notice" else _role(outbound.author)
    message = {"conversation_id": outbound.conversation_id, "role": role, "text": outbound.text}
    await connection.execute(SQL["append_message"], key | message)
    body = Jsonb({"text": outbound.text, "language": outbound.language.value, "author": outbound.author})
    await connection.execute(SQL["add_event"], key | {"kind": outbound.purpose, "body": body})


def _role(author: str) -> Literal["assistant", "agent"]:
    return "assistant" if author == "holdpoint" else "agent"


def _key(request: SendInput) -> dict[str, Any]:
    return {
        "store": request.store,
        "query_id": request.query_id,
        "purpose": request.purpose,
        "ordinal": request.ordinal,
    }


def _content(request: SendInput) -> str:
    return content_hash([request.purpose, request.text])


def _outbound(request: SendInput) -> Outbound:
    return Outbound(
        store=request.store,
        query_id=request.query_id,
        conversation_id=request.conversation_id,
        key=f"{request.query_id}/{request.purpose}/{request.ordinal}",
        purpose=request.purpose,
        text=request.text,
        language=request.language,
        author=request.author,
        content_hash=_content(request),
    )
