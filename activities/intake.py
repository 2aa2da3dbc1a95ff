"""How a customer's message comes in: stored once, in one transaction, before any workflow knows of it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg.errors import ForeignKeyViolation
from psycopg.types.json import Jsonb
from pydantic import Field

from activities.attachments.sent import attach, ids_of
from domain.errors import Conflict, NotAllowed, NotFound
from domain.identifiers import new_conversation_id, query_id_of
from domain.messages import Customer
from domain.values import Value
from domain.vocabulary import Language
from retrieval.database import Connection, Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).parent / "intake.sql")

PERSON_WANTED: dict[Language, str] = {
    Language.EN: "(The customer asked for a person.)",
    Language.ES: "(El cliente ha pedido hablar con una persona.)",
    Language.FR: "(Le client a demandé à parler à une personne.)",
    Language.DE: "(Der Kunde hat um einen Menschen gebeten.)",
    Language.PT: "(O cliente pediu para falar com uma pessoa.)",
}


class ReviewTimes(Value):
    """How long a review may take, in seconds from receipt."""

    reminder: float = Field(gt=0)
    deadline: float = Field(gt=0)


class NewQuery(Value):
    """One customer message as a channel hands it in. `conversation_id` None opens a conversation."""

    store: str
    channel: str
    message_id: str
    conversation_id: str | None = None
    customer: Customer = Customer()
    text: str
    language: Language | None = None
    wants_person: bool = False
    attachments: tuple[str, ...] = ()
    """Ids of files that were sent before."""


class StartableQuery(Value):
    """What starting the workflow of a stored query takes."""

    store: str
    query_id: str
    conversation_id: str
    gather: bool
    wants_person: bool = False
    remind_at: datetime
    deadline_at: datetime


class Received(Value):
    """A stored query. `created` is false when the same message was stored before."""

    query_id: str
    conversation_id: str
    created: bool
    started: bool
    """True when its workflow is known to exist."""
    startable: StartableQuery


class LastQuery(Value):
    """The query of a conversation that a request for a person concerns: the open one, else the newest."""

    query_id: str
    conversation_id: str
    customer: Customer
    channel: str
    language: Language | None
    closed: bool
    status: str
    started: bool
    takeover_by: str | None
    last_customer_seq: int


class _StoredMeanwhile(Exception):
    """Another request stored the same message between our look and our insert."""


async def receive(database: Database, query: NewQuery, times: ReviewTimes, *, now: datetime) -> Received:
    """Stores the message and its query, once per (store, channel, message id).

    Raises Conflict when the message id was used for other content or an attachment belongs to another conversation,
    BadInput for an unknown attachment, NotFound for an unknown store or conversation and NotAllowed when the
    conversation belongs to another customer.
    """
    try:
        async with database.in_store(query.store) as connection:
            return await _find(connection, query) or await _insert(connection, query, times, now)
    except _StoredMeanwhile:
        async with database.in_store(query.store) as connection:
            found = await _find(connection, query)
        if found is None:
            raise Conflict("This message is being stored by another request; send it again.") from None
        return found
    except ForeignKeyViolation as error:
        raise NotFound("There is no store of that name.") from error


async def _find(connection: Connection, query: NewQuery) -> Received | None:
    cursor = await connection.execute(
        SQL["find_by_message"], {"store": query.store, "channel": query.channel, "message_id": query.message_id}
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    before = Customer.model_validate(row["customer"])
    same = row["text"] == query.text and (before.id, _fold(before.email)) == (
        query.customer.id,
        _fold(query.customer.email),
    )
    same = same and await ids_of(connection, query.store, row["query_id"]) == query.attachments
    if not same or query.conversation_id not in (None, row["conversation_id"]):
        raise Conflict("This message_id was used for another message; give every message an id of its own.")
    return _received(query, row["query_id"], row, created=False)


async def _insert(connection: Connection, query: NewQuery, times: ReviewTimes, now: datetime) -> Received:
    query_id = query_id_of(query.store, query.channel, query.message_id)
    conversation_id = query.conversation_id or new_conversation_id()
    fields: dict[str, Any] = {
        **query.model_dump(include={"store", "channel", "message_id", "text", "language", "wants_person"}),
        "query_id": query_id,
        "conversation_id": conversation_id,
        "customer": Jsonb(query.customer.model_dump()),
        "customer_id": query.customer.id,
        "email": query.customer.email,
        "received_at": now,
        "remind_at": now + timedelta(seconds=times.reminder),
        "deadline_at": now + timedelta(seconds=times.deadline),
    }
    statement = "lock_conversation" if query.conversation_id else "open_conversation"
    cursor = await connection.execute(SQL[statement], fields)
    conversation = await cursor.fetchone()
    if conversation is None:
        raise NotFound("There is no conversation of that id in this store; leave conversation_id out to open one.")
    _refuse_stranger(conversation, query.customer)
    cursor = await connection.execute(SQL["insert_query"], {**fields, "seq": conversation["seq"]})
    row = await cursor.fetchone()
    if row is None:
        raise _StoredMeanwhile
    await attach(connection, query.store, query_id, conversation_id, query.attachments)
    return _received(query, query_id, {**fields, "gather": row["gather"], "started": False}, created=True)


def _received(query: NewQuery, query_id: str, row: dict[str, Any], *, created: bool) -> Received:
    startable = StartableQuery(
        store=query.store,
        query_id=query_id,
        conversation_id=row["conversation_id"],
        gather=row["gather"],
        wants_person=row["wants_person"],
        remind_at=row["remind_at"],
        deadline_at=row["deadline_at"],
    )
    return Received(
        query_id=query_id,
        conversation_id=row["conversation_id"],
        created=created,
        started=row["started"],
        startable=startable,
    )


def _refuse_stranger(conversation: dict[str, Any], customer: Customer) -> None:
    other_id = customer.id is not None and customer.id != conversation["customer_id"]
    other_email = customer.email is not None and _fold(customer.email) != _fold(conversation["email"])
    if other_id or other_email:
        raise NotAllowed("This conversation belongs to another customer; leave conversation_id out to open a new one.")


def _fold(email: str | None) -> str | None:
    return email.strip().casefold() if email is not None else None


async def unstarted(
    database: Database, store: str, *, older_than: float = 2.0, limit: int = 100
) -> tuple[StartableQuery, ...]:
    """Queries of a store without a workflow, received more than `older_than` seconds ago, oldest first."""
    async with database.in_store(store) as connection:
        cursor = await connection.execute(
            SQL["find_unstarted"], {"store": store, "older_than": older_than, "limit": limit}
        )
        return tuple(StartableQuery.model_validate(row) for row in await cursor.fetchall())


async def mark_started(database: Database, store: str, query_id: str) -> None:
    """Notes that the workflow of a query exists. Doing it twice changes nothing."""
    async with database.in_store(store) as connection:
        await connection.execute(SQL["mark_started"], {"store": store, "query_id": query_id})


async def want_person(database: Database, store: str, query_id: str) -> bool:
    """Notes on an open query that the customer wants a person. False when it is not open."""
    async with database.in_store(store) as connection:
        cursor = await connection.execute(SQL["want_person"], {"store": store, "query_id": query_id})
        return await cursor.fetchone() is not None


async def note_takeover(database: Database, store: str, query_id: str, agent: str) -> None:
    """Notes that from now on the takeover's workflow answers for a failed query."""
    async with database.in_store(store) as connection:
        await connection.execute(SQL["note_takeover"], {"store": store, "query_id": query_id, "agent": agent})


