"""Audits in the database: drawn when a draft is made and when a reply leaves by itself, judged by agents one by one."""

from pathlib import Path
from typing import Any, Literal

from activities.rollout import Move, weigh
from activities.stores import policy_within
from domain.audits import AuditEntry, AuditItem, Label, Stream, Verdict
from domain.drafts import Draft
from domain.errors import BadInput, Conflict, NotFound
from domain.messages import Turn
from domain.policies import COLD_START_KEY
from domain.routing import NEVER_BY_ITSELF
from domain.snapshots import Snapshot
from domain.values import Value
from domain.vocabulary import Disposition, Harm, Status
from retrieval.database import Connection, Database
from retrieval.statements import Statements

SQL = Statements(Path(__file__).with_name("auditing.sql"))
THREAD_TURNS = 40
MAX_NOTE = 2_000
State = Literal["waiting", "labelled", "all"]
NOT_JUDGED = frozenset({"tier", "no_answer", "redraft"})
"""Drafts held back for one of these could not leave at any threshold, so nobody need judge them."""
NOT_CERTIFYING = NEVER_BY_ITSELF - NOT_JUDGED
"""What is held back for one of these is drawn, as evidence about guard and bars, and does not certify: a certificate is
about what leaves."""


class Labelled(Value):
    """A label that was written, and what followed from it."""

    label: Label
    move: Move | None = None
    """A group that moved because of it."""


class AuditCount(Value):
    """How far the audits of one group are."""

    group_key: str
    drawn: int
    labelled: int


async def draw(connection: Connection, snapshot: Snapshot) -> None:
    """Draws what a snapshot tells of, within its transaction: the first draft of a query, and a reply that has left
    by itself. Costs no round trip, and does nothing the second time. A stand-in is no sample of what certificates are
    about; one that has left counts for the alarm."""
    draft = snapshot.draft
    if draft is None or draft.kind != "answer" or draft.attempt != 1 or snapshot.confidence is None:
        return
    if snapshot.intent is None or snapshot.language is None:
        return
    codes = {reason.code for reason in snapshot.reasons}
    values = {
        "store": snapshot.store,
        "query_id": snapshot.query_id,
        "draft_hash": draft.hash,
        "intent": snapshot.intent.value,
        "language": snapshot.language.value,
        "group": f"{snapshot.intent.value}/{snapshot.language.value}",
        "confidence": snapshot.confidence,
        "passed": not codes & NOT_CERTIFYING,
    }
    sent = snapshot.status is Status.SENT and snapshot.disposition is Disposition.SENT_AUTOMATICALLY
    judged = snapshot.status is Status.WAITING_REVIEW and not codes & NOT_JUDGED and not draft.reasons
    if (sent or judged) and not draft.stand_in:
        await connection.execute(SQL["draw"], values | {"stream": "draft"})
    if sent:
        await connection.execute(SQL["draw"], values | {"stream": "sent"})


async def next_audit(database: Database, store: str, *, after: str = "") -> AuditItem | None:
    """The item to be judged next, None when none waits. `after` is put off: it comes last."""
    values = {"store": store, "after": after}
    async with database.in_store(store) as connection:
        row = await (await connection.execute(SQL["next_audit"], values)).fetchone()
        if row is None:
            return None
        place = {"conversation_id": row["conversation_id"], "seq": row["seq"], "most": THREAD_TURNS}
        turns = await (await connection.execute(SQL["thread_before"], values | place)).fetchall()
    return AuditItem(
        query_id=row["query_id"],
        intent=row["intent"],
        language=row["language"],
        thread=tuple(Turn.model_validate(turn) for turn in reversed(turns)),
        draft=Draft.model_validate(row["body"]),
        waiting=row["waiting"],
    )


async def label_audit(
    database: Database,
    store: str,
    query_id: str,
    verdict: Verdict,
    *,
    agent: str,
    harm: Harm | None = None,
    note: str = "",
    correct: bool = False,
) -> Labelled:
    """Writes what a person says, and weighs the group whose reply it was: an alarm demotes it in this transaction.

    `correct` replaces what was said before. Raises BadInput, NotFound, and Conflict when it is labelled otherwise.
    """
    said = _checked(verdict, harm, note)
    key: dict[str, Any] = {"store": store, "query_id": query_id}
    async with database.in_store(store) as connection:
        streams = await (await connection.execute(SQL["lock_audit"], key)).fetchall()
        if not streams:
            raise NotFound(f"{store} has no audit {query_id[:80]!r}; `holdpoint audit list --store {store}` shows all.")
        last = await (await connection.execute(SQL["last_label"], key)).fetchone()
        if last is not None and not correct:
            if (last["verdict"], last["harm"]) == (verdict, said["harm"]):
                return Labelled(label=Label.model_validate(last))
            raise Conflict(
                f"{last['agent']} has labelled it {last['verdict']} already; say that this corrects it (--correct)."
            )
        row = await (await connection.execute(SQL["write_label"], key | said | {"agent": agent})).fetchone()
        rule = next((one for one in streams if one["stream"] == "sent"), None)
        move = await _weigh(connection, store, rule) if rule is not None else None
    return Labelled(label=Label.model_validate(row), move=move)


async def _weigh(connection: Connection, store: str, rule: Any) -> Move | None:
    share = (await policy_within(connection, store)).rollout_share if rule["group_key"] == COLD_START_KEY else 0
    return await weigh(connection, store, rule["group_key"], rule["certificate_id"], share=share)


def _checked(verdict: Verdict, harm: Harm | None, note: str) -> dict[str, Any]:
    if verdict == "wrong" and harm is None:
        raise BadInput(f"Say what was wrong, one of {', '.join(Harm)}.")
    if verdict == "right" and harm is not None:
        raise BadInput("A right draft did no harm: leave the harm out, or label it wrong.")
    if len(note) > MAX_NOTE or "\0" in note:
        raise BadInput(f"A note may have up to {MAX_NOTE:,} characters.")
    return {"verdict": verdict, "harm": harm.value if harm else None, "note": note.strip()}


async def list_audits(
    database: Database, store: str, *, state: State = "all", most: int = 100
) -> tuple[AuditEntry, ...]:
    """What was drawn, newest first."""
    values = {"store": store, "state": state, "most": most}
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["list_audits"], values)).fetchall()
    return tuple(_entry(row) for row in rows)


def _entry(row: dict[str, Any]) -> AuditEntry:
    label = Label.model_validate(row) if row["verdict"] is not None else None
    streams: tuple[Stream, ...] = tuple(row["streams"])
    return AuditEntry(
        query_id=row["query_id"],
        intent=row["intent"],
        language=row["language"],
        streams=streams,
        drawn_at=row["drawn_at"],
        label=label,
    )


async def count_audits(database: Database, store: str) -> tuple[AuditCount, ...]:
    """How far the audits are, group by group."""
    async with database.in_store(store) as connection:
        rows = await (await connection.execute(SQL["count_audits"], {"store": store})).fetchall()
    return tuple(AuditCount.model_validate(row) for row in rows)
