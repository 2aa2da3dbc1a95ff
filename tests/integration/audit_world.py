"""A store whose drafts are audited: real records in the real PostgreSQL, without workflows."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from activities.auditing import Labelled, label_audit
from activities.records import Records
from domain.drafts import Citation, Draft, with_hash
from domain.findings import Reason
from domain.identifiers import query_id_of
from domain.policies import StorePolicy
from domain.records import BeginInput, BeginResult
from domain.snapshots import Snapshot
from domain.vocabulary import Disposition, Harm, Intent, Language, Status, Tier
from retrieval.database import Database
from tests.desk_fixtures import INSERTS

VERSIONS = {"classifier": "c-1", "generator": "g-1", "guard": "u-1", "confidence": "s-1"}


class AuditWorld:
    """One store, and the versions of what answers in it."""

    def __init__(self, database: Database, store: str | None = None) -> None:
        self.database, self.store = database, store or f"a{uuid.uuid4().hex[:12]}"
        self.versions = dict(VERSIONS)

    async def open(self, **settings: Any) -> "AuditWorld":
        chosen = {"send_mode": "certified", "audit_rate": 100, "audit_sent_rate": 100, "holdout_share": 0} | settings
        async with self.database.across_stores() as connection:
            await connection.execute(
                """INSERT INTO stores (store, name, settings) VALUES (%s, 'Test', %s)
                   ON CONFLICT (store) DO UPDATE SET settings = excluded.settings""",
                (self.store, Jsonb(chosen)),
            )
        return self

    @property
    def records(self) -> Records:
        return Records(self.database, self.versions)

    async def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        async with self.database.in_store(self.store) as connection:
            found = await connection.execute(sql.encode(), values)
            return await found.fetchall() if sql.startswith("SELECT") else []

    async def begun(self, conversation: str | None = None) -> BeginResult:
        """A query on which work has begun."""
        message_id, conversation_id = uuid.uuid4().hex, conversation or uuid.uuid4().hex
        now = datetime.now(UTC)
        values: dict[str, Any] = {
            "store": self.store,
            "conversation_id": conversation_id,
            "query_id": query_id_of(self.store, "test", message_id),
            "message_id": message_id,
            "text": "Where is my order?",
            "now": now,
            "remind_at": now + timedelta(hours=1),
            "deadline_at": now + timedelta(hours=2),
            "customer": Jsonb({"id": f"customer {message_id}"}),
        }
        async with self.database.in_store(self.store) as connection:
            for statement in INSERTS:
                await connection.execute(statement, values)
        return await self.records.begin(BeginInput(store=self.store, query_id=values["query_id"]), "run")

    async def policy(self) -> StorePolicy:
        """What a query is given now."""
        return (await self.begun()).case.policy

    async def drafted(
        self,
        confidence: float = 0.95,
        *,
        group: str = "order_status/en",
        sent: bool = False,
        reasons: tuple[str, ...] = ("no_certificate",),
        cites: str = "",
        conversation: str | None = None,
        kind: str = "answer",
        held: str = "",
        stand_in: bool = False,
    ) -> Snapshot:
        """A query with its draft, which waits or has left by itself."""
        begun = await self.begun(conversation)
        intent, language = group.split("/")
        citations = (Citation(passage_id="p", document_id=cites, content_hash="h"),) if cites else ()
        draft = Draft.model_validate({"text": "It is on its way.", "language": language, "kind": kind})
        why = (Reason(code=held, text=held),) if held else ()
        draft = draft.model_copy(update={"citations": citations, "reasons": why, "stand_in": stand_in})
        query = begun.case.query
        snapshot = Snapshot(
            store=self.store,
            query_id=query.query_id,
            conversation_id=query.conversation_id,
            status=Status.SENT if sent else Status.WAITING_REVIEW,
            disposition=Disposition.SENT_AUTOMATICALLY if sent else None,
            tier=Tier.AUTOMATIC if sent else Tier.REVIEW,
            intent=Intent(intent),
            language=Language(language),
            confidence=confidence,
            draft=with_hash(draft, query.query_id, begun.case.message_hash),
            reasons=() if sent else tuple(Reason(code=code, text=code) for code in reasons),
            remind_at=begun.remind_at,
            deadline_at=begun.deadline_at,
            version=1,
        )
        await self.records.record(snapshot)
        return snapshot

    async def judged(self, number: int, errors: int = 0, confidence: float = 0.95, **more: Any) -> list[Labelled]:
        """So many drafts with labels, the wrong ones first."""
        found = []
        for place in range(number):
            snapshot = await self.drafted(confidence, **more)
            found.append(await self.label(snapshot.query_id, right=place >= errors))
        return found

    async def label(self, query_id: str, *, right: bool, **more: Any) -> Labelled:
        given: dict[str, Any] = {"agent": "Ana"} | more
        if right:
            return await label_audit(self.database, self.store, query_id, "right", **given)
        return await label_audit(self.database, self.store, query_id, "wrong", harm=Harm.FALSE_FACT, **given)