async def last_of_conversation(database: Database, store: str, query_id: str) -> LastQuery:
    """The open query of the conversation that `query_id` belongs to, else its newest. Raises NotFound."""
    async with database.in_store(store) as connection:
        cursor = await connection.execute(SQL["find_last_of_conversation"], {"store": store, "query_id": query_id})
        row = await cursor.fetchone()
    if row is None:
        raise NotFound("There is no query of that id in this store.")
    return LastQuery.model_validate(row)


def person_request(store: str, last: LastQuery) -> NewQuery:
    """The query that a request for a person opens after the end: the same one however often the button is pressed."""
    return NewQuery(
        store=store,
        channel=last.channel,
        message_id=f"person-wanted:{last.conversation_id}:{last.last_customer_seq}",
        conversation_id=last.conversation_id,
        customer=last.customer,
        text=PERSON_WANTED[last.language or Language.EN],
        language=last.language,
        wants_person=True,
    )


async def keep_feedback(database: Database, store: str, query_id: str, score: int, comment: str | None) -> None:
    """Keeps a score of 1 to 5; a later one replaces it. Raises NotFound."""
    async with database.in_store(store) as connection:
        cursor = await connection.execute(SQL["query_exists"], {"store": store, "query_id": query_id})
        if await cursor.fetchone() is None:
            raise NotFound("There is no query of that id in this store.")
        await connection.execute(
            SQL["keep_feedback"], {"store": store, "query_id": query_id, "score": score, "comment": comment}
        )
