"""The read side: queries, the review queue, conversations and events, as the API and the console show them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from domain.errors import NotFound
from domain.knowledge import Passage
from domain.messages import Customer
from domain.snapshots import Snapshot
from domain.spending import ModelUse
from domain.values import Value
from domain.vocabulary import Disposition, Intent, Language, Status, Tier
from retrieval.database import Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).parent / "reading.sql")


class Said(Value):
    """A message of a conversation. `query_id` is the query it belongs to."""

    role: Literal["customer", "agent", "assistant", "notice"]
    text: str
    at: datetime
    query_id: str = ""


class Delivery(Value):
    """Where a reply or notice stands on its way out."""

    purpose: str
    ordinal: int
    status: str
    helpdesk: str
    failure: str | None = None


class QueryRecord(Value):
    """A query as our own tables know it. `snapshot` None: its workflow has not recorded anything yet."""

    store: str
    query_id: str
    conversation_id: str
    seq: int
    channel: str
    message_id: str
    customer: Customer
    status: Status
    disposition: Disposition | None
    tier: Tier | None
    intent: Intent | None
    language: Language | None
    confidence: float | None
    snapshot: Snapshot | None
    draft_hash: str | None
    """Of the draft that waits."""
    priority: int
    held_by: str | None
    held_until: datetime | None
    takeover_by: str | None
    superseded_by: str | None
    failure: str | None
    wants_person: bool
    workflow_started_at: datetime | None
    received_at: datetime
    remind_at: datetime
    deadline_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    text: str
    said: tuple[Said, ...]
    """Notices and replies of this query, oldest first."""
    deliveries: tuple[Delivery, ...]
    usage: tuple[ModelUse, ...] = ()
    """What language models did for it, model by model."""

    @property
    def overdue(self) -> bool:
        """Whether the customer waits longer than the deadline allows."""
        return self.closed_at is None and self.deadline_at <= datetime.now(UTC)


class ReviewItem(Value):
    """One line of the review queue."""

    store: str
    query_id: str
    conversation_id: str
    channel: str
    customer: Customer
    status: Status
    tier: Tier | None
    intent: Intent | None
    language: Language | None
    confidence: float | None
    draft_hash: str | None
    priority: int
    held_by: str | None
    held_until: datetime | None
    takeover_by: str | None
    failure: str | None
    received_at: datetime
    remind_at: datetime
    deadline_at: datetime
    excerpt: str
    """The first 200 characters of the customer's message."""

    @property
    def place(self) -> "Place":
        """Where the line stands in the queue."""
        return Place(priority=self.priority, deadline_at=self.deadline_at, query_id=self.query_id)


class Place(Value):
    """A place in the review queue; a page continues after it."""

    priority: int
    deadline_at: datetime
    query_id: str


class ReviewFilter(Value):
    """Which part of the queue to show; None: all of it."""

    status: Status | None = None
    tier: Tier | None = None
    intent: Intent | None = None
    language: Language | None = None
    held_by: str | None = None
    overdue: bool | None = None


class Event(Value):
    """Something that happened to a query. Ids grow."""

    id: int
    kind: str
    body: dict[str, Any]
    at: datetime


class Load(Value):
    """How much is open: one row a status and tier, over all stores."""

    open: dict[tuple[str, int], int] = {}
    oldest_seconds: float = 0.0
    unstarted: int = 0
    overdue: int = 0
    outbox_pending: int = 0


async def find_query(database: Database, store: str, query_id: str) -> QueryRecord:
    """A query of a store. Raises NotFound."""
    async with database.in_store(store) as connection:
        cursor = await connection.execute(SQL["find_query"], {"store": store, "query_id": query_id})
        row = await cursor.fetchone()
    if row is None:
        raise NotFound("There is no query of that id in this store.")
    return QueryRecord.model_validate({**row, "snapshot": _snapshot(row["snapshot"])})


