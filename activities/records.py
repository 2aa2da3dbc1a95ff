"""The records of our own: what the workflows know, written so that a second write of the same thing changes nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from activities.attachments.sent import of_queries
from activities.auditing import draw
from activities.certificates import pin, void_stale
from activities.conversation.digest import bounded
from domain.attachments import Attachment
from domain.canonical import content_hash
from domain.conversations import Digest
from domain.errors import NotFound
from domain.messages import Customer, QueryFacts, Turn, message_hash
from domain.records import BeginInput, BeginResult, SupersedeInput
from domain.snapshots import DecisionRecord, Snapshot
from domain.steps import Case
from domain.vocabulary import Disposition, Language, Status, Tier
from retrieval.database import Connection, Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("records.sql"))
EVENTS = Statements(Path(__file__).with_name("outbox.sql"))
THREAD_TURNS = 200
"""How much of a conversation is read; the graph sees the newest turns word for word and the others in short."""

ANSWERED = frozenset(
    {
        Disposition.SENT_AUTOMATICALLY,
        Disposition.SENT_AFTER_REVIEW,
        Disposition.SENT_AFTER_EDIT,
        Disposition.HANDLED_BY_AGENT,
    }
)


class Records:
    """Reads what a query starts from and writes what became of it."""

    def __init__(self, database: Database, versions: dict[str, str]) -> None:
        self._database = database
        self._versions = versions

    async def begin(self, request: BeginInput, run_id: str) -> BeginResult:
        """Marks the query as being worked on and reads everything that is pinned for the rest of it.

        Raises NotFound for an unknown query and Unavailable when the database does not answer.
        """
        async with self._database.in_store(request.store) as connection:
            key = {"store": request.store, "query_id": request.query_id}
            conversation = await (await connection.execute(SQL["lock_conversation"], key)).fetchone()
            query = await (await connection.execute(SQL["start_working"], key | {"run_id": run_id})).fetchone()
            if query is None or conversation is None:
                raise NotFound(f"No query {request.query_id} in the store {request.store}.")
            await _announce_status(connection, request.store, request.query_id, Status.WORKING)
            return await self._begin(connection, query, conversation)

    async def _begin(self, connection: Connection, query: Any, conversation: Any) -> BeginResult:
        place = {"store": query["store"], "conversation_id": query["conversation_id"], "seq": query["seq"]}
        newest = await (await connection.execute(SQL["newest_query"], place)).fetchone()
        older = await (await connection.execute(SQL["unanswered_queries"], place)).fetchall()
        rows = await (await connection.execute(SQL["read_thread"], place | {"limit": THREAD_TURNS})).fetchall()
        thread, digest = await _bounded(connection, place, rows)
        deadline_at = min([query["deadline_at"], *(row["deadline_at"] for row in older)])
        remind_at = min([query["remind_at"], *(row["remind_at"] for row in older)])
        times = {"remind_at": remind_at, "deadline_at": deadline_at}
        if older:
            await connection.execute(SQL["inherit"], {"store": query["store"], "query_id": query["query_id"], **times})
        policy, made_with, void = await pin(connection, query["store"], self._versions)
        await void_stale(connection, query["store"], void)
        pinned = {"store": query["store"], "query_id": query["query_id"], "made_with": Jsonb(made_with)}
        await connection.execute(SQL["pin"], pinned)
        unanswered = [*(row["query_id"] for row in older), query["query_id"]]
        attachments = await of_queries(connection, query["store"], unanswered)
        ended = Disposition(query["disposition"]) if query["disposition"] in ANSWERED else None
        return BeginResult(
            case=Case(
                query=_facts(query, attachments, wants_person=any(row["wants_person"] for row in older)),
                thread=thread,
                digest=digest,
                message_hash=message_hash(thread),
                policy=policy,
                tier_floor=max((Tier(row["tier"]) for row in older if row["tier"]), default=Tier.AUTOMATIC),
                held_by=conversation["held_by"],
            ),
            through_seq=conversation["last_customer_seq"],
            newer=newest["query_id"] if newest and newest["seq"] > query["seq"] else None,
            ended=ended,
            last=_failed_snapshot(query["snapshot"]),
            supersedes=tuple(row["query_id"] for row in older if row["open"]),
            **times,
        )

    async def record(self, snapshot: Snapshot, *, repair: bool = False) -> bool:
        """Writes the newest word of a workflow; True when it was newer than what was there.

        A repair also writes the same word again, over records that have lost it.
        """
        async with self._database.in_store(snapshot.store) as connection:
            return await write_snapshot(connection, snapshot, again=repair)

    async def supersede(self, request: SupersedeInput) -> bool:
        """Ends an open query that has no run to end it; True when it was open."""
        async with self._database.in_store(request.store) as connection:
            ended = await (await connection.execute(SQL["supersede"], request.model_dump())).fetchone()
            if ended is not None:
                await connection.execute(SQL["drop_pending"], request.model_dump())
                await _announce_status(
                    connection, request.store, request.query_id, Status.CLOSED, Disposition.SUPERSEDED
                )
            return ended is not None


async def _bounded(
    connection: Connection, place: dict[str, Any], rows: Sequence[Any]
) -> tuple[tuple[Turn, ...], Digest | None]:
    """The thread within its bounds, from rows that stand newest first, and what came before it."""
    thread = tuple(Turn(role=row["role"], text=row["text"], at=row["at"]) for row in reversed(rows))
    unread = rows[-1]["seq"] - 1 if len(rows) == THREAD_TURNS else 0
    kept, digest = bounded(thread, unread=unread)
    if digest is None:
        return kept, None
    products = await (await connection.execute(SQL["told_products"], place)).fetchall()
    return bounded(thread, unread=unread, products=[row["title"] for row in products])


def _facts(query: Any, attachments: tuple[Attachment, ...], *, wants_person: bool) -> QueryFacts:
    return QueryFacts(
        query_id=query["query_id"],
        store=query["store"],
        conversation_id=query["conversation_id"],
        channel=query["channel"],
        customer=Customer.model_validate(query["customer"]),
        received_at=query["received_at"],
        language=Language(query["language_hint"]) if query["language_hint"] in list(Language) else None,
        wants_person=query["wants_person"] or wants_person,
        attachments=attachments,
    )


def _failed_snapshot(found: Any) -> Snapshot | None:
    return Snapshot.model_validate(found) if found and found["status"] == Status.FAILED else None


async def write_snapshot(connection: Connection, snapshot: Snapshot, *, again: bool = False) -> bool:
    """Writes a snapshot, its draft and its decisions within a transaction of the store."""
    key = {"store": snapshot.store, "query_id": snapshot.query_id}
    written = await (await connection.execute(SQL["write_snapshot"], _columns(snapshot) | {"again": again})).fetchone()
    if snapshot.draft is not None:
        body = snapshot.draft.model_dump(mode="json")
        draft = {"draft_hash": snapshot.draft.hash, "attempt": snapshot.draft.attempt, "body": Jsonb(body)}
        await connection.execute(SQL["write_draft"], key | draft)
        await draw(connection, snapshot)
    for record in snapshot.decisions:
        await connection.execute(SQL["write_decision"], key | _decision_columns(record))
    if written is None:
        return False
    if snapshot.disposition is Disposition.SUPERSEDED:
        await connection.execute(SQL["drop_pending"], key)
    holder = None if snapshot.status in (Status.SENT, Status.CLOSED) else snapshot.held_by
    if holder or snapshot.decisions or snapshot.held_until:
        await connection.execute(SQL["hold_conversation"], key | {"held_by": holder})
    await _announce_status(connection, snapshot.store, snapshot.query_id, snapshot.status, snapshot.disposition)
    return True


def _columns(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "store": snapshot.store,
        "query_id": snapshot.query_id,
        "snapshot": Jsonb(snapshot.model_dump(mode="json")),
        "version": snapshot.version,
        "status": snapshot.status.value,
        "disposition": snapshot.disposition.value if snapshot.disposition else None,
        "tier": snapshot.tier.value if snapshot.tier else None,
        "intent": snapshot.intent.value if snapshot.intent else None,
        "language": snapshot.language.value if snapshot.language else None,
        "confidence": snapshot.confidence,
        "draft_hash": snapshot.waiting_hash,
        "priority": int(snapshot.overdue),
        "held_by": snapshot.held_by,
        "held_until": snapshot.held_until,
        "superseded_by": snapshot.superseded_by,
        "failure": snapshot.failure,
        "remind_at": snapshot.remind_at,
        "deadline_at": snapshot.deadline_at,
        "ended": snapshot.status in (Status.SENT, Status.CLOSED),
    }


def _decision_columns(record: DecisionRecord) -> dict[str, Any]:
    decision = record.decision
    refusal = record.refusal.model_dump(mode="json") if record.refusal else None
    # A signal carries no id of its own: what it says and when makes one.
    decision_id = decision.decision_id or content_hash(
        [decision.model_dump(mode="json"), record.at.isoformat(), refusal]
    )
    return {
        "decision_id": decision_id,
        "action": decision.action.value,
        "draft_hash": decision.draft_hash,
        "agent": decision.agent,
        "proven": decision.proven,
        "via": decision.via,
        "text": decision.text,
        "reason": decision.reason,
        "refusal": Jsonb(refusal) if refusal else None,
        "at": record.at,
    }


async def _announce_status(
    connection: Connection, store: str, query_id: str, status: Status, disposition: Disposition | None = None
) -> None:
    body = {"status": status.value, "disposition": disposition.value if disposition else None}
    event = {"store": store, "query_id": query_id, "kind": "status", "body": Jsonb(body)}
    await connection.execute(EVENTS["add_event"], event)