async def find_query_anywhere(database: Database, stores: Iterable[str], query_id: str) -> QueryRecord:
    """A query of one of several stores. Raises NotFound."""
    for store in stores:
        try:
            return await find_query(database, store, query_id)
        except NotFound:
            continue
    raise NotFound("There is no query of that id in the stores you work for.")


async def list_reviews(
    database: Database, stores: Iterable[str], wanted: ReviewFilter, *, after: Place | None = None, limit: int = 50
) -> tuple[ReviewItem, ...]:
    """What waits for a person in these stores: overdue ones first, then by deadline."""
    place = {
        "after_priority": -after.priority if after else None,
        "after_deadline": after.deadline_at if after else None,
        "after_id": after.query_id if after else None,
    }
    found = []
    for store in stores:
        fields = {**wanted.model_dump(), **place, "store": store, "limit": limit}
        async with database.in_store(store) as connection:
            cursor = await connection.execute(SQL["list_reviews"], fields)
            found.append([ReviewItem.model_validate(row) for row in await cursor.fetchall()])
    return tuple(islice(merge(*found, key=_order), limit))


def _order(item: ReviewItem) -> tuple[int, datetime, str]:
    return (-item.priority, item.deadline_at, item.query_id)


async def read_conversation(database: Database, store: str, conversation_id: str) -> tuple[Said, ...]:
    """What was said, oldest first; the last 200 messages."""
    async with database.in_store(store) as connection:
        fields = {"store": store, "conversation_id": conversation_id}
        cursor = await connection.execute(SQL["conversation"], fields)
        return tuple(Said.model_validate(row) for row in await cursor.fetchall())


async def cited_passages(database: Database, store: str, passage_ids: Iterable[str]) -> dict[str, Passage]:
    """The passages behind citations, by id; those that are gone are left out."""
    wanted = list(dict.fromkeys(passage_ids))
    if not wanted:
        return {}
    async with database.in_store(store) as connection:
        cursor = await connection.execute(SQL["cited_passages"], {"store": store, "passage_ids": wanted})
        return {row["passage_id"]: Passage.model_validate(row) for row in await cursor.fetchall()}


async def events_since(database: Database, store: str, query_id: str, after: int) -> tuple[tuple[Event, ...], bool]:
    """Up to 200 events after an id, oldest first, and whether the query had ended before they were read.

    Raises NotFound for an unknown query.
    """
    fields = {"store": store, "query_id": query_id, "after": after}
    async with database.in_store(store) as connection:
        cursor = await connection.execute(SQL["is_closed"], fields)
        query = await cursor.fetchone()
        if query is None:
            raise NotFound("There is no query of that id in this store.")
        cursor = await connection.execute(SQL["events_since"], fields)
        return tuple(Event.model_validate(row) for row in await cursor.fetchall()), bool(query["closed"])


async def read_load(database: Database, stores: Iterable[str]) -> Load:
    """How much is open now, over these stores."""
    amounts: dict[tuple[str, int], int] = {}
    oldest, unstarted, overdue, pending = 0.0, 0, 0, 0
    for store in stores:
        async with database.in_store(store) as connection:
            cursor = await connection.execute(SQL["count_open"], {"store": store})
            for row in await cursor.fetchall():
                key = (row["status"], row["tier"])
                amounts[key] = amounts.get(key, 0) + row["amount"]
                oldest = max(oldest, row["oldest"])
                unstarted += row["unstarted"]
                overdue += row["overdue"]
            cursor = await connection.execute(SQL["count_pending"], {"store": store})
            counted = await cursor.fetchone()
            pending += counted["amount"] if counted else 0
    return Load(open=amounts, oldest_seconds=oldest, unstarted=unstarted, overdue=overdue, outbox_pending=pending)


def _snapshot(stored: Mapping[str, Any]) -> Snapshot | None:
    """What the workflow recorded. Fields of a newer version are left out rather than refused."""
    if not stored:
        return None
    return Snapshot.model_validate({key: value for key, value in stored.items() if key in Snapshot.model_fields})
